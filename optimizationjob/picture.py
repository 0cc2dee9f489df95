"""The picture of a region's jobs: what was known, brought up to date by a listing. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from optimizationjob.job import JobKey, OptimizationJob
from optimizationjob.selection import Selection
from optimizationjob.sweep import Listing


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """The jobs of a region, before anything more is asked about them."""

    jobs: dict[JobKey, OptimizationJob]
    unlisted: frozenset[JobKey]
    """Active jobs that were known and are not in the lists."""
    gone: frozenset[JobKey]
    """Ended jobs that a complete list does not hold any more."""


def brought_up_to_date(
    known: Mapping[JobKey, OptimizationJob],
    listing: Listing,
    *,
    selection: Selection,
    is_news: Callable[[OptimizationJob], bool],
) -> Picture:
    """Merge a listing into what was known.

    A job stays while it is active, in the window, or ended without that being told; a complete listing
    lets jobs leave, one that failed or was cut short lets none.
    """
    jobs: dict[JobKey, OptimizationJob] = {}
    gone: set[JobKey] = set()
    unlisted: set[JobKey] = set()
    for key, listed in listing.jobs.items():
        if not selection.takes_name(listed.name):
            continue
        job = _merged(known.get(key), listed)
        if job.is_active or job.created_at >= listing.since or is_news(job):
            jobs[key] = job
    for key, job in known.items():
        if key in listing.jobs:
            continue
        if job.is_active:
            unlisted.add(key)
            jobs[key] = job
        elif not listing.is_complete or is_news(job):
            jobs[key] = job
        elif listing.malformed:
            # A row that could not be read may be this job's.
            jobs[key] = job
        elif job.created_at >= listing.since:
            gone.add(key)
    return Picture(jobs=jobs, unlisted=frozenset(unlisted), gone=frozenset(gone))


def _merged(known: OptimizationJob | None, listed: OptimizationJob) -> OptimizationJob:
    """Return a listed job with what only other calls tell; an end is final, whatever a late list says."""
    if known is None:
        return listed
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
