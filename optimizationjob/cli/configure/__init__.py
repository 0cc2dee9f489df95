"""The command `configure`: instances for a list of accounts."""
