"""The command : the real check on a simulated AWS."""
