"""Reads AWS tags: a hundred jobs in one call, or job by job where that does not work."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from optimizationjob.aws.aws_actions import GET_RESOURCES, LIST_TAGS
from optimizationjob.aws.errors import AccessDenied, AwsError, DeadlineReached, NotFound, Throttled
from optimizationjob.aws.sagemaker_api import ARNS_PER_TAG_CALL, OptimizationJobApi
from optimizationjob.jobs.job import JobKey, OptimizationJob, Tag
from optimizationjob.polling.denials import Denials

OPERATIONS: Final = (GET_RESOURCES, LIST_TAGS)
DENIALS_FOR_ALL: Final = 3
FIRST_WAIT: Final = timedelta(minutes=1)
"""After a failure that may pass, the tagging API is not asked for this long, then twice as long, up to an hour."""
GIVE_UP_AFTER: Final = timedelta(minutes=10)
"""After failures for so long, jobs are counted as untagged until tags can be read again."""


@dataclass(slots=True)
class TagsRead:
    """The tags that were read, and what went wrong."""

    tags: dict[JobKey, tuple[Tag, ...]] = field(default_factory=dict)
    failures: dict[JobKey, AwsError] = field(default_factory=dict)
    """Jobs whose tags could not be read."""
    troubles: list[AwsError] = field(default_factory=list)


class TagReader:
    """Reads the tags of one region's jobs and remembers what does not work.

    Args:
        api: the region.
    """

    def __init__(self, api: OptimizationJobApi) -> None:
        self._api = api
        self._denials = Denials()
        self._bulk_failures = Denials(FIRST_WAIT)
        self._errors: dict[str, AccessDenied] = {}
        self._probes = Denials(FIRST_WAIT)
        self._failures: tuple[datetime, datetime] | None = None
        """The first and the latest failure since tags were read last."""
        self._last_error: AwsError | None = None

    def read(self, jobs: Sequence[OptimizationJob], at: datetime) -> TagsRead:
        """Read the tags of jobs in their order. Every failure is in the result, none is raised."""
        result = TagsRead()
        for batch in _batches(jobs):
            is_bulk_held = self._denials.holds(GET_RESOURCES, at) or self._bulk_failures.holds(GET_RESOURCES, at)
            read = self._read_singly if is_bulk_held else self._read_batch
            if not read(batch, at, result):
                break
        # One way is enough: a denied bulk call is no trouble while ListTags is allowed.
        result.troubles += self._current_errors(at) if self.are_denied(at) else []
        self._note_outcome(jobs, at, result)
        return result

    def are_denied(self, at: datetime) -> bool:
        """Whether neither way to read tags is allowed."""
        return len(self._current_errors(at)) == len(OPERATIONS)

    def are_given_up(self, at: datetime) -> bool:
        """Whether tags are denied, or could not be read for so long that jobs count as untagged meanwhile."""
        return self._fail_for_long or self.are_denied(at)

    def error(self, at: datetime) -> AwsError | None:
        """Why jobs count as untagged, while they do."""
        return self._last_error if self.are_given_up(at) else None

    def probes(self, jobs: Iterable[OptimizationJob], at: datetime) -> list[OptimizationJob]:
        """Return one of the jobs if it is time to see whether tags can be read again; the intervals grow to an hour."""
        if self._last_error is None or not self.are_given_up(at) or self._probes.holds(None, at):
            return []
        probes = list(islice(jobs, 1))
        if not probes:  # no job is left whose tags are missing
            self._forget_failures()
        return probes

    def keep(self, is_needed: Callable[[JobKey], bool]) -> None:
        """Forget the denials of all other jobs."""
        self._denials.keep_if(lambda key: key in OPERATIONS or is_needed(key))

    def _note_outcome(self, jobs: Sequence[OptimizationJob], at: datetime, result: TagsRead) -> None:
        """Note for which jobs nothing was read, and since when nothing can be read."""
        if result.tags:
            self._forget_failures()
        missing = [job.key for job in jobs if job.key not in result.tags]
        if missing and result.troubles:
            result.failures |= dict.fromkeys(missing, result.troubles[-1])
        is_failing = not result.tags and any(not isinstance(e, DeadlineReached) for e in result.troubles)
        if is_failing:
            self._failures = (self._failures[0] if self._failures else at, at)
            self._last_error = result.troubles[-1]
            if not self._probes.holds(None, at):
                self._probes.deny(None, at)

    def _forget_failures(self) -> None:
        self._failures = self._last_error = None
        self._probes.clear(None)

    @property
    def _fail_for_long(self) -> bool:
        return self._failures is not None and self._failures[1] - self._failures[0] >= GIVE_UP_AFTER

    def _current_errors(self, at: datetime) -> list[AccessDenied]:
        return [self._errors[operation] for operation in OPERATIONS if self._denials.holds(operation, at)]

    def _read_batch(self, batch: Sequence[OptimizationJob], at: datetime, result: TagsRead) -> bool:
        """Read a batch in one call, or one by one where that does not work; return whether to go on."""
        try:
            by_arn = self._api.tags_of([job.arn for job in batch])
        except (DeadlineReached, Throttled) as error:
            result.troubles.append(error)
            return False
        except AccessDenied as error:
            self._deny(GET_RESOURCES, error, at)
            return self._read_singly(batch, at, result)
        except AwsError as error:
            # The endpoint cannot be reached from here, is not AWS, or does not know the credentials.
            self._bulk_failures.deny(GET_RESOURCES, at)
            is_read = self._read_singly(batch, at, result)
            if not is_read:
                result.troubles.append(error)
            return is_read
        self._denials.clear(GET_RESOURCES)
        self._bulk_failures.clear(GET_RESOURCES)
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
