"""The jobs of a region while a poll brings them up to date: what is live, what is over, what is gone."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass, field, replace

from optimizationjob.config.job_selection import JobSelection
from optimizationjob.jobs.job import JobKey, OptimizationJob
from optimizationjob.jobs.job_counts import hour_of
from optimizationjob.state.ended_jobs import EndedJobs


@dataclass(slots=True, kw_only=True)
class WorkingSet:
    """Filled by one poll, page by page; nothing in it calls AWS."""

    selection: JobSelection
    is_news: Callable[[OptimizationJob], bool]
    """Whether a job has ended, that was not told, and it is not history."""
    told: Container[JobKey]
    """Jobs whose end was told, or was history, lately."""
    archive: EndedJobs
    """Ended jobs that are known."""
    fresh: EndedJobs | None
    """Ended jobs as a sweep under way finds them."""
    first_hour: int
    """The window begins with this hour."""
    live: dict[JobKey, OptimizationJob]
    """Active jobs, and ended ones whose end is still to be told."""
    unlisted: set[JobKey]
    """Active jobs that no list has shown yet."""
    met: dict[JobKey, OptimizationJob] = field(default_factory=dict)
    """Jobs met for the first time when it was over and no news any more."""
    gone: set[JobKey] = field(default_factory=set)

    def take(self, jobs: Iterable[OptimizationJob]) -> None:
        """Take listed jobs in."""
        for job in jobs:
            if not self.selection.takes_name(job.name):
                continue
            key = job.key
            self.unlisted.discard(key)
            known = self.live.get(key)
            if known is not None:
                self.live[key] = merged(known, job)
            elif key in self.archive or not (job.is_active or self.is_news(job)):
                # An end is final: a job that is told to be over does not come back, whatever a late list says.
                if not job.is_active and hour_of(job.created_at) >= self.first_hour:
                    self._take_ended(job)
            elif key not in self.told:
                self.live[key] = job

    def describe(self, described: Mapping[JobKey, OptimizationJob]) -> list[JobKey]:
        """Take described jobs in; return those that are over by now, though their description says otherwise."""
        late = [key for key, job in described.items() if job.is_active and not self.live[key].is_active]
        self.live.update({key: job for key, job in described.items() if key not in late})
        self.unlisted.difference_update(described)
        for key, job in described.items():
            if not (job.is_active or self.is_news(job)):
                # Only its description told that it ended long ago.
                del self.live[key]
                self._take_ended(job)
        return late

    def drop_superseded(self) -> None:
        """Let active jobs go whose name a newer job has."""
        newest: dict[str, JobKey] = {}
        for key in sorted(self.live):
            older = newest.get(key.arn)
            if older is not None and self.live[older].is_active:
                self.drop([older])
            newest[key.arn] = key

    def drop(self, keys: Iterable[JobKey]) -> None:
        """Let live jobs go that do not exist any more."""
        for key in keys:
            del self.live[key]
            self.unlisted.discard(key)
            self.gone.add(key)

    def _take_ended(self, job: OptimizationJob) -> None:
        if self.fresh is not None and self.fresh.adopt(self.archive, job.key):
            return
        if job.key not in self.archive and job.key not in self.met:
            self.met[job.key] = job


def merged(known: OptimizationJob, listed: OptimizationJob) -> OptimizationJob:
    """Return a listed job with what only other calls tell; an end is final, whatever a late list says."""
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
