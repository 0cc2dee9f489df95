"""Simulated latency and rate limits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from optimizationjob.clock import Clock
    from optimizationjob.simulator.faults import Asked, Scope

TimeSource = Literal["simulated", "real"]


@dataclass(slots=True)
class Bucket:
    """Remaining tokens and the time of the last update, in seconds."""

    tokens: float
    at: float


@dataclass(slots=True, kw_only=True)
class SimulatedRateLimit:
    """A token bucket per account and region within the scope.

    Attributes:
        rate: tokens per second.
        burst: capacity of a bucket, and its initial number of tokens.
        scope: the calls that consume a token.
        time: whether buckets refill on the simulator's clock or in real time.
    """

    rate: float
    burst: float
    scope: Scope
    time: TimeSource
    buckets: dict[tuple[str, str], Bucket] = field(default_factory=dict)

    def allows(self, asked: Asked, clock: Clock, real: Clock) -> bool:
        """Consume a token for the call; return False if the bucket is empty."""
        if not asked.within(self.scope):
            return True
        now = clock.now().timestamp() if self.time == "simulated" else real.monotonic()
        bucket = self.buckets.setdefault((asked.account, asked.region), Bucket(self.burst, now))
        # Setting the clock back removes no tokens.
        bucket.tokens = min(self.burst, bucket.tokens + max(0.0, now - bucket.at) * self.rate)
        bucket.at = now
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True


@dataclass(frozen=True, slots=True)
class Latency:
    """A delay in real seconds for calls within a scope."""

    seconds: float
    scope: Scope


class Brakes:
    """All active latencies and rate limits. The owner's lock guards it."""

    def __init__(self) -> None:
        self._limits: list[SimulatedRateLimit] = []
        self._latencies: list[Latency] = []

    def limit(self, limit: SimulatedRateLimit) -> None:
        """Add a rate limit."""
        self._limits.append(limit)

    def delay(self, latency: Latency) -> None:
        """Add a latency; those of several matching scopes add up."""
        self._latencies.append(latency)

    def release(self) -> None:
        """Remove all limits and latencies."""
        self._limits.clear()
        self._latencies.clear()

    def seconds(self, asked: Asked) -> float:
        """Return the delay of the call in real seconds."""
        return sum(latency.seconds for latency in self._latencies if asked.within(latency.scope))

    def allow(self, asked: Asked, clock: Clock, real: Clock) -> bool:
        """Return whether every limit has a token for the call."""
        return all(limit.allows(asked, clock, real) for limit in self._limits)
