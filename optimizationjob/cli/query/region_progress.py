"""Progress of each region, derived from the run's metrics, and the next step. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from optimizationjob.cli.error_words import NOT_READ, error_words
from optimizationjob.cli.submitted_data import tag_of
from optimizationjob.run.region_run import RegionSnapshot
from optimizationjob.telemetry.signals import Event, Issue, ResourceRecord, Sample, ServiceCheck

IDLE_RUNS = 3
"""Give up after this many runs without progress."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The state of a region after its last run.

    Attributes:
        jobs: number of known jobs.
        backlog: number of jobs not described yet.
        is_truncated: whether part of the window is not read yet.
        is_up: whether listing jobs succeeded.
        message: what is wrong with the region; empty if nothing is.
    """

    jobs: int = 0
    backlog: int = 0
    is_truncated: bool = True
    is_up: bool = False
    message: str = ""

    @property
    def unread(self) -> str:
        """What is not read yet, in words."""
        if not self.jobs and self.is_truncated:
            return "is not listed"
        rest = ", and not all are listed" if self.is_truncated else ""
        return f"is not read in full: {self.backlog:,} of {self.jobs:,} known jobs are not described{rest}"

    @property
    def is_settled(self) -> bool:
        """Whether everything is read."""
        return self.is_up and not self.is_truncated and not self.backlog


class NextStep(Enum):
    """What to do after a run."""

    AGAIN = auto()
    PAUSE = auto()
    """Run again after a pause, because the last run made no progress."""
    DONE = auto()
    GIVE_UP = auto()


def next_step(standings: Collection[Standing], idle_runs: int) -> NextStep:
    """Return what to do after a run.

    Args:
        standings: all regions of an instance.
        idle_runs: number of consecutive runs without progress.
    """
    if standings and all(one.is_settled for one in standings):
        return NextStep.DONE
    never_answered = not any(one.is_up or one.jobs for one in standings)
    if never_answered or idle_runs >= IDLE_RUNS:
        return NextStep.GIVE_UP
    return NextStep.PAUSE if idle_runs else NextStep.AGAIN


@dataclass(slots=True)
class Records:
    """A sink that stores records by key and the state of each region."""

    fields: dict[str, Mapping[str, object]] = field(default_factory=dict)
    _values: dict[str, dict[str, float]] = field(default_factory=dict)
    _messages: dict[str, str] = field(default_factory=dict)
    _errors: dict[str, str] = field(default_factory=dict)

    def standings(self, regions: Collection[str]) -> dict[str, Standing]:
        """Return the state of each region."""
        return {region: self._standing(region) for region in regions}

    def show(self, snapshot: RegionSnapshot) -> None:
        """Store the error of a region's list, whose words for a terminal are other than those for an Agent."""
        error = snapshot.poll.error
        self._errors[snapshot.region] = "" if error is None else f"{NOT_READ}: {error_words(error)}"

    def sample(self, sample: Sample) -> None:
        """Store the last value of a metric by region."""
        self._values.setdefault(tag_of(sample.tags, "region"), {})[sample.name] = sample.value

    def event(self, event: Event) -> None:
        """Ignore events."""

    def issue(self, issue: Issue) -> None:
        """Ignore issues: the service check has the same message."""

    def service_check(self, check: ServiceCheck) -> None:
        """Store the message of a region."""
        self._messages[tag_of(check.tags, "region")] = check.message

    def record(self, record: ResourceRecord) -> None:
        """Store a record, or remove it if it expires at once, which means that the job was deleted."""
        if record.expire_at <= record.seen_at:
            self.fields.pop(record.key, None)
        else:
            self.fields[record.key] = record.fields

    def _standing(self, region: str) -> Standing:
        values = self._values.get(region, {})
        return Standing(
            jobs=int(values.get("poll.jobs", 0)),
            backlog=int(values.get("poll.backlog", 0)),
            is_truncated=values.get("poll.truncated") != 0,
            is_up=values.get("api.up") == 1,
            message=self._errors.get(region) or self._messages.get(region, ""),
        )
