"""How often AWS is asked: one budget of requests for each endpoint, account and region in the process."""

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
# A pause until a token is whole may end a rounding error too early.
ROUNDING: Final = 1e-6


@dataclass(frozen=True, slots=True)
class RateLimitKey:
    """What AWS counts together."""

    endpoint: str
    """The URL that was configured, empty for AWS's own."""
    account_id: str
    region: str


@dataclass(frozen=True, slots=True)
class RateLimit:
    """What one instance wants to be spent at most."""

    rate: float
    """Requests a second in the long run."""
    burst: int
    """Requests that may go out at once after a rest."""


class RequestBudget:
    """A token bucket that slows down while AWS throttles; safe to use from many threads.

    The rate is halved when AWS throttles, at most once a second, for which the next request waits. It grows by a
    tenth for every ten seconds without that, up to what the most modest of its users allows.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._users: WeakKeyDictionary[object, RateLimit] = WeakKeyDictionary()
        self._slowdown = 1.0
        self._tokens = float("inf")
        self._taken = 0
        self._filled_at = self._cut_at = self._clean_since = clock.monotonic()
        self._was_cut = False

    def join(self, user: object, allowance: RateLimit) -> None:
        """Count a user in; it counts for as long as it exists."""
        with self._lock:
            self._users[user] = allowance

    @property
    def rate(self) -> float:
        """Requests a second at present."""
        with self._lock:
            self._refill()
            return self._rate()

    def take(self, *, overdraw: bool = False) -> float:
        """Take a token; return 0, or the seconds until one may be there, and nothing is taken.

        Args:
            overdraw: take it though there is none; the next ones have to wait longer.
        """
        with self._lock:
            self._refill()
            if self._tokens >= 1 - ROUNDING or overdraw:
                self._tokens -= 1
                self._taken += 1
                return 0.0
            return (1 - self._tokens) / self._rate()

    @property
    def taken(self) -> int:
        """How many tokens were taken so far."""
        return self._taken

    def charge(self, tokens: int) -> None:
        """Count tokens that were taken elsewhere; the next ones have to wait the longer."""
        with self._lock:
            self._refill()
            self._tokens -= tokens
            self._taken += tokens

    def throttled(self) -> None:
        """Note that AWS throttles."""
        with self._lock:
            self._refill()
            if not self._was_cut or self._filled_at - self._cut_at >= SECONDS_BETWEEN_CUTS:
                self._slowdown *= CUT
                self._was_cut, self._cut_at = True, self._filled_at
            # What was saved up is what AWS would throttle next; the next request waits until the rate may be cut again.
            self._tokens = min(self._tokens, 0.0, 1 - SECONDS_BETWEEN_CUTS * self._rate())
            self._clean_since = self._filled_at

    def _allowance(self) -> RateLimit:
        allowances = list(self._users.values())
        return RateLimit(min(a.rate for a in allowances), min(a.burst for a in allowances))

    def _rate(self) -> float:
        full = self._allowance().rate
        return min(full, max(LEAST_RATE, full * self._slowdown))

    def _refill(self) -> None:
        now = self._clock.monotonic()
        self._tokens = min(self._allowance().burst, self._tokens + (now - self._filled_at) * self._rate())
        self._filled_at = now
        while self._slowdown < 1 and now - self._clean_since >= SECONDS_TO_RECOVER:
            self._clean_since += SECONDS_TO_RECOVER
            full = self._allowance().rate
            self._slowdown = min(1.0, max(self._slowdown, LEAST_RATE / full) * RECOVERY)


_lock = threading.Lock()
_budgets: WeakValueDictionary[RateLimitKey, RequestBudget] = WeakValueDictionary()


def budget_of(place: RateLimitKey, clock: Clock) -> RequestBudget:
    """Return the budget of a place, the same for all in the process who ask while somebody holds it."""
    with _lock:
        budget = _budgets.get(place)
        if budget is None:
            budget = _budgets[place] = RequestBudget(clock)
        return budget


def adopted(place: RateLimitKey, budget: RequestBudget) -> RequestBudget:
    """Return the budget of a place; where it has none yet, this one becomes it, else what this one spent is counted."""
    with _lock:
        held = _budgets.setdefault(place, budget)
    if held is not budget:
        held.charge(budget.taken)
    return held
