"""One job of the watch: status, times against limits, and why it ended. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from optimizationjob.cli.demo.demo_screen_data import DemoRegion, Meter
from optimizationjob.cli.demo.demo_status_tables import title_of
from optimizationjob.cli.terminal_text import harmless
from optimizationjob.cli.watch import watch_words as wording
from optimizationjob.jobs.failure_reason_patterns import FailureCategory
from optimizationjob.jobs.job import DELETED, JobKey, OptimizationJob
from optimizationjob.polling.changes import Transition
from optimizationjob.run.region_run import RegionSnapshot
from optimizationjob.telemetry.samples import category_of


@dataclass(frozen=True, kw_only=True)
class WatchedJob:
    """One job of the watch."""

    job: OptimizationJob
    place: DemoRegion
    at: datetime
    """The current time, up to which running durations count."""
    status: str
    """The tag value; `deleted` for a deleted job."""
    is_stuck: bool = False
    category: str = ""
    """The failure category; empty if nothing failed."""
    reason: str = ""
    """AWS's failure reason on one line; may be empty."""

    @property
    def key(self) -> JobKey:
        """The unique key of the job."""
        return self.job.key

    @property
    def is_over(self) -> bool:
        """Whether the job ended or was deleted."""
        return not self.job.is_active or self.status == DELETED.tag_value

    @property
    def ended_at(self) -> datetime | None:
        """When the job ended or was found to be deleted; None while it is active."""
        if self.status == DELETED.tag_value:
            return self.at
        return None if self.job.is_active else self.job.settled_at

    @cached_property
    def name(self) -> str:
        """The job name, safe for a terminal."""
        return harmless(self.job.name)

    @cached_property
    def state(self) -> str:
        """The status as shown: `running` for INPROGRESS, and `stuck` for a job that does not get on."""
        return wording.STUCK if self.is_stuck else harmless(title_of(self.status).lower())

    @property
    def why(self) -> str:
        """The failure reason, safe for a terminal."""
        return harmless(self.reason)

    @property
    def waited(self) -> Meter | None:
        """Pending time against its limit."""
        return _meter(self.job.pending_seconds(self.at), self.job.limits.max_pending_seconds)

    @property
    def ran(self) -> Meter | None:
        """Runtime against its limit."""
        return _meter(self.job.runtime_seconds(self.at), self.job.limits.max_runtime_seconds)

    @property
    def total(self) -> Meter | None:
        """Pending time plus runtime against the limit on both."""
        return _meter(self.job.total_seconds(self.at), self.job.limits.max_wait_seconds)

    @cached_property
    def percent(self) -> float | None:
        """Percentage used of the limit that can end the job next; None without a known limit."""
        meters = (self.waited if self.ran is None else self.ran, self.total)
        return max((meter.percent for meter in meters if meter and meter.percent is not None), default=None)

    @cached_property
    def searched(self) -> str:
        """What the filter searches, in lower case."""
        tags = (f"{tag.key}:{tag.value}" for tag in self.job.tags or ())
        parts = (self.job.name, self.status, self.state, *self.job.techniques, self.job.instance_type, self.category)
        return " ".join((*parts, *tags, *self.place)).lower()


def ended_job(transition: Transition, snapshot: RegionSnapshot, place: DemoRegion) -> WatchedJob:
    """Return an ended or deleted job with its failure reason."""
    at = snapshot.changes.at
    category = category_of(transition, at)
    unread = transition.unread_reason
    words = f"{wording.REASON_UNREADABLE}: {unread.cause}" if unread else transition.job.failure_reason or ""
    return WatchedJob(
        job=transition.job,
        place=place,
        at=at,
        status=transition.status.tag_value,
        category="" if category is FailureCategory.NONE else category.value,
        reason=" ".join(words.split()),
    )


def _meter(seconds: float | None, limit: int | None) -> Meter | None:
    if seconds is None:
        return None
    return Meter(seconds, limit, 100.0 * seconds / limit if limit else None)
