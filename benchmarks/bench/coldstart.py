"""A first sweep under an API that throttles, in simulated seconds: an answer takes none, so all time is waiting."""

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
    """What it took until all was read and all records were sent.

    Attributes:
        calls: all of them, but STS.
        seconds: how long each run took.
        allowed_seconds: how long a run may take: its time, and a connect and a read time-out.
        formula: runs by the README's formula.
        cache: what was remembered.
    """

    calls: Calls
    seconds: tuple[float, ...]
    allowed_seconds: float
    formula: float
    cache: DictCache


def start_cold(aws: Aws) -> ColdStart:
    """Begin with nothing, and run on until there is nothing left to do."""
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
    # Stricter than the bound asks for: each run begins with a burst, and its calls take no time.
    least = max(1.0, calls.total - runs * BURST) / RATE
    excess, throttled = sum(found.seconds) / least, calls.refused / calls.total
    case = f"cold start of {jobs:,} jobs, API throttles above {RATE} calls/s"
    return [
        Row(
            case=f"{case}: seconds inside runs against (calls beyond the bursts) / rate",
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
            case=f"{case}: runs against calls / min(rate x interval, burst + rate x max_run_seconds)",
            measured=f"{runs} runs, by the formula {math.ceil(found.formula)} ({found.formula:.1f})",
        ),
    ]
