"""What happens to the jobs: they are created, change, end and are deleted, and their names are reused."""

from __future__ import annotations

import heapq
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from bench.fleet import INSTANCE_TYPES, TECHNIQUES
from optimizationjob.simulator import Simulator
from optimizationjob.simulator.job_members import JobFields

ENDS: Final = ("COMPLETED", "COMPLETED", "COMPLETED", "FAILED", "FAILED", "STOPPED")
UNHEARD_OF: Final = ("PAUSED", "VALIDATING")
"""Statuses that AWS's model does not have."""
JOBS_A_DAY: Final = 25
"""Per place, in addition to the crowds."""
CROWD: Final = 130
"""Jobs created at once, more than a page."""
DAYS_BETWEEN_CROWDS: Final = 7
USUAL: Final = "nightly-"
"""Prefix of names that are reused; such jobs are always deleted eventually."""
USUAL_NAMES: Final = 12
REASONS: Final = ("CapacityError: none left", "InternalServerError: try again", "CUDA out of memory", "AlgorithmError")
A_DAY: Final = 86_400.0


class Place(NamedTuple):
    """An account and region."""

    account: str
    region: str


@dataclass(slots=True, eq=False, kw_only=True)
class Life:
    """One job from creation to deletion; reusing its name starts another life."""

    place: Place
    name: str
    created_at: datetime
    moved_at: datetime
    number: int
    status: str = "STARTING"
    started_at: datetime | None = None
    ended_at: datetime | None = None
    deleted_at: datetime | None = None
    is_stamped: bool = True
    """Whether AWS returns the end time; otherwise only the last modified time."""

    def fields(self) -> JobFields:
        """Return the job as fields for the simulator."""
        return {
            "status": self.status,
            "created_at": self.created_at,
            "started_at": self.started_at,
            "ended_at": self.ended_at if self.is_stamped else None,
            "modified_at": self.moved_at,
            "failure_reason": REASONS[self.number % len(REASONS)] if self.status == "FAILED" else None,
            "instance_type": INSTANCE_TYPES[self.number % len(INSTANCE_TYPES)],
            "techniques": TECHNIQUES[self.number % len(TECHNIQUES)],
            "tags": {"team": f"team-{self.number % 5}", "env": "prod"},
            "odd": True,
        }


@dataclass(slots=True, kw_only=True)
class World:
    """All jobs and their lives, reproducible by seed.

    Args:
        places: the accounts and regions with jobs.
        begin: when the first jobs are created.
        seed: random seed.
    """

    places: tuple[Place, ...]
    begin: datetime
    seed: int
    lives: list[Life] = field(default_factory=list)
    simulator: Simulator | None = None
    """The simulator that shows the jobs; None while AWS is unreachable."""
    _agenda: list[tuple[datetime, int, Life | None, str]] = field(default_factory=list)
    _present: dict[tuple[Place, str], Life] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=itertools.count)
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.seed)  # noqa: S311 - reproducible test data, not a secret
        for number in range(len(self.places)):
            self._plan(self.begin + timedelta(seconds=number), None, f"come {number}")
            self._plan(self.begin + timedelta(days=1 + number), None, f"crowd {number}")

    def show_in(self, simulator: Simulator) -> None:
        """Show all existing jobs in a simulator and keep it up to date."""
        self.simulator = simulator
        for life in self._present.values():
            self._show(life)

    def pass_until(self, moment: datetime) -> None:
        """Apply all changes that are due."""
        while self._agenda and self._agenda[0][0] <= moment:
            at, _, life, what = heapq.heappop(self._agenda)
            if life is not None:
                self._move(life, what, at)
                continue
            kind, _, number = what.partition(" ")
            place = self.places[int(number)]
            if kind == "crowd":
                for seconds in range(CROWD):
                    self._plan(at + timedelta(seconds=seconds), None, f"one {number}")
                self._plan(at + timedelta(days=DAYS_BETWEEN_CROWDS), None, what)
            elif kind == "one":
                self._create(place, at)
            else:
                self._create(place, at)
                pause = 2 + self._random.expovariate(JOBS_A_DAY / A_DAY)
                self._plan(at + timedelta(seconds=pause), None, what)

    def _create(self, place: Place, at: datetime) -> None:
        number = next(self._numbers)
        usual = f"{USUAL}{self._random.randrange(USUAL_NAMES)}"
        name = usual if (place, usual) not in self._present else f"llama-3-1-8b-{number:06}"
        at = at.replace(microsecond=0)
        life = Life(place=place, name=name, created_at=at, moved_at=at, number=number)
        self.lives.append(life)
        self._present[place, name] = life
        self._show(life)
        self._plan_life(life)

    def _plan_life(self, life: Life) -> None:
        """Draw the future of a job."""
        chance = self._random.random
        at = life.created_at + timedelta(seconds=1 + self._random.expovariate(1 / 600))
        if chance() < 0.03:
            # Deleted while active.
            self._plan(life.created_at + timedelta(seconds=self._random.uniform(10, 7200)), life, "DELETED")
        if chance() > 0.02:
            self._plan(at, life, "INPROGRESS")
        if chance() < 0.05:
            self._plan(at + timedelta(seconds=self._random.uniform(5, 3600)), life, self._random.choice(UNHEARD_OF))
        end = self._random.choice(ENDS)
        # Some end within one interval; few run for more than a day.
        seconds = self._random.choice((5, 60, 3600, 3600, 7200, 7200, 14_400)) * self._random.lognormvariate(0, 0.8)
        at += timedelta(seconds=seconds)
        if end == "STOPPED":
            self._plan(at - timedelta(seconds=min(30, seconds / 2)), life, "STOPPING")
        self._plan(at, life, end)
        if chance() < 0.4 or life.name.startswith(USUAL):
            self._plan(at + timedelta(seconds=self._random.expovariate(1 / A_DAY)), life, "DELETED")

    def _move(self, life: Life, what: str, at: datetime) -> None:
        if life.deleted_at is not None or (life.ended_at is not None and what != "DELETED"):
            return
        # Whole seconds, as in events, and no two changes of a job at the same time.
        at = max(at.replace(microsecond=0), life.moved_at + timedelta(seconds=1))
        if what == "DELETED":
            life.deleted_at = at
            del self._present[life.place, life.name]
            if self.simulator is not None:
                self.simulator.delete_job(*life.place, life.name)
            return
        life.status, life.moved_at = what, at
        if what == "INPROGRESS":
            life.started_at = at
        elif what in ENDS:
            life.ended_at = at
            life.is_stamped = life.number % 20 != 0
        self._show(life)

    def _show(self, life: Life) -> None:
        if self.simulator is not None:
            self.simulator.put_job(*life.place, life.name, **life.fields())

    def _plan(self, at: datetime, life: Life | None, what: str) -> None:
        heapq.heappush(self._agenda, (at, next(self._numbers), life, what))
