"""Forecasts calls to AWS and custom metrics with the formulas in docs/costs.md. Pure."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from optimizationjob.aws.sagemaker_api import ARNS_PER_TAG_CALL, PAGE_SIZE
from optimizationjob.config.settings import Settings
from optimizationjob.jobs.job import ACTIVE_STATUSES, STATUSES, OptimizationJob
from optimizationjob.jobs.job_counts import kind_of

HOUR: Final = timedelta(hours=1)
DESCRIPTIONS_OF_A_JOB: Final = 4
"""A job is described when it is new, on each of typically two changes, and when it ended."""
SERIES_OF_A_JOB: Final = 11
SERIES_OF_AN_END: Final = 3 + 5 + 5
SERIES_OF_A_REGION: Final = 8
SERIES_OF_RECORDS: Final = 2
USUAL_OPERATIONS: Final = 3
"""Typical number of (operation, outcome) pairs of `api.calls` per hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """The figures of a region's jobs that determine the cost."""

    window: int
    """Jobs in the window."""
    has_older: bool = False
    """Whether there are jobs older than the window."""
    active: int = 0
    started_an_hour: float = 0.0
    """Jobs created per hour; on average, as many end."""
    combinations: int = 0
    """Distinct sets of instance type, techniques and `group_by_tags`."""
    created_combinations: int = 0
    """Number of these in which a job is created per hour."""
    ended_sets: int = 0
    """Distinct sets of combination, final status and category that occur per hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallForecast:
    """Calls to AWS per hour and region once the window has been read."""

    lists: int
    describes: int
    tags: int

    @property
    def total(self) -> int:
        """Total number of calls."""
        return self.lists + self.describes + self.tags


def calls_an_hour(traffic: Traffic, settings: Settings) -> CallForecast:
    """Return the calls per hour."""
    polls = HOUR.total_seconds() / settings.min_collection_interval
    sweeps = HOUR / settings.full_sweep_interval
    started = traffic.started_an_hour
    # The first page of a sweep has the newest jobs, which every poll reads anyway.
    pages_of_a_sweep = _pages(traffic.window) - 1 + len(ACTIVE_STATUSES) * traffic.has_older
    # Tags are read when a job is new and once more when it ends, those of up to 100 jobs in one call.
    read = 2 * started
    new_ones = min(read, polls) * math.ceil(read / polls / ARNS_PER_TAG_CALL) if read else 0
    known_ones = sweeps * math.ceil(traffic.active / ARNS_PER_TAG_CALL)
    return CallForecast(
        lists=math.ceil(polls + sweeps * pages_of_a_sweep),
        describes=math.ceil(started * DESCRIPTIONS_OF_A_JOB),
        tags=math.ceil(new_ones + known_ones) if settings.collect_tags else 0,
    )


def calls_of_the_first_reading(window: int, settings: Settings) -> int:
    """Return the number of calls to read a window for the first time, including each job's record."""
    tags = math.ceil(window / ARNS_PER_TAG_CALL) if settings.collect_tags else 0
    return _pages(window) + tags + (window if settings.collect_resources else 0)


def calls_a_run(settings: Settings) -> float:
    """Return the maximum number of calls per run and region."""
    rate = settings.api_rate_limit
    return min(rate * settings.min_collection_interval, settings.api_burst + rate * settings.max_run_seconds)


def custom_metrics(traffic: Traffic, settings: Settings) -> int:
    """Return how many custom metrics Datadog counts per hour for one region."""
    started = round(traffic.started_an_hour)
    of_jobs = (traffic.active + started) * SERIES_OF_A_JOB if settings.collect_job_metrics else 0
    of_records = 0 if settings.collect_resources else SERIES_OF_RECORDS
    return (
        len(STATUSES) * max(traffic.combinations, 1)
        + of_jobs
        + traffic.created_combinations
        + traffic.ended_sets * SERIES_OF_AN_END
        + SERIES_OF_A_REGION
        - of_records
        + USUAL_OPERATIONS
    )


def traffic_of(newest: Sequence[OptimizationJob], settings: Settings, *, at: datetime, has_more: bool) -> Traffic:
    """Estimate the traffic of a region from its newest jobs.

    Args:
        newest: a page of jobs, newest first, with their tags if known.
        settings: for the window and the tags that jobs are grouped by.
        at: the current time.
        has_more: whether older jobs were not listed. Those within the window are extrapolated from the page.
    """
    recent = [job for job in newest if at - job.created_at <= settings.lookback]
    is_cut = has_more and len(recent) == len(newest) > 0
    span = max(at - newest[-1].created_at, timedelta(seconds=1)) if is_cut else settings.lookback
    an_hour = len(recent) / (span / HOUR)
    window = round(an_hour * (settings.lookback / HOUR)) if is_cut else len(recent)
    kinds = {kind_of(job, settings.group_by_tags) for job in newest}
    ends = {(kind_of(job, settings.group_by_tags), job.status) for job in newest if not job.is_active}
    most = math.ceil(an_hour)
    return Traffic(
        window=min(window, settings.max_jobs),
        has_older=has_more or len(recent) < len(newest),
        active=sum(job.is_active for job in newest),
        started_an_hour=an_hour,
        combinations=len(kinds),
        created_combinations=_at_most(kinds, most),
        ended_sets=_at_most(ends, most),
    )


def _pages(jobs: int) -> int:
    return jobs // PAGE_SIZE + 1


def _at_most(things: Collection[object], most: int) -> int:
    return min(len(things), most)
