"""What a poll of a region starts from, and what it finds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from optimizationjob.aws.errors import AwsError
from optimizationjob.jobs.job import JobKey, OptimizationJob
from optimizationjob.polling.listing import Sweep
from optimizationjob.state.ended_jobs import EndedJobs


@dataclass(frozen=True, slots=True, kw_only=True)
class Knowledge:
    """What the process knows of a region beyond its memory; the archives are filled when a poll was told."""

    live: Mapping[JobKey, OptimizationJob] = field(default_factory=dict)
    """Active jobs, and ended ones whose end is still to be told."""
    archive: EndedJobs = field(default_factory=EndedJobs)
    """Ended jobs of the window, as far as they were met in this process."""
    fresh: EndedJobs | None = None
    """Ended jobs that a sweep under way has found."""
    sweep: Sweep | None = None
    frontier: datetime | None = None
    """Jobs created later than a while before this are read in every run; None until the first."""
    due: tuple[OptimizationJob, ...] = ()
    """Ended jobs whose records come next, their tags read."""
    swept_pages: int = 0
    """How long the last sweep was."""
    next_sweep_at: datetime | None = None
    """When a sweep is due; None where none has ended in this process."""
    tagged_at: datetime | None = None
    """When the tags of live jobs were last read anew: they can change at any time, and nothing tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PollResult:
    """What one poll of a region found."""

    at: datetime
    """The moment of the poll by AWS's clock."""
    first_hour: int
    """The window begins with this hour."""
    live: Mapping[JobKey, OptimizationJob]
    """Active jobs, and ended ones whose end is still to be told."""
    met: tuple[OptimizationJob, ...] = ()
    """Jobs met for the first time when it was over and no news any more."""
    recorded: tuple[OptimizationJob, ...] = ()
    """Ended jobs that were described for their record alone."""
    vanished: frozenset[JobKey] = frozenset()
    """Ended jobs that no longer exist, found when they were to be described."""
    gone: frozenset[JobKey] = frozenset()
    """Active jobs that no longer exist."""
    deleted: tuple[OptimizationJob, ...] = ()
    """Ended jobs that a whole sweep did not find any more."""
    undescribed: Mapping[JobKey, AwsError] = field(default_factory=dict)
    """Live jobs that should have been described and were not, and why."""
    has_reached: bool = False
    """Whether the newest jobs were read down to those that were known."""
    newest_created_at: datetime | None = None
    sweep: Sweep | None = None
    """How far the sweep got; done if this poll ended it."""
    fresh: EndedJobs | None = None
    due: tuple[OptimizationJob, ...] = ()
    tagged_at: datetime | None = None
    are_tags_denied: bool = False
    has_undecided: bool = False
    """Whether a job that is over cannot be counted yet, since its tags could not be read."""
    backlog: int = 0
    """Jobs that wait to be described."""
    archived: int = 0
    """Ended jobs of the window that were met in this process."""
    malformed: int = 0
    """Rows of the lists that could not be read."""
    error: AwsError | None = None
    """Why the newest jobs could not be read."""
    troubles: tuple[AwsError, ...] = ()
    """What else went wrong, one of each kind."""

    @property
    def has_swept(self) -> bool:
        """Whether this poll ended a sweep that read all of the window."""
        return self.sweep is not None and self.sweep.is_done and not self.sweep.is_truncated

    @property
    def is_current(self) -> bool:
        """Whether all jobs were read that are newer than those known before."""
        is_behind = self.sweep is not None and self.sweep.is_catching_up and not self.sweep.is_done
        return self.has_swept or (self.has_reached and not is_behind)
