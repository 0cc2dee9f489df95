"""The interface through which everything that is sent leaves the domain."""

from __future__ import annotations

from typing import Protocol

from optimizationjob.telemetry.signals import Event, Issue, ResourceRecord, Sample, ServiceCheck


class Sink(Protocol):
    """Takes what is to be sent; the Agent's sink is in the adapter."""

    def sample(self, sample: Sample) -> None:
        """Take a value of a metric."""
        ...

    def event(self, event: Event) -> None:
        """Take an event."""
        ...

    def service_check(self, check: ServiceCheck) -> None:
        """Take a service check."""
        ...

    def record(self, record: ResourceRecord) -> None:
        """Take a resource record."""
        ...

    def issue(self, issue: Issue) -> None:
        """Take an issue that appeared or was resolved."""
        ...
