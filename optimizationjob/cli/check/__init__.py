"""The command : one run of the real check without an Agent."""
