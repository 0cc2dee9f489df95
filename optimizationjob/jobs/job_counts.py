"""The fleet as counts: how many ended jobs of each kind were created in each hour of the window."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from functools import cached_property
from typing import Final, NamedTuple

from optimizationjob.jobs.job import OptimizationJob, Tag

HOUR: Final = timedelta(hours=1)
EPOCH_HOURS: Final = 3600


class JobKind(NamedTuple):
    """What jobs are counted by, besides their status."""

    instance_type: str
    techniques: tuple[str, ...]
    groups: tuple[Tag, ...]
    """The AWS tags of `group_by_tags`."""


class CountKey(NamedTuple):
    """Ended jobs that are counted together; they leave the window together, too."""

    hour: int
    """The hour of their creation, since the epoch."""
    status: str
    kind: JobKind


class JobCounts(dict[CountKey, int]):
    """Numbers of ended jobs. It does not change once it is made, so that a steady poll adds nothing up again."""

    @cached_property
    def total(self) -> int:
        """All jobs."""
        return sum(self.values())

    @cached_property
    def first_hour(self) -> int | None:
        """The earliest hour; None if there are no jobs."""
        return min((key.hour for key in self), default=None)

    @cached_property
    def by_kind(self) -> Mapping[tuple[JobKind, str], int]:
        """The jobs of all hours, by kind and status."""
        found: Counter[tuple[JobKind, str]] = Counter()
        for key, number in self.items():
            found[key.kind, key.status] += number
        return found


def kind_of(job: OptimizationJob, group_keys: Collection[str]) -> JobKind:
    """Return what a job is counted by."""
    groups = tuple(tag for tag in job.tags or () if tag.key in group_keys)
    return JobKind(job.instance_type, job.techniques, groups)


def count_key_of(job: OptimizationJob, group_keys: Collection[str]) -> CountKey:
    """Return where an ended job is counted."""
    return CountKey(hour_of(job.created_at), job.status.value, kind_of(job, group_keys))


def hour_of(moment: datetime) -> int:
    """Return the hour that a moment lies in, since the epoch."""
    return int(moment.timestamp() // EPOCH_HOURS)
