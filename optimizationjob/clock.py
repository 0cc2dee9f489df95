"""The clock that everything takes as an argument; this file alone reads the system's."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What the domain may know of time."""

    def now(self) -> datetime:
        """Return the present moment, aware and in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds of real time since some fixed point, for deadlines and durations."""
        ...

    def wait(self, signal: threading.Event, seconds: float) -> bool:
        """Let seconds pass, or fewer if the signal is given; return whether it is."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the machine's idea of the present moment, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return the machine's monotonic seconds."""
        return time.monotonic()

    def wait(self, signal: threading.Event, seconds: float) -> bool:
        """Sleep, and wake up at the signal."""
        return signal.wait(seconds)
