"""The ended jobs of the window, a few dozen bytes each: enough to know them again and to name them.

An ended job cannot change, so all that is kept is what it is counted by, whether its record was sent, and
its name, should it be deleted. Jobs lie in the hour of their creation, and leave the window with it.
"""

from __future__ import annotations

import hashlib
from array import array
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from optimizationjob.jobs.job import JobKey, JobStatus, OptimizationJob
from optimizationjob.jobs.job_counts import CountKey, JobKind, hour_of

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)


class CountLabel(NamedTuple):
    """What an archived job is counted by; a job that the tag rules leave out is known but not counted."""

    status: str
    kind: JobKind
    is_counted: bool


@dataclass(slots=True)
class _Hour:
    """Jobs created within one hour, in the order of their hashes; one place in each array is one job."""

    hashes: array[int] = field(default_factory=lambda: array("Q"))
    created: array[int] = field(default_factory=lambda: array("q"))
    labels: array[int] = field(default_factory=lambda: array("I"))
    starts: array[int] = field(default_factory=lambda: array("I"))
    lengths: array[int] = field(default_factory=lambda: array("H"))
    recorded: bytearray = field(default_factory=bytearray)
    names: bytearray = field(default_factory=bytearray)

    def find(self, key_hash: int) -> tuple[int, bool]:
        """Return a job's place, or the one where it belongs, and whether it is there."""
        place = bisect_left(self.hashes, key_hash)
        return place, place < len(self.hashes) and self.hashes[place] == key_hash


class EndedJobs:
    """Ended jobs of one region."""

    def __init__(self) -> None:
        self._hours: dict[int, _Hour] = {}
        self._labels: list[CountLabel] = []
        self._label_places: dict[CountLabel, int] = {}
        self._prefix = ""
        self._unrecorded = 0

    def __len__(self) -> int:
        return sum(len(hour.hashes) for hour in self._hours.values())

    def __contains__(self, key: JobKey) -> bool:
        hour = self._hours.get(hour_of(key.created_at))
        return hour is not None and hour.find(_hash(key))[1]

    @property
    def unrecorded(self) -> int:
        """How many jobs have no record yet."""
        return self._unrecorded

    def add(self, job: OptimizationJob, kind: JobKind, *, is_counted: bool, is_recorded: bool) -> None:
        """Keep an ended job; one that is kept already stays as it is, but for a record sent since."""
        hour = self._hours.setdefault(hour_of(job.created_at), _Hour())
        key_hash = _hash(job.key)
        place, is_there = hour.find(key_hash)
        if is_there:
            self._unrecorded -= is_recorded and not hour.recorded[place]
            hour.recorded[place] |= is_recorded
            return
        name = self._short(job.arn).encode()
        hour.hashes.insert(place, key_hash)
        hour.created.insert(place, (job.created_at - EPOCH) // MICROSECOND)
        hour.labels.insert(place, self._label(CountLabel(job.status.value, kind, is_counted)))
        hour.starts.insert(place, len(hour.names))
        hour.lengths.insert(place, len(name))
        hour.recorded.insert(place, is_recorded)
        hour.names += name
        self._unrecorded += not is_recorded

    def adopt(self, other: EndedJobs, key: JobKey) -> bool:
        """Keep a job as another archive has it; return whether it is kept now."""
        if key in self:
            return True
        hour = other._hours.get(hour_of(key.created_at))
        place, is_there = hour.find(_hash(key)) if hour else (0, False)
        if hour is None or not is_there:
            return False
        label = other._labels[hour.labels[place]]
        job = other._job(hour, place)
        self.add(job, label.kind, is_counted=label.is_counted, is_recorded=bool(hour.recorded[place]))
        return True

    def count_key(self, key: JobKey) -> CountKey | None:
        """Return where a job is counted; None if it is not kept or not counted."""
        number = hour_of(key.created_at)
        hour = self._hours.get(number)
        place, is_there = hour.find(_hash(key)) if hour else (0, False)
        if hour is None or not is_there:
            return None
        label = self._labels[hour.labels[place]]
        return CountKey(number, label.status, label.kind) if label.is_counted else None

    def note_record(self, key: JobKey) -> None:
        """Note that a job's record was sent, or never will be."""
        hour = self._hours.get(hour_of(key.created_at))
        place, is_there = hour.find(_hash(key)) if hour else (0, False)
        if hour is not None and is_there and not hour.recorded[place]:
            hour.recorded[place] = True
            self._unrecorded -= 1

    def drop_before(self, first_hour: int) -> None:
        """Let the jobs of all earlier hours go."""
        for number in [number for number in self._hours if number < first_hour]:
            hour = self._hours.pop(number)
            self._unrecorded -= hour.recorded.count(0)

    def counts(self) -> Counter[CountKey]:
        """Return the counts of all jobs that are counted."""
        counts: Counter[CountKey] = Counter()
        for number, hour in self._hours.items():
            for place, count in Counter(hour.labels).items():
                label = self._labels[place]
                if label.is_counted:
                    counts[CountKey(number, label.status, label.kind)] += count
        return counts

    def without_record(self) -> Iterator[OptimizationJob]:
        """Return the jobs that have no record yet, newest first, as far as they are known."""
        for _, hour in sorted(self._hours.items(), reverse=True):
            if 0 in hour.recorded:
                places = [place for place, is_recorded in enumerate(hour.recorded) if not is_recorded]
                yield from (self._job(hour, place) for place in sorted(places, key=lambda place: -hour.created[place]))

    def missing_in(self, other: EndedJobs, before: datetime) -> Iterator[OptimizationJob]:
        """Return the counted jobs created before a moment that another archive does not have."""
        for number, hour in sorted(self._hours.items()):
            others = other._hours.get(number, _Hour())
            for place, key_hash in enumerate(hour.hashes):
                job = None if others.find(key_hash)[1] else self._job(hour, place)
                is_counted = self._labels[hour.labels[place]].is_counted
                if job is not None and is_counted and job.created_at < before:
                    yield job

    def _job(self, hour: _Hour, place: int) -> OptimizationJob:
        start = hour.starts[place]
        short = hour.names[start : start + hour.lengths[place]].decode()
        arn = short if ":" in short else self._prefix + short
        label = self._labels[hour.labels[place]]
        return OptimizationJob(
            arn=arn,
            name=arn.rpartition("/")[2],
            status=JobStatus(label.status),
            created_at=EPOCH + hour.created[place] * MICROSECOND,
            instance_type=label.kind.instance_type,
            techniques=label.kind.techniques,
        )

    def _short(self, arn: str) -> str:
        """Return an ARN without what all ARNs of the region have in common."""
        prefix, slash, name = arn.rpartition("/")
        self._prefix = self._prefix or prefix + slash
        return name if prefix + slash == self._prefix and ":" not in name else arn

    def _label(self, label: CountLabel) -> int:
        place = self._label_places.setdefault(label, len(self._labels))
        if place == len(self._labels):
            self._labels.append(label)
        return place


def _hash(key: JobKey) -> int:
    """Return 64 bits that tell a job from all others of a region."""
    text = f"{key.arn}\0{(key.created_at - EPOCH) // MICROSECOND}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")
