"""Findings about the expected cost of a region."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from optimizationjob.aws.sagemaker_api import Page
from optimizationjob.config.settings import Settings
from optimizationjob.diagnosis.cost_forecast import (
    HOUR,
    calls_a_run,
    calls_an_hour,
    calls_of_the_first_reading,
    custom_metrics,
    traffic_of,
)
from optimizationjob.diagnosis.finding import Finding, Verdict


@dataclass(frozen=True, slots=True)
class Costs:
    """Cost of one hour."""

    calls: int
    metrics: int
    finding: Finding


def costs(page: Page, settings: Settings, *, at: datetime, region: str) -> Costs:
    """Return the forecast for a region, based on its newest jobs."""
    traffic = traffic_of(page.jobs, settings, at=at, has_more=page.next_token is not None)
    calls = calls_an_hour(traffic, settings)
    metrics = custom_metrics(traffic, settings)
    a_run = calls_a_run(settings)
    runs = math.ceil(calls_of_the_first_reading(traffic.window, settings) / a_run)
    text = (
        f"About {_costs(calls.total, metrics)} ({calls.lists:,} List, {calls.describes:,} Describe, {calls.tags:,} "
        f"for tags), from {len(page.jobs)} "
        f"job{'s' * (len(page.jobs) != 1)} seen: about {traffic.window:,} in the window, "
        f"{traffic.started_an_hour:,.1f} new ones per hour. The first reading takes {runs:,} run{'s' * (runs != 1)}."
    )
    finding = Finding(name="forecast", region=region, text=text)
    if calls.total > a_run * (HOUR.total_seconds() / settings.min_collection_interval):
        advice = "Raise `api_rate_limit` if AWS's quotas allow it, or `max_run_seconds`, or shorten `lookback`."
        finding = replace(finding, verdict=Verdict.WARNING, remedy=advice)
    return Costs(calls.total, metrics, finding)


def total(parts: Sequence[Costs], *, account: str) -> Finding:
    """Return the total forecast of all regions."""
    number = f"{len(parts)} region{'s' * (len(parts) != 1)}"
    words = _costs(sum(part.calls for part in parts), sum(part.metrics for part in parts))
    return Finding(name="forecast", account=account, text=f"About {words}, in {number}.")


def _costs(calls: int, metrics: int) -> str:
    return f"{calls:,} calls to AWS and {metrics:,} custom metrics per hour"
