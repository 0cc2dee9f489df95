"""Polls in threads of their own, so that calls to AWS never delay the screen."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from optimizationjob.cli.submitted_data import Delivery
from optimizationjob.cli.watch import watch_words as wording
from optimizationjob.cli.watch.watch_overview import Overview
from optimizationjob.cli.watch.watch_picture import Picture, WatchedRun
from optimizationjob.clock import Clock
from optimizationjob.config.settings import Settings
from optimizationjob.run.instance_run import InstanceRun, build_instance_run
from optimizationjob.run.region_run import RegionSnapshot
from optimizationjob.state.persistent_cache import DictCache
from optimizationjob.telemetry.signals import Event, Issue, ResourceRecord, Sample, ServiceCheck

SOON_SECONDS = 1.0
"""Pause after a poll that ran out of time."""
LOOK_SECONDS = 0.2
"""How often a waiting thread looks whether a poll is wanted."""


class RunRecorder:
    """A sink that collects what a run submits, for the screen only."""

    def __init__(self) -> None:
        self._snapshots: list[RegionSnapshot] = []
        self._samples: list[Sample] = []
        self._healths: list[ServiceCheck] = []

    def show(self, snapshot: RegionSnapshot) -> None:
        """Collect the snapshot of a region."""
        self._snapshots.append(snapshot)

    def sample(self, sample: Sample) -> None:
        """Collect a sample."""
        self._samples.append(sample)

    def service_check(self, check: ServiceCheck) -> None:
        """Collect a service check."""
        self._healths.append(check)

    def event(self, event: Event) -> None:
        """Ignore events: the snapshots contain more."""

    def record(self, record: ResourceRecord) -> None:
        """Ignore records."""

    def issue(self, issue: Issue) -> None:
        """Ignore issues: the service check has the same message."""

    def result(self, error: str) -> WatchedRun:
        """Return everything collected."""
        delivery = Delivery(samples=tuple(self._samples), healths=tuple(self._healths), error=error)
        return WatchedRun(snapshots=tuple(self._snapshots), delivery=delivery)


class Watched(Protocol):
    """What the watch polls."""

    @property
    def picture(self) -> Picture:
        """What is known."""

    def poll(self) -> float:
        """Poll once and return the delay until the next poll in seconds."""

    def cancel(self) -> None:
        """Stop further calls; safe to call from any thread."""


class Watch:
    """The jobs of one instance across polls.

    Args:
        settings: the instance.
        clock: the time.
        since: how long an ended job is shown.
        label: what to call the instance while its account is unknown; empty if there is only one.

    Raises:
        SettingsError: the profile does not exist, or the regions cannot be resolved.
    """

    def __init__(self, settings: Settings, clock: Clock, *, since: timedelta, label: str = "") -> None:
        self._clock = clock
        self.picture = Picture(
            label=label, interval=settings.min_collection_interval, since=since, stuck_after=settings.stuck_after
        )
        self._instance_run: InstanceRun = build_instance_run(
            settings, cache=DictCache(), clock=clock, takes_resources=False
        )
        self._longest = settings.max_run_seconds

    def poll(self) -> float:
        """Poll once and return the delay until the next poll in seconds."""
        started = self._clock.monotonic()
        taken, error = RunRecorder(), ""
        try:
            self._instance_run.run(taken, taken.show)
        except Exception as failure:  # noqa: BLE001 - the watch continues; the screen shows the error
            error = f"{failure!r}; {wording.REPORT_IT}"
        now = self._clock.monotonic()
        picture = self.picture.after(taken.result(error), now)
        self.picture = picture
        # Only if the poll ran out of time: do not immediately repeat calls that AWS rejects.
        is_cut = not picture.is_complete and picture.is_well and now - started >= 0.7 * self._longest
        return SOON_SECONDS if is_cut else max(0.0, picture.interval - (now - started))

    def cancel(self) -> None:
        """Stop further calls; safe to call from any thread."""
        self._instance_run.stop_calls()


class RefusedInstance:
    """An instance whose configuration does not work, while others do."""

    def __init__(self, error: str, *, label: str) -> None:
        self.picture = Picture(label=label, error=error, polls=1)

    def poll(self) -> float:
        """Return the delay until the next poll, which changes nothing either."""
        return self.picture.interval

    def cancel(self) -> None:
        """Do nothing: there are no calls."""


class Polls(threading.Thread):
    """Polls one instance until the program ends; a call to AWS that hangs holds up nothing else."""

    def __init__(self, watched: Watched) -> None:
        super().__init__(name="polls", daemon=True)
        self.watched = watched
        self._ending = threading.Event()
        self._wanted = threading.Event()
        self.is_paused = False

    def run(self) -> None:
        """Poll at every interval; after a poll that overruns, the next starts immediately."""
        while not self._ending.is_set():
            self._wanted.clear()
            left = self.watched.poll()
            while not self._wanted.is_set() and (left > 0 or self.is_paused):
                self._wanted.wait(min(LOOK_SECONDS, left) if left > 0 else LOOK_SECONDS)
                left -= LOOK_SECONDS

    def poll_now(self) -> None:
        """Poll as soon as the poll under way is done, paused or not."""
        self._wanted.set()

    def end(self) -> None:
        """Stop polling; a call under way is not waited for."""
        self._ending.set()
        self._wanted.set()
        self.watched.cancel()


class AllPolls:
    """The polls of all instances, each in a thread of its own."""

    def __init__(self, watched: Sequence[Watched], clock: Clock) -> None:
        self.clock = clock
        self._polls = tuple(Polls(one) for one in watched)
        self.is_paused = False

    def start(self) -> None:
        """Start polling."""
        for polls in self._polls:
            polls.start()

    def overview(self) -> Overview:
        """Return what is known now."""
        return Overview(tuple(polls.watched.picture for polls in self._polls))

    def pause(self, *, is_wanted: bool) -> None:
        """Pause polling, or go on with it at once."""
        self.is_paused = is_wanted
        for polls in self._polls:
            polls.is_paused = is_wanted
            if not is_wanted:
                polls.poll_now()

    def poll_now(self) -> None:
        """Poll all instances now."""
        for polls in self._polls:
            polls.poll_now()

    def end(self) -> None:
        """Stop polling; calls under way are not waited for."""
        for polls in self._polls:
            polls.end()


def silence_logs() -> None:
    """Keep log lines off the screen, which already shows the errors."""
    logging.getLogger().addHandler(logging.NullHandler())
