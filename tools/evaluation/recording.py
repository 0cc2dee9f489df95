"""A sink that stores what the check submits the way Datadog does: series of points, events and statuses."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, Literal

from optimizationjob.telemetry.metric_table import NAMESPACE
from optimizationjob.telemetry.signals import Event, Issue, ResourceRecord, Sample, ServiceCheck, ServiceCheckStatus

Kind = Literal["gauge", "count", "rate"]
Tags = frozenset[tuple[str, str]]
"""Keys and values in lower case, as Datadog stores them; a key may occur several times."""

SERVICE_CHECK: Final = f"{NAMESPACE}.can_connect"


@dataclass(slots=True)
class Series:
    """The points of one metric with one tag set, oldest first.

    The Agent reports the `.count` of a histogram as a rate over one second, so a point is a number of values and can be
    summed as a count without an interval.
    """

    kind: Kind
    tags: Tags
    times: list[float] = field(default_factory=list)
    """Seconds since the epoch."""
    values: list[float] = field(default_factory=list)

    def add(self, at: float, value: float) -> None:
        """Add a point; for points with the same time, counts add up and the last gauge value wins."""
        if self.times and self.times[-1] == at:
            self.values[-1] = self.values[-1] + value if self.kind == "count" else value
            return
        self.times.append(at)
        self.values.append(value)


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """An event and when it was submitted."""

    at: datetime
    event: Event
    tags: Tags

    @property
    def moment(self) -> datetime:
        """The timestamp of the event in Datadog."""
        return datetime.fromtimestamp(self.event.timestamp, UTC)


@dataclass(frozen=True, slots=True)
class RecordedStatus:
    """One status of the service check."""

    at: datetime
    status: ServiceCheckStatus
    tags: Tags
    message: str


class Recording:
    """Stores everything that is submitted, with the time of the run that submitted it."""

    def __init__(self) -> None:
        self.now = datetime.fromtimestamp(0, UTC)
        self.events: list[RecordedEvent] = []
        self.statuses: list[RecordedStatus] = []
        self.resources: list[ResourceRecord] = []
        self._series: dict[str, dict[Tags, Series]] = {}
        self._values: dict[tuple[str, Tags], list[float]] = {}

    def begin_run(self, at: datetime) -> None:
        """Start a run: close the histograms of the last run and use this time for later submissions.

        Raises:
            ValueError: the time is before that of an earlier run.
        """
        self._close_histograms()
        if at < self.now:
            raise ValueError(f"a run at {at} cannot follow one at {self.now}")
        self.now = at

    def sample(self, sample: Sample) -> None:
        """Store a sample."""
        name, tags = f"{NAMESPACE}.{sample.name}", tags_of(sample.tags)
        if sample.kind == "histogram":
            self._values.setdefault((name, tags), []).append(sample.value)
        else:
            self._add(name, sample.kind, tags, sample.value)

    def event(self, event: Event) -> None:
        """Store an event."""
        self.events.append(RecordedEvent(self.now, event, tags_of(event.tags)))

    def service_check(self, check: ServiceCheck) -> None:
        """Store a service check status."""
        self.statuses.append(RecordedStatus(self.now, check.status, tags_of(check.tags), check.message))

    def record(self, record: ResourceRecord) -> None:
        """Store a resource record."""
        self.resources.append(record)

    def issue(self, issue: Issue) -> None:
        """Ignore an issue; issues stay on the Agent."""

    def series(self, metric: str) -> tuple[Series, ...]:
        """Return the series of a metric, whose name includes the namespace; empty if it was never submitted."""
        self._close_histograms()
        return tuple(self._series.get(metric, {}).values())

    def until(self, end: datetime) -> Recording:
        """Return what was submitted before a time, as if the Agent had died then."""
        self._close_histograms()
        cut = Recording()
        cut.events = [event for event in self.events if event.at < end]
        cut.statuses = [status for status in self.statuses if status.at < end]
        for name, by_tags in self._series.items():
            for tags, series in by_tags.items():
                last = bisect_left(series.times, end.timestamp())
                if last:
                    kept = Series(series.kind, tags, series.times[:last], series.values[:last])
                    cut._series.setdefault(name, {})[tags] = kept
        return cut

    @property
    def metrics(self) -> frozenset[str]:
        """The names of all submitted metrics."""
        self._close_histograms()
        return frozenset(self._series)

    def _add(self, name: str, kind: Kind, tags: Tags, value: float) -> None:
        by_tags = self._series.setdefault(name, {})
        series = by_tags.get(tags)
        if series is None:
            series = by_tags[tags] = Series(kind, tags)
        series.add(self.now.timestamp(), value)

    def _close_histograms(self) -> None:
        """Convert the histogram values of the run to the series that the Agent flushes for them."""
        for (name, tags), values in self._values.items():
            for suffix, value in aggregates(values).items():
                self._add(f"{name}.{suffix}", "gauge", tags, value)
            self._add(f"{name}.count", "rate", tags, len(values))
        self._values.clear()


def aggregates(values: Iterable[float]) -> Mapping[str, float]:
    """Return the Agent's default histogram aggregates by suffix."""
    ordered = sorted(values)
    number = len(ordered)
    return {
        "avg": math.fsum(ordered) / number,
        "max": ordered[-1],
        "median": ordered[(number - 1) // 2],
        "95percentile": ordered[(95 * number - 1) // 100],
    }


@lru_cache(maxsize=4096)
def tags_of(tags: tuple[str, ...]) -> Tags:
    """Return tags as (key, value) pairs; a tag without a colon is a key with an empty value."""
    parts = (tag.lower().partition(":") for tag in tags)
    return frozenset((key, value) for key, _, value in parts)
