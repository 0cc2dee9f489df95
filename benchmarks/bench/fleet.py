"""The fleets that are measured: the same in every run, spread evenly over the window."""

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
"""When everything begins: a Monday noon, on the simulator's clock and on the check's."""
WINDOW: Final = timedelta(hours=167)
"""What the jobs are spread over: nearly the whole window of 168 hours, so that none leaves it on the first runs."""
RUNTIME: Final = timedelta(minutes=30)
QUEUED: Final = timedelta(minutes=1)

TECHNIQUES: Final = (("Quantization",), ("Compilation",))
INSTANCE_TYPES: Final = ("ml.g5.12xlarge", "ml.p5.48xlarge")
ENDS: Final = ("COMPLETED", "FAILED", "STOPPED")
MIX: Final = tuple(itertools.product(ENDS, INSTANCE_TYPES, TECHNIQUES))
"""Twelve sorts of ended jobs: three ends of four kinds. They take turns."""


class NamedJob(NamedTuple):
    """A job, ready to be put into the simulator."""

    name: str
    fields: JobFields


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """A number of jobs in the window, the newest of them active, and some older than the window.

    Attributes:
        jobs: how many lie in the window.
        active: how many of these are active.
        older: how many lie before the window; in a real account most do.
    """

    jobs: int
    active: int = 20
    older: int = 150

    def named(self) -> Iterator[NamedJob]:
        """Yield all jobs, oldest first, as a simulator takes them in fastest."""
        for number in reversed(range(self.older)):
            yield ended_job(f"older-{number:06}", number, START - timedelta(hours=200, minutes=number))
        for number in reversed(range(self.jobs)):
            created_at = START - timedelta(seconds=5) - WINDOW * (number / self.jobs)
            make = active_job if number < self.active else ended_job
            yield make(job_name(number), number, created_at)


def job_name(number: int) -> str:
    """Return the name of a fleet's job; number 0 is the newest."""
    return f"llama-3-1-8b-instruct-{number:06}"


def active_job(name: str, number: int, created_at: datetime) -> NamedJob:
    """Return a job that waits or, every second one, runs."""
    waits = number % 2 == 0
    fields: JobFields = {
        "status": "STARTING" if waits else "INPROGRESS",
        "created_at": created_at,
        "started_at": None if waits else created_at + timedelta(seconds=1),
    }
    return NamedJob(name, _sorted_in(fields, number))


def ended_job(name: str, number: int, created_at: datetime, now: datetime = START) -> NamedJob:
    """Return a job that ran for half an hour, or as much of it as has passed by now, and ended."""
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
    """Add what a job is counted by, and two tags."""
    _, instance_type, techniques = MIX[number % len(MIX)]
    tags = {"team": f"team-{number % 7}", "env": "prod"}
    return {**fields, "instance_type": instance_type, "techniques": techniques, "tags": tags}
