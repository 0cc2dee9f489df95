"""Remembers what was denied, so that it is asked again later and later instead of in every run."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from typing import Any, Final

FIRST_WAIT: Final = timedelta(minutes=5)
LONGEST_WAIT: Final = timedelta(hours=1)


class Denials:
    """For each thing that was denied, when it may be asked again: after a while, doubling to an hour.

    Args:
        first_wait: how long the first while is.
    """

    def __init__(self, first_wait: timedelta = FIRST_WAIT) -> None:
        self._first_wait = first_wait
        self._waits: dict[Hashable, tuple[datetime, timedelta]] = {}

    def holds(self, thing: Hashable, at: datetime) -> bool:
        """Return whether it is too early to ask for the thing again."""
        wait = self._waits.get(thing)
        return wait is not None and at < wait[0]

    def deny(self, thing: Hashable, at: datetime) -> None:
        """Note a denial."""
        before = self._waits.get(thing)
        wait = min(before[1] * 2, LONGEST_WAIT) if before else self._first_wait
        self._waits[thing] = (at + wait, wait)

    def clear(self, thing: Hashable) -> None:
        """Note that it was allowed."""
        self._waits.pop(thing, None)

    def keep_if(self, is_needed: Callable[[Any], bool]) -> None:
        """Forget all that is not needed, so that deleted jobs take no memory."""
        self._waits = {thing: wait for thing, wait in self._waits.items() if is_needed(thing)}
