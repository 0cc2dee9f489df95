"""The sweep: reads the whole window and all active jobs, some pages a run, and so finds deletions and drift."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from optimizationjob.aws.errors import AwsError, DeadlineReached, Refused
from optimizationjob.aws.sagemaker_api import PAGE_SIZE, OptimizationJobApi
from optimizationjob.config.settings import Settings
from optimizationjob.jobs.job import JobKey, OptimizationJob
from optimizationjob.jobs.job_counts import JobCounts, KnownKinds, hour_of
from optimizationjob.polling.listing import PAGES_A_RUN, Listing, RepeatedToken, refuse_repetition, window_pages
from optimizationjob.polling.working_set import WorkingSet
from optimizationjob.state.region_state import RegionState
from optimizationjob.state.sweep_progress import SweepProgress

# It is not documented whether a list's time filter includes its bound: this much is read twice.
A_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepResult:
    """What one poll's part of a sweep found."""

    progress: SweepProgress
    is_over: bool = False
    """Whether it has read everything and every job that it found can be counted."""
    seen: frozenset[JobKey] = frozenset()
    """Known ended jobs that the sweep has seen again in this poll."""
    deleted: tuple[OptimizationJob, ...] = ()
    """Ended jobs that a complete sweep did not find any more."""
    counts: JobCounts = field(default_factory=JobCounts)
    """The ended jobs of the window after a complete sweep."""


def sweep_to_continue(state: RegionState, listing: Listing, interval: timedelta) -> SweepProgress | None:
    """Return the sweep under way, a new one where one is due or costs nothing, or None.

    Args:
        state: what is known of the region.
        listing: the newest jobs.
        interval: `full_sweep_interval`.
    """
    if listing.error is not None:
        return state.sweep
    memory = state.memory
    fresh = _started(listing, is_behind=state.is_behind or memory.swept_at is None)
    if listing.is_whole_list:
        return fresh
    due_at = state.next_sweep_at or (memory.swept_at and memory.swept_at + interval)
    # A sweep planned for later than one interval from now was planned by a wrong clock.
    is_due = due_at is None or not listing.at < due_at <= listing.at + interval
    is_under_way = state.sweep is not None and listing.has_reached_frontier
    if is_under_way or not (is_due or not listing.has_reached_frontier):
        return state.sweep
    return fresh


def pages_this_run(progress: SweepProgress, length: int, settings: Settings) -> int:
    """Return how many pages a sweep may read in this run: all that a run allows while jobs may be missing, else a part.

    Args:
        progress: the sweep.
        length: about how many pages a whole sweep has.
        settings: the interval of runs and of sweeps.
    """
    share = settings.min_collection_interval / settings.full_sweep_interval.total_seconds()
    return PAGES_A_RUN if progress.is_catching_up else max(1, math.ceil(length * share))


