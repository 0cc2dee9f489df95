"""Builders of jobs and pictures for tests of the watch."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from optimizationjob.aws.errors import AwsError, CredentialsError
from optimizationjob.cli.demo.demo_screen_data import DemoRegion
from optimizationjob.cli.watch.watch_picture import Picture, RegionPicture
from optimizationjob.cli.watch.watched_job import WatchedJob
from optimizationjob.jobs.job import Detail, JobStatus, Limits, OptimizationJob, Tag
from optimizationjob.telemetry.signals import ServiceCheck, ServiceCheckStatus

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
EAST, WEST = DemoRegion("111111111111", "us-east-1"), DemoRegion("111111111111", "eu-west-1")


def a_job(
    name,
    status="INPROGRESS",
    *,
    place=EAST,
    age=60,
    ran=None,
    limits=None,
    reason=None,
    category="",
    is_stuck=False,
    tags=(),
):
    """A job that was created and started the given numbers of minutes ago."""
    created = NOON - timedelta(minutes=age)
    started = None if ran is None else NOON - timedelta(minutes=ran)
    is_over = status in ("COMPLETED", "FAILED", "STOPPED")
    detail = Detail(
        limits=limits or Limits(max_runtime_seconds=7200, max_pending_seconds=7200),
        failure_reason=reason,
        model_source="s3://models/llama",
        output_location="s3://optimized/llama",
        columns={},
        described=(JobStatus(status), None, started),
    )
    job = OptimizationJob(
        arn=f"arn:aws:sagemaker:{place.region}:{place.account}:optimization-job/{name}",
        name=name,
        status=JobStatus(status),
        created_at=created,
        started_at=started,
        ended_at=NOON if is_over else None,
        instance_type="ml.g5.12xlarge",
        techniques=("quantization",),
        max_instance_count=1,
        detail=detail,
        tags=tuple(Tag(*tag) for tag in tags),
    )
    words = " ".join((reason or "").split())
    return WatchedJob(
        job=job, place=place, at=NOON, status=status.lower(), is_stuck=is_stuck, category=category, reason=words
    )


def a_picture(*jobs, error: AwsError | None = None, **fields):
    """A picture of two regions; if there is an error, the second cannot be read."""
    active = {place: tuple(job for job in jobs if job.place == place and not job.is_over) for place in (EAST, WEST)}
    status = ServiceCheckStatus.CRITICAL if error else ServiceCheckStatus.OK
    regions = {
        place.region: RegionPicture(
            place=place,
            health=ServiceCheck(
                status=status if place is WEST else ServiceCheckStatus.OK, tags=(f"region:{place.region}",)
            ),
            read_at=90.0,
            active=active[place],
            counts={"completed": 30, "failed": 4},
            error=error if place is WEST else None,
        )
        for place in (EAST, WEST)
    }
    ends = tuple(job for job in jobs if job.is_over)
    return Picture(polls=3, regions=regions, ends=ends, calls=((40.0, 5), (80.0, 7)), **fields)


def no_credentials():
    return CredentialsError("Unable to locate credentials", operation="sagemaker:ListOptimizationJobs", region="x")
