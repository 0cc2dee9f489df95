"""The jobs of one account and region in sorted indexes, so that a page of 100 stays fast with 10,000 jobs."""

from __future__ import annotations

import heapq
from bisect import bisect_left, insort
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from optimizationjob.simulator.job_life import ALWAYS, LifeMoment, position

if TYPE_CHECKING:
    from collections.abc import Iterator

    from optimizationjob.simulator.simulated_job import Job

Row = tuple[datetime, str]
Sortable = TypeVar("Sortable", Row, tuple[str])


class Shelf:
    """All jobs of one account and region, including future and deleted ones.

    There is no background thread: `settle` updates the indexes to the given time, also when the clock went
    backwards, and every reader calls it first. The owner's lock guards it.
    """

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._shown: dict[str, LifeMoment] = {}
        self._changes: list[tuple[datetime, str]] = []
        self._now = ALWAYS
        self.by_creation: list[Row] = []
        self.by_name: list[tuple[str]] = []
        self.by_status: dict[str, list[Row]] = {}

    def settle(self, now: datetime) -> None:
        """Update every job to its state at `now`."""
        if now < self._now:
            self._now = now
            for job in self._jobs.values():
                self._show(job)
            return
        self._now = now
        while self._changes and self._changes[0][0] <= now:
            _, name = heapq.heappop(self._changes)
            if name in self._jobs:
                self._show(self._jobs[name])

    def put(self, job: Job) -> None:
        """Add a job, or replace the one with its name."""
        self.remove(job.name)
        self._jobs[job.name] = job
        self._show(job)

    def remove(self, name: str) -> None:
        """Remove a job if it exists."""
        if name in self._jobs:
            self._hide(self._jobs.pop(name))

    def get(self, name: str) -> tuple[Job, LifeMoment] | None:
        """Return a job that exists now, with its current state."""
        moment = self._shown.get(name)
        return None if moment is None else (self._jobs[name], moment)

    def is_free(self, name: str) -> bool:
        """Return whether no current or future job has the name."""
        job = self._jobs.get(name)
        if job is None:
            return True
        is_over = position(job.moments, self._now) + 1 == len(job.moments)
        return is_over and job.moments[-1].status is None

    def rows_by_status(self) -> Iterator[tuple[str, Row]]:
        """Yield every row with its status, sorted by status, then by creation time."""
        for status in sorted(self.by_status):
            for row in self.by_status[status]:
                yield status, row

    def __len__(self) -> int:
        return len(self._shown)

    def _show(self, job: Job) -> None:
        """Update one job's index entries to its current state."""
        index = position(job.moments, self._now)
        if index + 1 < len(job.moments):
            heapq.heappush(self._changes, (job.moments[index + 1].at, job.name))
        moment = job.moments[index] if index >= 0 else None
        if moment is None or moment.status is None:
            self._hide(job)
            return
        before = self._shown.get(job.name)
        row = (job.created_at, job.name)
        if before is None:
            insort(self.by_creation, row)
            insort(self.by_name, (job.name,))
        elif before.status is not None and before.status != moment.status:
            _discard(self.by_status[before.status], row)
        if before is None or before.status != moment.status:
            insort(self.by_status.setdefault(moment.status, []), row)
        self._shown[job.name] = moment

    def _hide(self, job: Job) -> None:
        moment = self._shown.pop(job.name, None)
        if moment is None or moment.status is None:
            return
        row = (job.created_at, job.name)
        _discard(self.by_creation, row)
        _discard(self.by_name, (job.name,))
        _discard(self.by_status[moment.status], row)


def _discard(items: list[Sortable], item: Sortable) -> None:
    index = bisect_left(items, item)
    if index < len(items) and items[index] == item:
        del items[index]
