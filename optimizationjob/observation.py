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

from optimizationjob.errors import AwsError
from optimizationjob.fleet import Rows, row_of
from optimizationjob.job import DELETED, JobKey, JobStatus, OptimizationJob
from optimizationjob.lists import OVERLAP
from optimizationjob.memory import Memory
from optimizationjob.poller import Poll
from optimizationjob.selection import Selection

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
class Observation:
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
    pending: Mapping[JobKey, datetime]
    """Ended jobs that wait for their reason, with the moment that was first seen."""
    has_undecided: bool
    """Whether some live jobs cannot be told to be watched or not, since their tags could not be read."""

    @property
    def ends(self) -> tuple[OptimizationJob, ...]:
        """The jobs whose end is to be told now."""
        return tuple(transition.job for transition in self.transitions if transition.status.is_terminal)


def is_news(memory: Memory, job: OptimizationJob) -> bool:
    """Whether a job has ended, that was not told, and it is not history."""
    if job.is_active or job.key in memory.ended:
        return False
    return job.key in memory.active or job.settled_at >= memory.known_since


def observe(memory: Memory, poll: Poll, selection: Selection) -> Observation:
    """Compare a poll with what was told."""
    jobs, has_undecided = _watched(poll, selection)
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
    ended = (job for job in poll.met if selection.takes(job))
    return Observation(
        at=poll.at,
        jobs=jobs,
        transitions=tuple(sorted(transitions, key=lambda transition: _moment(transition, poll.at))),
        created=tuple(job for job in (*jobs, *ended) if memory.swept_at and _is_created(memory, job)),
        gone=poll.gone,
        pending=pending,
        has_undecided=has_undecided,
    )


def remember(memory: Memory, observation: Observation, poll: Poll, group_keys: Collection[str]) -> Memory:
    """Return what is to be kept after the observation was told."""
    waiting = observation.pending
    met = {job.key: job for job in observation.jobs}
    active = {key: job for key, job in memory.active.items() if key in waiting or key not in met}
    active |= {key: job for key, job in met.items() if job.is_active and key not in memory.ended}
    ended = dict(memory.ended)
    ended |= {key: job.settled_at for key, job in met.items() if not job.is_active and key not in waiting}
    ended |= {job.key: job.settled_at for job in poll.met}
    swept_at = memory.swept_at
    if poll.has_swept and poll.sweep is not None:
        swept_at = _moved(swept_at, poll.sweep.started_at)
    newest = memory.newest_created_at
    if poll.is_current:
        newest = max(filter(None, (newest, poll.newest_created_at)), default=None)
    known_since, recorded_until = memory.known_since, memory.recorded_until
    if poll.is_current and swept_at is not None and not observation.pending and not observation.has_undecided:
        known_since = _moved(known_since, poll.at - SETTLED_AFTER)
    if swept_at is not None and poll.error is None and not poll.backlog and not waiting:
        recorded_until = _moved(recorded_until, poll.at)
    return replace(
        memory,
        known_since=known_since,
        swept_at=swept_at,
        recorded_until=recorded_until,
        newest_created_at=newest,
        active={key: job for key, job in active.items() if key not in observation.gone},
        ended=_still_needed(ended, known_since, newest),
        pending=dict(waiting),
        rows=_counted(memory, observation, poll, group_keys),
    )


def _watched(poll: Poll, selection: Selection) -> tuple[tuple[OptimizationJob, ...], bool]:
    """Return the live jobs that the tag rules take, and whether some cannot be decided yet."""
    jobs: list[OptimizationJob] = []
    has_undecided = False
    for _, job in sorted(poll.live.items()):
        # Where tags may not be read at all, a job counts as having none.
        taken = selection.takes(replace(job, tags=job.tags or ()) if poll.are_tags_denied else job)
        has_undecided = has_undecided or taken is None
        if taken:
            jobs.append(job)
    return tuple(jobs), has_undecided


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
    """Whether a job that is met now was created since the last run, and not only out of sight."""
    if job.key in memory.active or job.key in memory.ended or job.key in memory.pending:
        return False
    return memory.newest_created_at is None or job.created_at >= memory.newest_created_at - OVERLAP


def _counted(memory: Memory, observation: Observation, poll: Poll, group_keys: Collection[str]) -> Rows:
    """Return the counts of ended jobs: anew after a sweep, else with what ended or appeared since."""
    if poll.has_swept and poll.fresh is not None:
        rows, more = poll.fresh.rows(), list(observation.ends)
    else:
        rows = Counter(memory.rows)
        more = [*observation.ends, *(job for job in observation.created if job.key not in poll.live)]
    rows.update(row_of(job, group_keys) for job in more)
    return {row: number for row, number in rows.items() if row.hour >= poll.first_hour}


def _still_needed(
    ended: Mapping[JobKey, datetime], known_since: datetime, newest: datetime | None
) -> dict[JobKey, datetime]:
    """Drop the ended jobs that could be met neither as news nor as newly created."""
    return {
        key: at
        for key, at in ended.items()
        if at >= known_since or (newest is not None and key.created_at >= newest - OVERLAP)
    }


def _moved(before: datetime | None, to: datetime) -> datetime:
    """Return a moment moved on, if that is a whole step."""
    return to if before is None or to - before >= STEP else before


def _moment(transition: Transition, at: datetime) -> tuple[datetime, str]:
    return (at if transition.status == DELETED else transition.job.settled_at, transition.job.arn)
