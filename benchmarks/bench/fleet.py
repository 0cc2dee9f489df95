"""The benchmark fleets: deterministic and spread evenly over the window."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from optimizationjob.simulator.job_members import JobFields

ACCOUNT: Final = "111111111111"
REGION: Final = "us-east-1"
START: Final = datetime(2026, 1, 5, 12, tzinfo=UTC)
"""Start time of the simulator's and the check's clock: a Monday at noon."""
WINDOW: Final = timedelta(hours=167)
"""Period the jobs are spread over: almost the full window of 168 hours, so that none leaves it in the first runs."""
RUNTIME: Final = timedelta(minutes=30)
QUEUED: Final = timedelta(minutes=1)

TECHNIQUES: Final = (("Quantization",), ("Compilation",))
INSTANCE_TYPES: Final = ("ml.g5.12xlarge", "ml.p5.48xlarge")
ENDS: Final = ("COMPLETED", "FAILED", "STOPPED")
MIX: Final = tuple(itertools.product(ENDS, INSTANCE_TYPES, TECHNIQUES))
"""Twelve kinds of ended jobs, used in turn: three final statuses by four combinations."""


class NamedJob(NamedTuple):
    """A job to add to the simulator."""

    name: str
    fields: JobFields


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """Jobs in the window, the newest of them active, and some older than the window.

    Attributes:
        jobs: number of jobs in the window.
        active: number of these that are active.
        older: number of jobs before the window; in a real account most are.
        period: the time that the jobs in the window are spread over.
    """

    jobs: int
    active: int = 20
    older: int = 150
    period: timedelta = WINDOW

    def named(self) -> Iterator[NamedJob]:
        """Yield all jobs, oldest first, which is the fastest order for the simulator."""
        for number in reversed(range(self.older)):
            yield ended_job(f"older-{number:06}", number, START - timedelta(hours=200, minutes=number))
        for number in reversed(range(self.jobs)):
            created_at = START - timedelta(seconds=5) - self.period * (number / self.jobs)
            make = active_job if number < self.active else ended_job
            yield make(job_name(number), number, created_at)


def job_name(number: int) -> str:
    """Return the name of a fleet's job; number 0 is the newest."""
    return f"llama-3-1-8b-instruct-{number:06}"


def active_job(name: str, number: int, created_at: datetime) -> NamedJob:
    """Return an active job; every second one runs, the others wait."""
    waits = number % 2 == 0
    fields: JobFields = {
        "status": "STARTING" if waits else "INPROGRESS",
        "created_at": created_at,
        "started_at": None if waits else created_at + timedelta(seconds=1),
    }
    return NamedJob(name, _sorted_in(fields, number))


def ended_job(name: str, number: int, created_at: datetime, now: datetime = START) -> NamedJob:
    """Return an ended job that ran for half an hour, or until `now` if that is earlier."""
    status = MIX[number % len(MIX)][0]
    fields: JobFields = {
        "status": status,
        "created_at": created_at,
        "started_at": min(created_at + QUEUED, now - timedelta(seconds=2)),
        "ended_at": min(created_at + RUNTIME, now - timedelta(seconds=1)),
        "failure_reason": "CapacityError: there is not enough capacity" if status == "FAILED" else None,
    }
    return NamedJob(name, _sorted_in(fields, number))


def _sorted_in(fields: JobFields, number: int) -> JobFields:
    """Add instance type, techniques and two tags."""
    _, instance_type, techniques = MIX[number % len(MIX)]
    tags = {"team": f"team-{number % 7}", "env": "prod"}
    return {**fields, "instance_type": instance_type, "techniques": techniques, "tags": tags}
