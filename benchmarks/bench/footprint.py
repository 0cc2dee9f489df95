"""Memory of the process and size of the cache; a new process sweeps each fleet."""

from __future__ import annotations

import gc
import json
import resource
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bench.aws import SPAWN, Aws, PassingClock
from bench.fleet import Fleet
from bench.table import Row
from bench.watch import INTERVAL, MOST_RUNS, NO_LIMIT, Watch

MEGABYTE: Final = 1_000_000
MOST_MEGABYTES: Final = 60
MOST_GROWTH: Final = 2.0

NO_RECORDS: Final = {"collect_resources": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """State of a process after a first complete sweep.

    Attributes:
        resident: resident memory in bytes.
        peak: peak resident memory in bytes.
        records: number of resource records sent.
        persisted: size of the larger cache slot in bytes.
        parts: size of each part of the memory in bytes.
    """

    resident: int
    peak: int
    records: int
    persisted: int
    parts: dict[str, int]


def rows(large: int, recorded: int) -> list[Row]:
    """Sweep fleets of several sizes, with and without records.

    Args:
        large: number of jobs in the largest fleet.
        recorded: number of jobs in the fleet whose records are sent.
    """
    sizes = (0, large // 100, large // 10, large)
    with ThreadPoolExecutor(2) as pool:
        with_records = pool.submit(_probes, (0, recorded), {})
        none, small, middle, most = _probes(sizes, NO_RECORDS)
        (at_once,) = _probes((large,), {**NO_RECORDS, **NO_LIMIT})
        empty, full = with_records.result()
    extra = (most.resident - none.resident) / MEGABYTE
    return [
        Row(
            case=f"process memory at {large:,} jobs in the window in addition to that at 0 jobs",
            measured=_more(none, most, large),
            bound=f"{MOST_MEGABYTES} MB",
            is_met=extra <= MOST_MEGABYTES,
        ),
        Row(
            case="the same without a rate limit, so that a run reads as much as possible",
            measured=_more(none, at_once, large),
            bound=f"{MOST_MEGABYTES} MB",
            is_met=(at_once.resident - none.resident) / MEGABYTE <= MOST_MEGABYTES,
        ),
        Row(
            case=f"the same with the rate limit at {recorded:,} jobs, {full.records:,} records sent",
            measured=_more(empty, full, recorded),
        ),
        Row(
            case=f"persisted at {_words(sizes)} jobs in the window",
            measured=f"{small.persisted:,}, {middle.persisted:,}, {most.persisted:,} bytes",
            bound=f"the last at most {MOST_GROWTH:.0f} times the one before",
            is_met=most.persisted <= MOST_GROWTH * middle.persisted,
        ),
        Row(case="of that: counts by hour", measured=_part("rows", small, middle, most)),
        Row(case="of that: active jobs (20 each)", measured=_part("active", small, middle, most)),
        Row(case="of that: recently ended jobs", measured=_part("ended", small, middle, most)),
    ]


def _more(none: Probe, some: Probe, jobs: int) -> str:
    resident, peak = some.resident - none.resident, some.peak - none.peak
    return f"{resident / MEGABYTE:.1f} MB, {resident / jobs:.0f} bytes per job; at its peak {peak / MEGABYTE:.1f} MB"


def _words(sizes: tuple[int, ...]) -> str:
    """Return all sizes except the first as text."""
    return ", ".join(f"{size:,}" for size in sizes[1:])


def _part(name: str, *probes: Probe) -> str:
    return ", ".join(f"{probe.parts[name]:,}" for probe in probes) + " bytes"


def _probes(sizes: tuple[int, ...], options: Mapping[str, Any]) -> list[Probe]:
    """Sweep fleets sequentially, each in its own simulator."""
    found = []
    for size in sizes:
        with Aws() as aws:
            aws.add(Fleet(jobs=size, older=150 if size else 0))
            with SPAWN.Pool(1) as pool:
                found.append(pool.apply(_probe, (aws.url, options)))
    return found


def _probe(url: str, options: Mapping[str, Any]) -> Probe:
    """Run until everything is read and reported; called in a new process."""
    clock = PassingClock()
    watch = Watch(url, clock, **options)
    for _ in range(MOST_RUNS):
        watch.run()
        if watch.sink.is_settled:
            break
        clock.advance(INTERVAL - watch.settings.max_run_seconds)
    else:
        raise RuntimeError(f"not settled: {watch.sink.values}")
    gc.collect()
    text = max(watch.cache.values(), key=len)
    resident = memory("VmRSS")
    parts = json.loads(json.loads(text)["memory"])
    return Probe(
        resident=resident,
        # Linux updates VmHWM with a delay.
        peak=max(resident, memory("VmHWM")),
        records=watch.sink.records,
        persisted=len(text),
        parts={name: len(json.dumps(part, separators=(",", ":"))) for name, part in parts.items()},
    )


def memory(name: str) -> int:
    """Return a memory figure of this process in bytes: from /proc on Linux, otherwise the peak."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    (line,) = [line for line in status.read_text(encoding="ascii").splitlines() if line.startswith(f"{name}:")]
    return int(line.split()[1]) * 1024
