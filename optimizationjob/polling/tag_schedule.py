"""When the tags of a job are read: at first, again while it is young and has none, once when it ends, and at intervals.

Tags come late in practice: tools add them minutes after the creation of a job.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from optimizationjob.jobs.job import JobKey, OptimizationJob
from optimizationjob.polling.pending_ends import LONGEST_WAIT

WAITS: Final = (timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4))
"""The times between two readings of a young job without tags; after the last one, it is taken for untagged."""
YOUNG: Final = timedelta(minutes=10)
"""Age of a job up to which its tags may still be missing."""


class _Read(NamedTuple):
    """How the tags of a job were read."""

    times: int
    at: datetime
    has_ended: bool
    """Whether the job had ended then."""


class TagSchedule:
    """Remembers when tags were read, by job.

    Args:
        refresh_interval: how often the tags of all jobs are read again: they can change at any time, without a trace.
    """

    def __init__(self, refresh_interval: timedelta) -> None:
        self._refresh_interval = refresh_interval
        self._read: dict[JobKey, _Read] = {}

    def is_refresh_due(self, read_at: datetime | None, at: datetime) -> bool:
        """Whether the tags of all jobs are to be read again, or were never read by this process."""
        return read_at is None or at - read_at >= self._refresh_interval

    def is_due(self, job: OptimizationJob, at: datetime) -> bool:
        """Whether the tags of a live job are to be read now."""
        if job.tags is None or not (job.is_active or self.is_read_at_end(job.key)):
            return True
        read = self._read.get(job.key)
        if job.is_active:
            return self.may_come_late(job, at) and (read is None or at - read.at >= WAITS[read.times - 1])
        # Once more after the wait, however long the pause before this poll was.
        return not job.tags and read is not None and read.at - job.settled_at <= LONGEST_WAIT

    def may_come_late(self, job: OptimizationJob, at: datetime) -> bool:
        """Whether the tags of a job without any will be read again."""
        read = self._read.get(job.key)
        return not job.tags and at - job.created_at < YOUNG and (read is None or read.times <= len(WAITS))

    def waits_at_end(self, job: OptimizationJob, at: datetime) -> bool:
        """Whether an ended job without tags may still get some."""
        return not job.tags and at - job.settled_at <= LONGEST_WAIT

    def is_read_at_end(self, key: JobKey) -> bool:
        """Whether the tags of a job were read after its end."""
        read = self._read.get(key)
        return read is not None and read.has_ended

    def is_outdated(self, job: OptimizationJob, at: datetime, refreshed_at: datetime | None) -> bool:
        """Whether the tags of a job belong to a refresh: a first one takes those that an earlier process read."""
        read = self._read.get(job.key)
        return read is None or (refreshed_at is not None and read.at < at)

    def note(self, jobs: Iterable[OptimizationJob], at: datetime) -> None:
        """Note that the tags of live jobs were read."""
        for job in jobs:
            read = self._read.get(job.key)
            self._read[job.key] = _Read(read.times + 1 if read else 1, at, not job.is_active)

    def keep(self, is_needed: Callable[[JobKey], bool]) -> None:
        """Forget all other jobs."""
        self._read = {key: read for key, read in self._read.items() if is_needed(key)}
