"""Describes the jobs that are worth a call, most urgent first."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Final, NamedTuple

from optimizationjob.aws.aws_actions import DESCRIBE
from optimizationjob.aws.errors import AccessDenied, AwsError, DeadlineReached, NotFound
from optimizationjob.aws.sagemaker_api import OptimizationJobApi
from optimizationjob.jobs.job import JobKey, OptimizationJob
from optimizationjob.polling.denials import Denials

# The stamps of a list and of a description may be rounded apart.
SAME_MOMENT: Final = timedelta(seconds=1)


class Urgency(IntEnum):
    """Why a job is described; what comes first is asked first."""

    NEWS = 0
    """It ended and that was not told yet: its reason is wanted."""
    ACTIVE = 1
    """It is active and new, changed, or not in the lists."""
    RECORD = 2
    """Its resource record is missing."""


class Wanted(NamedTuple):
    """A job to describe."""

    urgency: Urgency
    job: OptimizationJob

    @property
    def is_urgent(self) -> bool:
        """Whether more than a record waits for it."""
        return self.urgency is not Urgency.RECORD

    @property
    def thing(self) -> Hashable:
        """What is denied if this is: the job, or all records, lest each job is tried."""
        return self.job.key if self.is_urgent else Urgency.RECORD


@dataclass(slots=True)
class Described:
    """What the calls gave."""

    jobs: dict[JobKey, OptimizationJob] = field(default_factory=dict)
    gone: set[JobKey] = field(default_factory=set)
    """Jobs that no longer exist; one whose end is to be told is a failure instead."""
    failures: dict[JobKey, AwsError] = field(default_factory=dict)


class DetailReader:
    """Describes jobs of one region and remembers what is denied."""

    def __init__(self, api: OptimizationJobApi) -> None:
        self._api = api
        self._backoff = Denials()
        self._denials: dict[Hashable, AccessDenied] = {}

    def describe(self, queue: Sequence[Wanted], at: datetime) -> Described:
        """Work through a queue. Every failure is in the result, none is raised.

        A run out of time ends it.
        """
        result = Described()
        over: DeadlineReached | None = None
        for wanted in sorted(queue, key=lambda wanted: wanted.urgency):
            key = wanted.job.key
            if over is not None:
                result.failures[key] = over
            elif self._backoff.holds(wanted.thing, at):
                result.failures[key] = self._denials[wanted.thing]
            else:
                failure = self._ask(wanted, at, result)
                over = failure if isinstance(failure, DeadlineReached) else None
        return result

    def keep(self, jobs: Mapping[JobKey, OptimizationJob]) -> None:
        """Forget the denials of all other jobs."""
        self._backoff.keep_if(lambda thing: thing is Urgency.RECORD or thing in jobs)
        self._denials = {thing: e for thing, e in self._denials.items() if thing is Urgency.RECORD or thing in jobs}

    def _ask(self, wanted: Wanted, at: datetime, result: Described) -> AwsError | None:
        """Describe one job; return what went wrong."""
        job = wanted.job
        try:
            described = self._api.describe(job)
            if abs(described.created_at - job.created_at) > SAME_MOMENT or described.arn != job.arn:
                # The lists tell of the newer job.
                cause = "the job was deleted and its name used again"
                raise NotFound(cause, operation=DESCRIBE, region=self._api.region)
        except NotFound as error:
            if wanted.urgency is Urgency.NEWS:
                result.failures[job.key] = error
            else:
                result.gone.add(job.key)
            return error
        except AwsError as error:
            if isinstance(error, AccessDenied):
                self._denials[wanted.thing] = error
                self._backoff.deny(wanted.thing, at)
            result.failures[job.key] = error
            return error
        self._backoff.clear(wanted.thing)
        result.jobs[job.key] = replace(described, created_at=job.created_at)
        return None
