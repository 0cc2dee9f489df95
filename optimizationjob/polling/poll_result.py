"""What one poll of a region found."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from optimizationjob.aws.errors import AwsError, DeadlineReached, NotFound
from optimizationjob.jobs.job import JobKey, OptimizationJob
from optimizationjob.jobs.job_counts import hour_of
from optimizationjob.polling.listing import Listing
from optimizationjob.polling.record_backlog import RecordsRead
from optimizationjob.polling.sweep import SweepResult
from optimizationjob.polling.working_set import MOST_LIVE


@dataclass(frozen=True, slots=True)
class TagStatus:
    """How well the tags of a region are known after a poll."""

    read_at: datetime | None
    """When the tags of all live jobs were last read."""
    is_waiting: bool = False
    """Whether there are jobs that cannot be counted, or be left out, before their tags are read."""
    are_denied: bool = False
    """Whether neither way to read tags is allowed."""
    are_given_up: bool = False
    """Whether jobs whose tags are not known count as untagged: tags are denied, or could not be read for long."""
    missing: frozenset[JobKey] = frozenset()
    """Ended jobs whose end is not reported yet and whose tags were not read after it."""
    undecided: Mapping[JobKey, OptimizationJob] = field(default_factory=dict)
    """Jobs seen for the first time after their end that cannot be counted before their tags are read."""
    guessed: frozenset[JobKey] = frozenset()
    """Jobs of `old_ended` that count as untagged although their tags are not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PollResult:
    """What one poll of a region found."""

    listing: Listing
    """The newest jobs."""
    frontier: datetime | None
    """Start of the last listing without an error; None if there was none."""
    is_behind: bool
    """Whether a sweep still has to read jobs that no complete reading has shown."""
    live: Mapping[JobKey, OptimizationJob]
    """Active jobs, and ended jobs whose end is not reported yet."""
    old_ended: tuple[OptimizationJob, ...] = ()
    """Jobs seen for the first time after their end, which is too old to be reported."""
    deleted: frozenset[JobKey] = frozenset()
    """Active jobs that no longer exist."""
    unread_details: Mapping[JobKey, AwsError] = field(default_factory=dict)
    """Live jobs whose detail is wanted and could not be read, and why."""
    sweep: SweepResult | None = None
    records: RecordsRead
    """Ended jobs that were described for their record alone."""
    tags: TagStatus
    backlog: int = 0
    """Jobs that wait to be described."""
    known_ended: int = 0
    """Ended jobs of the window that this process has seen."""
    malformed: int = 0
    """Listed rows that could not be read."""
    troubles: tuple[AwsError, ...] = ()
    """What went wrong besides the listing, one error of each kind."""

    @property
    def at(self) -> datetime:
        """The time of the poll by AWS's clock."""
        return self.listing.at

    @property
    def error(self) -> AwsError | None:
        """Why the newest jobs could not be listed."""
        return self.listing.error

    @property
    def first_hour(self) -> int:
        """The window starts with this hour."""
        return hour_of(self.listing.since)

    @property
    def has_swept(self) -> bool:
        """Whether this poll completed a sweep."""
        return self.sweep is not None and self.sweep.is_over and self.sweep.progress.is_complete

    @property
    def is_truncated(self) -> bool:
        """Whether the sweep has stopped before it read all of the window, or there are more live jobs than are kept."""
        return len(self.live) >= MOST_LIVE or (self.sweep is not None and self.sweep.progress.is_truncated)

    @property
    def is_current(self) -> bool:
        """Whether all jobs were read that are newer than those known before."""
        return self.error is None and not self.is_behind


def one_of_each(troubles: Iterable[AwsError]) -> tuple[AwsError, ...]:
    """Return one error of each kind and operation; running out of time and deleted jobs are none."""
    kinds = {(type(error), error.operation): error for error in reversed(list(troubles))}
    return tuple(error for (kind, _), error in reversed(kinds.items()) if kind not in (DeadlineReached, NotFound))
