"""The fleet as counts: how many ended jobs of each kind were created in each hour of the window."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
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


MOST_KINDS: Final = 1000
OTHER_KIND: Final = JobKind("other", (), ())
"""What jobs of too many kinds are counted as."""


class KnownKinds:
    """The kinds by which the jobs of one region are counted: not more than MOST_KINDS, whatever the jobs are.

    Args:
        group_keys: the AWS tags of `group_by_tags`.
    """

    def __init__(self, group_keys: Collection[str]) -> None:
        self._group_keys = group_keys
        self._known: set[JobKind] = set()
        self.are_cut = False
        """Whether there are more, which count as OTHER_KIND."""

    def of(self, job: OptimizationJob) -> JobKind:
        """Return what a job is counted by."""
        kind = kind_of(job, self._group_keys)
        if kind in self._known:
            return kind
        if len(self._known) >= MOST_KINDS:
            self.are_cut = True
            return OTHER_KIND
        self._known.add(kind)
        return kind

    def count_key(self, job: OptimizationJob) -> CountKey:
        """Return where an ended job is counted."""
        return CountKey(hour_of(job.created_at), job.status.value, self.of(job))

    def keep(self, kinds: Iterable[JobKind]) -> None:
        """Forget all kinds but these, which have jobs."""
        used = set(kinds)
        self.are_cut = OTHER_KIND in used
        self._known = used - {OTHER_KIND}


def kind_of(job: OptimizationJob, group_keys: Collection[str]) -> JobKind:
    """Return what a job is counted by."""
    groups = tuple(tag for tag in job.tags or () if tag.key in group_keys)
    return JobKind(job.instance_type, job.techniques, groups)


def hour_of(moment: datetime) -> int:
    """Return the hour that a moment lies in, since the epoch."""
    return int(moment.timestamp() // EPOCH_HOURS)
