"""One simulated job: its constant members, its states, and its representation in Describe and List."""

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
        members: members of Describe other than name, ARN, status and times.
        types: the techniques under the names used by List.
        moments: all states of the job, oldest first; a job added by `put_job` has exactly one.
        output_at_end: members that Describe returns once the job is COMPLETED.
        stopping_seconds: how long STOPPING lasts if the job is stopped.
        odd: whether its responses may violate the model.
        detail: overrides members in the response of Describe; None removes a member.
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
    """Return the response of Describe for the job in this state."""
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
    """Return the row of List for the job in this state."""
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
