"""The jobs of a region while one poll works on them. Nothing here calls AWS."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from optimizationjob.config.job_selection import JobSelection
from optimizationjob.jobs.job import STOPPING, JobKey, OptimizationJob
from optimizationjob.jobs.job_counts import hour_of
from optimizationjob.state.ended_jobs import EndedJobs
from optimizationjob.state.region_memory import RegionMemory

MOST_LIVE: Final = 2000
"""Jobs of a region that are followed one by one. AWS's usual limit of active ones is below a hundred."""


@dataclass(slots=True, kw_only=True)
class WorkingSet:
    """Filled by one poll, page by page."""

    selection: JobSelection
    memory: RegionMemory
    ended: EndedJobs
    """Ended jobs that are known."""
    swept: EndedJobs | None
    """Ended jobs that the sweep under way found in earlier polls; None without a sweep."""
    unrecorded: Mapping[JobKey, OptimizationJob]
    """Ended jobs that were described and whose record was not submitted."""
    reads_tags: bool
    """Whether jobs that count as untagged only for a while can be counted by their tags again."""
    first_hour: int
    """The window starts with this hour."""
    live: dict[JobKey, OptimizationJob]
    """Active jobs, and ended jobs whose end is not reported yet."""
    unlisted: set[JobKey]
    """Active jobs that no list has shown in this poll."""
    old_ended: dict[JobKey, OptimizationJob] = field(default_factory=dict)
    """Jobs seen for the first time after their end, which is too old to be reported."""
    seen: set[JobKey] = field(default_factory=set)
    """Known ended jobs that the sweep has not seen before."""
    deleted: set[JobKey] = field(default_factory=set)
    """Active jobs that no longer exist."""

    def add_listed(self, jobs: Iterable[OptimizationJob], at: datetime) -> None:
        """Take listed jobs, read at a time."""
        for one in jobs:
            if not self.selection.includes_name(one.name):
                continue
            key = one.key
            job = _with_time_of_stop(self.live.get(key), one, at)
            self.unlisted.discard(key)
            known = self.live.get(key)
            if known is not None:
                self.live[key] = merged(known, job)
            elif key in self.ended or not (job.is_active or self.memory.is_unreported_end(job)):
                # An end is final: a job that was reported as ended does not come back, whatever a late list says.
                if not job.is_active and hour_of(job.created_at) >= self.first_hour:
                    self._add_ended(job)
            elif key not in self.memory.ended and (len(self.live) < MOST_LIVE or not job.is_active):
                self.live[key] = job

    def add_described(self, described: Mapping[JobKey, OptimizationJob]) -> list[JobKey]:
        """Take described jobs; return the keys of those that have ended although their detail says otherwise."""
        late = [key for key, job in described.items() if job.is_active and not self.live[key].is_active]
        self.live.update({key: job for key, job in described.items() if key not in late})
        self.unlisted.difference_update(described)
        for key, job in described.items():
            if not (job.is_active or self.memory.is_unreported_end(job)):
                # Only the detail shows that the job ended long ago.
                del self.live[key]
                self._add_ended(job)
        return late

    def holds(self, key: JobKey) -> bool:
        """Whether a job is in the picture of the region."""
        return key in self.live or key in self.old_ended or key in self.ended

    def drop_superseded(self) -> None:
        """Drop active jobs whose name a newer job uses."""
        newest: dict[str, JobKey] = {}
        for key in sorted(self.live):
            older = newest.get(key.arn)
            if older is not None and self.live[older].is_active:
                self.drop_deleted([older])
            newest[key.arn] = key

    def drop_deleted(self, keys: Iterable[JobKey]) -> None:
        """Drop live jobs that no longer exist."""
        for key in keys:
            del self.live[key]
            self.unlisted.discard(key)
            self.deleted.add(key)

    def drop_excluded(self, key: JobKey) -> None:
        """Drop a live job that the tag rules exclude and that no list shows: nothing would notice its end."""
        del self.live[key]
        self.unlisted.discard(key)

    def _add_ended(self, job: OptimizationJob) -> None:
        if self.swept is not None and job.key not in self.swept and self.ended.is_guess(job.key) and self.reads_tags:
            self.old_ended.setdefault(job.key, job)
            return
        if self.swept is not None:
            if job.key in self.swept:
                return
            if job.key in self.ended:
                self.seen.add(job.key)
                return
        if job.key not in self.ended and job.key not in self.old_ended:
            self.old_ended[job.key] = job


def _with_time_of_stop(known: OptimizationJob | None, listed: OptimizationJob, at: datetime) -> OptimizationJob:
    """Return a job that was first seen STOPPING without a time of that change with the time when it was seen."""
    is_new = known is None or known.status != STOPPING
    return (
        replace(listed, modified_at=at) if listed.status == STOPPING and is_new and not listed.modified_at else listed
    )


def merged(known: OptimizationJob, listed: OptimizationJob) -> OptimizationJob:
    """Return a listed job with what only other calls return; an end is final, whatever a late list says."""
    if listed.is_active and not known.is_active:
        return known
    return replace(
        listed,
        modified_at=listed.modified_at or known.modified_at,
        started_at=listed.started_at or known.started_at,
        ended_at=listed.ended_at or known.ended_at,
        techniques=listed.techniques or known.techniques,
        detail=known.detail,
        tags=known.tags,
    )
