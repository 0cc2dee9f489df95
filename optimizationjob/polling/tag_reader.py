"""Reads the AWS tags of jobs: a hundred in one call, or one by one where that is denied."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from optimizationjob.aws.aws_actions import GET_RESOURCES, LIST_TAGS
from optimizationjob.aws.errors import AccessDenied, AwsError, NotFound
from optimizationjob.aws.sagemaker_api import ARNS_PER_TAG_CALL, OptimizationJobApi
from optimizationjob.jobs.job import JobKey, OptimizationJob, Tag
from optimizationjob.polling.denials import Denials

OPERATIONS: Final = (GET_RESOURCES, LIST_TAGS)
DENIALS_FOR_ALL: Final = 3


@dataclass(slots=True)
class TagsRead:
    """What was read, what was not, and why."""

    tags: dict[JobKey, tuple[Tag, ...]] = field(default_factory=dict)
    troubles: list[AwsError] = field(default_factory=list)
    are_denied: bool = False
    """Whether neither way to read tags is allowed."""


class TagReader:
    """Reads tags of one region's jobs and remembers what is denied."""

    def __init__(self, api: OptimizationJobApi) -> None:
        self._api = api
        self._backoff = Denials()
        self._denials: dict[str, AccessDenied] = {}

    def read(self, jobs: Sequence[OptimizationJob], at: datetime) -> TagsRead:
        """Read the tags of jobs, most urgent first. Every failure is in the result, none is raised."""
        result = TagsRead()
        for batch in _batches(jobs):
            way = self._read_singly if self._backoff.holds(GET_RESOURCES, at) else self._read_batch
            if not way(batch, at, result):
                break
        denials = self.denials(at)
        # One way is enough: a denied bulk call is no trouble while ListTags is allowed.
        result.are_denied = len(denials) == len(OPERATIONS)
        result.troubles += denials if result.are_denied else []
        return result

    def denials(self, at: datetime) -> list[AccessDenied]:
        """Return why tags may not be read, one error for each way that is closed."""
        return [self._denials[operation] for operation in OPERATIONS if self._backoff.holds(operation, at)]

    def _read_batch(self, batch: Sequence[OptimizationJob], at: datetime, result: TagsRead) -> bool:
        """Read a batch in one call, or one by one where that is denied; say whether to go on."""
        try:
            by_arn = self._api.tags_of([job.arn for job in batch])
        except AccessDenied as error:
            self._deny(GET_RESOURCES, error, at)
            return self._read_singly(batch, at, result)
        except AwsError as error:
            result.troubles.append(error)
            return False
        self._backoff.clear(GET_RESOURCES)
        result.tags.update({job.key: by_arn[job.arn] for job in batch})
        return True

    def _read_singly(self, batch: Sequence[OptimizationJob], at: datetime, result: TagsRead) -> bool:
        """Read a batch job by job; say whether to go on.

        A policy may forbid single jobs by their tags; if no job is allowed, or many in a row are not, all are denied.
        """
        denied: list[AccessDenied] = []
        is_allowed = False
        for job in batch:
            if self._backoff.holds(LIST_TAGS, at) or len(denied) >= DENIALS_FOR_ALL:
                break
            if self._backoff.holds(job.key, at):
                continue
            try:
                result.tags[job.key] = self._api.tags_of_one(job.arn)
            except NotFound:
                continue
            except AccessDenied as error:
                self._backoff.deny(job.key, at)
                denied.append(error)
            except AwsError as error:
                result.troubles.append(error)
                return False
            else:
                is_allowed = True
                denied.clear()
                self._backoff.clear(LIST_TAGS)
        if denied and (not is_allowed or len(denied) >= DENIALS_FOR_ALL):
            self._deny(LIST_TAGS, denied[0], at)
        return is_allowed

    def keep(self, jobs: Container[JobKey]) -> None:
        """Forget the denials of all other jobs."""
        self._backoff.keep_if(lambda thing: thing in OPERATIONS or thing in jobs)

    def _deny(self, operation: str, error: AccessDenied, at: datetime) -> None:
        self._denials[operation] = error
        self._backoff.deny(operation, at)


def _batches(jobs: Sequence[OptimizationJob]) -> Iterator[Sequence[OptimizationJob]]:
    for start in range(0, len(jobs), ARNS_PER_TAG_CALL):
        yield jobs[start : start + ARNS_PER_TAG_CALL]
