"""Schedules what goes wrong: outages of minutes to hours and single faults, drawn in advance."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from bench.soak.world import Place
from optimizationjob.simulator import Fault, Simulator

REFUSED: Final = "connection refused"
DISK_FULL: Final = "run path full"
SLOW_RATE: Final = 0.05
"""Calls per second that AWS still accepts while it throttles."""


class Kind(NamedTuple):
    """One kind of outage.

    Attributes:
        name: description.
        least: minimum duration in seconds.
        most: maximum duration in seconds.
        fault: the injected fault; None if calls themselves do not fail.
        operation: the affected operation; None for all.
        times: number of affected calls; None for all.
    """

    name: str
    least: float
    most: float
    fault: Fault | None = None
    operation: str | None = None
    times: int | None = None


KINDS: Final = (
    Kind(REFUSED, 600, 4 * 3600),
    Kind("HTTP 500", 600, 4 * 3600, Fault.SERVER_ERROR),
    Kind("HTTP 503 with a page", 600, 3 * 3600, Fault.HTML_UNAVAILABLE),
    Kind("connection reset", 600, 2 * 3600, Fault.RESET),
    Kind("answer cut short", 600, 2 * 3600, Fault.CUT_BODY),
    Kind("page of a captive proxy", 600, 2 * 3600, Fault.HTML_OK),
    # A hanging call takes real time, so limit their number.
    Kind("no answer", 60, 600, Fault.HANG, times=2),
    Kind("all throttled", 600, 2 * 3600, Fault.THROTTLED),
    Kind("few calls answered", 600, 4 * 3600),
    Kind("all denied", 3600, 6 * 3600, Fault.DENIED),
    Kind("list denied", 3600, 6 * 3600, Fault.DENIED, "ListOptimizationJobs"),
    Kind("describe denied", 3600, 6 * 3600, Fault.DENIED, "DescribeOptimizationJob"),
    Kind("describe throttled", 600, 2 * 3600, Fault.THROTTLED, "DescribeOptimizationJob"),
    Kind("tags denied", 3600, 6 * 3600, Fault.DENIED, "GetResources"),
    Kind("denied by a policy", 3600, 6 * 3600, Fault.DENIED_BY_POLICY),
    Kind("credentials expired", 3600, 6 * 3600, Fault.EXPIRED_TOKEN),
    Kind("STS down", 600, 3 * 3600, Fault.SERVER_ERROR, "AssumeRole"),
    Kind("empty pages", 600, 3600, Fault.EMPTY_PAGES, times=200),
    Kind("list without an end", 600, 3600, Fault.REPEATED_TOKEN),
    Kind("tokens refused", 600, 3600, Fault.REFUSED_TOKEN),
    Kind(DISK_FULL, 600, 4 * 3600),
)
SPARKS: Final = (Fault.SERVER_ERROR, Fault.RESET, Fault.THROTTLED, Fault.CUT_JSON, Fault.EMPTY_OBJECT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spell:
    """A period of one kind of outage."""

    kind: Kind
    begin: datetime
    end: datetime
    place: tuple[str | None, str | None]
    """The affected account and region; None for all."""

    def start(self, simulator: Simulator) -> None:
        """Inject the fault."""
        account, region = self.place
        if self.kind.fault is not None:
            scope = {"operation": self.kind.operation, "account": account, "region": region}
            if self.kind.operation == "AssumeRole":
                # The calls come from the source account.
                scope = {"operation": self.kind.operation}
            simulator.fault(self.kind.fault, times=self.kind.times, **scope)  # type: ignore[arg-type]
        elif self.kind.name not in (REFUSED, DISK_FULL):
            simulator.rate_limit(SLOW_RATE, burst=2, account=account, region=region)


def spells(begin: datetime, end: datetime, places: Sequence[Place], seed: int) -> Iterator[Spell]:
    """Yield consecutive spells; every kind occurs once before any repeats."""
    dice = random.Random(seed)  # noqa: S311 - reproducible test data, not a secret
    hand: list[Kind] = []
    at = begin
    while True:
        at += timedelta(seconds=dice.uniform(1, 6) * 3600)
        hand = hand or dice.sample(KINDS, len(KINDS))
        kind = hand.pop()
        until = at + timedelta(seconds=dice.uniform(kind.least, kind.most))
        if until >= end:
            return
        account, region = dice.choice(places)
        place = dice.choice(((None, None), (account, None), (None, region), (account, region)))
        yield Spell(kind=kind, begin=at, end=until, place=place)
        at = until
