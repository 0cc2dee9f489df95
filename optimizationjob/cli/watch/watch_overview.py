"""What the watch shows of all instances together. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from optimizationjob.cli.watch.watch_picture import Picture, RegionPicture
from optimizationjob.cli.watch.watch_region_errors import Trouble, troubles
from optimizationjob.cli.watch.watched_job import WatchedJob
from optimizationjob.jobs.job import UNKNOWN_ACCOUNT


@dataclass(frozen=True)
class Overview:
    """The instances side by side."""

    pictures: tuple[Picture, ...]

    @cached_property
    def jobs(self) -> tuple[WatchedJob, ...]:
        """All known jobs, each once, even if two instances watch it."""
        found = [
            *(job for region in self.regions for job in (*region.active, *region.waiting)),
            *(job for picture in self.pictures for job in picture.ends if job.is_over),
        ]
        return tuple({job.key: job for job in found}.values())

    @cached_property
    def totals(self) -> Mapping[str, int]:
        """The jobs by status, counted from the list itself."""
        return Counter(job.status for job in self.jobs)

    @cached_property
    def regions(self) -> tuple[RegionPicture, ...]:
        """Every region of every instance."""
        return tuple(region for picture in self.pictures for region in picture.regions.values())

    @cached_property
    def accounts(self) -> frozenset[str]:
        """The accounts that are known by their number."""
        return frozenset(region.place.account for region in self.regions) - {UNKNOWN_ACCOUNT}

    @cached_property
    def troubles(self) -> tuple[Trouble, ...]:
        """The problems of all instances, worst first."""
        return troubles(self.pictures)

    @property
    def at(self) -> datetime | None:
        """AWS's time of the last poll; None before the first."""
        return max((picture.at for picture in self.pictures if picture.at), default=None)

    @property
    def since(self) -> timedelta:
        """How long an ended job is shown."""
        return max(picture.since for picture in self.pictures)

    @property
    def well(self) -> int:
        """Number of regions that can be read completely."""
        return sum(region.is_well for region in self.regions)

    @property
    def is_read(self) -> bool:
        """Whether some region was read, so that its jobs are known."""
        return any(region.read_at is not None for region in self.regions)

    @property
    def is_complete(self) -> bool:
        """Whether every instance is read in full, as far as it can be read."""
        return all(region.is_complete or region.is_unread for region in self.regions) and all(
            picture.polls for picture in self.pictures
        )

    def data_age(self, now: float) -> float | None:
        """Return the age of the oldest data in seconds; None if a region was never read."""
        ages = [None if region.read_at is None else now - region.read_at for region in self.regions]
        known = [age for age in ages if age is not None]
        return max(known) if known and len(known) == len(ages) else None

    def calls_per_minute(self, now: float) -> float:
        """Return the calls to AWS per minute."""
        return sum(picture.calls_per_minute(now) for picture in self.pictures)
