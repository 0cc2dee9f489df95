"""Why a call to Datadog came to nothing, as one line for the user."""

from __future__ import annotations


class DatadogRefusal(Exception):
    """Datadog did not do it; another asset may still go well."""


class Halt(DatadogRefusal):
    """Nothing will go well until the user has done something: further calls are pointless."""
