"""Polls in a thread of their own, so that no call to AWS holds up a key."""

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
"""How long a poll that had to break off for its time waits for the next."""


class RunRecorder:
    """Takes what a run tells, and gives it on to nobody."""

    def __init__(self) -> None:
        self._snapshots: list[RegionSnapshot] = []
        self._samples: list[Sample] = []
        self._healths: list[ServiceCheck] = []

    def show(self, snapshot: RegionSnapshot) -> None:
        """Take a region as the domain sees it."""
        self._snapshots.append(snapshot)

    def sample(self, sample: Sample) -> None:
        """Take a value of a metric."""
        self._samples.append(sample)

    def service_check(self, check: ServiceCheck) -> None:
        """Take a service check."""
        self._healths.append(check)

    def event(self, event: Event) -> None:
        """Take nothing: the sights tell more."""

    def record(self, record: ResourceRecord) -> None:
        """Take nothing."""

    def issue(self, issue: Issue) -> None:
        """Take nothing: the service check says the same."""

    def run(self, error: str) -> WatchedRun:
        """Return all of it."""
        delivery = Delivery(samples=tuple(self._samples), healths=tuple(self._healths), error=error)
        return WatchedRun(snapshots=tuple(self._snapshots), delivery=delivery)


class Watch:
    """The jobs of one instance, poll after poll.

    Args:
        settings: the instance.
        clock: the time.

    Raises:
        SettingsError: the profile does not exist, or the regions cannot be resolved.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self.clock = clock
        self.picture = Picture(interval=settings.min_collection_interval, stuck_after=settings.stuck_after)
        self._cycle: InstanceRun = build_instance_run(settings, cache=DictCache(), clock=clock, takes_resources=False)
        self._longest = settings.max_run_seconds

    def poll(self) -> float:
        """Poll once and return in how many seconds to do so again."""
        started = self.clock.monotonic()
        taken, error = RunRecorder(), ""
        try:
            self._cycle.run(taken, taken.show)
        except Exception as failure:  # noqa: BLE001 - a watch goes on; the screen says it
            error = repr(failure)
        now = self.clock.monotonic()
        picture = self.picture.after(taken.run(error), now)
        self.picture = picture
        # Only where it is time that lacked: what AWS refuses would be asked for again and again.
        is_cut = not picture.is_complete and not picture.ill and now - started >= 0.7 * self._longest
        return SOON_SECONDS if is_cut else max(0.0, picture.interval - (now - started))

    def cancel(self) -> None:
        """Let no further call start; may be called from any thread."""
        self._cycle.cancel()


class Polls(threading.Thread):
    """Polls until told to end."""

    def __init__(self, watch: Watch) -> None:
        super().__init__(name="polls", daemon=True)
        self.watch = watch
        self._ending = threading.Event()
        self._going = threading.Event()
        self._going.set()

    def run(self) -> None:
        """Poll at every interval; one that takes longer is followed by the next at once."""
        while not self._ending.is_set():
            self._going.wait()
            if not self._ending.is_set():
                self._ending.wait(self.watch.poll())

    def pause(self, wanted: bool) -> None:
        """Start no further poll, or go on."""
        if wanted:
            self._going.clear()
        else:
            self._going.set()

    def end(self, patience: float) -> bool:
        """Poll no more; return whether the thread has ended within so many seconds."""
        self._ending.set()
        self._going.set()
        self.watch.cancel()
        if self.ident is not None:
            self.join(patience)
        return not self.is_alive()


def silence_logs() -> None:
    """Keep log lines off the screen: what matters of them is on it."""
    logging.getLogger().addHandler(logging.NullHandler())
