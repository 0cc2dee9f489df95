"""Records a full day of the real check against a simulated AWS, for the evaluation of the assets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from optimizationjob.config.settings import Settings
from optimizationjob.run.instance_run import InstanceRun, build_instance_run
from optimizationjob.simulator import Fault, ManualClock, Simulator
from optimizationjob.state.persistent_cache import DictCache
from tools.evaluation import day_story
from tools.evaluation.recording import Recording

START: Final = datetime(2026, 11, 3, tzinfo=UTC)
MINUTES: Final = 24 * 60
INTERVAL_SECONDS: Final = 120


@dataclass(frozen=True, slots=True)
class Moments:
    """A period of the day."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Day:
    """A recorded day and its named periods."""

    recording: Recording
    start: datetime
    end: datetime
    moments: Mapping[str, Moments]
    """Periods of the day by name: quiet_night, bad_hour, outage, throttling, silence."""


class WatchedAccount:
    """The check instance of one account."""

    def __init__(self, account: str, regions: Sequence[str], url: str, clock: ManualClock) -> None:
        self.account = account
        self._settings = Settings.from_mapping(
            {
                "regions": list(regions),
                "aws_access_key_id": f"AKIA{account}",
                "aws_secret_access_key": "simulated",
                "endpoint_url": url,
                "skip_proxy": True,
                "min_collection_interval": INTERVAL_SECONDS,
                "group_by_tags": ["team"],
                # Concurrent regions would advance the clock in a random order when calls are retried.
                "max_concurrency": 1,
            }
        )
        self._cache = DictCache()
        self._clock = clock
        self.cycle = self._cycle()

    def restart(self) -> None:
        """Restart from the saved state."""
        self.cycle = self._cycle()

    def _cycle(self) -> InstanceRun:
        return build_instance_run(self._settings, cache=self._cache, clock=self._clock, takes_resources=True)


def simulated_day() -> Day:
    """Run the check for a simulated day and return what it submitted; the result is deterministic.

    Every run of both accounts starts on a full interval, although retried calls take time.
    """
    clock, recording = ManualClock(START), Recording()
    with Simulator(clock=clock, check_model=False) as simulator:
        simulator.load(day_story.jobs(START))
        instances = [WatchedAccount(*place, simulator.url, clock) for place in day_story.REGIONS.items()]
        for second in range(0, MINUTES * 60, INTERVAL_SECONDS):
            moment = START + timedelta(seconds=second)
            clock.advance((moment - clock.now()).total_seconds())
            minute = second / 60
            recording.begin_run(moment)
            _plant_faults(simulator, minute)
            for instance in instances:
                if instance.account == day_story.PRODUCTION and minute == day_story.SILENCE.end:
                    instance.restart()
                if instance.account != day_story.PRODUCTION or not day_story.SILENCE.holds(minute):
                    instance.cycle.run(recording)
    return Day(recording, START, START + timedelta(minutes=MINUTES), _moments())


def _plant_faults(simulator: Simulator, minute: float) -> None:
    """Inject the faults of this run."""
    simulator.clear_faults()
    if day_story.OUTAGE.holds(minute):
        simulator.fault(Fault.UNAVAILABLE, operation="ListOptimizationJobs", region=day_story.IRELAND)
    if day_story.THROTTLING.holds(minute):
        # The retry succeeds, so the run only takes longer.
        simulator.fault(Fault.THROTTLED, times=1, account=day_story.PRODUCTION)


def _moments() -> Mapping[str, Moments]:
    stretches = {
        "quiet_night": day_story.QUIET_NIGHT,
        "bad_hour": day_story.BAD_HOUR,
        "outage": day_story.OUTAGE,
        "throttling": day_story.THROTTLING,
        "silence": day_story.SILENCE,
    }
    return {
        name: Moments(START + timedelta(minutes=stretch.start), START + timedelta(minutes=stretch.end))
        for name, stretch in stretches.items()
    }
