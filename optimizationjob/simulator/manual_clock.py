"""Clocks that a test or a demo controls."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from optimizationjob.clock import Clock

START = datetime(2026, 1, 5, 12, tzinfo=UTC)
"""Default start of a manual clock: a Monday at noon."""


class ManualClock:
    """A clock that advances only on request.

    `advance` moves both `now()` and `monotonic()`. `set` corrects the wall clock: `now()` jumps and `monotonic()`
    does not change, as on a real machine.
    """

    def __init__(self, start: datetime = START) -> None:
        self._now = _utc(start)
        self._monotonic = 0.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the current time of the clock, in UTC."""
        return self._now

    def monotonic(self) -> float:
        """Return the total seconds advanced since the clock was created."""
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Advance the clock.

        Args:
            seconds: how far; must not be negative.

        Raises:
            ValueError: `seconds` is negative; use `set` to move the wall clock backwards.
        """
        if seconds < 0:
            raise ValueError(f"time cannot pass backwards: {seconds}")
        with self._lock:
            self._now += timedelta(seconds=seconds)
            self._monotonic += seconds

    def wait(self, signal: threading.Event, seconds: float) -> bool:
        """Advance the clock immediately unless the signal is set; return whether it is set."""
        if not signal.is_set():
            self.advance(seconds)
        return signal.is_set()

    def set(self, moment: datetime) -> None:
        """Set the wall clock to `moment` (aware), forwards or backwards; `monotonic()` does not change.

        Raises:
            ValueError: `moment` is naive.
        """
        self._now = _utc(moment)


class SpedClock:
    """A clock whose wall time runs `speed` times as fast as the base clock.

    `monotonic()` is the base clock's, so deadlines and timeouts stay in real seconds.
    """

    def __init__(self, base: Clock, speed: float, start: datetime | None = None) -> None:
        if speed <= 0:
            raise ValueError(f"speed must be positive, not {speed}")
        self._base = base
        self._speed = speed
        self._origin = base.monotonic()
        self._start = _utc(start) if start is not None else base.now()

    def now(self) -> datetime:
        """Return the start plus `speed` times the elapsed real time, in UTC."""
        passed = self._base.monotonic() - self._origin
        return self._start + timedelta(seconds=passed * self._speed)

    def monotonic(self) -> float:
        """Return the base clock's monotonic seconds."""
        return self._base.monotonic()

    def wait(self, signal: threading.Event, seconds: float) -> bool:
        """Wait on the base clock, in real seconds."""
        return self._base.wait(signal, seconds)


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone")
    return moment.astimezone(UTC)
