"""The soak: one process simulates AWS and keeps the ledger, the other runs the check."""

from __future__ import annotations

import argparse
import random
import sys
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple

from bench import table
from bench.aws import SPAWN
from bench.fleet import START
from bench.soak.clock import SharedClock
from bench.soak.ledger import Ledger, Verdict
from bench.soak.process import KILLED, Crash, Health, Reported, live
from bench.soak.results import MEGABYTE, call_rows, process_rows, truth_rows
from bench.soak.sums import Sums
from bench.soak.weather import DISK_FULL, REFUSED, SPARKS, Spell, spells
from bench.soak.world import Place, World
from optimizationjob.config.settings import Settings
from optimizationjob.simulator import Simulator

REGIONS: Final = ("us-east-1", "eu-west-1")
ACCOUNTS: Final = ("111111111111", "222222222222")
PLACES: Final = tuple(Place(account, region) for account in ACCOUNTS for region in REGIONS)
ROLE: Final = f"arn:aws:iam::{ACCOUNTS[1]}:role/datadog-optimizationjob"
INTERVAL: Final = 600
SWEEP_INTERVAL: Final = 3 * 3600
"""Longer than the default, since sweeps make most of the calls."""
HISTORY: Final = timedelta(days=8)
"""Length of the history before the first run, so that the window is full from the first day."""
QUIET: Final = timedelta(hours=6)
"""Period without faults at the start and at the end."""
HANG_SECONDS: Final = 1.5
RESTARTS_A_DAY: Final = 2.0
CRASHES_A_DAY: Final = 1.5
SPARKS_A_DAY: Final = 4.0
A_DAY: Final = timedelta(days=1)
HEADERS: Final = ("case", "measured", "bound", "verdict")
SHOWN: Final = 5
DAYS_BETWEEN_WORDS: Final = 2


class Plan(NamedTuple):
    """Length and seed of the simulation."""

    days: int
    interval: int
    seed: int


