"""A clock shared by two processes."""

from __future__ import annotations

import math
import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from bench.aws import SPAWN

if TYPE_CHECKING:
    from multiprocessing.sharedctypes import Synchronized


class SharedClock:
    """A clock that advances only when one of its processes moves it; waits return immediately.

    Args:
        start: the initial time.
    """

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._passed: Synchronized[float] = SPAWN.Value("d", 0.0)

    def now(self) -> datetime:
        """Return the current time, the same in both processes."""
        return self._start + timedelta(seconds=self._passed.value)

    def monotonic(self) -> float:
        """Return the seconds since the start."""
        return self._passed.value

    def advance(self, seconds: float) -> None:
        """Advance the clock."""
        with self._passed.get_lock():
            self._passed.value += seconds

    def wait(self, signal: threading.Event, seconds: float) -> bool:
        """Advance to the next full millisecond plus one: a real wait is never exact, nor as short as 1e-17 s."""
        if not signal.is_set():
            self.advance(math.ceil(seconds * 1000 + 1) / 1000)
        return signal.is_set()
