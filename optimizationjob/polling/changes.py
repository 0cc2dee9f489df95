"""What changed: a pure comparison of what was told with what a poll found.

Nothing here reads a clock, calls AWS or sends anything. `observe` says what is to be told, `remember`
what is to be kept once it was told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from optimizationjob.aws.errors import AwsError
from optimizationjob.config.job_selection import JobSelection
from optimizationjob.config.settings import Settings
from optimizationjob.jobs.job import DELETED, JobKey, JobStatus, OptimizationJob
from optimizationjob.jobs.job_counts import JobCounts, count_key_of
from optimizationjob.polling.listing import OVERLAP
from optimizationjob.polling.poll_result import PollResult
from optimizationjob.state.region_memory import PendingEnd, RegionMemory

# How long the end of a job waits for its reason when AWS does not give it for a passing cause.
LONGEST_WAIT_FOR_REASON: Final = timedelta(seconds=120)
# After a poll that reached what was known, ends older than this were all seen: they need no more be told apart.
SETTLED_AFTER: Final = timedelta(hours=1)
# Moments that move with the time are remembered in steps, so that a quiet region is not written in every run.
STEP: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """A job that came into another status, or was deleted."""

    job: OptimizationJob
    before: JobStatus | None
    """None where the job was not known before."""
    status: JobStatus
    """The job's status, or DELETED."""
    unread_reason: AwsError | None = None
    """Why the job's detail could not be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """A region at one moment, and what changed since the last."""

    at: datetime
    jobs: tuple[OptimizationJob, ...]
    """The watched jobs that are active or whose end is not told before now, by ARN."""
    transitions: tuple[Transition, ...]
    """What is to be told now, oldest first."""
    created: tuple[OptimizationJob, ...]
    """Watched jobs created since the first sweep and met for the first time, ended ones too."""
    gone: frozenset[JobKey]
    """Active jobs that no longer exist."""
    pending: Mapping[JobKey, PendingEnd]
    """Ended jobs that wait for their reason."""
    undecided: frozenset[JobKey]
    """Live jobs that cannot be told to be watched or not, since their tags could not be read."""

    @property
    def ends(self) -> tuple[OptimizationJob, ...]:
        """The jobs whose end is to be told now."""
        return tuple(transition.job for transition in self.transitions if transition.status.is_terminal)


def is_news(memory: RegionMemory, job: OptimizationJob) -> bool:
    """Whether a job has ended, that was not told, and it is not history.

    An ended job without a stamp of its end may be either until it was described.
    """
    if job.is_active or job.key in memory.ended:
        return False
    is_dated = bool(job.ended_at or job.modified_at or job.detail)
    is_known = job.key in memory.active or job.key in memory.pending
    return is_known or not is_dated or job.settled_at >= memory.events_since


def changes_of(memory: RegionMemory, poll: PollResult, selection: JobSelection) -> Changes:
    """Compare a poll with what was told."""
    jobs, undecided = _watched(poll, selection)
    transitions: list[Transition] = []
    pending: dict[JobKey, PendingEnd] = {}
    for job in jobs:
        transition = _transition(memory, poll, job)
        if transition is None:
            continue
        if _waits(memory, poll, transition):
            held = memory.pending.get(job.key)
            pending[job.key] = PendingEnd(replace(job, detail=None), held.since if held else poll.at)
        else:
            transitions.append(transition)
    for key, job in sorted(memory.active.items()):
        if key in poll.gone:
            transitions.append(Transition(job=job, before=job.status, status=DELETED))
    ended = (job for job in poll.met if selection.takes(job, are_tags_denied=poll.are_tags_denied))
    return Changes(
        at=poll.at,
        jobs=jobs,
        transitions=tuple(sorted(transitions, key=lambda transition: _moment(transition, poll.at))),
        created=tuple(job for job in (*jobs, *ended) if memory.swept_at and _is_created(memory, job)),
        gone=poll.gone,
        pending=pending,
        undecided=undecided,
    )


def remember(memory: RegionMemory, observation: Changes, poll: PollResult, settings: Settings) -> RegionMemory:
    """Return what is to be kept after the observation was told."""
    waiting = observation.pending
    kept = observation.undecided | waiting.keys()
    active = {key: job for key, job in memory.active.items() if key in kept and key in poll.live}
    active |= {job.key: replace(job, detail=None) for job in observation.jobs if job.is_active}
    over = (*(job for job in observation.jobs if not job.is_active and job.key not in waiting), *poll.met)
    # Without a stamp of the end, later changes of the job would make it look like news: it is kept for long.
    ended = {**{job.key: job.ended_at or poll.at + settings.lookback for job in over}, **memory.ended}
    swept_at = memory.swept_at
    if poll.has_swept and poll.sweep is not None:
        swept_at = _moved(swept_at, poll.sweep.started_at)
    newest = memory.newest_created_at
    if poll.is_current:
        newest = max(filter(None, (newest, poll.newest_created_at)), default=None)
    events_since, records_complete_until = memory.events_since, memory.records_complete_until
    if (
        poll.is_current
        and swept_at is not None
        and not waiting
        and not observation.undecided
        and not poll.has_undecided
    ):
        events_since = _moved(events_since, poll.at - SETTLED_AFTER)
    if swept_at is not None and poll.error is None and not poll.backlog and not waiting:
        # The lists may tell of an end a little late.
        records_complete_until = _moved(records_complete_until, poll.at - OVERLAP)
    return replace(
        memory,
        events_since=events_since,
        swept_at=swept_at,
        records_complete_until=records_complete_until,
        newest_created_at=newest,
        active=active,
        ended=_still_needed(ended, events_since, newest),
        pending=dict(waiting),
        rows=_counted(memory, observation, poll, settings.group_by_tags),
    )


def _watched(poll: PollResult, selection: JobSelection) -> tuple[tuple[OptimizationJob, ...], frozenset[JobKey]]:
    """Return the live jobs that the tag rules take, and those that cannot be decided yet."""
    taken = {key: selection.takes(job, are_tags_denied=poll.are_tags_denied) for key, job in poll.live.items()}
    jobs = tuple(job for key, job in sorted(poll.live.items()) if taken[key])
    return jobs, frozenset(key for key, is_taken in taken.items() if is_taken is None)


def _transition(memory: RegionMemory, poll: PollResult, job: OptimizationJob) -> Transition | None:
    known = memory.active.get(job.key)
    before = known.status if known else None
    if job.is_active:
        is_new = before is None and job.settled_at >= memory.events_since
        if job.key in memory.ended or not (is_new or (before is not None and before != job.status)):
            return None
        return Transition(job=job, before=before, status=job.status)
    if not is_news(memory, job):
        return None
    unread = None if job.is_described else poll.undescribed.get(job.key, poll.error)
    return Transition(job=job, before=before, status=job.status, unread_reason=unread)


def _waits(memory: RegionMemory, poll: PollResult, transition: Transition) -> bool:
    """Whether a job's end is held back for its reason: at most for a while, and only if waiting can help."""
    error = transition.unread_reason
    if error is None or not error.is_passing:
        return False
    held = memory.pending.get(transition.job.key)
    return held is None or poll.at - held.since < LONGEST_WAIT_FOR_REASON


