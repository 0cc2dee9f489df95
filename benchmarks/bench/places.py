"""What one more account and region costs an Agent: memory, open sockets, and CPU of its first and its later polls."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterable
from datetime import timedelta
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

import boto3

from bench.aws import SPAWN, Aws, PassingClock
from bench.fleet import Fleet
from bench.footprint import MEGABYTE, memory
from bench.processor import QUERY
from bench.table import Row
from bench.watch import INTERVAL, NO_LIMIT, Watch
from optimizationjob.config.region_patterns import resolve_regions

ACCOUNTS: Final = 20
REGIONS: Final = 10
PLACES: Final = ACCOUNTS * REGIONS
JOBS: Final = 20
"""Jobs in each place; one of them is active."""
PERIOD: Final = timedelta(hours=2)
MORE: Final = 5
"""Accounts with one job in each region, polled after the others."""
RUNS: Final = 4
MOST_MEGABYTES: Final = 0.35
MOST_SOCKETS: Final = 0.1
MOST_OF_PLAIN: Final = 0.5


class Probe(NamedTuple):
    """What a process with all places uses; times are CPU seconds of one place."""

    base: int
    """Resident memory before the first run, in bytes."""
    one: int
    """Resident memory after the runs of the first account's first region."""
    all: int
    sockets: int
    first: float
    plain: float
    """The same calls with boto3 and clients of its own, without anything else."""
    later: float


def rows() -> list[Row]:
    """Poll all places from one process, account by account, as an Agent does."""
    regions = resolve_regions(("*",), None)[:REGIONS]
    with Aws() as aws:
        for number in range(ACCOUNTS + MORE):
            for region in regions:
                jobs = JOBS if number < ACCOUNTS else 1
                aws.add(Fleet(jobs=jobs, active=1, older=0, period=PERIOD), region, account=_account(number))
        with SPAWN.Pool(1) as pool:
            probe = pool.apply(_probe, (aws.url, regions))
    case = f"{ACCOUNTS} accounts x {REGIONS} regions of {JOBS} jobs in one Agent"
    each, more = (probe.all - probe.base) / PLACES / MEGABYTE, (probe.all - probe.one) / (PLACES - 1) / MEGABYTE
    return [
        Row(
            case=f"{case}: memory of an account and region",
            measured=f"{each:.2f} MB ({(probe.all - probe.base) / MEGABYTE:.0f} MB in total); one more: {more:.2f} MB",
            bound=f"{MOST_MEGABYTES} MB",
            is_met=each <= MOST_MEGABYTES,
        ),
        Row(
            case=f"{case}: open sockets between two runs, of an account and region",
            measured=f"{probe.sockets / PLACES:.2f} ({probe.sockets} in total)",
            bound=f"{MOST_SOCKETS}",
            is_met=probe.sockets <= MOST_SOCKETS * PLACES,
        ),
        Row(
            case=f"{case}: CPU of the first poll of one more, of one job, relative to its calls with plain boto3",
            measured=f"{probe.first / probe.plain:.2f} times "
            f"({1000 * probe.first:.1f} ms, {1000 * probe.plain:.1f} ms)",
            bound=f"{MOST_OF_PLAIN} times",
            is_met=probe.first <= MOST_OF_PLAIN * probe.plain,
        ),
        Row(case=f"{case}: CPU of a later poll of one", measured=f"{1000 * probe.later:.1f} ms"),
    ]


def _account(number: int) -> str:
    return f"{number + 1:012d}"


def _probe(url: str, regions: tuple[str, ...]) -> Probe:
    """Poll all places several times; called in a new process."""
    clock = PassingClock()
    base = memory("VmRSS")
    one = Watch(url, clock, regions=list(regions[:1]), **_keys(0), **NO_LIMIT)
    for _ in range(RUNS):
        one.run()
        clock.advance(INTERVAL)
    after_one = memory("VmRSS")
    watches = [Watch(url, clock, regions=list(regions), **_keys(number), **NO_LIMIT) for number in range(ACCOUNTS)]
    for _ in range(RUNS):
        spent = [_cpu_of(watch.run) for watch in watches]
        clock.advance(INTERVAL)
    gc.collect()
    resident = memory("VmRSS")
    more = [Watch(url, clock, regions=list(regions), **_keys(ACCOUNTS + number), **NO_LIMIT) for number in range(MORE)]
    pairs = [(_cpu_of(watch.run), _cpu_of(partial(_ask_plainly, url, regions, watch))) for watch in more]
    return Probe(
        base=base,
        one=after_one,
        all=resident,
        sockets=sum(_is_socket(file) for file in Path("/proc/self/fd").iterdir()),
        first=median(first for first, _ in pairs) / REGIONS,
        plain=median(plain for _, plain in pairs) / REGIONS,
        later=median(spent) / REGIONS,
    )


def _keys(number: int) -> dict[str, str]:
    return {"aws_access_key_id": f"AKIA{_account(number)}"}


def _cpu_of(run: Callable[[], None]) -> float:
    begin = time.process_time()
    run()
    return time.process_time() - begin


def _ask_plainly(url: str, regions: Iterable[str], watch: Watch) -> None:
    """List the jobs of each region, describe the newest and read its tags, with new clients."""
    keys = (watch.settings.aws_access_key_id, watch.settings.aws_secret_access_key)
    session = boto3.Session(*keys)
    for region in regions:
        client, tagging = (
            session.client(service, region_name=region, endpoint_url=url)
            for service in ("sagemaker", "resourcegroupstaggingapi")
        )
        newest = client.list_optimization_jobs(**QUERY)["OptimizationJobSummaries"][0]
        client.describe_optimization_job(OptimizationJobName=newest["OptimizationJobName"])
        tagging.get_resources(ResourceARNList=[newest["OptimizationJobArn"]])


def _is_socket(file: Path) -> bool:
    try:
        return file.readlink().name.startswith("socket:")
    except OSError:  # closed by now
        return False
