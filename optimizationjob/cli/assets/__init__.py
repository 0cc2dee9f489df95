"""The command `assets`: dashboards and monitors."""
