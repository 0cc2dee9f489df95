"""Sums over all runs."""

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
        settings: the settings shared by the instances.
    """

    settings: Settings
    runs: int = 0
    polls: int = 0
    calm_polls: int = 0
    calls: int = 0
    """Calls that AWS received, without STS."""
    calm_calls: int = 0
    restarts: int = 0
    crashes: int = 0
    spells: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    """Errors that the check returned to the Agent, without crashes."""
    down: int = 0
    """Polls that could not list the jobs."""
    compared: int = 0
    """Number of comparisons of `api.calls` with the calls that AWS received."""
    miscounted: int = 0
    """Number of comparisons that differed."""
    overspent: list[str] = field(default_factory=list)
    """Descriptions of polls that exceeded the rate limit."""
    dearest: int = 0
    """Maximum number of calls per poll."""
    longest: float = 0.0
    """Longest run in seconds."""
    breaches: list[str] = field(default_factory=list)
    """Violations of AWS's model by the check's requests."""

    def note(self, reported: Sequence[Reported], calls: Sequence[Call] | None, *, is_calm: bool) -> None:
        """Add the runs of all instances at one time.

        Args:
            reported: what each instance reported.
            calls: the calls that AWS received; None if it was unreachable.
            is_calm: whether no outage was active.
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
        # The first List call of a run is made even if the rate limit is exhausted.
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
