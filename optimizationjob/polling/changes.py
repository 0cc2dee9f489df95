"""What changed in a region since the last delivered poll. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from optimizationjob.aws.errors import AwsError
from optimizationjob.config.job_selection import JobSelection, Match
from optimizationjob.jobs.job import DELETED, JobKey, JobStatus, OptimizationJob
from optimizationjob.polling.listing import OVERLAP
from optimizationjob.polling.pending_ends import LONGEST_WAIT, held_for_its_event, waits
from optimizationjob.polling.poll_result import PollResult
from optimizationjob.state.region_memory import PendingEnd, RegionMemory

NOT_REPORTED: Final = JobStatus("")
"""The remembered status of a new job whose first event the Agent did not take."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """A job that changed its status, or was deleted."""

    job: OptimizationJob
    before: JobStatus | None
    """None where the job was not known before."""
    status: JobStatus
    """The job's status, or DELETED."""
    unread_reason: AwsError | None = None
    """Why the job's detail could not be read."""
    is_counted: bool = False
    """Whether it is in the metrics already, and only its event is missing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """A region at one moment, and what changed since the last delivered poll."""

    at: datetime
    jobs: tuple[OptimizationJob, ...]
    """The watched jobs that are active or whose end was not reported before now, by ARN."""
    transitions: tuple[Transition, ...]
    """What is to be reported now, oldest first."""
    created: tuple[OptimizationJob, ...]
    """Watched jobs created since the first sweep and seen for the first time, ended ones too."""
    pending: Mapping[JobKey, PendingEnd]
    """Ended jobs that are reported later."""
    undecided: frozenset[JobKey]
    """Live jobs to which the tag rules cannot be applied yet, since their tags could not be read."""
    unsent: Mapping[JobKey, Transition] = field(default_factory=dict)
    """Transitions of active and deleted jobs whose event the Agent did not take, to be submitted again."""

    @property
    def ends(self) -> tuple[OptimizationJob, ...]:
        """The jobs whose end is to be reported now."""
        return tuple(transition.job for transition in self.transitions if transition.status.is_terminal)

    def without_events(self, memory: RegionMemory, keys: Collection[JobKey]) -> Changes:
        """Return what is reported after all, where the Agent did not take the events of some jobs."""
        pending, unsent, sent = dict(self.pending), dict[JobKey, Transition](), []
        for transition in self.transitions:
            key = transition.job.key
            held = None
            if key in keys:
                held = held_for_its_event(memory.pending.get(key), transition.job, self.at)
            if held is None:
                sent.append(transition)
            elif transition.status.is_terminal:
                pending[key] = held
            else:
                unsent[key] = transition
        return replace(self, transitions=tuple(sent), pending=pending, unsent=unsent)


def changes_of(memory: RegionMemory, poll: PollResult, selection: JobSelection) -> Changes:
    """Compare a poll with what is remembered."""
    matches = {key: selection.match(job, are_tags_denied=_lacks_tags(poll, job)) for key, job in poll.live.items()}
    jobs = tuple(job for key, job in sorted(poll.live.items()) if matches[key] is Match.YES)
    transitions: list[Transition] = []
    pending: dict[JobKey, PendingEnd] = {}
    for job in jobs:
        transition = _transition(memory, poll, job)
        if transition is None:
            continue
        held = memory.pending.get(job.key)
        lacks_tags = job.key in poll.tags.missing and not poll.tags.are_given_up
        if waits(held, poll.at, unread_reason=transition.unread_reason, lacks_tags=lacks_tags):
            pending[job.key] = PendingEnd(replace(job, detail=None), held.since if held else poll.at)
        else:
            transitions.append(transition)
    for key, job in sorted(memory.active.items()):
        if key in poll.deleted:
            transitions.append(Transition(job=job, before=job.status, status=DELETED))
    ended = (job for job in poll.old_ended if selection.match(job, are_tags_denied=poll.tags.are_given_up) is Match.YES)
    return Changes(
        at=poll.at,
        jobs=jobs,
        transitions=tuple(sorted(transitions, key=lambda transition: _moment(transition, poll.at))),
        created=tuple(job for job in (*jobs, *ended) if memory.swept_at and _is_created(memory, job)),
        pending=pending,
        undecided=frozenset(key for key, match in matches.items() if match is Match.UNKNOWN),
    )


def _lacks_tags(poll: PollResult, job: OptimizationJob) -> bool:
    """Whether a job counts as untagged as long as its tags are not known."""
    return poll.tags.are_given_up or (not job.is_active and poll.at - job.settled_at >= LONGEST_WAIT)


def _transition(memory: RegionMemory, poll: PollResult, job: OptimizationJob) -> Transition | None:
    known = memory.active.get(job.key)
    before = known.status if known else None
    if job.is_active:
        is_new = before is None and job.settled_at >= memory.events_since
        if job.key in memory.ended or not (is_new or (before is not None and before != job.status)):
            return None
        return Transition(job=job, before=before, status=job.status)
    if not memory.is_unreported_end(job):
        return None
    unread = None if job.is_described else poll.unread_details.get(job.key, poll.error)
    held = memory.pending.get(job.key)
    is_counted = held is not None and held.attempts > 0
    return Transition(job=job, before=before, status=job.status, unread_reason=unread, is_counted=is_counted)


def _is_created(memory: RegionMemory, job: OptimizationJob) -> bool:
    """Whether a job that is seen for the first time was created since the last run."""
    if job.key in memory.active or job.key in memory.ended or job.key in memory.pending:
        return False
    return memory.frontier is None or job.created_at >= memory.frontier - OVERLAP


def _moment(transition: Transition, at: datetime) -> tuple[datetime, str]:
    return (at if transition.status == DELETED else transition.job.settled_at, transition.job.arn)
