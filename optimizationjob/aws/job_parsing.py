"""Parses AWS's responses into jobs, once, at the edge; secrets go no further."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from typing import Final

from optimizationjob.jobs import redaction
from optimizationjob.jobs.job import Detail, JobStatus, Limits, OptimizationJob
from optimizationjob.jobs.printable_text import printable

ARN_COLONS: Final = 5
LARGEST_INT: Final = 2**31
# AWS's longest name has 63 characters and its longest ARN 256. A longer one is not an identifier.
LONGEST_IDENTIFIER: Final = 256
LONGEST_TEXT: Final = 1024
"""Characters of a failure reason or a location; longer text is cut."""
LONGEST_KIND: Final = 200
"""Characters of an instance type or a technique: Datadog cuts a tag there."""
MOST_TECHNIQUES: Final = 10
# Times outside of these years cannot be added to a window, a limit or the life of a record.
SANE_YEARS: Final = range(1971, 2201)


class MalformedJob(ValueError):
    """A job from AWS lacks a member that identifies it."""


def job_from_summary(summary: object) -> OptimizationJob:
    """Read one row of ListOptimizationJobs.

    Raises:
        MalformedJob: the row has no name, ARN, status or creation time of the documented type.
    """
    if not isinstance(summary, Mapping):
        raise MalformedJob("the row is not a structure")
    types = summary.get("OptimizationTypes")
    named = islice((t for t in types if isinstance(t, str)), MOST_TECHNIQUES) if isinstance(types, Sequence) else ()
    techniques = (printable(name[:LONGEST_KIND]).lower() for name in named)
    return OptimizationJob(
        arn=_arn(summary),
        name=_required(summary, "OptimizationJobName"),
        status=JobStatus(_required(summary, "OptimizationJobStatus")),
        created_at=_created_at(summary),
        modified_at=_time(summary, "LastModifiedTime"),
        started_at=_time(summary, "OptimizationStartTime"),
        ended_at=_time(summary, "OptimizationEndTime"),
        instance_type=text_member(summary, "DeploymentInstanceType", longest=LONGEST_KIND) or "",
        techniques=tuple(sorted(set(techniques))),
        max_instance_count=int_member(summary, "MaxInstanceCount"),
    )


# A member of the union OptimizationConfigs -> the technique as ListOptimizationJobs names it, in lower case.
TECHNIQUES: Final = {
    "ModelQuantizationConfig": "quantization",
    "ModelCompilationConfig": "compilation",
    "ModelShardingConfig": "sharding",
    "ModelSpeculativeDecodingConfig": "speculativedecoding",
}


def job_from_detail(
    answer: Mapping[str, object], *, listed: OptimizationJob, columns: Mapping[str, object]
) -> OptimizationJob:
    """Read a response of DescribeOptimizationJob.

    Args:
        answer: the response as boto3 returns it.
        listed: the job as it was known; its tags and, where it has any, its techniques are kept.
        columns: the record's columns, made from the same response.

    Raises:
        MalformedJob: as for a summary, or another required member is missing.
    """
    configs, stopping = answer.get("OptimizationConfigs"), answer.get("StoppingCondition")
    if not isinstance(configs, Sequence) or not isinstance(stopping, Mapping):
        raise MalformedJob("OptimizationConfigs or StoppingCondition is missing")
    members = {member for config in configs[:MOST_TECHNIQUES] if isinstance(config, Mapping) for member in config}
    described = sorted(technique for member, technique in TECHNIQUES.items() if member in members)
    reason = text_member(answer, "FailureReason", longest=redaction.LONGEST_TEXT)
    job = job_from_summary(answer)
    detail = Detail(
        limits=Limits(
            max_runtime_seconds=int_member(stopping, "MaxRuntimeInSeconds"),
            max_pending_seconds=int_member(stopping, "MaxPendingTimeInSeconds"),
            max_wait_seconds=int_member(stopping, "MaxWaitTimeInSeconds"),
        ),
        failure_reason=redaction.scrub(reason)[:LONGEST_TEXT] if reason else None,
        model_source=_model_source(_struct(answer, "ModelSource")),
        output_location=_url(_struct(answer, "OutputConfig"), "S3OutputLocation"),
        columns=columns,
        described=(job.status, job.modified_at, job.started_at),
    )
    return replace(job, techniques=listed.techniques or tuple(described), tags=listed.tags, detail=detail)


def _model_source(source: Mapping[str, object]) -> str | None:
    model = text_member(_struct(source, "SageMakerModel"), "ModelName")
    return model or _url(_struct(source, "S3"), "S3Uri")


def text_member(row: Mapping[str, object], member: str, *, longest: int = LONGEST_TEXT) -> str | None:
    """Return a member that is a string, cut at a length, else None; what cannot be printed is replaced."""
    value = row.get(member)
    return printable(value[:longest]) if isinstance(value, str) else None


def int_member(row: Mapping[str, object], member: str) -> int | None:
    """Return a member that is a whole number of a size that AWS has, else None."""
    value = row.get(member)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < LARGEST_INT else None


def is_short(row: Mapping[str, object]) -> bool:
    """Whether no text of a row of ListOptimizationJobs is longer than any of AWS, so that the row may be kept."""
    types = row.get("OptimizationTypes")
    techniques = types if isinstance(types, list) else []
    texts = [text for text in (*row.values(), *techniques[: MOST_TECHNIQUES + 1]) if isinstance(text, str)]
    return len(techniques) <= MOST_TECHNIQUES and all(len(text) <= LONGEST_IDENTIFIER for text in texts)


def _url(row: Mapping[str, object], member: str) -> str | None:
    value = text_member(row, member, longest=redaction.LONGEST_TEXT)
    # Cut last: half a secret would not be recognized.
    return redaction.url(value)[:LONGEST_TEXT] if value else None


def _struct(row: Mapping[str, object], member: str) -> Mapping[str, object]:
    value = row.get(member)
    return value if isinstance(value, Mapping) else {}


def _time(row: Mapping[str, object], member: str) -> datetime | None:
    """Return a time in UTC, or None if it is invalid; boto3 returns times in the machine's zone."""
    value = row.get(member)
    if not isinstance(value, datetime) or value.year not in SANE_YEARS:
        return None
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


def _created_at(row: Mapping[str, object]) -> datetime:
    created_at = _time(row, "CreationTime")
    if created_at is None:
        raise MalformedJob("CreationTime is missing")
    return created_at


def _arn(row: Mapping[str, object]) -> str:
    arn = _required(row, "OptimizationJobArn")
    if arn.count(":") < ARN_COLONS:
        raise MalformedJob("OptimizationJobArn is no ARN")
    return arn


def _required(row: Mapping[str, object], member: str) -> str:
    value = text_member(row, member, longest=LONGEST_IDENTIFIER + 1)
    if not value:
        raise MalformedJob(f"{member} is missing")
    if len(value) > LONGEST_IDENTIFIER:
        raise MalformedJob(f"{member} is longer than any of AWS")
    return value
