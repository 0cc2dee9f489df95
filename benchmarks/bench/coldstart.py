"""A first sweep against a throttling API, in simulated seconds; responses take no time, so all time is waiting."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

from bench.aws import Aws, Calls
from bench.sweeps import Plain
from bench.table import Row
from bench.watch import INTERVAL, MOST_RUNS, Watch
from optimizationjob.state.persistent_cache import DictCache

RATE: Final = 5
BURST: Final = 10
MOST_EXCESS: Final = 1.1
MOST_THROTTLED: Final = 0.02


@dataclass(frozen=True, slots=True)
class ColdStart:
    """The cost until everything is read and all records are sent.

    Attributes:
        calls: all calls except STS.
        seconds: duration of each run.
        allowed_seconds: maximum duration of a run: its time limit plus a connect and a read timeout.
        formula: number of runs by the formula of docs/costs.md.
        cache: the persistent cache.
    """

    calls: Calls
    seconds: tuple[float, ...]
    allowed_seconds: float
    formula: float
    cache: DictCache


def start_cold(aws: Aws) -> ColdStart:
    """Start with an empty cache and run until everything is read."""
    aws.limit(RATE, BURST)
    watch = Watch(aws.url, aws.clock, api_rate_limit=RATE, api_burst=BURST)
    calls = Calls()
    seconds: list[float] = []
    aws.take_calls()
    while not watch.sink.is_settled:
        if len(seconds) == MOST_RUNS:
            raise RuntimeError(f"not settled after {MOST_RUNS} runs: {watch.sink.values}")
        begin = aws.clock.monotonic()
        watch.run()
        seconds.append(aws.clock.monotonic() - begin)
        calls = calls.plus(aws.take_calls())
        aws.clock.advance(max(0.0, INTERVAL - seconds[-1]))
    aws.lift_limits()
    settings = watch.settings
    a_run = min(RATE * INTERVAL, BURST + RATE * settings.max_run_seconds)
    allowed = settings.max_run_seconds + settings.connect_timeout + settings.read_timeout
    return ColdStart(calls, tuple(seconds), allowed, calls.total / a_run, watch.cache)


def rows(found: ColdStart, jobs: int, plain: Plain) -> list[Row]:
    """Return the rows of a cold start."""
    calls, runs = found.calls, len(found.seconds)
    # Stricter than the bound requires: each run starts with a burst, whose calls take no time.
    least = max(1.0, calls.total - runs * BURST) / RATE
    excess, throttled = sum(found.seconds) / least, calls.refused / calls.total
    case = f"cold start of {jobs:,} jobs, API throttles above {RATE} calls/s"
    return [
        Row(
            case=f"{case}: seconds in runs relative to (calls beyond bursts) / rate",
            measured=f"{excess:.3f} times ({sum(found.seconds):,.0f} s for {calls.total:,} calls in {runs} runs)",
            bound=f"{MOST_EXCESS} times",
            is_met=excess <= MOST_EXCESS,
            boto3=f"{plain.boto3(jobs).total:,} calls",
            core=f"{plain.core(jobs).total:,} calls",
        ),
        Row(
            case=f"{case}: calls throttled",
            measured=f"{100 * throttled:.2f} % ({calls.refused} of {calls.total:,})",
            bound=f"under {100 * MOST_THROTTLED:.0f} %",
            is_met=throttled < MOST_THROTTLED,
        ),
        Row(
            case=f"{case}: longest run",
            measured=f"{max(found.seconds):.1f} s",
            bound=f"{found.allowed_seconds:.0f} s",
            is_met=max(found.seconds) <= found.allowed_seconds,
        ),
        Row(
            case=f"{case}: runs relative to calls / min(rate x interval, burst + rate x max_run_seconds)",
            measured=f"{runs} runs, by the formula {math.ceil(found.formula)} ({found.formula:.1f})",
        ),
    ]
