"""Dashboards and monitors: the files, what is true of them, and how they get into a Datadog account."""
