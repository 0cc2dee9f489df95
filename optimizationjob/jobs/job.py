"""One optimization job as frozen types, with its durations and its limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple


@dataclass(frozen=True, slots=True, order=True)
class JobStatus:
    """A job's status under AWS's name; an unknown one is kept as AWS returned it."""

    value: str

    @property
    def is_known(self) -> bool:
        """Whether it is one of the six documented statuses."""
        return self in STATUSES

    @property
    def is_terminal(self) -> bool:
        """Whether a job in it has ended; an unknown status counts as not ended."""
        return self in TERMINAL_STATUSES

    @property
    def tag_value(self) -> str:
        """The status as the value of a tag."""
        return self.value.lower()


STARTING: Final = JobStatus("STARTING")
INPROGRESS: Final = JobStatus("INPROGRESS")
STOPPING: Final = JobStatus("STOPPING")
COMPLETED: Final = JobStatus("COMPLETED")
FAILED: Final = JobStatus("FAILED")
STOPPED: Final = JobStatus("STOPPED")
ACTIVE_STATUSES: Final = (STARTING, INPROGRESS, STOPPING)
TERMINAL_STATUSES: Final = (COMPLETED, FAILED, STOPPED)
STATUSES: Final = ACTIVE_STATUSES + TERMINAL_STATUSES
# Not a status of AWS: what an event says about a deleted job.
DELETED: Final = JobStatus("DELETED")


UNKNOWN_ACCOUNT: Final = "unknown"
"""In place of an account's id until that is known; also as the tag `aws_account:unknown`."""


def is_account(text: str) -> bool:
    """Whether text is the id of an AWS account."""
    return len(text) == 12 and text.isascii() and text.isdigit()


class JobKey(NamedTuple):
    """What makes a job the same job: a name, and so an ARN, can be used again after a deletion."""

    arn: str
    created_at: datetime


class Tag(NamedTuple):
    """An AWS tag."""

    key: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """A job's stopping condition, in seconds; AWS may leave any of them out."""

    max_runtime_seconds: int | None = None
    max_pending_seconds: int | None = None
    max_wait_seconds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """What only DescribeOptimizationJob returns of a job."""

    limits: Limits
    failure_reason: str | None
    """Why the job failed, free of secrets."""
    model_source: str | None
    """Where the model comes from: an S3 URI or a SageMaker model's name."""
    output_location: str | None
    columns: Mapping[str, object]
    """The resource record's columns but for the tags, masked."""
    described: tuple[JobStatus, datetime | None, datetime | None]
    """Status, modification and start when it was read, to see whether the job changed since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimizationJob:
    """One SageMaker optimization job as AWS last returned it; all times are aware and in UTC."""

    arn: str
    name: str
    status: JobStatus
    created_at: datetime
    modified_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    instance_type: str = ""
    techniques: tuple[str, ...] = ()
    """Optimization types in lower case, sorted."""
    max_instance_count: int | None = None
    detail: Detail | None = None
    """None until the job was described."""
    tags: tuple[Tag, ...] | None = None
    """None until they were read; empty where the job has none."""

    @property
    def key(self) -> JobKey:
        """What identifies this job."""
        return JobKey(self.arn, self.created_at)

    @property
    def is_active(self) -> bool:
        """Whether it has not ended."""
        return not self.status.is_terminal

    @property
    def is_described(self) -> bool:
        """Whether the detail is of the job as it is now."""
        return self.detail is not None and self.detail.described == (self.status, self.modified_at, self.started_at)

    @property
    def limits(self) -> Limits:
        """Its stopping condition, as far as it is known."""
        return self.detail.limits if self.detail else Limits()

    @property
    def failure_reason(self) -> str | None:
        """Why it failed, as far as it is known."""
        return self.detail.failure_reason if self.detail else None

    @property
    def settled_at(self) -> datetime:
        """When its present status began, as well as AWS's times show it."""
        if self.status.is_terminal:
            return self.ended_at or self.modified_at or self.created_at
        if self.status == STARTING:
            return self.created_at
        if self.status == INPROGRESS:
            return self.started_at or self.modified_at or self.created_at
        return self.modified_at or self.created_at

    def pending_seconds(self, at: datetime) -> float | None:
        """Seconds from creation to start, or to `at` while it waits."""
        return _seconds(self.created_at, self.started_at or self._end(at))

    def runtime_seconds(self, at: datetime) -> float | None:
        """Seconds from start to end, or to `at` while it runs; None before it started."""
        return _seconds(self.started_at, self._end(at))

    def total_seconds(self, at: datetime) -> float | None:
        """Seconds from creation to end, or to `at` while it is active."""
        return _seconds(self.created_at, self._end(at))

    def overdue_seconds(self, at: datetime) -> float:
        """Seconds for which an active job has been STOPPING or past a limit, else 0."""
        if not self.is_active:
            return 0.0
        limits = self.limits
        overdue = [0.0]
        if self.status == STOPPING:
            overdue.append(_seconds(self.modified_at, at) or 0.0)
        runtime = self.runtime_seconds(at)
        if runtime is not None and limits.max_runtime_seconds is not None:
            overdue.append(runtime - limits.max_runtime_seconds)
        if self.started_at is None and limits.max_pending_seconds is not None:
            overdue.append((self.pending_seconds(at) or 0.0) - limits.max_pending_seconds)
        return max(overdue)

    def _end(self, at: datetime) -> datetime | None:
        """When an ended job ended, as far as that is known; the present for an active one."""
        return (self.ended_at or self.modified_at) if self.status.is_terminal else at


def newest_first(job: OptimizationJob) -> tuple[float, str]:
    """Return the key that sorts jobs by creation time, newest first."""
    return (-job.created_at.timestamp(), job.arn)


def _seconds(start: datetime | None, end: datetime | None) -> float | None:
    """Seconds between two moments, never negative: AWS's times and this clock may differ a little."""
    if start is None or end is None:
        return None
    return max(0.0, (end - start).total_seconds())
