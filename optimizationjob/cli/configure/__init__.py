"""The command : instances for a list of accounts."""
