"""The command : dashboards and monitors."""
