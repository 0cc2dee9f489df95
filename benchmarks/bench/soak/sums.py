"""What is added up from run to run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from bench.soak.process import KILLED, Reported
from optimizationjob.config.settings import Settings
from optimizationjob.simulator import Call

STS: Final = frozenset(("AssumeRole", "GetCallerIdentity"))


@dataclass(kw_only=True)
class Sums:
    """The sums of a soak.

    Args:
        settings: of the instances, as far as they share them.
    """

    settings: Settings
    runs: int = 0
    polls: int = 0
    calm_polls: int = 0
    calls: int = 0
    """That AWS saw, STS left out."""
    calm_calls: int = 0
    restarts: int = 0
    crashes: int = 0
    spells: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    """What the check reported to the Agent, but for crashes."""
    down: int = 0
    """Polls that could not list the jobs."""
    compared: int = 0
    """Moments at which `api.calls` was held against what AWS saw."""
    miscounted: int = 0
    """Those of them at which it was something else."""
    overspent: list[str] = field(default_factory=list)
    """Polls with more calls than the budget has, in words."""
    dearest: int = 0
    """The most calls of a poll."""
    longest: float = 0.0
    """The most seconds of a run."""
    breaches: list[str] = field(default_factory=list)
    """Of AWS's model, by the check's requests."""

    def note(self, reported: Sequence[Reported], calls: Sequence[Call] | None, *, is_calm: bool) -> None:
        """Add the runs of all instances at one moment.

        Args:
            reported: what each instance reported.
            calls: what AWS saw of them; None where it could not be reached.
            is_calm: whether no bad weather was on.
        """
        polls = len(reported) * len(self.settings.regions)
        self.runs += len(reported)
        self.polls += polls
        self.crashes += sum(one.error == KILLED for one in reported)
        self.errors.update(one.error for one in reported if one.error not in ("", KILLED))
        self.down += sum(value == 0 for one in reported for (name, _), value in one.gauges.items() if name == "api.up")
        self.longest = max(self.longest, *((one.until - one.at).total_seconds() for one in reported))
        if calls is None:
            return
        seconds = max((one.until - one.at).total_seconds() for one in reported)
        by_place = Counter((call.account, call.region) for call in calls if call.operation not in STS)
        self.calls += by_place.total()
        if is_calm:
            self.calm_polls += polls
            self.calm_calls += by_place.total()
        # The first list of a run is asked even if the budget is spent.
        most = self.settings.api_burst + self.settings.api_rate_limit * seconds + 1
        self.overspent += [
            f"{reported[0].at:%d %H:%M}, {place}: {number} calls in {seconds:.1f} s"
            for place, number in by_place.items()
            if number > most
        ]
        self.dearest = max(self.dearest, *by_place.values(), 0)
        if all(one.error == "" for one in reported):
            self.compared += 1
            self.miscounted += sum(one.calls for one in reported) != by_place.total()
