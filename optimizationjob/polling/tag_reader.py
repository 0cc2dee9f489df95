"""Decides which jobs' AWS tags to read, and reads them: a hundred in one call, or one by one where that is denied."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from optimizationjob.aws.aws_actions import GET_RESOURCES, LIST_TAGS
from optimizationjob.aws.errors import AccessDenied, AwsError, NotFound
from optimizationjob.aws.sagemaker_api import ARNS_PER_TAG_CALL, OptimizationJobApi
from optimizationjob.jobs.job import JobKey, OptimizationJob, Tag, newest_first
from optimizationjob.polling.denials import Denials

OPERATIONS: Final = (GET_RESOURCES, LIST_TAGS)
DENIALS_FOR_ALL: Final = 3


@dataclass(slots=True)
class TagsRead:
    """The tags that were read, and what went wrong."""

    tags: dict[JobKey, tuple[Tag, ...]] = field(default_factory=dict)
    troubles: list[AwsError] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class TagStatus:
    """How well the tags of a region are known after a poll."""

    read_at: datetime | None
    """When the tags of all live jobs were last read."""
    are_denied: bool
    """Whether neither way to read tags is allowed."""
    has_undecided: bool
    """Whether an ended job cannot be counted yet because its tags could not be read."""


class TagReader:
    """Reads the tags of one region's jobs and remembers what is denied.

    Args:
        api: the region.
        refresh_interval: how often the tags of all jobs are read again: they can change at any time, without a trace.
    """

    def __init__(self, api: OptimizationJobApi, refresh_interval: timedelta) -> None:
        self._api = api
        self._refresh_interval = refresh_interval
        self._denials = Denials()
        self._errors: dict[str, AccessDenied] = {}

    def is_refresh_due(self, read_at: datetime | None, at: datetime) -> bool:
        """Whether the tags of all jobs are to be read again."""
        return read_at is None or at - read_at >= self._refresh_interval

    def read_wanted(self, jobs: Iterable[OptimizationJob], at: datetime, *, is_refresh: bool) -> TagsRead:
        """Read the tags of jobs that have none yet, or of all in a refresh, newest job first."""
        wanted = (job for job in jobs if is_refresh or job.tags is None)
        return self.read(sorted(wanted, key=newest_first), at)

    def read(self, jobs: Sequence[OptimizationJob], at: datetime) -> TagsRead:
        """Read the tags of jobs in their order. Every failure is in the result, none is raised."""
        result = TagsRead()
        for batch in _batches(jobs):
            read = self._read_singly if self._denials.holds(GET_RESOURCES, at) else self._read_batch
            if not read(batch, at, result):
                break
        # One way is enough: a denied bulk call is no trouble while ListTags is allowed.
        result.troubles += self._current_errors(at) if self.are_denied(at) else []
        return result

    def are_denied(self, at: datetime) -> bool:
        """Whether neither way to read tags is allowed."""
        return len(self._current_errors(at)) == len(OPERATIONS)

    def keep(self, jobs: Container[JobKey]) -> None:
        """Forget the denials of all other jobs."""
        self._denials.keep_if(lambda key: key in OPERATIONS or key in jobs)

    def _current_errors(self, at: datetime) -> list[AccessDenied]:
        return [self._errors[operation] for operation in OPERATIONS if self._denials.holds(operation, at)]

    def _read_batch(self, batch: Sequence[OptimizationJob], at: datetime, result: TagsRead) -> bool:
        """Read a batch in one call, or one by one where that is denied; return whether to go on."""
        try:
            by_arn = self._api.tags_of([job.arn for job in batch])
        except AccessDenied as error:
            self._deny(GET_RESOURCES, error, at)
            return self._read_singly(batch, at, result)
        except AwsError as error:
            result.troubles.append(error)
            return False
        self._denials.clear(GET_RESOURCES)
        result.tags.update({job.key: by_arn[job.arn] for job in batch})
        return True

    def _read_singly(self, batch: Sequence[OptimizationJob], at: datetime, result: TagsRead) -> bool:
        """Read a batch job by job; return whether to go on.

        A policy may deny single jobs by their tags; if no job is allowed, or several in a row are not, all are denied.
        """
        denied: list[AccessDenied] = []
        is_allowed = False
        for job in batch:
            if self._denials.holds(LIST_TAGS, at) or len(denied) >= DENIALS_FOR_ALL:
                break
            if self._denials.holds(job.key, at):
                continue
            try:
                result.tags[job.key] = self._api.tags_of_one(job.arn)
            except NotFound:
                continue
            except AccessDenied as error:
                self._denials.deny(job.key, at)
                denied.append(error)
            except AwsError as error:
                result.troubles.append(error)
                return False
            else:
                is_allowed = True
                denied.clear()
                self._denials.clear(LIST_TAGS)
        if denied and (not is_allowed or len(denied) >= DENIALS_FOR_ALL):
            self._deny(LIST_TAGS, denied[0], at)
        return is_allowed

    def _deny(self, operation: str, error: AccessDenied, at: datetime) -> None:
        self._errors[operation] = error
        self._denials.deny(operation, at)


def _batches(jobs: Sequence[OptimizationJob]) -> Iterator[Sequence[OptimizationJob]]:
    for start in range(0, len(jobs), ARNS_PER_TAG_CALL):
        yield jobs[start : start + ARNS_PER_TAG_CALL]
