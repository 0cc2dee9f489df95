"""A sink that keeps what the check tells as Datadog would have it: series of points, events, statuses."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, Literal

from optimizationjob.telemetry.metric_table import NAMESPACE
from optimizationjob.telemetry.signals import Event, Issue, ResourceRecord, Sample, ServiceCheck, ServiceCheckStatus

Kind = Literal["gauge", "count", "rate"]
Tags = frozenset[tuple[str, str]]
"""Keys and values in lower case, as Datadog keeps them; a key may stand in it several times."""

SERVICE_CHECK: Final = f"{NAMESPACE}.can_connect"


@dataclass(slots=True)
class Series:
    """The points of one metric with one set of tags, oldest first.

    The rate that the Agent makes of a check's histogram is per second over one second, so its value is a number of
    values, and summing it as a count needs no interval.
    """

    kind: Kind
    tags: Tags
    times: list[float] = field(default_factory=list)
    """Seconds since the epoch."""
    values: list[float] = field(default_factory=list)

    def add(self, at: float, value: float) -> None:
        """Take a point; of several of one moment counts add up, and the last gauge stands."""
        if self.times and self.times[-1] == at:
            self.values[-1] = self.values[-1] + value if self.kind == "count" else value
            return
        self.times.append(at)
        self.values.append(value)


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """An event, and when it was handed over."""

    at: datetime
    event: Event
    tags: Tags

    @property
    def moment(self) -> datetime:
        """The time stamp under which Datadog shows the event."""
        return datetime.fromtimestamp(self.event.timestamp, UTC)


@dataclass(frozen=True, slots=True)
class RecordedStatus:
    """One status of the service check."""

    at: datetime
    status: ServiceCheckStatus
    tags: Tags
    message: str


class Recording:
    """Keeps everything that is sent, with the time of the run that sent it."""

    def __init__(self) -> None:
        self.now = datetime.fromtimestamp(0, UTC)
        self.events: list[RecordedEvent] = []
        self.statuses: list[RecordedStatus] = []
        self.resources: list[ResourceRecord] = []
        self._series: dict[str, dict[Tags, Series]] = {}
        self._values: dict[tuple[str, Tags], list[float]] = {}

    def begin_run(self, at: datetime) -> None:
        """Start a run: what is sent from now on has this time, and the histograms of the last run are closed.

        Raises:
            ValueError: the moment lies before that of an earlier run.
        """
        self._close_histograms()
        if at < self.now:
            raise ValueError(f"a run at {at} cannot follow one at {self.now}")
        self.now = at

    def sample(self, sample: Sample) -> None:
        """Take a value of a metric."""
        name, tags = f"{NAMESPACE}.{sample.name}", tags_of(sample.tags)
        if sample.kind == "histogram":
            self._values.setdefault((name, tags), []).append(sample.value)
        else:
            self._add(name, sample.kind, tags, sample.value)

    def event(self, event: Event) -> None:
        """Take an event."""
        self.events.append(RecordedEvent(self.now, event, tags_of(event.tags)))

    def service_check(self, check: ServiceCheck) -> None:
        """Take a status of the service check."""
        self.statuses.append(RecordedStatus(self.now, check.status, tags_of(check.tags), check.message))

    def record(self, record: ResourceRecord) -> None:
        """Take a resource record."""
        self.resources.append(record)

    def issue(self, issue: Issue) -> None:
        """Leave an issue alone: it stays on the Agent."""

    def series(self, metric: str) -> tuple[Series, ...]:
        """Return the series of a metric, named with the namespace; none if it was never sent."""
        self._close_histograms()
        return tuple(self._series.get(metric, {}).values())

    @property
    def metrics(self) -> frozenset[str]:
        """The names of all metrics that were sent."""
        self._close_histograms()
        return frozenset(self._series)

    def _add(self, name: str, kind: Kind, tags: Tags, value: float) -> None:
        by_tags = self._series.setdefault(name, {})
        series = by_tags.get(tags)
        if series is None:
            series = by_tags[tags] = Series(kind, tags)
        series.add(self.now.timestamp(), value)

    def _close_histograms(self) -> None:
        """Turn the values of the run into the series that the Agent makes of them at a flush."""
        for (name, tags), values in self._values.items():
            for suffix, value in aggregates(values).items():
                self._add(f"{name}.{suffix}", "gauge", tags, value)
            self._add(f"{name}.count", "rate", tags, len(values))
        self._values.clear()


def aggregates(values: Iterable[float]) -> Mapping[str, float]:
    """Return the gauges of a histogram's values, by their suffix: the Agent's default ones."""
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
    """Return tags as pairs of key and value; a tag without a colon is a key without a value."""
    parts = (tag.lower().partition(":") for tag in tags)
    return frozenset((key, value) for key, _, value in parts)
