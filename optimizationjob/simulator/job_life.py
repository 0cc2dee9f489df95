"""The lifecycle of a job as a pure function of its plan: its state at each point in time."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

NEVER = datetime.max.replace(tzinfo=UTC)
"""A time that is never reached; the result of an infinite duration in a plan."""

ALWAYS = datetime.min.replace(tzinfo=UTC)
"""Earlier than any clock; the start of the only state of a job added by `put_job`."""

TERMINAL = frozenset({"COMPLETED", "FAILED", "STOPPED"})
PENDING_LIMIT_REASON = (
    "CapacityError: Unable to provision requested ML compute capacity within MaxPendingTimeInSeconds ({limit}). "
    "Please retry using a different ML instance type or after some time."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What happens to a job unless a limit, a stop or a deletion comes first. All durations are in seconds.

    Attributes:
        pending_seconds: from creation to start; a job with an infinite value never starts.
        runtime_seconds: from start to end, or None for a job that ends without starting.
        outcome: the terminal status if nothing interrupts the job.
        failure_reason: the failure reason that goes with `outcome`, or None.
        stopping_seconds: how long STOPPING lasts.
        stopped_after: when after creation the owner stops the job, or None.
        deleted_after: when after creation the owner deletes the job, or None.
    """

    pending_seconds: float = 60.0
    runtime_seconds: float | None = 900.0
    outcome: str = "COMPLETED"
    failure_reason: str | None = None
    stopping_seconds: float = 30.0
    stopped_after: float | None = None
    deleted_after: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoppingLimits:
    """A stopping condition, in seconds; None if the job has no such limit."""

    max_pending: float | None = None
    max_runtime: float | None = None
    max_wait: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LifeMoment:
    """The state of a job from `at` until its next moment; a status of None means that it is deleted."""

    at: datetime
    status: str | None
    modified_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    failure_reason: str | None = None

    @property
    def can_stop(self) -> bool:
        """Whether a stop request has an effect: the job has not ended, is not stopping and is not deleted."""
        return self.status is not None and self.status != "STOPPING" and self.status not in TERMINAL


def milliseconds(moment: datetime) -> datetime:
    """Return the time in UTC, truncated to milliseconds, which is AWS's precision."""
    moment = moment.astimezone(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def later(moment: datetime, seconds: float) -> datetime:
    """Return the time `seconds` later, or `NEVER` if `datetime` cannot represent it."""
    try:
        return milliseconds(moment + timedelta(seconds=seconds))
    except OverflowError:
        return NEVER


def timeline(plan: Plan, created_at: datetime, limits: StoppingLimits) -> tuple[LifeMoment, ...]:
    """Return all states of a job, oldest first; before the first one the job does not exist."""
    created_at = milliseconds(created_at)
    born = LifeMoment(at=created_at, status="STARTING", modified_at=created_at)
    moments = _natural(plan, born, limits)
    if limits.max_wait is not None:
        moments = interrupted(moments, later(created_at, limits.max_wait), plan.stopping_seconds)
    if plan.stopped_after is not None:
        moments = interrupted(moments, later(created_at, plan.stopped_after), plan.stopping_seconds)
    if plan.deleted_after is not None:
        at = later(created_at, plan.deleted_after)
        kept = tuple(moment for moment in moments if moment.at < at)
        moments = (*kept, replace(kept[-1], at=at, modified_at=at, status=None))
    return moments


def _natural(plan: Plan, born: LifeMoment, limits: StoppingLimits) -> tuple[LifeMoment, ...]:
    """Return the states that follow from the plan and the pending and runtime limits."""
    if limits.max_pending is not None and plan.pending_seconds > limits.max_pending:
        reason = PENDING_LIMIT_REASON.format(limit=round(limits.max_pending))
        return (born, _end(born, later(born.at, limits.max_pending), "FAILED", reason))
    start = later(born.at, plan.pending_seconds)
    if plan.runtime_seconds is None:
        return (born, _end(born, start, plan.outcome, plan.failure_reason))
    running = LifeMoment(at=start, status="INPROGRESS", modified_at=start, started_at=start)
    if limits.max_runtime is not None and plan.runtime_seconds > limits.max_runtime:
        return interrupted((born, running), later(start, limits.max_runtime), plan.stopping_seconds)
    return (born, running, _end(running, later(start, plan.runtime_seconds), plan.outcome, plan.failure_reason))


def interrupted(moments: tuple[LifeMoment, ...], at: datetime, stopping_seconds: float) -> tuple[LifeMoment, ...]:
    """Return the states of a job that receives a stop request at `at`; unchanged if the request has no effect."""
    at = milliseconds(at)
    before = moments[: max(1, bisect_right(moments, at, key=lambda moment: moment.at))]
    last = before[-1]
    if at >= milliseconds(NEVER) or not last.can_stop:
        return moments
    stopping = replace(last, at=at, status="STOPPING", modified_at=at)
    return (*before, stopping, _end(stopping, later(at, stopping_seconds), "STOPPED", None))


def _end(last: LifeMoment, at: datetime, status: str, reason: str | None) -> LifeMoment:
    return replace(last, at=at, status=status, modified_at=at, ended_at=at, failure_reason=reason)


def position(moments: tuple[LifeMoment, ...], now: datetime) -> int:
    """Return the index of the current state at `now`, or -1 before the job exists."""
    return bisect_right(moments, now, key=lambda moment: moment.at) - 1