def _is_created(memory: RegionMemory, job: OptimizationJob) -> bool:
    """Whether a job that is met now was created since the last run, and not only out of sight."""
    if job.key in memory.active or job.key in memory.ended or job.key in memory.pending:
        return False
    return memory.newest_created_at is None or job.created_at >= memory.newest_created_at - OVERLAP


def _counted(memory: RegionMemory, observation: Changes, poll: PollResult, group_keys: Collection[str]) -> JobCounts:
    """Return the counts of ended jobs: anew after a sweep, else with what ended or appeared since."""
    if poll.has_swept and poll.fresh is not None:
        rows, more = poll.fresh.rows(), list(observation.ends)
    else:
        rows = Counter(memory.rows)
        more = [*observation.ends, *(job for job in observation.created if job.key not in poll.live)]
    rows.update(count_key_of(job, group_keys) for job in more)
    return {row: number for row, number in rows.items() if row.hour >= poll.first_hour}


def _still_needed(
    ended: Mapping[JobKey, datetime], events_since: datetime, newest: datetime | None
) -> dict[JobKey, datetime]:
    """Drop the ended jobs that could be met neither as news nor as newly created."""
    return {
        key: at
        for key, at in ended.items()
        if at >= events_since or (newest is not None and key.created_at >= newest - OVERLAP)
    }


def _moved(before: datetime | None, to: datetime) -> datetime:
    """Return a moment moved on, if that is a whole step."""
    return to if before is None or to - before >= STEP else before


def _moment(transition: Transition, at: datetime) -> tuple[datetime, str]:
    return (at if transition.status == DELETED else transition.job.settled_at, transition.job.arn)
