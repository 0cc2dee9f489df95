"""Clocks that a test or a demonstration holds in its hand."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from optimizationjob.clock import Clock

START = datetime(2026, 1, 5, 12, tzinfo=UTC)
"""Where a manual clock starts by default: a Monday noon."""


class ManualClock:
    """A clock that moves only on demand.

    `advance` lets time pass, so both readings move. `set` corrects the wall clock: `now()` jumps,
    and `monotonic()` stands still, as on a real machine.
    """

    def __init__(self, start: datetime = START) -> None:
        self._now = _utc(start)
        self._monotonic = 0.0
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """Return the moment the clock was set to, in UTC."""
        return self._now

    def monotonic(self) -> float:
        """Return the seconds that `advance` let pass since the clock was made."""
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Let time pass.

        Args:
            seconds: how much, not negative.

        Raises:
            ValueError: when asked to let negative time pass; use `set` to correct the wall clock backwards.
        """
        if seconds < 0:
            raise ValueError(f"time cannot pass backwards: {seconds}")
        with self._lock:
            self._now += timedelta(seconds=seconds)
            self._monotonic += seconds

    def wait(self, signal: threading.Event, seconds: float) -> bool:
        """Let the seconds pass at once, unless the signal is given; return whether it is."""
        if not signal.is_set():
            self.advance(seconds)
        return signal.is_set()

    def set(self, moment: datetime) -> None:
        """Correct the wall clock to `moment` (aware), forwards or backwards; `monotonic()` does not move.

        Raises:
            ValueError: for a naive datetime.
        """
        self._now = _utc(moment)


class SpedClock:
    """A clock whose wall time runs `speed` times as fast as its base's real time.

    `monotonic()` stays the base's: deadlines and time-outs remain real seconds.
    """

    def __init__(self, base: Clock, speed: float, start: datetime | None = None) -> None:
        if speed <= 0:
            raise ValueError(f"speed must be positive, not {speed}")
        self._base = base
        self._speed = speed
        self._origin = base.monotonic()
        self._start = _utc(start) if start is not None else base.now()

    def now(self) -> datetime:
        """Return the start plus `speed` times the real time that has passed, in UTC."""
        passed = self._base.monotonic() - self._origin
        return self._start + timedelta(seconds=passed * self._speed)

    def monotonic(self) -> float:
        """Return the base clock's own monotonic seconds."""
        return self._base.monotonic()

    def wait(self, signal: threading.Event, seconds: float) -> bool:
        """Wait as the base clock does: seconds of waiting are real, too."""
        return self._base.wait(signal, seconds)


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError(f"{moment!r} has no time zone")
    return moment.astimezone(UTC)
