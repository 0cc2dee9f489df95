"""What the process knows of one region. Once opened, it changes in `RegionState.commit` only."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from optimizationjob.jobs.job import JobKey, OptimizationJob
from optimizationjob.jobs.job_counts import hour_of
from optimizationjob.state.ended_jobs import EndedJob, EndedJobs
from optimizationjob.state.region_memory import RegionMemory
from optimizationjob.state.sweep_progress import SweepProgress


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What a delivered poll changes in the state of its region."""

    memory: RegionMemory
    live: Mapping[JobKey, OptimizationJob]
    """Active jobs, and ended jobs whose end is not reported yet."""
    ended: tuple[EndedJob, ...]
    """Jobs that ended, reported now or too old to be reported."""
    undecided: Mapping[JobKey, OptimizationJob]
    """Ended jobs that cannot be counted before their tags are read."""
    seen: Collection[JobKey]
    """Known ended jobs that the sweep has seen again."""
    sweep: SweepProgress | None
    is_sweep_over: bool
    recorded: Collection[JobKey]
    """Ended jobs that need no record any more."""
    unrecorded: Mapping[JobKey, OptimizationJob]
    """Ended jobs whose record was not submitted, with their details, as far as those are kept."""
    recorded_until: datetime | None
    """Ends before this moment are known, as far as jobs are; None where the listing failed."""
    first_hour: int
    """The window starts with this hour."""
    frontier: datetime | None
    is_behind: bool
    tags_read_at: datetime | None


@dataclass(slots=True, kw_only=True)
class RegionState:
    """What is known of a region, in the process and beyond."""

    full_sweep_interval: timedelta
    memory: RegionMemory
    """What survives a restart."""
    live: Mapping[JobKey, OptimizationJob] = field(default_factory=dict)
    """Active jobs, and ended jobs whose end is not reported yet, with details and tags."""
    undecided: Mapping[JobKey, OptimizationJob] = field(default_factory=dict)
    """Ended jobs that cannot be counted before their tags are read."""
    ended: EndedJobs = field(default_factory=EndedJobs)
    """Ended jobs of the window, as far as this process has met them."""
    sweep: SweepProgress | None = None
    """The sweep under way."""
    swept: EndedJobs = field(default_factory=EndedJobs)
    """Ended jobs that the sweep under way has found."""
    unrecorded: Mapping[JobKey, OptimizationJob] = field(default_factory=dict)
    """Ended jobs that were described and whose record is to be submitted."""
    frontier: datetime | None = None
    """Start of the last listing without an error; a sweep reads what it did not reach. None until the first one."""
    is_behind: bool = False
    """Whether a sweep still has to read jobs that no complete reading has shown."""
    tags_read_at: datetime | None = None
    """When the tags of all live jobs were last read: they can change at any time, without a trace."""
    swept_pages: int = 0
    """Pages of the last sweep."""
    next_sweep_at: datetime | None = None
    """When the next sweep is due; None if this process has not finished one."""

    def swept_before(self, progress: SweepProgress | None) -> EndedJobs:
        """Return the ended jobs that a sweep found in earlier polls: none if it is not the sweep under way."""
        is_same = self.sweep and progress and self.sweep.started_at == progress.started_at
        return self.swept if is_same else EndedJobs()

    def open(self, memory: RegionMemory) -> None:
        """Take the memory of the account: loaded, new, or with its clock corrected."""
        self.memory = memory
        self.frontier = self.frontier or memory.frontier

    def keep_read(self, live: Mapping[JobKey, OptimizationJob]) -> None:
        """Keep the details and tags that a poll read, also where it is not delivered: the memory says what was."""
        self.live = live

    def commit(self, delivered: Delivered) -> None:
        """Take what a delivered poll changes."""
        swept = self.swept_before(delivered.sweep)
        for key in delivered.seen:
            swept.adopt(self.ended, key)
        for ended_jobs in (self.ended, swept):
            for one in delivered.ended:
                ended_jobs.add(one)
            for key in delivered.recorded:
                ended_jobs.note_record(key)
        self.sweep, self.swept = delivered.sweep, swept
        if self.sweep is not None and delivered.is_sweep_over:
            if self.sweep.is_complete:
                self.ended = swept
            self.swept_pages, self.next_sweep_at = self.sweep.pages, self.sweep.next_at(self.full_sweep_interval)
            self.sweep, self.swept = None, EndedJobs()
        self.ended.drop_before(delivered.first_hour)
        self.memory = replace(delivered.memory, recorded_hours=self._recorded_hours(delivered))
        self.live, self.undecided = delivered.live, delivered.undecided
        self.unrecorded = delivered.unrecorded
        self.frontier, self.is_behind = delivered.frontier, delivered.is_behind
        self.tags_read_at = delivered.tags_read_at

    def _recorded_hours(self, delivered: Delivered) -> dict[int, datetime]:
        """Return the hours of which all records were submitted, while those of other hours are missing.

        So a restart in the middle of a first reading submits no record again. It takes a sweep by this process, since
        only then all jobs of an hour are known here.
        """
        memory = delivered.memory
        if not self.ended.unrecorded or memory.swept_at is None:
            return {}
        hours = {hour: at for hour, at in memory.recorded_hours.items() if hour >= delivered.first_hour}
        if self.next_sweep_at is not None and delivered.recorded_until is not None:
            undecided = {hour_of(key.created_at) for key in delivered.undecided}
            hours |= dict.fromkeys(set(self.ended.recorded_hours()) - undecided, delivered.recorded_until)
        return hours
