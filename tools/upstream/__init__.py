"""The check as a folder of Datadog's repository integrations-extras, and what that repository needs besides."""
