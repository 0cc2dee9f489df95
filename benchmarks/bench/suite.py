"""Runs all benchmarks in order."""

from __future__ import annotations

import argparse
import gc
import sys
import time
from pathlib import Path
from typing import Final, NamedTuple

from bench import coldstart, footprint, imports, places, processor, regions, sweeps, table
from bench.aws import Aws
from bench.fleet import Fleet
from bench.polls import Polls


class Size(NamedTuple):
    """Sizes of the benchmarks."""

    jobs: int
    """Jobs in the fleet whose calls are counted."""
    swept: int
    """Jobs in the fleet for the plain sweeps of other clients."""
    large: int
    """Jobs in the fleet whose memory is measured."""
    recorded: int
    """Jobs in the fleet whose memory is measured with records."""
    hours: int
    batches: int
    runs: int


FULL: Final = Size(jobs=10_000, swept=500, large=100_000, recorded=20_000, hours=2, batches=12, runs=3)
QUICK: Final = Size(jobs=600, swept=50, large=10_000, recorded=300, hours=1, batches=3, runs=1)


def main() -> int:
    """Run all benchmarks and return the exit status."""
    parser = argparse.ArgumentParser(description="Measure the cost of the check against the simulator.")
    parser.add_argument("--quick", action="store_true", help="use smaller fleets for a quick check")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="also update the table in a page")
    options = parser.parse_args()
    size = QUICK if options.quick else FULL
    begin = time.monotonic()
    rows = _calls(size)
    _say("imports")
    rows.append(imports.row())
    _say("many regions")
    rows += regions.rows(size.runs)
    _say(f"{places.PLACES} accounts and regions")
    rows += places.rows()
    _say(f"memory, up to {size.large:,} jobs")
    rows += footprint.rows(size.large, size.recorded)
    table.show(rows)
    if options.write:
        table.write(rows, options.write)
    failed = [row for row in rows if row.verdict == "FAIL"]
    met = sum(row.verdict == "PASS" for row in rows)
    print(f"\n{met} within their bound, {len(failed)} not; {time.monotonic() - begin:.0f} s", file=sys.stderr)
    return 1 if failed else 0


def _calls(size: Size) -> list[table.Row]:
    """Measure calls and CPU on one fleet throughout."""
    fleet = Fleet(jobs=size.jobs)
    with Aws() as aws:
        _say(f"plain sweeps over {size.swept:,} jobs")
        plain = sweeps.measure(aws, size.swept)
        _say(f"a cold start over {size.jobs:,} jobs")
        aws.add(fleet)
        found = coldstart.start_cold(aws)
        # Drop the cold start's instance first, whose rate limit would also apply to the next one.
        gc.collect()
        _say("a restart, and steady polls")
        polls = Polls(aws, fleet, found.cache, plain)
        restarted, quiet = polls.restarted(), polls.quiet()
        _say("CPU")
        cpu = processor.rows(aws, fleet, polls.watch, plain, size.batches)
        _say("hours, changes, new jobs and old ones")
        hours = polls.hours(size.hours)
        steady = [quiet, *polls.changed(), *polls.created(), *polls.old(), *polls.burst()]
    cold = coldstart.rows(found, size.jobs, plain)
    return [*steady, hours, restarted, *cpu, *cold, sweeps.row(plain)]


def _say(words: str) -> None:
    print(f"... {words}", file=sys.stderr, flush=True)
