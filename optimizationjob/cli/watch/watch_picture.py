"""The state of all regions and jobs of a watch, updated after every poll. Pure: no terminal, AWS or clock."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property

from optimizationjob.aws.errors import AwsError
from optimizationjob.cli.demo.demo_screen_data import ENDED, DemoRegion
from optimizationjob.cli.submitted_data import Delivery, tag_of
from optimizationjob.cli.watch.watched_job import WatchedJob, ended_job
from optimizationjob.jobs.job import ACTIVE_STATUSES, OptimizationJob
from optimizationjob.run.region_run import RegionSnapshot
from optimizationjob.telemetry.signals import Sample, ServiceCheck, ServiceCheckStatus

ACTIVE = tuple(status.tag_value for status in ACTIVE_STATUSES)
ENDS_KEPT = 500
A_MINUTE = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionPicture:
    """The state of one region."""

    place: DemoRegion
    health: ServiceCheck | None = None
    read_at: float | None = None
    """When it was last read, in monotonic seconds."""
    active: tuple[WatchedJob, ...] = ()
    waiting: tuple[WatchedJob, ...] = ()
    """Ended jobs whose failure reason is not read yet."""
    counts: Mapping[str, int] | None = None
    """Jobs in the window by status; None until the window is read."""
    backlog: int = 0
    """Number of jobs not described yet."""
    error: AwsError | None = None
    """Why its jobs could not be listed in the last poll."""

    @property
    def is_unread(self) -> bool:
        """Whether the last poll could not list its jobs."""
        return self.error is not None or (self.health is not None and self.health.status is ServiceCheckStatus.CRITICAL)

    @property
    def is_well(self) -> bool:
        """Whether the region was read in full."""
        return not self.is_unread and (self.health is None or self.health.status is ServiceCheckStatus.OK)


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedRun:
    """The snapshots and submitted data of one run."""

    snapshots: tuple[RegionSnapshot, ...] = ()
    delivery: Delivery = field(default_factory=Delivery)


@dataclass(frozen=True, kw_only=True)
class Picture:
    """Everything that the watch shows."""

    interval: float = 15.0
    """Seconds between two polls."""
    stuck_after: timedelta = timedelta(seconds=900)
    """How long a job may be STOPPING or past a limit before it counts as stuck."""
    polls: int = 0
    regions: Mapping[str, RegionPicture] = field(default_factory=dict)
    ends: tuple[WatchedJob, ...] = ()
    """Ended jobs, the latest reports first."""
    calls: tuple[tuple[float, int], ...] = ()
    """End time in monotonic seconds and number of AWS calls of each recent poll."""
    error: str = ""
    """Why the last poll failed; empty if it succeeded."""

    @cached_property
    def jobs(self) -> tuple[WatchedJob, ...]:
        """All known jobs: active ones, then ended ones."""
        active = (job for region in self.regions.values() for job in region.active)
        waiting = tuple(job for region in self.regions.values() for job in region.waiting)
        return (*active, *waiting, *self.ends)

    @cached_property
    def totals(self) -> Mapping[str, int]:
        """Jobs by status; active jobs from the first poll, ended jobs once the window is counted."""
        found = Counter(job.status for region in self.regions.values() for job in region.active)
        active = dict.fromkeys(ACTIVE, 0) | found if self.regions else {}
        if not self.is_counted:
            return active
        ended = sum((Counter(region.counts) for region in self.regions.values()), Counter[str]())
        return {**{status: number for status, number in ended.items() if status in ENDED}, **active}

    @property
    def is_counted(self) -> bool:
        """Whether the window of every region was read."""
        return bool(self.regions) and all(region.counts is not None for region in self.regions.values())

    @property
    def is_complete(self) -> bool:
        """Whether every region is counted and every job is described."""
        return self.is_counted and not any(region.backlog for region in self.regions.values())

    @property
    def ill(self) -> int:
        """Number of regions that cannot be read completely."""
        return sum(not region.is_well for region in self.regions.values())

    def data_age(self, now: float) -> float | None:
        """Return the age of the oldest data in seconds; None if a region was never read."""
        ages = [None if region.read_at is None else now - region.read_at for region in self.regions.values()]
        known = [age for age in ages if age is not None]
        return max(known) if known and len(known) == len(ages) else None

    @property
    def _while(self) -> float:
        """The period over which calls are averaged: several polls, for a stable value."""
        return max(A_MINUTE, 4 * self.interval)

    def calls_per_minute(self, now: float) -> float:
        """Return the calls in the last minute, or the average per minute if polls are infrequent."""
        recent = [(at, number) for at, number in self.calls if at > now - self._while]
        is_young = len(recent) == len(self.calls)
        span = max(A_MINUTE, *(now - at for at, _ in recent), 0.0) if is_young else self._while
        return sum(number for _, number in recent) * A_MINUTE / span

    def after(self, run: WatchedRun, now: float) -> Picture:
        """Return the picture after one more poll.

        Args:
            run: the snapshots and samples of the poll.
            now: when it ended, in monotonic seconds.
        """
        regions = dict(self.regions)
        for health in run.delivery.healths:
            place = DemoRegion(tag_of(health.tags, "aws_account"), tag_of(health.tags, "region"))
            regions[place.region] = replace(
                regions.get(place.region, RegionPicture(place=place)), place=place, health=health
            )
        ends: list[WatchedJob] = []
        for snapshot in run.snapshots:
            place = DemoRegion(snapshot.account_id, snapshot.region)
            known = regions.get(snapshot.region, RegionPicture(place=place))
            counts = _counts(run.delivery.samples, snapshot.region) or known.counts
            regions[snapshot.region] = self._seen(replace(known, counts=counts), snapshot, now)
            ends += (ended_job(transition, snapshot, place) for transition in snapshot.changes.transitions)
        fresh = sorted((job for job in ends if job.is_over), key=lambda job: job.job.settled_at, reverse=True)
        number = sum(round(sample.value) for sample in run.delivery.samples if sample.name == "api.calls")
        oldest = now - self._while
        # Keep one older poll as evidence that the watch has run for the whole period.
        kept = [call for call in self.calls if call[0] > oldest]
        older = [call for call in self.calls if call[0] <= oldest][-1:]
        return replace(
            self,
            polls=self.polls + 1,
            regions=regions,
            # In order of reports: a later poll may report an earlier end.
            ends=(*fresh, *self.ends)[:ENDS_KEPT],
            calls=(*older, *kept, (now, number)),
            error=run.delivery.error,
        )

    def _seen(self, known: RegionPicture, snapshot: RegionSnapshot, now: float) -> RegionPicture:
        observation = snapshot.changes
        at = snapshot.listed_at or observation.at
        pending = (job for job in observation.jobs if job.key in observation.pending)
        return replace(
            known,
            place=DemoRegion(snapshot.account_id, snapshot.region),
            read_at=now if snapshot.poll.error is None else known.read_at,
            active=tuple(self._watched(job, snapshot, at) for job in observation.jobs if job.is_active),
            waiting=tuple(self._watched(job, snapshot, at) for job in pending),
            backlog=snapshot.poll.backlog,
            error=snapshot.poll.error,
        )

    def _watched(self, job: OptimizationJob, snapshot: RegionSnapshot, at: datetime) -> WatchedJob:
        return WatchedJob(
            job=job,
            place=DemoRegion(snapshot.account_id, snapshot.region),
            at=at,
            status=job.status.tag_value,
            is_stuck=job.overdue_seconds(at) > self.stuck_after.total_seconds(),
        )


def _counts(samples: Iterable[Sample], region: str) -> Mapping[str, int] | None:
    found = list(_counted(samples, region))
    counts: Counter[str] = Counter()
    for status, number in found:
        counts[status] += number
    return dict(counts) if found else None


def _counted(samples: Iterable[Sample], region: str) -> Iterator[tuple[str, int]]:
    for sample in samples:
        if sample.name == "jobs" and tag_of(sample.tags, "region") == region:
            yield tag_of(sample.tags, "optimization_job_status"), round(sample.value)
