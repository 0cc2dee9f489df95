"""Keeps failures of the sink apart: what cannot be submitted costs itself, and a cancelled run submits nothing more."""

from __future__ import annotations

from collections.abc import Callable

from optimizationjob.jobs.safe_logs import logger_of
from optimizationjob.telemetry.signals import Event, Issue, ResourceRecord, Sample, ServiceCheck
from optimizationjob.telemetry.sink import Sink

logger = logger_of(__name__)


class RunCancelled(Exception):
    """The Agent has unscheduled the check. What was not submitted is submitted by the next process."""


class GuardedSink:
    """A sink whose methods return whether the Agent took what was submitted.

    Args:
        sink: the sink.
        is_cancelled: whether nothing more may be submitted; then every method raises `RunCancelled`.
    """

    def __init__(self, sink: Sink, is_cancelled: Callable[[], bool]) -> None:
        self._sink = sink
        self._is_cancelled = is_cancelled
        self._logged: set[str] = set()

    def sample(self, sample: Sample) -> bool:
        """Submit a value of a metric."""
        return self._submits("a metric", lambda: self._sink.sample(sample))

    def event(self, event: Event) -> bool:
        """Submit an event."""
        return self._submits("an event", lambda: self._sink.event(event))

    def service_check(self, check: ServiceCheck) -> bool:
        """Submit a service check."""
        return self._submits("the service check", lambda: self._sink.service_check(check))

    def record(self, record: ResourceRecord) -> bool:
        """Submit a resource record."""
        return self._submits("a resource record", lambda: self._sink.record(record))

    def issue(self, issue: Issue) -> bool:
        """Submit an issue."""
        return self._submits("an issue", lambda: self._sink.issue(issue))

    def _submits(self, what: str, submit: Callable[[], None]) -> bool:
        if self._is_cancelled():
            raise RunCancelled
        try:
            submit()
        except Exception:
            if what not in self._logged:
                # In each run the first of its kind: the cause is the same for the others.
                logger.exception("The Agent raised an exception for %s; other data is not affected.", what)
                self._logged.add(what)
            return False
        return True
