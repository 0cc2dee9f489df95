"""Latency and rate limits on demand."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from optimizationjob.clock import Clock
    from optimizationjob.simulator.faults import Asked, Scope

TimeSource = Literal["simulated", "real"]


@dataclass(slots=True)
class Bucket:
    """Tokens left and the moment they were counted, in seconds."""

    tokens: float
    at: float


@dataclass(slots=True, kw_only=True)
class SimulatedRateLimit:
    """A token bucket for each account and region within the scope.

    Attributes:
        rate: tokens a second.
        burst: the most a bucket holds, and what it starts with.
        scope: which calls take a token.
        time: whether seconds pass on the simulator's clock or in reality.
    """

    rate: float
    burst: float
    scope: Scope
    time: TimeSource
    buckets: dict[tuple[str, str], Bucket] = field(default_factory=dict)

    def allows(self, asked: Asked, clock: Clock, real: Clock) -> bool:
        """Take a token for the call; return False, taking nothing, where the bucket is empty."""
        if not asked.within(self.scope):
            return True
        now = clock.now().timestamp() if self.time == "simulated" else real.monotonic()
        bucket = self.buckets.setdefault((asked.account, asked.region), Bucket(self.burst, now))
        # A clock set backwards takes no tokens away.
        bucket.tokens = min(self.burst, bucket.tokens + max(0.0, now - bucket.at) * self.rate)
        bucket.at = now
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True


@dataclass(frozen=True, slots=True)
class Latency:
    """Real seconds that calls within a scope are held back."""

    seconds: float
    scope: Scope


class Brakes:
    """All latencies and rate limits in force. Guarded by its owner's lock."""

    def __init__(self) -> None:
        self._limits: list[SimulatedRateLimit] = []
        self._latencies: list[Latency] = []

    def limit(self, limit: SimulatedRateLimit) -> None:
        """Add a rate limit to the others."""
        self._limits.append(limit)

    def delay(self, latency: Latency) -> None:
        """Hold calls back from now on; delays of several scopes add up."""
        self._latencies.append(latency)

    def release(self) -> None:
        """Lift all limits and latencies."""
        self._limits.clear()
        self._latencies.clear()

    def seconds(self, asked: Asked) -> float:
        """Return for how many real seconds the call is to be held back."""
        return sum(latency.seconds for latency in self._latencies if asked.within(latency.scope))

    def allow(self, asked: Asked, clock: Clock, real: Clock) -> bool:
        """Return whether every limit still has a token for the call."""
        return all(limit.allows(asked, clock, real) for limit in self._limits)
