"""Samples of metrics, computed from a poll's changes."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from optimizationjob.aws.call_counts import CallCount
from optimizationjob.jobs.failure_categories import failure_category
from optimizationjob.jobs.failure_reason_patterns import FailureCategory
from optimizationjob.jobs.job import COMPLETED, DELETED, STATUSES, JobStatus, OptimizationJob
from optimizationjob.jobs.job_counts import JobCounts
from optimizationjob.polling.changes import Changes, Transition
from optimizationjob.telemetry import metric_table
from optimizationjob.telemetry.datadog_tags import Tagging, status_tag, unique
from optimizationjob.telemetry.metric_table import JOB_METRICS, Metric
from optimizationjob.telemetry.signals import Sample

MOST_UNKNOWN_STATUSES: Final = 20
OTHER_STATUS: Final = "other"
"""Instead of the statuses that AWS does not document, from the 21st most frequent one on."""
Series = tuple[str, ...]
"""A series by its tags beyond the common ones."""


def sample(metric: Metric, value: float, tags: Iterable[str]) -> Sample:
    """Return a value of a metric of the table."""
    return Sample(metric.name, metric.kind, float(value), tuple(tags))


def fleet_samples(
    rows: JobCounts, jobs: Iterable[OptimizationJob], tagging: Tagging, before: frozenset[Series]
) -> tuple[list[Sample], frozenset[Series]]:
    """Count the window's jobs by status and kind.

    Args:
        rows: the jobs that are over.
        jobs: all others.
        tagging: makes the tags.
        before: the series that were sent last time, by their tags.

    Returns:
        The samples, and their series. Each of the six statuses has one for every combination of tags; one that is
        not there any more has a last zero.
    """
    by_kind = Counter(rows.by_kind)
    by_kind.update((tagging.kinds.of(job), job.status.value) for job in jobs)
    unknown = Counter[str]()
    for (_, status), number in by_kind.items():
        unknown[status] += 0 if JobStatus(status).is_known else number
    named = dict(unknown.most_common(MOST_UNKNOWN_STATUSES))
    counts: Counter[tuple[tuple[str, ...], str]] = Counter()
    for (kind, status), number in by_kind.items():
        is_named = status in named or JobStatus(status).is_known
        counts[tagging.kind(kind), JobStatus(status).tag_value if is_named else OTHER_STATUS] += number
    combinations = {combination for combination, _ in counts} or {()}
    always = [status_tag(status.tag_value) for status in STATUSES]
    by_series: Counter[Series] = Counter()
    for (combination, status), number in counts.items():
        by_series[unique((*combination, status_tag(status)))] += number
    now = frozenset((*combination, status) for combination in combinations for status in always) | by_series.keys()
    return [
        sample(metric_table.JOBS, by_series[series], unique((*tagging.common, *series)))
        for series in sorted(now.union(map(unique, before)))
    ], frozenset(now)


def job_samples(changes: Changes, tagging: Tagging, at: datetime, stuck_after: timedelta) -> Iterator[Sample]:
    """Measure each active job, and each job whose end is reported now.

    Args:
        changes: the region.
        tagging: makes the tags.
        at: the moment of the picture; times that have not ended count to it.
        stuck_after: how long a job may be STOPPING or past a limit.
    """
    ended = {transition.job.key for transition in _ends(changes)}
    for job in changes.jobs:
        if not job.is_active and job.key not in ended:
            continue
        tags = tagging.job(job)
        for metric in JOB_METRICS:
            value = metric.read(job, at)
            if value is not None:
                yield sample(metric, value, tags)
        yield sample(metric_table.JOB_STUCK, job.overdue_seconds(at) > stuck_after.total_seconds(), tags)


def change_samples(changes: Changes, tagging: Tagging) -> Iterator[Sample]:
    """Count jobs that were created and jobs that ended, and measure how long those took."""
    counts: dict[tuple[Metric, tuple[str, ...]], float] = defaultdict(float)
    for job in changes.created:
        counts[metric_table.JOB_CREATED, (*tagging.common, *tagging.group(job))] += 1
    for transition in _ends(changes):
        if transition.is_counted:
            continue
        job, at = transition.job, changes.at
        category = f"failure_category:{category_of(transition, at)}"
        tags = (*tagging.common, *tagging.group(job), status_tag(job.status.tag_value), category)
        counts[metric_table.JOB_FINISHED, tags] += 1
        for metric, total, value in (
            (metric_table.JOB_DURATION, metric_table.JOB_FINISHED_RUNTIME, job.runtime_seconds(at)),
            (metric_table.JOB_QUEUE_DURATION, metric_table.JOB_FINISHED_PENDING, job.pending_seconds(at)),
        ):
            if value is not None:
                yield sample(metric, value, tags)
                counts[total, tags] += value
    for (metric, tags), number in counts.items():
        yield sample(metric, number, tags)


def call_samples(counts: Mapping[CallCount, int], tagging: Tagging) -> list[Sample]:
    """Count the requests that were sent to AWS."""
    return [
        sample(
            metric_table.API_CALLS,
            number,
            (*tagging.common, f"operation:{count.operation}", f"outcome:{count.outcome}"),
        )
        for count, number in sorted(counts.items())
    ]


def category_of(transition: Transition, at: datetime) -> FailureCategory:
    """Return why a job ended as it did; unknown where AWS did not let its reason be read."""
    job = transition.job
    if transition.status in (DELETED, COMPLETED):
        return FailureCategory.NONE
    if transition.unread_reason is not None:
        return FailureCategory.UNKNOWN
    return failure_category(
        job.status.value,
        job.failure_reason,
        pending_seconds=job.pending_seconds(at),
        runtime_seconds=job.runtime_seconds(at),
        max_pending_seconds=job.limits.max_pending_seconds,
        max_runtime_seconds=job.limits.max_runtime_seconds,
        max_wait_seconds=job.limits.max_wait_seconds,
    )


def _ends(changes: Changes) -> Iterator[Transition]:
    return (t for t in changes.transitions if t.status.is_terminal)
