"""The check as a process that can break: in delivery, inside a write, by its clock; and be started again."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from truth_world import ACCOUNT, REGIONS, World

from datadog_checks.optimizationjob import OptimizationJobCheck

EVENT_STATUSES = ["FAILED", "STOPPED", "COMPLETED", "DELETED"]
KILLED = "killed"


class Killed(BaseException):
    """The process ends here: nothing that catches errors may go on."""


@dataclass(frozen=True, kw_only=True)
class Sabotage:
    """What goes wrong in a run: the call of a step after so many others, in one region or in any."""

    step: str
    """The name of a method that delivers to the Agent, or `write`."""
    after: int = 0
    lasts: int = 1
    """How many calls of a delivering step fail."""
    region: str | None = None
    leaves: str = "before"
    """What a broken write leaves in the slot: what was there `before`, what comes `after`, or `half` of that."""
    is_deadly: bool = False
    """Whether a broken write ends the process; otherwise it is an error of the file system, for the whole run."""


class FragileCheck(OptimizationJobCheck):
    """The check on an Agent that breaks on demand."""

    # The base class finds the configuration models beside the module of the check.
    __module__ = OptimizationJobCheck.__module__

    sabotage: Sabotage | None = None

    def begin(self, sabotage: Sabotage | None) -> None:
        self.sabotage = sabotage
        self.passed = 0
        self.broken: set[str] = set()
        """Regions of which something was not submitted."""
        self.unwritten: set[str] = set()
        """Regions whose memory could not be written."""

    def run(self) -> str:
        try:
            return super().run()
        except Killed:
            return KILLED

    def gauge(self, name, value, tags=None, **rest):
        self._deliver("gauge", _region_of(tags))
        super().gauge(name, value, tags=tags, **rest)

    def count(self, name, value, tags=None, **rest):
        self._deliver("count", _region_of(tags))
        super().count(name, value, tags=tags, **rest)

    def histogram(self, name, value, tags=None, **rest):
        self._deliver("histogram", _region_of(tags))
        super().histogram(name, value, tags=tags, **rest)

    def service_check(self, name, status, tags=None, **rest):
        self._deliver("service_check", _region_of(tags))
        super().service_check(name, status, tags=tags, **rest)

    def event(self, event):
        self._deliver("event", _region_of(event["tags"]))
        super().event(event)

    def submit_generic_resource(self, *, key, **rest):
        self._deliver("submit_generic_resource", key.split(":")[3])
        super().submit_generic_resource(key=key, **rest)

    def write_persistent_cache(self, key, value):
        region = next(region for region in REGIONS if region in key)
        if not self._is_due("write", region):
            super().write_persistent_cache(key, value)
            return
        self.unwritten.add(region)
        leaves = self.sabotage.leaves
        if leaves != "before":
            super().write_persistent_cache(key, value if leaves == "after" else value[: len(value) // 2])
        # An Agent that lives on says nothing of an error of the file system (tests/agent_doubles.py).
        if self.sabotage.is_deadly:
            raise Killed

    def _deliver(self, step: str, region: str) -> None:
        if self._is_due(step, region):
            self.broken.add(region)
            raise RuntimeError("the Agent is going down")

    def _is_due(self, step: str, region: str) -> bool:
        sabotage = self.sabotage
        if sabotage is None or sabotage.step != step or sabotage.region not in (None, region):
            return False
        self.passed += 1
        is_over = step != "write" and self.passed > sabotage.after + sabotage.lasts
        return self.passed > sabotage.after and not is_over


@dataclass
class LocalClock:
    """The clock of the machine that the check runs on: it may be wrong, and much time may pass between two readings."""

    true: Any
    wrong_by: timedelta = timedelta(0)
    runs_away: float = 0.0
    """Seconds that pass with every reading of monotonic time."""

    def now(self) -> datetime:
        return self.true.now() + self.wrong_by

    def monotonic(self) -> float:
        self.true.advance(self.runs_away)
        return self.true.monotonic()

    def wait(self, signal, seconds: float) -> bool:
        # No clock is finer; and a shorter pause would be lost in the rounding of a hand-set one, for ever.
        return self.true.wait(signal, max(seconds, 0.001))


@dataclass
class Run:
    """One run of a watcher, as far as one region is concerned."""

    reported: Any
    region: str
    at: datetime
    until: datetime
    shown: list
    is_killed: bool
    is_broken: bool
    """Whether something was not submitted."""
    is_unwritten: bool
    is_quiet: bool
    """Whether nothing went wrong in this run and for an hour before."""


@dataclass
class Watcher:
    """One instance of the check, in one process after another."""

    agent_class: Any
    world: World
    number: int
    regions: tuple[str, ...]
    options: dict[str, Any]
    clock: LocalClock = field(init=False)
    lasting: Sabotage | None = None
    """What goes wrong in several runs, if nothing else does."""
    runs_left: int = 0

    def __post_init__(self) -> None:
        self.clock = LocalClock(self.world.clock)
        instance = {
            "regions": list(self.regions),
            "aws_access_key_id": f"AKIA{ACCOUNT}",
            "aws_secret_access_key": "simulated-secret",
            "endpoint_url": self.world.simulator.url,
            "min_collection_interval": 60,
            "event_statuses": EVENT_STATUSES,
            "tags": [f"watcher:{self.number}"],
            "max_attempts": 1,
            # One region after the other: an example must play the same way twice.
            "max_concurrency": 1,
            **self.options,
        }
        self.agent = self.agent_class(self.world.simulator, self.world.clock, instance, {})
        self.restart()

    def restart(self) -> None:
        """Lose what is in the process; the persistent cache stays."""
        check = FragileCheck("optimizationjob", {}, [dict(self.agent.instance)])
        check.check_id = f"optimizationjob:{self.number}"
        check.clock = self.clock
        self.agent.check = check

    def run(self, sabotage: Sabotage | None = None, *, calm_seconds: float = 3700.0) -> list[Run]:
        """Run the check once, and return what that was for each region; a process that was killed is not restarted."""
        world, check = self.world, self.agent.check
        if sabotage is None and self.runs_left > 0:
            sabotage, self.runs_left = self.lasting, self.runs_left - 1
        check.begin(sabotage)
        world.begin_run()
        at = world.now
        reported = self.agent.run()
        is_struck = world.end_run()
        is_killed = reported.error == KILLED
        assert (reported.error == "") == (not is_killed), reported.error
        is_calm = world.struck_at is None or (at - world.struck_at).total_seconds() > calm_seconds
        return [
            Run(
                reported=reported,
                region=region,
                at=at,
                until=world.now,
                shown=[(life, status) for life, status in world.shown if life.region == region],
                is_killed=is_killed,
                is_broken=is_killed or region in check.broken,
                is_unwritten=is_killed or region in check.unwritten,
                is_quiet=is_calm and not is_struck and not sabotage and not self.clock.runs_away,
            )
            for region in self.regions
        ]


def _region_of(tags) -> str:
    return next(tag.partition(":")[2] for tag in tags if tag.startswith("region:"))
