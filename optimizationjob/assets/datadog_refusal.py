"""Errors of calls to Datadog, with a one-line message for the user."""

from __future__ import annotations


class DatadogRefusal(Exception):
    """Datadog rejected a call; calls for other assets may still succeed."""


class NotThere(DatadogRefusal):
    """What the call names is not in the account any more."""


class Halt(DatadogRefusal):
    """Every further call would fail until the user fixes the cause."""
