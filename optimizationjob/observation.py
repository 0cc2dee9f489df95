"""What changed: a pure comparison of what was told with what a poll found.

Nothing here reads a clock, calls AWS or sends anything. `observe` says what is to be told, `remember`
what is to be kept once it was told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from optimizationjob.errors import AwsError
from optimizationjob.job import DELETED, JobKey, JobStatus, OptimizationJob
from optimizationjob.memory import Memory
from optimizationjob.poller import Poll
from optimizationjob.selection import Selection

# How long the end of a job waits for its reason when AWS does not give it for a passing cause.
LONGEST_WAIT_FOR_REASON: Final = timedelta(seconds=120)
# Creation times this close to the newest one may still appear in a list, one behind the other.
OVERLAP: Final = timedelta(seconds=300)
# After a complete poll, ends older than this were all seen: they need not be remembered one by one.
SETTLED_AFTER: Final = timedelta(hours=1)


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
class Observation:
    """A region at one moment, and what changed since the last."""

    at: datetime
    jobs: tuple[OptimizationJob, ...]
    """All watched jobs, by ARN."""
    transitions: tuple[Transition, ...]
    """What is to be told now, oldest first."""
    created: tuple[OptimizationJob, ...]
    """Jobs that were created since the first sweep and are met for the first time."""
    gone: frozenset[JobKey]
    """Jobs that no longer exist."""
    pending: Mapping[JobKey, datetime]
    """Ended jobs that wait for their reason, with the moment that was first seen."""
    is_settled: bool
    """Whether everything that ended before this poll has been seen."""
    is_swept: bool
    """Whether the window has been read completely at least once."""


def is_news(memory: Memory, job: OptimizationJob) -> bool:
    """Whether a job has ended, that was not told, and it is not history."""
    if job.is_active or job.key in memory.ended:
        return False
    return job.key in memory.active or job.settled_at >= memory.known_since


def observe(memory: Memory, poll: Poll, selection: Selection) -> Observation:
    """Compare a poll with what was told."""
    jobs, undecided = _watched(poll, selection)
    transitions: list[Transition] = []
    pending: dict[JobKey, datetime] = {}
    for job in jobs:
        transition = _transition(memory, poll, job)
        if transition is None:
            continue
        if _waits(memory, poll, transition):
            pending[job.key] = memory.pending.get(job.key, poll.at)
        else:
            transitions.append(transition)
    for key, job in sorted(memory.active.items()):
        if key in poll.gone:
            transitions.append(Transition(job=job, before=job.status, status=DELETED))
    return Observation(
        at=poll.at,
        jobs=jobs,
        transitions=tuple(sorted(transitions, key=lambda transition: _moment(transition, poll.at))),
        created=tuple(job for job in jobs if memory.is_swept and _is_created(memory, job)),
        gone=poll.gone,
        pending=pending,
        is_settled=poll.is_complete and not undecided and not pending,
        is_swept=memory.is_swept or poll.is_complete,
    )


def remember(memory: Memory, observation: Observation) -> Memory:
    """Return what is to be kept after the observation was told."""
    waiting = observation.pending
    met = {job.key: job for job in observation.jobs}
    active = {key: job for key, job in memory.active.items() if key in waiting or key not in met}
    active |= {key: job for key, job in met.items() if job.is_active and key not in memory.ended}
    ended = dict(memory.ended)
    ended |= {key: job.settled_at for key, job in met.items() if not job.is_active and key not in waiting}
    newest = max(filter(None, (memory.newest_created_at, *(key.created_at for key in met))), default=None)
    known_since = memory.known_since
    if observation.is_settled:
        known_since = max(known_since, observation.at - SETTLED_AFTER)
    return replace(
        memory,
        known_since=known_since,
        is_swept=observation.is_swept,
        newest_created_at=newest,
        active={key: job for key, job in active.items() if key not in observation.gone},
        ended=_still_needed(ended, known_since, newest),
        pending=dict(waiting),
    )


def _watched(poll: Poll, selection: Selection) -> tuple[tuple[OptimizationJob, ...], bool]:
    """Return the jobs that the tag rules take, and whether some cannot be decided yet."""
    jobs: list[OptimizationJob] = []
    undecided = False
    for _, job in sorted(poll.jobs.items()):
        # Where tags may not be read at all, a job counts as having none.
        taken = selection.takes(replace(job, tags=job.tags or ()) if poll.are_tags_denied else job)
        undecided = undecided or taken is None
        if taken:
            jobs.append(job)
    return tuple(jobs), undecided


def _transition(memory: Memory, poll: Poll, job: OptimizationJob) -> Transition | None:
    known = memory.active.get(job.key)
    before = known.status if known else None
    if job.is_active:
        is_new = before is None and job.settled_at >= memory.known_since
        if job.key in memory.ended or not (is_new or (before is not None and before != job.status)):
            return None
        return Transition(job=job, before=before, status=job.status)
    if not is_news(memory, job):
        return None
    return Transition(job=job, before=before, status=job.status, unread_reason=poll.undescribed.get(job.key))


def _waits(memory: Memory, poll: Poll, transition: Transition) -> bool:
    """Whether a job's end is held back for its reason: at most for a while, and only if waiting can help."""
    error = transition.unread_reason
    if error is None or not error.is_passing:
        return False
    return poll.at - memory.pending.get(transition.job.key, poll.at) < LONGEST_WAIT_FOR_REASON


def _is_created(memory: Memory, job: OptimizationJob) -> bool:
    if job.key in memory.active or job.key in memory.ended or job.key in memory.pending:
        return False
    return memory.newest_created_at is None or job.created_at >= memory.newest_created_at - OVERLAP


def _still_needed(
    ended: Mapping[JobKey, datetime], known_since: datetime, newest: datetime | None
) -> dict[JobKey, datetime]:
    """Drop the ended jobs that could be met neither as news nor as newly created."""
    return {
        key: at
        for key, at in ended.items()
        if at >= known_since or (newest is not None and key.created_at >= newest - OVERLAP)
    }


def _moment(transition: Transition, at: datetime) -> tuple[datetime, str]:
    return (at if transition.status == DELETED else transition.job.settled_at, transition.job.arn)
