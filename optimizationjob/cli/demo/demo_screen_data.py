"""The data of the demo screen, derived from what was sent. Pure: no terminal, check or clock."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import NamedTuple

from optimizationjob.cli.submitted_data import Delivery, tag_of
from optimizationjob.jobs.job import STATUSES, TERMINAL_STATUSES
from optimizationjob.telemetry.signals import Event, Sample, ServiceCheck

STATUS_NAMES = tuple(status.tag_value for status in STATUSES)
ENDED = frozenset(status.tag_value for status in TERMINAL_STATUSES)
EVENTS_KEPT = 200
REASON = re.compile(r"Failure reason: (?:`(?P<quoted>[^`]*)`|(?P<plain>[^\n]+))")


class DemoRegion(NamedTuple):
    """One account in one region."""

    account: str
    region: str


@dataclass(frozen=True, slots=True)
class Meter:
    """Time used against a limit, as reported."""

    seconds: float
    limit: float | None = None
    percent: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRow:
    """One active job."""

    name: str
    place: DemoRegion
    status: str
    is_stuck: bool = False
    waited: Meter | None = None
    ran: Meter | None = None

    @property
    def current(self) -> Meter | None:
        """The current meter: pending time before the job starts, runtime afterwards."""
        return self.waited if self.ran is None else self.ran

    @property
    def percent(self) -> float:
        """Percentage used of the limit that can end the job next; -1 without a limit."""
        meter = self.current
        return -1.0 if meter is None or meter.percent is None else meter.percent


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRow:
    """One event."""

    at: datetime
    name: str
    place: DemoRegion
    status: str
    category: str
    """Empty if nothing failed."""
    reason: str
    """AWS's failure reason on one line; may be empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """Counts of what was sent, and of calls to AWS."""

    metrics: int = 0
    events: int = 0
    service_checks: int = 0
    records: int = 0
    calls: Mapping[str, int] = field(default_factory=dict)
    """Requests to AWS by operation, including retries."""
    failed_calls: int = 0

    def __add__(self, other: Sent) -> Sent:
        return Sent(
            metrics=self.metrics + other.metrics,
            events=self.events + other.events,
            service_checks=self.service_checks + other.service_checks,
            records=self.records + other.records,
            calls=dict(Counter(self.calls) + Counter(other.calls)),
            failed_calls=self.failed_calls + other.failed_calls,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """All data of the demo screen."""

    polls: int = 0
    polled_at: datetime | None = None
    """When the last poll ended, in simulated time; None before the first."""
    healths: Mapping[DemoRegion, ServiceCheck] = field(default_factory=dict)
    counts: Mapping[DemoRegion, Mapping[str, int]] = field(default_factory=dict)
    """Jobs in the window by status."""
    jobs: tuple[JobRow, ...] = ()
    """Active jobs, nearest to a limit first."""
    feed: tuple[FeedRow, ...] = ()
    """Events, newest first."""
    finished: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """Jobs that ended since the start, by status and failure category."""
    last: Sent = field(default_factory=Sent)
    total: Sent = field(default_factory=Sent)
    error: str = ""
    """Why the last poll failed; empty if it succeeded."""

    @property
    def places(self) -> tuple[DemoRegion, ...]:
        """The accounts and regions, in order."""
        return tuple(sorted(self.healths.keys() | self.counts.keys()))

    @property
    def by_status(self) -> Mapping[str, int]:
        """Jobs of all accounts and regions by status."""
        return sum((Counter(counts) for counts in self.counts.values()), Counter())

    def after(self, delivery: Delivery, at: datetime) -> View:
        """Return the view after one more poll."""
        sent = _sent(delivery)
        feed = sorted((_feed_row(event) for event in delivery.events), key=lambda row: row.at, reverse=True)
        return View(
            polls=self.polls + 1,
            polled_at=at,
            healths={**self.healths, **{_place(health.tags): health for health in delivery.healths}},
            counts={**self.counts, **_counts(delivery.samples)},
            jobs=_jobs(delivery.samples),
            # Events are in order of reports: a later poll may report an earlier event.
            feed=(*feed, *self.feed)[:EVENTS_KEPT],
            finished=dict(Counter(self.finished) + _finished(delivery.samples)),
            last=sent,
            total=self.total + sent,
            error=delivery.error,
        )


def _place(tags: Iterable[str]) -> DemoRegion:
    tags = tuple(tags)
    return DemoRegion(tag_of(tags, "aws_account"), tag_of(tags, "region"))


def _counts(samples: Iterable[Sample]) -> dict[DemoRegion, dict[str, int]]:
    counts: defaultdict[DemoRegion, Counter[str]] = defaultdict(Counter)
    for sample in samples:
        if sample.name == "jobs":
            counts[_place(sample.tags)][tag_of(sample.tags, "optimization_job_status")] += round(sample.value)
    return {place: dict(by_status) for place, by_status in counts.items()}


def _finished(samples: Iterable[Sample]) -> Counter[tuple[str, str]]:
    ends: Counter[tuple[str, str]] = Counter()
    for sample in samples:
        if sample.name == "job.finished":
            status, category = (tag_of(sample.tags, key) for key in ("optimization_job_status", "failure_category"))
            ends[status, category] += round(sample.value)
    return ends


def _jobs(samples: Iterable[Sample]) -> tuple[JobRow, ...]:
    """Group the series of each active job by their shared tags."""
    series: defaultdict[tuple[str, ...], dict[str, float]] = defaultdict(dict)
    for sample in samples:
        if sample.name.startswith("job.") and tag_of(sample.tags, "optimization_job_name"):
            series[sample.tags][sample.name.removeprefix("job.")] = sample.value
    rows = (_job_row(tags, values) for tags, values in series.items())
    active = (row for row in rows if row.status not in ENDED)
    return tuple(sorted(active, key=lambda row: (-row.percent, row.place, row.name)))


def _job_row(tags: tuple[str, ...], values: Mapping[str, float]) -> JobRow:
    return JobRow(
        name=tag_of(tags, "optimization_job_name"),
        place=_place(tags),
        status=tag_of(tags, "optimization_job_status"),
        is_stuck=bool(values.get("stuck")),
        waited=_meter(values, "pending"),
        ran=_meter(values, "runtime"),
    )


def _meter(values: Mapping[str, float], what: str) -> Meter | None:
    seconds = values.get(f"{what}_seconds")
    if seconds is None:
        return None
    return Meter(seconds, values.get(f"max_{what}_seconds"), values.get(f"{what}_utilization"))


def _feed_row(event: Event) -> FeedRow:
    category = tag_of(event.tags, "failure_category")
    found = REASON.search(event.text)
    reason = (found["quoted"] or found["plain"] or "") if found else ""
    return FeedRow(
        at=datetime.fromtimestamp(event.timestamp, UTC),
        name=tag_of(event.tags, "optimization_job_name"),
        place=_place(event.tags),
        status=tag_of(event.tags, "optimization_job_status"),
        category="" if category == "none" else category,
        reason=" ".join(reason.split()),
    )


def _sent(delivery: Delivery) -> Sent:
    calls: Counter[str] = Counter()
    failed = 0
    for sample in delivery.samples:
        if sample.name == "api.calls":
            calls[tag_of(sample.tags, "operation")] += round(sample.value)
            failed += 0 if tag_of(sample.tags, "outcome") == "ok" else round(sample.value)
    return Sent(
        metrics=len(delivery.samples),
        events=len(delivery.events),
        service_checks=len(delivery.healths),
        records=len(delivery.records),
        calls=dict(calls),
        failed_calls=failed,
    )
