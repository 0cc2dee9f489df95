"""Counts the attempts of calls, by region, operation and outcome."""

from __future__ import annotations

import threading
from collections import Counter
from typing import NamedTuple

from botocore import xform_name


class CallCount(NamedTuple):
    """What attempts are counted by."""

    region: str
    operation: str
    """As the tag spells it: `list_optimization_jobs`."""
    outcome: str
    """ok, throttled, denied or error."""


class CallCounts:
    """The attempts of one instance; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[CallCount] = Counter()
        self._made: Counter[str] = Counter()

    def add(self, region: str, action: str, outcome: str) -> None:
        """Count an attempt, by IAM's name of the operation."""
        operation = operation_tag(action)
        with self._lock:
            self._counts[CallCount(region, operation, outcome)] += 1
            self._made[operation] += 1

    def take(self, region: str) -> dict[CallCount, int]:
        """Return the attempts in a region since the last call, and reset the count."""
        with self._lock:
            return {count: self._counts.pop(count) for count in list(self._counts) if count.region == region}

    def made(self) -> dict[str, int]:
        """Return the attempts in all regions since the start, by operation."""
        with self._lock:
            return dict(self._made)


def operation_tag(operation: str) -> str:
    """Return IAM's name of an operation as `api.calls` spells it: `list_optimization_jobs`."""
    return str(xform_name(operation.partition(":")[2]))
