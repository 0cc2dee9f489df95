"""The table of metrics: names, kinds, units, tags and meaning, in one place.

`metadata.csv` is made from it: `uv run python -m tools.metadata_csv`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from optimizationjob.jobs.job import OptimizationJob
from optimizationjob.telemetry.signals import MetricKind

NAMESPACE: Final = "optimizationjob"

Scope = Literal["region", "group", "finished", "job", "call"]
"""What a series is of: a region, jobs of a kind, jobs of a kind that ended in some way, one job, one kind of call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric."""

    name: str
    kind: MetricKind
    unit: str = ""
    """Datadog's name of the unit; empty where there is none."""
    scope: Scope = "region"
    orientation: Literal[-1, 0, 1] = 0
    """Whether higher is better (1), worse (-1) or neither."""
    help: str


@dataclass(frozen=True, slots=True, kw_only=True)
class JobMetric(Metric):
    """A gauge of one job, with how it is read; a job for which that gives None has no sample."""

    kind: MetricKind = "gauge"
    scope: Scope = "job"
    read: Callable[[OptimizationJob, datetime], float | None]


def _utilization(used: float | None, limit: int | None) -> float | None:
    return 100.0 * used / limit if used is not None and limit else None


def _remaining(used: float | None, limit: int | None) -> float | None:
    return max(0.0, limit - used) if used is not None and limit is not None else None


JOB_METRICS: Final = (
    JobMetric(
        name="job.pending_seconds",
        unit="second",
        orientation=-1,
        help="Time from a job's creation to its start, or to now while it waits.",
        read=lambda job, at: job.pending_seconds(at),
    ),
    JobMetric(
        name="job.runtime_seconds",
        unit="second",
        help="Time from a job's start to its end, or to now while it runs.",
        read=lambda job, at: job.runtime_seconds(at),
    ),
    JobMetric(
        name="job.total_seconds",
        unit="second",
        help="Time from a job's creation to its end, or to now.",
        read=lambda job, at: job.total_seconds(at),
    ),
    JobMetric(
        name="job.max_pending_seconds",
        unit="second",
        help="The longest a job may wait for capacity (MaxPendingTimeInSeconds).",
        read=lambda job, _: job.limits.max_pending_seconds,
    ),
    JobMetric(
        name="job.max_runtime_seconds",
        unit="second",
        help="The longest a job may run (MaxRuntimeInSeconds).",
        read=lambda job, _: job.limits.max_runtime_seconds,
    ),
    JobMetric(
        name="job.max_wait_seconds",
        unit="second",
        help="The longest a job may take in total (MaxWaitTimeInSeconds).",
        read=lambda job, _: job.limits.max_wait_seconds,
    ),
    JobMetric(
        name="job.pending_utilization",
        unit="percent",
        orientation=-1,
        help="Pending time used of its limit. Time before a training plan starts counts here but not for AWS.",
        read=lambda job, at: _utilization(job.pending_seconds(at), job.limits.max_pending_seconds),
    ),
    JobMetric(
        name="job.runtime_utilization",
        unit="percent",
        orientation=-1,
        help="Runtime used of its limit.",
        read=lambda job, at: _utilization(job.runtime_seconds(at), job.limits.max_runtime_seconds),
    ),
    JobMetric(
        name="job.pending_remaining_seconds",
        unit="second",
        orientation=1,
        help="Pending time left to its limit, 0 when it is passed.",
        read=lambda job, at: _remaining(job.pending_seconds(at), job.limits.max_pending_seconds),
    ),
    JobMetric(
        name="job.runtime_remaining_seconds",
        unit="second",
        orientation=1,
        help="Runtime left to its limit, 0 when it is passed.",
        read=lambda job, at: _remaining(job.runtime_seconds(at), job.limits.max_runtime_seconds),
    ),
)

JOBS: Final = Metric(
    name="jobs",
    kind="gauge",
    unit="job",
    scope="group",
    help="Jobs in the window by status; a job with two techniques counts under each.",
)
JOB_STUCK: Final = Metric(
    name="job.stuck",
    kind="gauge",
    unit="job",
    scope="job",
    orientation=-1,
    help="1 where a job has been STOPPING, or past a limit, for longer than stuck_after, else 0.",
)
JOB_CREATED: Final = Metric(
    name="job.created", kind="count", unit="job", scope="group", help="Jobs first seen after the first sweep."
)
JOB_FINISHED: Final = Metric(
    name="job.finished", kind="count", unit="job", scope="finished", help="Jobs that ended, each counted once."
)
JOB_FINISHED_RUNTIME: Final = Metric(
    name="job.finished.runtime_seconds",
    kind="count",
    unit="second",
    scope="finished",
    help="Sum of the runtimes of jobs that ended; divided by job.finished, their mean.",
)
JOB_FINISHED_PENDING: Final = Metric(
    name="job.finished.pending_seconds",
    kind="count",
    unit="second",
    scope="finished",
    orientation=-1,
    help="Sum of the pending times of jobs that ended; divided by job.finished, their mean.",
)
JOB_DURATION: Final = Metric(
    name="job.duration", kind="histogram", unit="second", scope="finished", help="Runtime of jobs that ended"
)
JOB_QUEUE_DURATION: Final = Metric(
    name="job.queue_duration",
    kind="histogram",
    unit="second",
    scope="finished",
    orientation=-1,
    help="Pending time of jobs that ended",
)
API_UP: Final = Metric(
    name="api.up", kind="gauge", orientation=1, help="1 where the last run could list the region's jobs, else 0."
)
API_CALLS: Final = Metric(
    name="api.calls",
    kind="count",
    unit="request",
    scope="call",
    help="Requests sent to AWS by operation and outcome (ok, throttled, denied, error), every attempt counted.",
)
POLL_DURATION: Final = Metric(
    name="poll.duration_seconds", kind="gauge", unit="second", orientation=-1, help="Time taken to poll the region."
)
POLL_DATA_AGE: Final = Metric(
    name="poll.data_age_seconds",
    kind="gauge",
    unit="second",
    orientation=-1,
    help="Age of the picture that is reported; it grows while the region cannot be read.",
)
POLL_BACKLOG: Final = Metric(
    name="poll.backlog", kind="gauge", unit="job", orientation=-1, help="Jobs that wait to be described."
)
POLL_TRUNCATED: Final = Metric(
    name="poll.truncated",
    kind="gauge",
    orientation=-1,
    help="1 where the window was cut short by max_jobs or by the run's time, else 0.",
)
POLL_JOBS: Final = Metric(name="poll.jobs", kind="gauge", unit="job", help="Jobs in the picture of the region.")
RESOURCE_SUBMITTED: Final = Metric(
    name="resource.submitted", kind="count", help="Resource records handed to the Agent."
)
RESOURCE_DROPPED: Final = Metric(
    name="resource.dropped",
    kind="count",
    orientation=-1,
    help="Resource records that are invalid or that the Agent did not take.",
)

METRICS: Final[tuple[Metric, ...]] = (
    *(JOBS, JOB_STUCK, JOB_CREATED, JOB_FINISHED, JOB_FINISHED_RUNTIME, JOB_FINISHED_PENDING),
    *(JOB_DURATION, JOB_QUEUE_DURATION),
    *JOB_METRICS,
    *(API_UP, API_CALLS),
    *(POLL_DURATION, POLL_DATA_AGE, POLL_BACKLOG, POLL_TRUNCATED, POLL_JOBS),
    *(RESOURCE_SUBMITTED, RESOURCE_DROPPED),
)
