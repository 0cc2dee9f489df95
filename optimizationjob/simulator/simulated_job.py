"""One simulated job: what never changes, its moments, and how Describe and List show it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from optimizationjob.simulator.job_members import types_of
from optimizationjob.simulator.shapes import Odd

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from optimizationjob.simulator.job_life import LifeMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job of one account and region.

    Attributes:
        members: what Describe gives besides name, ARN, status and times.
        types: the techniques as List names them.
        moments: the job's whole life, oldest first; a job that was put has exactly one.
        output_at_end: members that Describe gives once the job is COMPLETED.
        stopping_seconds: how long STOPPING lasts if the job is stopped.
        odd: whether its answers may break the model.
        detail: laid over the answer of Describe; None takes a member away.
        summary: the same for the row in List.
    """

    arn: str
    name: str
    created_at: datetime
    members: Mapping[str, Any]
    moments: tuple[LifeMoment, ...]
    types: tuple[str, ...] = ()
    output_at_end: Mapping[str, Any] = field(default_factory=dict)
    stopping_seconds: float = 30.0
    odd: bool = False
    detail: Mapping[str, Any] = field(default_factory=dict)
    summary: Mapping[str, Any] = field(default_factory=dict)


def describe(job: Job, moment: LifeMoment) -> dict[str, Any]:
    """Return the job as Describe answers it at a moment of its life."""
    body = {
        "OptimizationJobArn": job.arn,
        "OptimizationJobStatus": moment.status,
        "OptimizationJobName": job.name,
        "CreationTime": job.created_at,
        "LastModifiedTime": moment.modified_at,
        "OptimizationStartTime": moment.started_at,
        "OptimizationEndTime": moment.ended_at,
        "FailureReason": moment.failure_reason,
        **job.members,
    }
    if moment.status == "COMPLETED":
        body.update(job.output_at_end)
    body.update(job.detail)
    return _present(body, odd=job.odd)


def summarize(job: Job, moment: LifeMoment) -> dict[str, Any]:
    """Return the job as a row of List at a moment of its life."""
    body = {
        "OptimizationJobName": job.name,
        "OptimizationJobArn": job.arn,
        "CreationTime": job.created_at,
        "OptimizationJobStatus": moment.status,
        "OptimizationStartTime": moment.started_at,
        "OptimizationEndTime": moment.ended_at,
        "LastModifiedTime": moment.modified_at,
        "DeploymentInstanceType": job.members.get("DeploymentInstanceType"),
        "MaxInstanceCount": job.members.get("MaxInstanceCount"),
        "OptimizationTypes": list(job.types or types_of(job.members)),
    }
    body.update(job.summary)
    return _present(body, odd=job.odd)


def _present(body: dict[str, Any], *, odd: bool) -> dict[str, Any]:
    present = {name: value for name, value in body.items() if value is not None}
    return Odd(present) if odd else present
