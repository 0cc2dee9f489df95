"""A first reading of many regions at once, in real seconds: is every region listed in every run, within its time?"""

from __future__ import annotations

import time
from collections import Counter
from datetime import timedelta
from typing import Final

from bench.fleet import ACCOUNT
from bench.table import Row
from bench.watch import NullSink, instance
from optimizationjob.clock import SystemClock
from optimizationjob.config.region_patterns import resolve_regions
from optimizationjob.config.settings import Settings
from optimizationjob.run.instance_run import build_instance_run
from optimizationjob.run.record_pace import RecordPace
from optimizationjob.simulator import Simulator
from optimizationjob.state.persistent_cache import DictCache
from optimizationjob.telemetry.signals import Sample

REGIONS: Final = 24
JOBS_A_REGION: Final = 60
LATENCY_SECONDS: Final = 0.25
# A run may start its last call just before its end.
MARGIN_SECONDS: Final = 1.0


class _UpSink(NullSink):
    """Notes which regions could be listed."""

    def __init__(self) -> None:
        self.up = 0

    def sample(self, sample: Sample) -> None:
        """Note `api.up`."""
        self.up += sample.name == "api.up" and sample.value == 1


def rows(runs: int) -> list[Row]:
    """Read all regions for the first time, at default settings and a latency for each call."""
    clock = SystemClock()
    regions = resolve_regions(("*",), None)[:REGIONS]
    with Simulator(clock=clock, check_model=False) as simulator:
        for region in regions:
            for number in range(JOBS_A_REGION):
                at = clock.now() - timedelta(hours=2, seconds=20 * number)
                times = {"created_at": at, "started_at": at, "ended_at": at}
                simulator.put_job(ACCOUNT, region, f"job-{number}", status="COMPLETED", **times)
        simulator.latency(LATENCY_SECONDS)
        settings = Settings.from_mapping(instance(simulator.url, {"regions": list(regions)}))
        run = build_instance_run(settings, cache=DictCache(), clock=clock, takes_resources=True, pace=RecordPace())
        listed, seconds = [], []
        calls: Counter[str] = Counter()
        for _ in range(runs):
            sink, started = _UpSink(), time.monotonic()
            run.run(sink)
            seconds.append(time.monotonic() - started)
            listed.append(sink.up)
        calls.update(call.operation for call in simulator.calls)
    case = f"{REGIONS} regions read for the first time, {LATENCY_SECONDS} s of latency, default settings"
    longest = settings.max_run_seconds + LATENCY_SECONDS + MARGIN_SECONDS
    return [
        Row(
            case=f"{case}: regions listed in each of {runs} runs",
            measured=f"{', '.join(map(str, listed))} ({calls.total():,} calls)",
            bound=f"{REGIONS} in each run",
            is_met=all(number == REGIONS for number in listed),
        ),
        Row(
            case=f"{case}: the longest run",
            measured=f"{max(seconds):.1f} s",
            bound=f"{longest:.1f} s",
            is_met=max(seconds) <= longest,
        ),
    ]
