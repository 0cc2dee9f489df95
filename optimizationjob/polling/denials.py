"""Remembers what AWS denied, so that it is tried again at growing intervals instead of in every run."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from typing import Any, Final

FIRST_WAIT: Final = timedelta(minutes=5)
LONGEST_WAIT: Final = timedelta(hours=1)


class Denials:
    """For each denied key (a job, an operation), when it may be tried again; the wait doubles up to an hour.

    Args:
        first_wait: the wait after a first denial.
    """

    def __init__(self, first_wait: timedelta = FIRST_WAIT) -> None:
        self._first_wait = first_wait
        self._waits: dict[Hashable, tuple[datetime, timedelta]] = {}

    def __contains__(self, key: Hashable) -> bool:
        """Whether a key was denied and not allowed since."""
        return key in self._waits

    def holds(self, key: Hashable, at: datetime) -> bool:
        """Return whether it is too early to try again."""
        wait = self._waits.get(key)
        return wait is not None and at < wait[0]

    def deny(self, key: Hashable, at: datetime) -> None:
        """Note a denial."""
        before = self._waits.get(key)
        wait = min(before[1] * 2, LONGEST_WAIT) if before else self._first_wait
        self._waits[key] = (at + wait, wait)

    def clear(self, key: Hashable) -> None:
        """Note that AWS allowed it."""
        self._waits.pop(key, None)

    def keep_if(self, is_needed: Callable[[Any], bool]) -> None:
        """Forget all other keys, so that deleted jobs take no memory."""
        self._waits = {key: wait for key, wait in self._waits.items() if is_needed(key)}