@dataclass(kw_only=True)
class Soak:
    """The simulated month."""

    plan: Plan
    clock: SharedClock = field(default_factory=lambda: SharedClock(START))
    healths: list[Health] = field(default_factory=list)
    """At the start and at the end of each day."""
    spell: Spell | None = None
    armed: dict[int, Crash] = field(default_factory=dict)
    """Crashes that are pending until a run submits an event."""
    spared: set[int] = field(default_factory=set)
    """Instances that must not be restarted now, because their last reports may not be saved yet."""

    def __post_init__(self) -> None:
        self.dice = random.Random(self.plan.seed)  # noqa: S311 - reproducible test data, not a secret
        self.world = World(places=PLACES, begin=START - HISTORY, seed=self.plan.seed)
        self.world.pass_until(START - timedelta(seconds=2))
        self.end = START + self.plan.days * A_DAY
        self.simulator = self._opened(0)
        self.port = int(self.simulator.url.rpartition(":")[2])
        self.coming = deque(spells(START + QUIET, self.end - QUIET, PLACES, self.plan.seed))
        self.sums = Sums(settings=Settings.from_mapping(self._instances()[0]))
        self.ledger = Ledger(world=self.world, accounts=ACCOUNTS, event_lookback=timedelta(seconds=900))

    def play(self) -> None:
        """Run the whole simulation."""
        self._pipe, theirs = SPAWN.Pipe()
        process = SPAWN.Process(target=live, args=(theirs, self._instances(), self.clock), daemon=True)
        process.start()
        self._pipe.recv()
        try:
            self._play()
        finally:
            self._pipe.send(None)
            process.join(10)
            self.sums.breaches += self.simulator.breaches
            self.simulator.stop()

    def story(self) -> list[table.Row]:
        """Return the rows that describe the simulation."""
        plan, sums = self.plan, self.sums
        seen = [life for life in self.world.lives if life.created_at >= START]
        deleted = sum(life.deleted_at is not None for life in seen)
        places = {(life.place, life.name) for life in seen}
        spells_ = ", ".join(f"{number} x {name}" for name, number in sorted(sums.spells.items()))
        return [
            table.Row(
                case="simulated",
                measured=f"{plan.days} days, a run every {plan.interval} s, {len(ACCOUNTS)} accounts x {len(REGIONS)} "
                f"regions: {sums.polls:,} polls; `full_sweep_interval: {SWEEP_INTERVAL}`, seed {plan.seed}",
            ),
            table.Row(
                case="jobs",
                measured=f"{len(seen):,} created, {deleted:,} deleted, {len(seen) - len(places):,} with a reused name, "
                f"in addition to {len(self.world.lives) - len(seen):,} older ones",
            ),
            table.Row(
                case="restarts, crashes, polls that could not list the jobs",
                measured=f"{sums.restarts:,}, {sums.crashes:,}, {sums.down:,}",
            ),
            table.Row(case="outages", measured=spells_),
        ]

    def _play(self) -> None:
        step, ticks = timedelta(seconds=self.plan.interval), self.plan.days * 86_400 // self.plan.interval
        self.healths.append(self._ask("health"))
        for number in range(ticks):
            at = START + number * step
            self.clock.advance(max(0.0, (at - self.clock.now()).total_seconds()))
            self.world.pass_until(at - timedelta(seconds=2))
            self._change_weather(at)
            self._run(at)
            if (number + 1) % (ticks // self.plan.days) == 0:
                self.healths.append(self._ask("health"))
                self._say(at)

    def _run(self, at: datetime) -> None:
        is_rough_time = START + QUIET <= at < self.end - QUIET
        is_full = self.spell is not None and self.spell.kind.name == DISK_FULL
        if is_rough_time and not self.spared:
            for number in range(len(ACCOUNTS)):
                if self._happens(RESTARTS_A_DAY):
                    self._ask("restart", number)
                    self.sums.restarts += 1
                elif self._happens(CRASHES_A_DAY):
                    self.armed[number] = self.dice.choice(list(Crash))
        has_spark = is_rough_time and self.spell is None and self._happens(SPARKS_A_DAY)
        if has_spark:
            self.simulator.fault(self.dice.choice(SPARKS), times=1, after=self.dice.randrange(3))
        self.simulator.clear_calls()
        armed = {} if is_full or self.spared or not is_rough_time else self.armed
        reported: list[Reported] = self._ask("run", armed, range(len(ACCOUNTS)) if is_full else ())
        # After the run path was full, the next run saves the state.
        self.spared = set(range(len(ACCOUNTS))) if is_full else set()
        for number, one in enumerate(reported):
            self.ledger.note(number, at, one, is_calm=self.spell is None and not has_spark)
            if one.error == KILLED:
                del self.armed[number]
        is_shown = self.world.simulator is not None
        self.sums.note(reported, self.simulator.calls if is_shown else None, is_calm=self.spell is None)
        if self.spell is None:
            self.simulator.clear_faults()

    def _change_weather(self, at: datetime) -> None:
        if self.spell is not None and self.spell.end <= at:
            if self.world.simulator is None:
                self.simulator = self._opened(self.port)
            self.simulator.clear_faults()
            self.simulator.clear_limits()
            self.spell = None
        if self.spell is None and self.coming and self.coming[0].begin <= at:
            self.spell = self.coming.popleft()
            self.sums.spells[self.spell.kind.name] += 1
            if self.spell.kind.name == REFUSED:
                self.sums.breaches += self.simulator.breaches
                self.simulator.stop()
                self.world.simulator = None
            else:
                self.spell.start(self.simulator)

    def _opened(self, port: int) -> Simulator:
        """Start a simulator with the current jobs on a port."""
        simulator = Simulator(clock=self.clock, port=port, check_model=False)
        simulator.add_role(ROLE)
        self.world.show_in(simulator)
        simulator.start()
        return simulator

    def _instances(self) -> list[dict[str, Any]]:
        shared = {
            "regions": list(REGIONS),
            "aws_access_key_id": f"AKIA{ACCOUNTS[0]}",
            "aws_secret_access_key": "simulated",
            "endpoint_url": self.simulator.url,
            "min_collection_interval": self.plan.interval,
            "event_statuses": ["FAILED", "STOPPED", "COMPLETED", "DELETED"],
            "group_by_tags": ["team"],
            "full_sweep_interval": SWEEP_INTERVAL,
            "read_timeout": HANG_SECONDS,
        }
        return [shared, {**shared, "assume_role": ROLE}]

    def _happens(self, times_a_day: float) -> bool:
        return self.dice.random() < times_a_day * self.plan.interval / 86_400

    def _ask(self, name: str, *arguments: object) -> Any:  # noqa: ANN401 - any result
        self._pipe.send((name, arguments))
        answer = self._pipe.recv()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _say(self, at: datetime) -> None:
        """Report the progress every few days."""
        if (len(self.healths) - 1) % DAYS_BETWEEN_WORDS:
            return
        now, verdict = self.healths[-1], self.ledger.verdict()
        words = f"{len(self.world.lives):,} jobs, {len(verdict.waits):,} ends reported, {len(verdict.doubled)} twice, "
        words += f"{len(verdict.wrong)} wrong; {now.resident / MEGABYTE:.1f} MB, {now.persisted:,} bytes kept"
        print(f"... {at:%d %b}: {words}", file=sys.stderr, flush=True)


def main() -> int:
    """Run the soak and return the exit status."""
    parser = argparse.ArgumentParser(description="Run the check for a simulated month.")
    parser.add_argument("--days", type=int, default=30, help="simulated days, at least 2 (default: 30)")
    parser.add_argument("--interval", type=int, default=INTERVAL, help=f"seconds between runs (default: {INTERVAL})")
    parser.add_argument("--seed", type=int, default=1, help="random seed (default: 1)")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="also update the table in a page")
    given = parser.parse_args()
    if given.days < 2 or not 0 < given.interval <= 3600 or 86_400 % given.interval:
        parser.error("specify at least two days, and an interval of at most 3600 seconds that divides a day")
    begin = time.monotonic()
    soak = Soak(plan=Plan(given.days, given.interval, given.seed))
    soak.play()
    verdict = soak.ledger.verdict()
    found = [
        *truth_rows(verdict, soak.sums.crashes),
        *process_rows(soak.healths, soak.sums),
        *call_rows(soak.sums),
        *soak.story(),
    ]
    table.show(found, HEADERS)
    for name, words in _samples(soak, verdict):
        print(f"{name}: {words}", file=sys.stderr)
    if given.write:
        table.write(found, given.write, HEADERS, by="benchmarks/soak.py")
    failed = [row for row in found if row.verdict == "FAIL"]
    for row in failed:
        print(f"exceeded: {row.case}: {row.measured}, {row.bound} allowed", file=sys.stderr)
    print(f"\n{len(failed)} bounds exceeded; {time.monotonic() - begin:.0f} s", file=sys.stderr)
    return 1 if failed else 0


def _samples(soak: Soak, verdict: Verdict) -> Iterator[tuple[str, object]]:
    """Yield details that help to find out why a bound is exceeded."""
    named: dict[str, Sequence[object]] = {
        "unreported": verdict.unreported,
        "only deleted": verdict.only_deleted,
        "doubled": verdict.doubled,
        "overspent": soak.sums.overspent,
    }
    named |= {"wrong": verdict.wrong, "errors": list(soak.sums.errors), "breaches": soak.sums.breaches}
    for name, found in named.items():
        for one in found[:SHOWN]:
            yield name, one
