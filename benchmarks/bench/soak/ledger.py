"""Compares what the check reported with what happened."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from bench.soak.process import KILLED, Reported
from bench.soak.world import Life, Place, World

DELETED: Final = "DELETED"
TERMINAL: Final = ("COMPLETED", "FAILED", "STOPPED")
# AWS's Date header has whole seconds.
BLUR: Final = timedelta(seconds=5)


class Telling(NamedTuple):
    """One report of an end or a deletion.

    Attributes:
        at: when it was reported.
        is_lost: whether the process died before it saved this.
    """

    at: datetime
    is_lost: bool


class Verdict(NamedTuple):
    """Result of a soak, in numbers of ends and of deletions of active jobs.

    Attributes:
        owed: number that must be reported.
        unreported: those that were not reported.
        only_deleted: ends that were certainly readable, but of which only the deletion was reported.
        repeated: number reported again after a crash lost the saved state.
        doubled: those reported twice without a crash.
        waits: seconds from the first complete listing with the end until the report.
        wrong: descriptions of false reports.
    """

    owed: int
    unreported: list[Life]
    only_deleted: list[Life]
    repeated: int
    doubled: list[Life]
    waits: list[float]
    wrong: list[str]


@dataclass(kw_only=True)
class Ledger:
    """Record of all reports.

    Args:
        world: what happened.
        accounts: the account of each instance.
        event_lookback: how long before the first run an end is still reported.
    """

    world: World
    accounts: tuple[str, ...]
    event_lookback: timedelta
    first_at: dict[str, datetime] = field(default_factory=dict)
    """When each account was first polled."""
    good: dict[Place, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    """When the listing of a place was complete."""
    calm: dict[Place, list[datetime]] = field(default_factory=lambda: defaultdict(list))
    """The subset of `good` without faults and without backlog: only then is the end of an older job certainly read."""
    ends: dict[Life, list[Telling]] = field(default_factory=lambda: defaultdict(list))
    deletions: dict[Life, list[Telling]] = field(default_factory=lambda: defaultdict(list))
    wrong: list[str] = field(default_factory=list)
    crashes: int = 0
    _lives: dict[tuple[Place, str], list[Life]] = field(default_factory=lambda: defaultdict(list))
    _indexed: int = 0

    def note(self, number: int, at: datetime, reported: Reported, *, is_calm: bool) -> None:
        """Record the reports of one run of an instance.

        Args:
            number: number of the instance.
            at: the time whose jobs it saw.
            reported: what it reported.
            is_calm: whether no fault was injected.
        """
        account = self.accounts[number]
        self.first_at.setdefault(account, at)
        for new in self.world.lives[self._indexed :]:
            self._lives[new.place, new.name].append(new)
        self._indexed = len(self.world.lives)
        self.crashes += reported.error == KILLED
        counted: dict[tuple[str, str], int] = defaultdict(int)
        for region, name, status, since in reported.said:
            place = Place(account, region)
            telling = Telling(reported.until, reported.lost == region)
            counted[region, status] += status != DELETED
            life = self._deleted(place, name) if status == DELETED else self._ended(place, name, status, since)
            if life is None:
                self.wrong.append(f"{reported.at:%d %H:%M} {place}: {name} {status} since {since}")
            else:
                (self.deletions if status == DELETED else self.ends)[life].append(telling)
        self._hold_counts(account, reported, counted)
        for (name, region), value in reported.gauges.items():
            is_good = name == "api.up" and value == 1 and reported.gauges.get(("poll.truncated", region)) == 0
            if is_good and reported.lost != region:
                self.good[Place(account, region)].append(at)
                if is_calm and reported.gauges.get(("poll.backlog", region)) == 0:
                    self.calm[Place(account, region)].append(at)

    def verdict(self) -> Verdict:
        """Return the result; call it after a period in which everything was readable."""
        owed = [life for life in self.world.lives if self._is_owed(life)]
        ended = [life for life in owed if self._is_surely_seen(life)]
        reported = {life: sorted(self.ends.get(life, []) + self.deletions.get(life, [])) for life in self.world.lives}
        waits = []
        for life in owed:
            seen_at = self._end_seen_at(life) or self._absence_seen_at(life)
            if reported[life] and seen_at is not None:
                waits.append(max(0.0, (reported[life][0].at - seen_at).total_seconds()))
        return Verdict(
            owed=len(owed),
            unreported=[life for life in owed if not reported[life]],
            only_deleted=[life for life in ended if reported[life] and not self.ends.get(life)],
            repeated=sum(len(tellings) > 1 for tellings in reported.values()),
            # All reports except the last must have been lost.
            doubled=[life for life in reported if not all(telling.is_lost for telling in reported[life][:-1])],
            waits=waits,
            wrong=[*self.wrong, *(f"history: {life}" for life in self.ends if self._is_history(life))],
        )

    def _hold_counts(self, account: str, reported: Reported, counted: Mapping[tuple[str, str], int]) -> None:
        """Check that `job.finished` matches the events, unless the process died in between."""
        if reported.error == KILLED:
            return
        for key in {*counted, *reported.finished}:
            if key[1] in TERMINAL and counted.get(key, 0) != reported.finished.get(key, 0):
                words = f"{counted.get(key, 0)} events, {reported.finished.get(key, 0)} counted"
                self.wrong.append(f"{reported.at:%d %H:%M} {account} {key}: {words}")

    def _ended(self, place: Place, name: str, status: str, since: datetime) -> Life | None:
        fit = [life for life in self._lives[place, name] if (life.status, life.ended_at) == (status, since)]
        return fit[0] if len(fit) == 1 else None

    def _deleted(self, place: Place, name: str) -> Life | None:
        """Return the job whose deletion is reported: the first of its name without a saved report."""
        gone = [
            life for life in self._lives[place, name] if life.deleted_at is not None and not self._is_reported(life)
        ]
        return min(gone, key=lambda life: not self._is_seen_active(life), default=None)

    def _is_reported(self, life: Life) -> bool:
        return any(not telling.is_lost for telling in self.ends.get(life, []) + self.deletions.get(life, []))

    def _is_owed(self, life: Life) -> bool:
        """Return whether a job must be reported: its end if that was visible, or else its deletion."""
        if life.ended_at is None and life.deleted_at is None:
            return False
        if self._is_seen_active(life):
            return True
        return not self._is_history(life) and self._end_seen_at(life) is not None

    def _is_history(self, life: Life) -> bool:
        events_since = self.first_at[life.place.account] - self.event_lookback
        is_old = life.ended_at is not None and life.ended_at < events_since - BLUR
        return is_old and not self._is_seen_active(life)

    def _is_seen_active(self, life: Life) -> bool:
        return self._good_in(life.place, life.created_at, life.ended_at or life.deleted_at) is not None

    def _is_surely_seen(self, life: Life) -> bool:
        """Return whether the end of a job was readable at a time without faults."""
        moments = self.calm[life.place]
        return life.ended_at is not None and _first_in(moments, life.ended_at, life.deleted_at) is not None

    def _end_seen_at(self, life: Life) -> datetime | None:
        """Return when the end of a job was first readable."""
        return None if life.ended_at is None else self._good_in(life.place, life.ended_at, life.deleted_at)

    def _absence_seen_at(self, life: Life) -> datetime | None:
        return None if life.deleted_at is None else self._good_in(life.place, life.deleted_at, None)

    def _good_in(self, place: Place, begin: datetime, end: datetime | None) -> datetime | None:
        """Return the first complete listing of a place from `begin` on and before `end`."""
        return _first_in(self.good[place], begin, end)


def _first_in(moments: Sequence[datetime], begin: datetime, end: datetime | None) -> datetime | None:
    """Return the first of the sorted moments from `begin` on and before `end`."""
    first = bisect_left(moments, begin)
    is_there = first < len(moments) and (end is None or moments[first] < end)
    return moments[first] if is_there else None
