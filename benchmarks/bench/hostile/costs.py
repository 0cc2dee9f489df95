"""What arrives x what it costs: seconds of a run, memory, bytes in the Agent's cache, and what is reported."""

from __future__ import annotations

import argparse
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

from bench import table
from bench.aws import SPAWN
from bench.footprint import memory
from bench.hostile.accounts import ACCOUNT, ACCOUNTS, AccountServer
from bench.table import Row
from bench.watch import NO_LIMIT, NullSink, Watch
from optimizationjob.clock import SystemClock
from optimizationjob.simulator import Simulator
from optimizationjob.telemetry.signals import Sample, ServiceCheck
from tools.hostile_deliveries import DELIVERIES
from tools.hostile_transport import HostileTransport

EAST, WEST = "us-east-1", "us-west-2"
RUN, CONNECT, READ = 4.0, 1.0, 2.0
ACCOUNT_RUN, ACCOUNT_RUNS = 8.0, 16
MEGABYTE: Final = 1_000_000
SPARE = 1.0
MOST_SECONDS: Final = RUN + CONNECT + READ + SPARE
MOST_SECONDS_OF_ACCOUNT: Final = ACCOUNT_RUN + CONNECT + READ + SPARE
MOST_MEGABYTES: Final = 250
"""For one response. Objects made of 7 MB of empty lists take 190 MB, for a moment."""
MOST_OF_ACCOUNT: Final = 128
"""Half of the usual memory limit of an Agent in a container."""
MOST_CACHED: Final = 16 * MEGABYTE


class Cost(NamedTuple):
    """What the runs of one case cost."""

    seconds: float
    """The longest run."""
    memory: int
    """The most memory beyond that before, in bytes."""
    cached: int
    status: str
    samples: int
    """Values of metrics in the last run."""
    others: str
    """The service check of the other region."""
    is_truncated: bool


class _Noting(NullSink):
    def __init__(self) -> None:
        self.statuses: dict[str, str] = {}
        self.samples = 0
        self.is_truncated = False

    def service_check(self, check: ServiceCheck) -> None:
        self.statuses[check.tags[0].partition(":")[2]] = str(check.status)

    def sample(self, sample: Sample) -> None:
        self.samples += 1
        self.is_truncated |= sample.name == "poll.truncated" and sample.value > 0


def main() -> int:
    """Measure all cases and return the exit status."""
    parser = argparse.ArgumentParser(description="Measure what broken transports and hostile accounts cost.")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="also update the table in a page")
    options = parser.parse_args()
    rows = [_row(name, _alone(_transport, name), MOST_MEGABYTES, MOST_SECONDS) for name in DELIVERIES]
    rows += [_row(name, _alone(_account, name), MOST_OF_ACCOUNT, MOST_SECONDS_OF_ACCOUNT) for name in ACCOUNTS]
    headers = ("what arrives", "what it costs", "bound", "verdict")
    table.show(rows, headers)
    if options.write:
        table.write(rows, options.write, headers, by="benchmarks/hostile.py")
    return any(row.verdict == "FAIL" for row in rows)


def _alone(probe: Any, name: str) -> Cost:  # noqa: ANN401 - one of the two below
    print(f"... {name}", file=sys.stderr, flush=True)
    with SPAWN.Pool(1) as pool:
        cost: Cost = pool.apply(probe, (name,))
        return cost


def _row(name: str, cost: Cost, most: int, most_seconds: float) -> Row:
    said = f"{cost.status.upper()}, {cost.samples:,} values" + (", truncated" if cost.is_truncated else "")
    others = f"; other region {cost.others.upper()}" if cost.others else ""
    return Row(
        case=name,
        measured=f"{cost.seconds:.1f} s, {cost.memory / MEGABYTE:.0f} MB, {cost.cached / 1000:,.0f} KB; {said}{others}",
        bound=f"{most_seconds:.0f} s, {most} MB, {MOST_CACHED // MEGABYTE} MB",
        is_met=cost.seconds <= most_seconds
        and cost.memory <= most * MEGABYTE
        and cost.cached <= MOST_CACHED
        and cost.others in ("", "ok"),
    )


def _transport(name: str) -> Cost:
    """Run a few times while one region answers with a delivery; called in a new process."""
    clock = SystemClock()
    with Simulator(clock=clock) as simulator:
        for region in (EAST, WEST):
            simulator.put_job(ACCOUNT, region, "mine", status="INPROGRESS", created_at=clock.now() - timedelta(hours=1))
        _watch(simulator.url, [EAST, WEST]).run()
        with HostileTransport(simulator.url, EAST, DELIVERIES[name]) as transport:
            return _cost(_watch(transport.url, [EAST, WEST]), runs=2)


def _account(name: str) -> Cost:
    with AccountServer(ACCOUNTS[name]) as server:
        return _cost(_watch(server.url, [EAST], max_run_seconds=ACCOUNT_RUN, **NO_LIMIT), runs=ACCOUNT_RUNS)


def _watch(url: str, regions: list[str], **options: Any) -> Watch:  # noqa: ANN401 - as the configuration has them
    bounds = {"max_run_seconds": RUN, "connect_timeout": CONNECT, "read_timeout": READ}
    return Watch(url, SystemClock(), regions=regions, **{**bounds, **options})


def _cost(watch: Watch, *, runs: int) -> Cost:
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # resets the peak
    before, longest, sink = memory("VmRSS"), 0.0, _Noting()
    for _ in range(runs):
        sink, begin = _Noting(), time.monotonic()
        watch.run(sink)
        longest = max(longest, time.monotonic() - begin)
    return Cost(
        seconds=longest,
        memory=memory("VmHWM") - before,
        cached=sum(map(len, watch.cache.values())),
        status=sink.statuses[EAST],
        samples=sink.samples,
        others=sink.statuses.get(WEST, ""),
        is_truncated=sink.is_truncated,
    )
