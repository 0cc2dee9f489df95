"""What survives a restart of one region's watch: what was reported, how far the lists were read, and counts by hour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from optimizationjob.jobs.job import JobKey, OptimizationJob
from optimizationjob.jobs.job_counts import JobCounts, hour_of


@dataclass(frozen=True, slots=True)
class PendingEnd:
    """A job that has ended and is not completely reported yet."""

    job: OptimizationJob
    since: datetime
    """When its end was first seen."""
    attempts: int = 0
    """How often the Agent did not take its event; everything else was submitted with the first attempt."""


@dataclass(frozen=True, slots=True)
class SentRecord:
    """The resource record of a live job as it was last submitted."""

    token: str | None
    """A hash of the content; None for the record of an ended job, which cannot change."""
    at: datetime

    @property
    def is_final(self) -> bool:
        """Whether no other record of the job will follow."""
        return self.token is None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionMemory:
    """What is remembered of one account and region. It changes after delivery, never before."""

    events_since: datetime
    """The end of a job that is first seen after it ended is reported from this moment on; earlier ends are history."""
    is_clock_checked: bool = False
    """Whether `events_since` was corrected by AWS's clock; until then it follows the machine's."""
    swept_at: datetime | None = None
    """When the last complete sweep started; None before the first."""
    is_truncated: bool = False
    """Whether that sweep left out jobs of the window beyond `max_jobs`."""
    records_complete_until: datetime | None = None
    """The records of all jobs that ended before this were submitted."""
    recorded_hours: Mapping[int, datetime] = field(default_factory=dict)
    """While records are missing: the hours of creation of which all records were submitted, up to ends at a moment."""
    sent: Mapping[JobKey, SentRecord] = field(default_factory=dict)
    """The records of live jobs."""
    frontier: datetime | None = None
    """Start of the last complete reading: every job created more than a few minutes before it was seen."""
    active: Mapping[JobKey, OptimizationJob] = field(default_factory=dict)
    """Jobs that were active when last reported."""
    ended: Mapping[JobKey, datetime] = field(default_factory=dict)
    """Jobs whose end was reported or is history, with its time; only those that could be taken for unreported ones."""
    pending: Mapping[JobKey, PendingEnd] = field(default_factory=dict)
    """Ended jobs that wait for their reason, or whose event the Agent did not take."""
    counts: JobCounts = field(default_factory=JobCounts)
    """The ended jobs of the window, by the hour of their creation, their status and their kind."""
    series: frozenset[tuple[str, ...]] = frozenset()
    """The series in which `jobs` was last sent, by their tags, so that each can end with a zero."""

    @property
    def was_read(self) -> bool:
        """Whether the region could be listed once, in this process or before."""
        return bool(self.frontier or self.swept_at or self.active or self.pending)

    def has_record(self, job: OptimizationJob) -> bool:
        """Whether the record of an ended job was submitted before this process began, as far as that is known."""
        moments = (self.records_complete_until, self.recorded_hours.get(hour_of(job.created_at)))
        return any(moment is not None and job.settled_at <= moment for moment in moments)

    def is_unreported_end(self, job: OptimizationJob) -> bool:
        """Whether a job has ended and its end is still to be reported.

        An ended job without a time of its end may be either, until it was described.
        """
        if job.is_active or job.key in self.ended:
            return False
        is_dated = bool(job.ended_at or job.modified_at or job.detail)
        is_known = job.key in self.active or job.key in self.pending
        return is_known or not is_dated or job.settled_at >= self.events_since
