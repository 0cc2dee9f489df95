"""CPU of a steady poll relative to one plain boto3 page, alternating in this process; best of several batches."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable, Mapping
from typing import Final

from bench.aws import Aws
from bench.fleet import REGION, Fleet
from bench.sweeps import Plain, client
from bench.table import Row
from bench.watch import INTERVAL, MOST_RUNS, NO_LIMIT, NullSink, Watch, instance
from datadog_checks.base.stubs import aggregator
from datadog_checks.optimizationjob import OptimizationJobCheck

MOST_PAGES: Final = 1.2
RUNS: Final = 10
SECONDS_BETWEEN_RUNS: Final = 1.0

QUERY: Final = {"SortBy": "CreationTime", "SortOrder": "Descending", "MaxResults": 100}


def rows(aws: Aws, fleet: Fleet, watch: Watch, plain: Plain, batches: int) -> list[Row]:
    """Compare a page, a run and the whole check.

    Args:
        aws: the simulated AWS with the fleet.
        fleet: the fleet.
        watch: the settled instance.
        plain: the cost of other clients.
        batches: number of batches; the best counts.
    """
    sagemaker, sink = client(aws.url, REGION), NullSink()
    check = _settled_check(aws)
    found = _seconds(
        aws,
        {
            "page": lambda: sagemaker.list_optimization_jobs(**QUERY),
            "cycle": lambda: watch.run(sink),
            "check": check,
        },
        batches,
    )
    page, jobs = found["page"], fleet.jobs
    cycle = found["cycle"] / page
    return [
        Row(
            case=f"CPU of a steady poll at {jobs:,} jobs relative to one plain boto3 page of 100",
            measured=f"{cycle:.2f} times",
            bound=f"{MOST_PAGES} times",
            is_met=cycle <= MOST_PAGES,
            boto3=f"{plain.boto3_cpu * jobs / page:,.0f} times",
            core=f"{plain.core_cpu * jobs / page:,.0f} times",
        ),
        Row(
            case="the same for the whole check, including the base class and its Agent stub",
            measured=f"{found['check'] / page:.2f} times",
        ),
        Row(case="CPU time of the page, the run and the check", measured=_milliseconds(found)),
    ]


def _settled_check(aws: Aws) -> Callable[[], None]:
    """Return the check after it has read everything, at the pace at which an Agent takes records."""
    os.environ["DDEV_SKIP_GENERIC_TAGS_CHECK"] = "1"
    # The sweep interval is longer than the whole benchmark.
    options = {**NO_LIMIT, "full_sweep_interval": 86_400}
    check = OptimizationJobCheck("optimizationjob", {}, [instance(aws.url, options)])
    check.check_id = "optimizationjob:benchmark"
    check.clock = aws.clock

    def run() -> None:
        aggregator.reset()
        error = check.run()
        if error:
            raise RuntimeError(error)

    for _ in range(MOST_RUNS):
        aws.clock.advance(INTERVAL)
        aws.take_calls()
        run()
        if aws.take_calls().total == 1:
            return run
    raise RuntimeError(f"not settled after {MOST_RUNS} runs")


def _seconds(aws: Aws, things: Mapping[str, Callable[[], object]], batches: int) -> dict[str, float]:
    """Return the CPU seconds of this process per call of each function, for its best batch."""
    best = dict.fromkeys(things, float("inf"))
    for _ in range(batches):
        for name, run in things.items():
            gc.collect()
            seconds = 0.0
            for _ in range(RUNS):
                aws.clock.advance(SECONDS_BETWEEN_RUNS)
                begin = time.process_time()
                run()
                seconds += time.process_time() - begin
            best[name] = min(best[name], seconds / RUNS)
    return best


def _milliseconds(found: Mapping[str, float]) -> str:
    return ", ".join(f"{seconds * 1000:.1f} ms" for seconds in found.values())
