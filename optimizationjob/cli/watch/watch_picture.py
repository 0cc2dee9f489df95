"""The state of the regions and jobs of one instance, updated after every poll. Pure: no terminal, AWS or clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from optimizationjob.aws.errors import AwsError
from optimizationjob.cli.demo.demo_screen_data import DemoRegion
from optimizationjob.cli.submitted_data import Delivery, tag_of
from optimizationjob.cli.watch.watched_job import WatchedJob, ended_job
from optimizationjob.jobs.job import UNKNOWN_ACCOUNT, OptimizationJob
from optimizationjob.run.region_run import RegionSnapshot
from optimizationjob.telemetry.signals import ServiceCheck, ServiceCheckStatus

A_MINUTE = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionPicture:
    """The state of one account in one region."""

    place: DemoRegion
    health: ServiceCheck | None = None
    read_at: float | None = None
    """When it was last read, in monotonic seconds."""
    active: tuple[WatchedJob, ...] = ()
    waiting: tuple[WatchedJob, ...] = ()
    """Ended jobs whose failure reason is not read yet."""
    is_swept: bool = False
    """Whether the whole window was read."""
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

    @property
    def is_complete(self) -> bool:
        """Whether its window is read and every job of it is described."""
        return self.is_swept and not self.backlog


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchedRun:
    """The snapshots and submitted data of one run."""

    snapshots: tuple[RegionSnapshot, ...] = ()
    delivery: Delivery = field(default_factory=Delivery)


@dataclass(frozen=True, kw_only=True)
class Picture:
    """Everything that the watch knows of one instance."""

    label: str = ""
    """What to call the instance as long as its account is unknown; empty if there is only one."""
    interval: float = 15.0
    """Seconds between two polls."""
    since: timedelta = timedelta(days=1)
    """How long an ended job is kept."""
    stuck_after: timedelta = timedelta(seconds=900)
    """How long a job may be STOPPING or past a limit before it counts as stuck."""
    polls: int = 0
    at: datetime | None = None
    """AWS's time of the last poll; None before the first."""
    regions: Mapping[DemoRegion, RegionPicture] = field(default_factory=dict)
    ends: tuple[WatchedJob, ...] = ()
    """Ended jobs of the window, the latest reports first."""
    calls: tuple[tuple[float, int], ...] = ()
    """End time in monotonic seconds and number of AWS calls of each recent poll."""
    error: str = ""
    """Why the last poll failed; empty if it succeeded."""

    @property
    def is_complete(self) -> bool:
        """Whether every region is read and every job is described."""
        return bool(self.regions) and all(region.is_complete for region in self.regions.values())

    @property
    def is_well(self) -> bool:
        """Whether every region can be read completely."""
        return not self.error and all(region.is_well for region in self.regions.values())

    def calls_per_minute(self, now: float) -> float:
        """Return the calls in the last minute, or the average per minute if polls are infrequent."""
        recent = [(at, number) for at, number in self.calls if at > now - self._while]
        is_young = len(recent) == len(self.calls)
        span = max(A_MINUTE, *(now - at for at, _ in recent), 0.0) if is_young else self._while
        return sum(number for _, number in recent) * A_MINUTE / span

    @property
    def _while(self) -> float:
        """The period over which calls are averaged: several polls, for a stable value."""
        return max(A_MINUTE, 4 * self.interval)

    def after(self, run: WatchedRun, now: float) -> Picture:
        """Return the picture after one more poll.

        Args:
            run: the snapshots and samples of the poll.
            now: when it ended, in monotonic seconds.
        """
        regions = dict(self.regions)
        for health in run.delivery.healths:
            known = _known(regions, DemoRegion(tag_of(health.tags, "aws_account"), tag_of(health.tags, "region")))
            regions[known.place] = replace(known, health=health)
        ends = list(self.ends)
        for snapshot in run.snapshots:
            known = _known(regions, DemoRegion(snapshot.account_id, snapshot.region))
            regions[known.place] = self._seen(known, snapshot, now)
            ends += (ended_job(transition, snapshot, known.place) for transition in snapshot.changes.transitions)
        number = sum(round(sample.value) for sample in run.delivery.samples if sample.name == "api.calls")
        oldest = now - self._while
        # Keep one older poll as evidence that the watch has run for the whole period.
        kept = [call for call in self.calls if call[0] > oldest]
        older = [call for call in self.calls if call[0] <= oldest][-1:]
        at = max((snapshot.changes.at for snapshot in run.snapshots), default=self.at)
        return replace(
            self,
            polls=self.polls + 1,
            regions=regions,
            at=at,
            ends=tuple(_recent(ends, at - self.since)) if at else (),
            calls=(*older, *kept, (now, number)),
            error=run.delivery.error,
        )

    def _seen(self, known: RegionPicture, snapshot: RegionSnapshot, now: float) -> RegionPicture:
        observation = snapshot.changes
        at = snapshot.listed_at or observation.at
        pending = (job for job in observation.jobs if job.key in observation.pending)
        return replace(
            known,
            read_at=now if snapshot.poll.error is None else known.read_at,
            active=tuple(self._watched(job, known.place, at) for job in observation.jobs if job.is_active),
            waiting=tuple(self._watched(job, known.place, at) for job in pending),
            is_swept=known.is_swept or snapshot.poll.has_swept or snapshot.poll.is_truncated,
            backlog=snapshot.poll.backlog,
            error=snapshot.poll.error,
        )

    def _watched(self, job: OptimizationJob, place: DemoRegion, at: datetime) -> WatchedJob:
        is_stuck = job.overdue_seconds(at) > self.stuck_after.total_seconds()
        return WatchedJob(job=job, place=place, at=at, status=job.status.tag_value, is_stuck=is_stuck)


def _known(regions: dict[DemoRegion, RegionPicture], place: DemoRegion) -> RegionPicture:
    """Return what is known of a place; its account may have been unknown before, or be unknown now."""
    if place.account == UNKNOWN_ACCOUNT:
        return next((known for known in regions.values() if known.place.region == place.region), _new(place))
    before = regions.pop(DemoRegion(UNKNOWN_ACCOUNT, place.region), _new(place))
    return regions.get(place, replace(before, place=place))


def _new(place: DemoRegion) -> RegionPicture:
    return RegionPicture(place=place)


def _recent(ends: Iterable[WatchedJob], oldest: datetime) -> Iterable[WatchedJob]:
    """Return the ends that are in the window."""
    return (job for job in ends if job.ended_at is not None and job.ended_at >= oldest)
