"""Dashboards and monitors: their files, validation, and the push to a Datadog account."""
