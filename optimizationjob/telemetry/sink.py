"""Where signals leave the domain."""

from __future__ import annotations

from typing import Protocol

from optimizationjob.telemetry.signals import Event, Health, Issue, Resource, Sample


class Sink(Protocol):
    """Takes what is to be told; the Agent's is in the adapter."""

    def sample(self, sample: Sample) -> None:
        """Take a value of a metric."""
        ...

    def event(self, event: Event) -> None:
        """Take an event."""
        ...

    def health(self, health: Health) -> None:
        """Take a service check."""
        ...

    def resource(self, resource: Resource) -> None:
        """Take a resource record."""
        ...

    def issue(self, issue: Issue) -> None:
        """Take an issue that has come, or was resolved."""
        ...
