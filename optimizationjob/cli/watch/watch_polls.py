"""Polls in a separate thread, so that calls to AWS do not delay the keyboard."""

from __future__ import annotations

import logging
import threading

from optimizationjob.cli.submitted_data import Delivery
from optimizationjob.cli.watch.watch_picture import Picture, WatchedRun
from optimizationjob.clock import Clock
from optimizationjob.config.settings import Settings
from optimizationjob.run.instance_run import InstanceRun, build_instance_run
from optimizationjob.run.region_run import RegionSnapshot
from optimizationjob.state.persistent_cache import DictCache
from optimizationjob.telemetry.signals import Event, Issue, ResourceRecord, Sample, ServiceCheck

SOON_SECONDS = 1.0
"""Pause after a poll that ran out of time."""


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


class Watch:
    """The jobs of one instance across polls.

    Args:
        settings: the instance.
        clock: the time.

    Raises:
        SettingsError: the profile does not exist, or the regions cannot be resolved.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.clock = clock
        self.picture = Picture(interval=settings.min_collection_interval, stuck_after=settings.stuck_after)
        self._instance_run: InstanceRun = build_instance_run(
            settings, cache=DictCache(), clock=clock, takes_resources=False
        )
        self._longest = settings.max_run_seconds

    def poll(self) -> float:
        """Poll once and return the delay until the next poll in seconds."""
        started = self.clock.monotonic()
        taken, error = RunRecorder(), ""
        try:
            self._instance_run.run(taken, taken.show)
        except Exception as failure:  # noqa: BLE001 - the watch continues; the screen shows the error
            error = repr(failure)
        now = self.clock.monotonic()
        picture = self.picture.after(taken.result(error), now)
        self.picture = picture
        # Only if the poll ran out of time: do not immediately repeat calls that AWS rejects.
        is_cut = not picture.is_complete and not picture.ill and now - started >= 0.7 * self._longest
        return SOON_SECONDS if is_cut else max(0.0, picture.interval - (now - started))

    def cancel(self) -> None:
        """Stop further calls; safe to call from any thread."""
        self._instance_run.cancel()


class Polls(threading.Thread):
    """Polls until the watch ends."""

    def __init__(self, watch: Watch) -> None:
        super().__init__(name="polls", daemon=True)
        self.watch = watch
        self._ending = threading.Event()
        self._going = threading.Event()
        self._going.set()

    def run(self) -> None:
        """Poll at every interval; after a poll that overruns, the next starts immediately."""
        while not self._ending.is_set():
            self._going.wait()
            if not self._ending.is_set():
                self._ending.wait(self.watch.poll())

    def pause(self, wanted: bool) -> None:
        """Pause or resume polling."""
        if wanted:
            self._going.clear()
        else:
            self._going.set()

    def end(self, patience: float) -> bool:
        """Stop polling; return whether the thread ended in time."""
        self._ending.set()
        self._going.set()
        self.watch.cancel()
        if self.ident is not None:
            self.join(patience)
        return not self.is_alive()


def silence_logs() -> None:
    """Keep log lines off the screen, which already shows the errors."""
    logging.getLogger().addHandler(logging.NullHandler())
