"""The simulated day, shared by all tests, and builders for small recordings."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from optimizationjob.telemetry.signals import Event, Sample, ServiceCheck, ServiceCheckStatus
from tools.evaluation.recording import Recording
from tools.evaluation.simulated_day import simulated_day

T0 = datetime(2026, 11, 3, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def day():
    return simulated_day()


class Scribe:
    """Builds a recording from data at given minutes after T0."""

    def __init__(self):
        self.recording = Recording()

    def at(self, minute):
        self.recording.begin_run(T0 + timedelta(minutes=minute))
        return self

    def tell(self, kind, name, value, *tags):
        self.recording.sample(Sample(name, kind, value, tags))
        return self

    def gauge(self, name, value, *tags):
        return self.tell("gauge", name, value, *tags)

    def count(self, name, value, *tags):
        return self.tell("count", name, value, *tags)

    def event(self, *tags, alert_type="error", timestamp=None, title="a", text="b", key="c"):
        self.recording.event(
            Event(
                event_type="optimizationjob.job_failed",
                alert_type=alert_type,
                title=title,
                text=text,
                timestamp=int((timestamp or self.recording.now).timestamp()),
                aggregation_key=key,
                tags=tags,
            )
        )
        return self

    def status(self, status, *tags):
        self.recording.service_check(ServiceCheck(status=ServiceCheckStatus(status), tags=tags))
        return self


@pytest.fixture
def scribe():
    return Scribe()


@pytest.fixture
def minute():
    """The time at the given number of minutes after T0."""
    return lambda number: T0 + timedelta(minutes=number)
