"""How far the sweep of a region's whole window has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from optimizationjob.jobs.job import ACTIVE_STATUSES, JobStatus

# After a list without an end the next sweep may go well, so it does not wait for the whole interval.
RETRY_AFTER_ENDLESS_LIST: Final = timedelta(minutes=5)


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepProgress:
    """The position of one sweep; a sweep is spread over many polls."""

    started_at: datetime
    token: str | None
    last_created_at: datetime | None = None
    """Creation time of the oldest job read so far: where the sweep continues if AWS refuses the token."""
    created_before: datetime | None = None
    """The time filter that the token belongs to."""
    statuses: tuple[JobStatus, ...] = ACTIVE_STATUSES
    """Statuses whose jobs of any age are still to be listed."""
    is_in_window: bool = True
    """Whether the window is still being read."""
    pages: int = 0
    jobs: int = 0
    """Jobs of the window that were read."""
    malformed: int = 0
    tokens: frozenset[int] = frozenset()
    """Hashes of the tokens seen, to detect one that repeats."""
    is_catching_up: bool = False
    """Whether the unread part may hold jobs that no earlier sweep has seen."""
    is_done: bool = False
    is_truncated: bool = False
    """Whether more jobs follow than a sweep reads, or a list has no end."""
    is_endless: bool = False
    """Whether a list returned a token twice, or more pages than its jobs need."""

    @property
    def is_complete(self) -> bool:
        """Whether the sweep read all of the window, or as many of its newest jobs as `max_jobs` allows."""
        return self.is_done and not self.is_endless

    def next_at(self, interval: timedelta) -> datetime:
        """Return when the next sweep is due."""
        return self.started_at + (min(interval, RETRY_AFTER_ENDLESS_LIST) if self.is_endless else interval)