class SweepReader:
    """Reads the pages of sweeps of one region."""

    def __init__(self, api: OptimizationJobApi, *, max_jobs: int) -> None:
        self._api = api
        self._most_jobs = max_jobs
        self._most_pages = window_pages(max_jobs)

    def read(self, listing: Listing, progress: SweepProgress, most_pages: int) -> SweepProgress:
        """Read some pages of a sweep into a listing and return how far it is now.

        An error is in the listing; a token that repeats ends the sweep.
        """
        try:
            for _ in range(most_pages):
                progress = self._bounded(progress)
                if progress.is_done:
                    break
                progress = self._step(listing, progress)
            progress = self._bounded(progress)
        except DeadlineReached:
            pass
        except RepeatedToken as error:
            listing.error = error
            progress = replace(progress, is_done=True, is_truncated=True, is_endless=True)
        except AwsError as error:
            listing.error = error
        return progress

    def _bounded(self, progress: SweepProgress) -> SweepProgress:
        """Return a sweep that leaves the window after `max_jobs` jobs, and ends after twice their pages."""
        if progress.is_done:
            return progress
        if progress.is_in_window and progress.jobs > self._most_jobs:
            return replace(_past_window(progress, progress.token), is_truncated=True)
        if progress.pages >= self._most_pages * (1 if progress.is_in_window else 2):
            # So many pages with so few jobs are no list that can be trusted.
            return replace(progress, is_done=True, is_truncated=True, is_endless=True)
        return progress

    def _step(self, listing: Listing, progress: SweepProgress) -> SweepProgress:
        """Read one page."""
        status = None if progress.is_in_window else progress.statuses[0]
        before = progress.created_before if progress.is_in_window else None
        try:
            page = self._api.list_page(token=progress.token, status=status, created_before=before)
        except Refused:
            if progress.token is None:
                raise
            # AWS no longer accepts the token: continue from the last creation time, or restart the list of this status.
            return replace(progress, token=None, tokens=frozenset(), created_before=progress.last_created_at)
        listing.add(page)
        tokens = set(progress.tokens)
        refuse_repetition(page.next_token, tokens, self._api.region)
        oldest = _a_second_after(page.jobs[-1].created_at) if page.jobs else progress.last_created_at
        progress = replace(
            progress,
            token=page.next_token,
            pages=progress.pages + 1,
            malformed=progress.malformed + page.malformed,
            tokens=frozenset(tokens),
        )
        if progress.is_in_window:
            progress = replace(progress, last_created_at=oldest, jobs=progress.jobs + len(page.jobs) + page.malformed)
            is_end = page.next_token is None or listing.ends_before(listing.since)
            return _past_window(progress, page.next_token) if is_end else progress
        if page.next_token is None:
            statuses = progress.statuses[1:]
            return replace(progress, statuses=statuses, is_done=not statuses)
        return progress


def sweep_length(swept_pages: int, counts: JobCounts) -> int:
    """Return about how many pages a sweep has: as many as the last one, else those of the jobs that are counted."""
    return swept_pages or counts.total // PAGE_SIZE


def sweep_result(
    jobs: WorkingSet,
    progress: SweepProgress,
    new: Iterable[OptimizationJob],
    kinds: KnownKinds,
    *,
    is_over: bool,
) -> SweepResult:
    """Return what one poll's part of a sweep found.

    Args:
        jobs: the jobs of the poll.
        progress: how far the sweep is.
        new: the ended jobs that were seen for the first time and count.
        kinds: what jobs are counted by.
        is_over: whether everything was read and every job can be counted.
    """
    seen = frozenset(jobs.seen)
    if not (is_over and progress.is_complete) or jobs.swept is None:
        return SweepResult(progress=progress, is_over=is_over, seen=seen)
    deleted: tuple[OptimizationJob, ...] = ()
    if not progress.malformed:
        missing = jobs.ended.missing_in(jobs.swept, progress.started_at)
        found = seen | jobs.old_ended.keys()
        # A job older than those that were read is not missing.
        reach = progress.last_created_at if progress.is_truncated else None
        deleted = tuple(
            job
            for job in missing
            if job.key not in found
            and hour_of(job.created_at) > jobs.first_hour
            and (reach is None or job.created_at > reach)
        )
    counts = jobs.swept.counts() + Counter(filter(None, map(jobs.ended.count_key, seen)))
    counts.update(map(kinds.count_key, new))
    return SweepResult(progress=progress, is_over=True, seen=seen, deleted=deleted, counts=JobCounts(counts))


def _started(listing: Listing, *, is_behind: bool) -> SweepProgress:
    """Return a new sweep whose first pages are the listing of the newest jobs."""
    oldest = listing.oldest_created_at
    progress = SweepProgress(
        started_at=listing.at,
        token=listing.next_token,
        last_created_at=oldest and _a_second_after(oldest),
        pages=listing.pages,
        jobs=len(listing.jobs),
        malformed=listing.malformed,
        is_catching_up=is_behind or not listing.has_reached_frontier,
    )
    is_whole = listing.is_whole_list or listing.ends_before(listing.since)
    return _past_window(progress, listing.next_token) if is_whole else progress


def _past_window(progress: SweepProgress, next_token: str | None) -> SweepProgress:
    """Return a sweep whose window was read; without a next page it has seen all active jobs, too."""
    return replace(progress, is_in_window=False, token=None, is_done=next_token is None)


def _a_second_after(moment: datetime) -> datetime:
    return moment + A_SECOND
