"""What is to be remembered once a poll's changes are delivered. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from optimizationjob.config.settings import Settings
from optimizationjob.jobs.job import JobKey
from optimizationjob.jobs.job_counts import JobCounts, KnownKinds
from optimizationjob.polling.changes import NOT_REPORTED, Changes
from optimizationjob.polling.listing import OVERLAP
from optimizationjob.polling.poll_result import PollResult
from optimizationjob.state.region_memory import RegionMemory

# Once a poll is current, all ends older than this were seen: they need not be remembered one by one.
SETTLED_AFTER: Final = timedelta(hours=1)
# Times that move with the clock are remembered in steps, so that a quiet region is not written to disk in every run.
STEP: Final = timedelta(hours=1)
MOST_ENDED: Final = 20_000
"""Ended jobs that are remembered one by one: in the order of their creation, the latest."""


def memory_after(
    memory: RegionMemory, changes: Changes, poll: PollResult, settings: Settings, kinds: KnownKinds
) -> RegionMemory:
    """Return what is to be remembered after the delivery of a poll's changes."""
    waiting = changes.pending
    kept = changes.undecided | waiting.keys()
    active = {key: job for key, job in memory.active.items() if key in kept and key in poll.live}
    active |= {job.key: replace(job, detail=None) for job in changes.jobs if job.is_active}
    # With the status before it, so that the next poll finds the same transition.
    active |= {
        key: replace(transition.job, detail=None, status=transition.before or NOT_REPORTED)
        for key, transition in changes.unsent.items()
    }
    over = (*(job for job in changes.jobs if not job.is_active and job.key not in waiting), *poll.old_ended)
    # Without a time of its end, a later change of the job would look like an unreported end: it is kept for long.
    ended = {**{job.key: job.ended_at or poll.at + settings.lookback for job in over}, **memory.ended}
    swept_at, is_truncated = memory.swept_at, memory.is_truncated
    if poll.has_swept and poll.sweep is not None:
        swept_at = _moved(swept_at, poll.sweep.progress.started_at)
        is_truncated = poll.sweep.progress.is_truncated
    events_since, records_complete_until = memory.events_since, memory.records_complete_until
    frontier = memory.frontier
    if not poll.is_behind and poll.frontier is not None:
        frontier = _moved(frontier, poll.frontier)
    is_undecided = bool(waiting or changes.undecided or poll.tags.undecided)
    if poll.is_current and swept_at is not None and not is_undecided:
        events_since = _moved(events_since, poll.at - SETTLED_AFTER)
    is_recorded = not (poll.backlog or is_undecided)
    if swept_at is not None and poll.error is None and is_recorded:
        # The lists may show an end a little late.
        records_complete_until = _moved(records_complete_until, poll.at - OVERLAP)
    return replace(
        memory,
        events_since=events_since,
        swept_at=swept_at,
        is_truncated=is_truncated,
        records_complete_until=records_complete_until,
        frontier=frontier,
        active=active,
        ended=_still_needed(ended, events_since, frontier),
        pending=dict(waiting),
        counts=_counts(memory, changes, poll, kinds),
    )


def _counts(memory: RegionMemory, changes: Changes, poll: PollResult, kinds: KnownKinds) -> JobCounts:
    """Return the counts of ended jobs: those of a complete sweep, else the old ones plus what ended or appeared."""
    if poll.has_swept and poll.sweep is not None:
        counts, more = Counter(poll.sweep.counts), list(changes.ends)
    else:
        first_hour = memory.counts.first_hour
        more = [*changes.ends, *(job for job in changes.created if job.key not in poll.live)]
        if not more and (first_hour is None or first_hour >= poll.first_hour):
            return memory.counts
        counts = Counter(memory.counts)
    counts.update(map(kinds.count_key, more))
    return JobCounts({key: number for key, number in counts.items() if key.hour >= poll.first_hour})


def _still_needed(
    ended: Mapping[JobKey, datetime], events_since: datetime, frontier: datetime | None
) -> dict[JobKey, datetime]:
    """Return the ended jobs that could be taken for unreported or newly created ones."""
    needed = {
        key: at
        for key, at in ended.items()
        if at >= events_since or (frontier is not None and key.created_at >= frontier - OVERLAP)
    }
    if len(needed) <= MOST_ENDED:
        return needed
    return dict(sorted(needed.items(), key=lambda row: (row[0].created_at, row[0].arn))[-MOST_ENDED:])


def _moved(before: datetime | None, to: datetime) -> datetime:
    """Return a time moved on, if that is a whole step."""
    return to if before is None or to - before >= STEP else before
