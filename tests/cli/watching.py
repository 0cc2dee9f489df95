"""Builders of jobs and pictures for tests of the watch."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from optimizationjob.aws.errors import AwsError, CredentialsError
from optimizationjob.cli.demo.demo_screen_data import DemoRegion
from optimizationjob.cli.watch.watch_app import WatchApp
from optimizationjob.cli.watch.watch_job_list import JobList
from optimizationjob.cli.watch.watch_picture import Picture, RegionPicture
from optimizationjob.cli.watch.watch_polls import AllPolls
from optimizationjob.cli.watch.watch_selection import Selection
from optimizationjob.cli.watch.watched_job import WatchedJob
from optimizationjob.jobs.job import Detail, JobStatus, Limits, OptimizationJob, Tag
from optimizationjob.simulator import ManualClock
from optimizationjob.telemetry.signals import ServiceCheck, ServiceCheckStatus

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
EAST, WEST = DemoRegion("111111111111", "us-east-1"), DemoRegion("111111111111", "eu-west-1")
OTHER = DemoRegion("222222222222", "us-east-1")
EVIL = "a\x1b[2J[red]b[/][@click=app.quit]c[/]\x9b31m\u202e\r\n[link=x]d"
HARMFUL = frozenset("\x1b\x9b\u202e\r")


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


class Still:
    """An instance that is not polled."""

    def __init__(self, picture):
        self.picture = picture

    def poll(self):
        return 60.0

    def cancel(self): ...


def an_app(*pictures, selection=None, **kind):
    """The screen of some pictures, ten seconds after they were read."""
    clock = ManualClock()
    clock.advance(100 - clock.monotonic())
    return WatchApp(AllPolls([Still(one) for one in pictures], clock), selection or Selection(), asked=[], **kind)


def text_of(app):
    """The lines of the screen."""
    return "\n".join(strip.text.rstrip() for strip in app.screen._compositor.render_strips())


def played(app, act, size=(120, 30)):
    """Run the screen without a terminal, let `act(app, pilot)` use it, and return what that returns."""

    async def play():
        async with app.run_test(size=size) as pilot:
            # On a busy machine, one pause does not reach the end of the first layout.
            while not (app.query("FooterKey") and any(jobs.size.height for jobs in app.query(JobList))):
                await pilot.pause()
            return await act(app, pilot)

    return asyncio.run(play())


def shown(app, *keys, size=(120, 30)):
    """Press keys and return the lines of the screen."""

    async def press(app, pilot):
        await pilot.press(*keys)
        await pilot.pause()
        return text_of(app)

    return played(app, press, size)


def a_picture(*jobs, error: AwsError | None = None, places=(EAST, WEST), **fields):
    """A picture of two regions; if there is an error, the second cannot be read."""
    failing = places[-1] if error else None
    regions = {
        place: RegionPicture(
            place=place,
            health=ServiceCheck(
                status=ServiceCheckStatus.CRITICAL if place is failing else ServiceCheckStatus.OK, tags=()
            ),
            read_at=None if place is failing else 90.0,
            active=tuple(job for job in jobs if job.place == place and not job.is_over),
            is_swept=place is not failing,
            error=error if place is failing else None,
        )
        for place in places
    }
    ends = tuple(job for job in jobs if job.is_over)
    return Picture(polls=3, at=NOON, regions=regions, ends=ends, calls=((40.0, 5), (80.0, 7)), **fields)


def no_credentials():
    return CredentialsError("Unable to locate credentials", operation="sagemaker:ListOptimizationJobs", region="x")
