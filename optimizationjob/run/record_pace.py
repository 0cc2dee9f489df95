"""How fast the process hands resource records to the Agent.

The Agent's forwarder holds 100 records and drops what does not fit, with one warning in the life of the process.
"""

from __future__ import annotations

import threading
from typing import Final

BURST: Final = 60
"""Records that may be handed over at once."""
RECORDS_A_SECOND: Final = 5.0


class RecordPace:
    """A token bucket that all instances of a process share; safe to use from many threads.

    Args:
        burst: records that may be handed over at once.
        rate: records per second in the long run.
    """

    def __init__(self, burst: int = BURST, rate: float = RECORDS_A_SECOND) -> None:
        self._burst = burst
        self._rate = rate
        self._lock = threading.Lock()
        self._tokens = float(burst)
        self._filled_at = 0.0

    def available(self, now: float) -> int:
        """Return how many records could be handed over now, by monotonic seconds."""
        with self._lock:
            self._refill(now)
            return int(self._tokens)

    def take(self, now: float) -> bool:
        """Take a token for one record; return whether there was one."""
        with self._lock:
            self._refill(now)
            if self._tokens < 1:
                return False
            self._tokens -= 1
            return True

    def _refill(self, now: float) -> None:
        # Seconds of another clock, which may be behind, start from the beginning.
        passed = now - self._filled_at if now >= self._filled_at else float("inf")
        self._tokens = min(self._burst, self._tokens + passed * self._rate)
        self._filled_at = now


class NoPace(RecordPace):
    """No limit, where records do not go to an Agent's forwarder."""

    def available(self, now: float) -> int:  # noqa: ARG002 - as declared
        """Return a number that no run reaches."""
        return 2**31

    def take(self, now: float) -> bool:  # noqa: ARG002 - as declared
        """Return that there is a token."""
        return True
