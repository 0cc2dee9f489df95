"""The rate limit of requests to AWS: one token bucket for each endpoint, account and region in the process.

An instance that shares with no other has buckets of its own.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Final
from weakref import WeakKeyDictionary, WeakValueDictionary

from optimizationjob.clock import Clock

LEAST_RATE: Final = 0.1
CUT: Final = 0.5
SECONDS_BETWEEN_CUTS: Final = 1.0
RECOVERY: Final = 1.1
SECONDS_TO_RECOVER: Final = 10.0
# Waiting for a token may end a rounding error too early.
ROUNDING: Final = 1e-6


@dataclass(frozen=True, slots=True)
class RateLimitKey:
    """What AWS applies one rate limit to."""

    endpoint: str
    """The configured URL; empty for AWS's own endpoints."""
    account_id: str
    region: str
    budget_of: str = ""
    """As in RateLimit."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """The most that one instance may request."""

    rate: float
    """Requests per second in the long run."""
    burst: int
    """Requests that may be sent at once after a pause."""
    budget_of: str = ""
    """The instance whose budget this is alone; empty where it shares with all others of its account."""


class TokenBucket:
    """A token bucket that slows down while AWS throttles; safe to use from many threads.

    The rate is halved when AWS throttles, at most once a second, and the next request waits for that second. It grows
    by a tenth for every ten seconds without throttling, up to the lowest limit of its users.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._users: WeakKeyDictionary[object, RateLimit] = WeakKeyDictionary()
        self._slowdown = 1.0
        self._tokens = float("inf")
        self._filled_at = self._cut_at = self._clean_since = clock.monotonic()
        self._was_cut = False

    def add_user(self, user: object, limit: RateLimit) -> None:
        """Add a user, whose limit counts for as long as the user exists."""
        with self._lock:
            self._users[user] = limit

    @property
    def rate(self) -> float:
        """Requests per second at present."""
        with self._lock:
            self._refill()
            return self._rate()

    def take(self, *, overdraw: bool = False) -> float:
        """Take a token and return 0; if there is none, return the seconds until there may be one.

        Args:
            overdraw: take it even if there is none; later ones wait longer.
        """
        with self._lock:
            self._refill()
            if self._tokens >= 1 - ROUNDING or overdraw:
                self._tokens -= 1
                return 0.0
            return (1 - self._tokens) / self._rate()

    def throttled(self) -> None:
        """Note that AWS throttled a request."""
        with self._lock:
            self._refill()
            if not self._was_cut or self._filled_at - self._cut_at >= SECONDS_BETWEEN_CUTS:
                self._slowdown *= CUT
                self._was_cut, self._cut_at = True, self._filled_at
            # AWS would throttle saved tokens, too; the next request waits until the rate may be halved again.
            self._tokens = min(self._tokens, 0.0, 1 - SECONDS_BETWEEN_CUTS * self._rate())
            self._clean_since = self._filled_at

    def _limit(self) -> RateLimit:
        limits = list(self._users.values())
        return RateLimit(min(a.rate for a in limits), min(a.burst for a in limits))

    def _rate(self) -> float:
        full = self._limit().rate
        return min(full, max(LEAST_RATE, full * self._slowdown))

    def _refill(self) -> None:
        now = self._clock.monotonic()
        self._tokens = min(self._limit().burst, self._tokens + (now - self._filled_at) * self._rate())
        self._filled_at = now
        while self._slowdown < 1 and now - self._clean_since >= SECONDS_TO_RECOVER:
            self._clean_since += SECONDS_TO_RECOVER
            full = self._limit().rate
            self._slowdown = min(1.0, max(self._slowdown, LEAST_RATE / full) * RECOVERY)


_lock = threading.Lock()
_buckets: WeakValueDictionary[RateLimitKey, TokenBucket] = WeakValueDictionary()


def bucket_of(key: RateLimitKey, clock: Clock) -> TokenBucket:
    """Return the bucket of a key: the same for all users in the process, as long as one of them holds it."""
    with _lock:
        bucket = _buckets.get(key)
        if bucket is None:
            bucket = _buckets[key] = TokenBucket(clock)
        return bucket
