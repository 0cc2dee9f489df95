"""What the screens of watch and demo share: statuses by name, an account in a region, and the time used of a limit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from optimizationjob.jobs.job import STATUSES, TERMINAL_STATUSES

STATUS_NAMES = tuple(status.tag_value for status in STATUSES)
ENDED = frozenset(status.tag_value for status in TERMINAL_STATUSES)


class AccountRegion(NamedTuple):
    """One account in one region."""

    account: str
    region: str


@dataclass(frozen=True, slots=True)
class Meter:
    """Time used of a limit, as sent."""

    seconds: float
    limit: float | None = None
    percent: float | None = None
