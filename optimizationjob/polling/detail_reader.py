"""Describes the jobs that are worth a call, most urgent first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Final, NamedTuple

from optimizationjob.aws.aws_actions import DESCRIBE
from optimizationjob.aws.errors import AccessDenied, AwsError, DeadlineReached, NotFound
from optimizationjob.aws.sagemaker_api import OptimizationJobApi
from optimizationjob.jobs.job import JobKey, OptimizationJob
from optimizationjob.polling.denials import Denials

# The times in a list and in a detail may be rounded differently.
SAME_MOMENT: Final = timedelta(seconds=1)


class Urgency(IntEnum):
    """Why a job is described; lower values come first."""

    UNREPORTED_END = 0
    """It has ended and that is not reported yet: its reason is wanted."""
    ACTIVE = 1
    """It is active and new, changed, or not in the lists."""
    RECORD = 2
    """Its resource record is missing."""


class DetailRequest(NamedTuple):
    """A job to describe."""

    urgency: Urgency
    job: OptimizationJob


@dataclass(slots=True)
class DetailsRead:
    """What the calls returned."""

    jobs: dict[JobKey, OptimizationJob] = field(default_factory=dict)
    deleted: set[JobKey] = field(default_factory=set)
    """Jobs that no longer exist; one whose end is to be reported is a failure instead."""
    failures: dict[JobKey, AwsError] = field(default_factory=dict)


class DetailReader:
    """Describes jobs of one region and remembers what is denied."""

    def __init__(self, api: OptimizationJobApi) -> None:
        self._api = api
        self._denials = Denials()
        self._errors: dict[JobKey, AccessDenied] = {}

    def describe(self, queue: Sequence[DetailRequest], at: datetime) -> DetailsRead:
        """Describe the jobs of a queue, most urgent first. Every failure is in the result, none is raised.

        The end of the run's time stops it.
        """
        result = DetailsRead()
        deadline: DeadlineReached | None = None
        for request in sorted(queue, key=lambda request: request.urgency):
            key = request.job.key
            if deadline is not None:
                result.failures[key] = deadline
            elif self._denials.holds(key, at):
                result.failures[key] = self._errors[key]
            else:
                failure = self._describe_one(request, at, result)
                deadline = failure if isinstance(failure, DeadlineReached) else None
        return result

    def is_denied(self, key: JobKey, at: datetime) -> bool:
        """Whether it is too early to try a job again that AWS denied."""
        return self._denials.holds(key, at)

    def keep(self, is_needed: Callable[[JobKey], bool]) -> None:
        """Forget the denials of all other jobs."""
        self._denials.keep_if(is_needed)
        self._errors = {key: error for key, error in self._errors.items() if is_needed(key)}

    def _describe_one(self, request: DetailRequest, at: datetime, result: DetailsRead) -> AwsError | None:
        """Describe one job; return what went wrong."""
        job = request.job
        try:
            described = self._api.describe(job)
            if abs(described.created_at - job.created_at) > SAME_MOMENT or described.arn != job.arn:
                # The lists show the newer job.
                cause = "the job was deleted and its name used again"
                raise NotFound(cause, operation=DESCRIBE, region=self._api.region)
        except NotFound as error:
            if request.urgency is Urgency.UNREPORTED_END:
                result.failures[job.key] = error
            else:
                result.deleted.add(job.key)
            return error
        except AwsError as error:
            if isinstance(error, AccessDenied):
                self._errors[job.key] = error
                self._denials.deny(job.key, at)
            result.failures[job.key] = error
            return error
        self._denials.clear(job.key)
        result.jobs[job.key] = replace(described, created_at=job.created_at)
        return None
