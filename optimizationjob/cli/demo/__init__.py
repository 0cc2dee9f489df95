"""The command `demo`: the real check on a simulated AWS."""
