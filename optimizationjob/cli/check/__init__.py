"""The command `check`: runs of the real check without an Agent."""
