"""The ended jobs of the window, about 50 bytes each.

An ended job cannot change, so it is enough to keep what it is counted by, whether its record was submitted, and its
name in case it is deleted. Jobs are kept by the hour of their creation, and leave the window with it.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedJob:
    """An ended job as it is kept."""

    job: OptimizationJob
    kind: JobKind
    is_counted: bool = True
    """Whether the tag rules include it."""
    is_guess: bool = False
    """Whether its tags could not be read, so that it counts as untagged."""
    needs_record: bool = True


class CountLabel(NamedTuple):
    """What an ended job is counted by; a job that the tag rules exclude is kept but not counted."""

    status: str
    kind: JobKind
    is_counted: bool
    is_guess: bool


@dataclass(slots=True)
class _Hour:
    """Jobs created within one hour, sorted by hash; one index in all arrays is one job."""

    hashes: array[int] = field(default_factory=lambda: array("Q"))
    created: array[int] = field(default_factory=lambda: array("q"))
    labels: array[int] = field(default_factory=lambda: array("I"))
    starts: array[int] = field(default_factory=lambda: array("I"))
    lengths: array[int] = field(default_factory=lambda: array("H"))
    recorded: bytearray = field(default_factory=bytearray)
    names: bytearray = field(default_factory=bytearray)

    def find(self, key_hash: int) -> tuple[int, bool]:
        """Return the index of a job, or where it belongs, and whether it is there."""
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
        return self._find(key) is not None

    @property
    def unrecorded(self) -> int:
        """How many jobs have no record yet."""
        return self._unrecorded

    def add(self, ended: EndedJob) -> None:
        """Add an ended job; of one that is there already, only a record submitted since is noted."""
        job, is_recorded = ended.job, not ended.needs_record
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
        hour.labels.insert(
            place, self._label(CountLabel(job.status.value, ended.kind, ended.is_counted, ended.is_guess))
        )
        hour.starts.insert(place, len(hour.names))
        hour.lengths.insert(place, len(name))
        hour.recorded.insert(place, is_recorded)
        hour.names += name
        self._unrecorded += not is_recorded

    def adopt(self, other: EndedJobs, key: JobKey) -> None:
        """Add a job as another collection has it, if it has it."""
        found = other._find(key)
        if found is not None:
            hour, place = found
            label = other._labels[hour.labels[place]]
            self.add(
                EndedJob(
                    job=other._job(hour, place),
                    kind=label.kind,
                    is_counted=label.is_counted,
                    is_guess=label.is_guess,
                    needs_record=not hour.recorded[place],
                )
            )

    def is_guess(self, key: JobKey) -> bool:
        """Whether a job counts as untagged only because its tags could not be read."""
        found = self._find(key)
        return found is not None and self._labels[found[0].labels[found[1]]].is_guess

    def count_key(self, key: JobKey) -> CountKey | None:
        """Return where a job is counted; None if it is not there or not counted."""
        found = self._find(key)
        if found is None:
            return None
        hour, place = found
        label = self._labels[hour.labels[place]]
        return CountKey(hour_of(key.created_at), label.status, label.kind) if label.is_counted else None

    def note_record(self, key: JobKey) -> None:
        """Note that a job's record was submitted, or never will be."""
        found = self._find(key)
        if found is not None:
            hour, place = found
            self._unrecorded -= not hour.recorded[place]
            hour.recorded[place] = True

    def drop_before(self, first_hour: int) -> None:
        """Drop the jobs of all earlier hours."""
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
        """Return the jobs that have no record yet, newest first, without details and tags."""
        for _, hour in sorted(self._hours.items(), reverse=True):
            if 0 in hour.recorded:
                places = [place for place, is_recorded in enumerate(hour.recorded) if not is_recorded]
                yield from (self._job(hour, place) for place in sorted(places, key=lambda place: -hour.created[place]))

    def recorded_hours(self) -> Iterator[int]:
        """Return the hours in which no job lacks its record."""
        return (number for number, hour in self._hours.items() if 0 not in hour.recorded)

    def newest(self) -> Iterator[OptimizationJob]:
        """Return a job of the newest hour, if there is any job."""
        for _, hour in sorted(self._hours.items(), reverse=True)[:1]:
            yield self._job(hour, 0)

    def missing_in(self, other: EndedJobs, before: datetime) -> Iterator[OptimizationJob]:
        """Return the counted jobs created before a moment that another collection does not have."""
        for number, hour in sorted(self._hours.items()):
            others = other._hours.get(number, _Hour())
            for place, key_hash in enumerate(hour.hashes):
                job = None if others.find(key_hash)[1] else self._job(hour, place)
                is_counted = self._labels[hour.labels[place]].is_counted
                if job is not None and is_counted and job.created_at < before:
                    yield job

    def _find(self, key: JobKey) -> tuple[_Hour, int] | None:
        hour = self._hours.get(hour_of(key.created_at))
        place, is_there = hour.find(_hash(key)) if hour else (0, False)
        return (hour, place) if hour is not None and is_there else None

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
        """Return an ARN without the prefix that all ARNs of the region share."""
        prefix, slash, name = arn.rpartition("/")
        self._prefix = self._prefix or prefix + slash
        return name if prefix + slash == self._prefix and ":" not in name else arn

    def _label(self, label: CountLabel) -> int:
        place = self._label_places.setdefault(label, len(self._labels))
        if place == len(self._labels):
            self._labels.append(label)
        return place


def _hash(key: JobKey) -> int:
    """Return 64 bits that identify a job within its region."""
    text = f"{key.arn}\0{(key.created_at - EPOCH) // MICROSECOND}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big")
