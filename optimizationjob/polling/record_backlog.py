"""Ended jobs whose resource record is missing: which come next, and their details."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import Final, Protocol

from optimizationjob.aws.errors import AccessDenied, AwsError, DeadlineReached, Throttled
from optimizationjob.aws.sagemaker_api import ARNS_PER_TAG_CALL
from optimizationjob.config.job_selection import JobSelection, Match
from optimizationjob.jobs.job import JobKey, OptimizationJob, newest_first
from optimizationjob.polling.denials import Denials
from optimizationjob.polling.detail_reader import DetailReader, DetailRequest, Urgency
from optimizationjob.polling.tag_reader import TagReader
from optimizationjob.polling.working_set import WorkingSet

# Details are large and stay in memory until the run delivers them.
RECORDS_A_RUN: Final = 1000
# After so many failures in a row, more calls for records alone would not help in this run.
MOST_FAILURES: Final = 3
# A job whose call failed waits this long at first. One that AWS denies waits as long as `DetailReader` says.
FIRST_WAIT: Final = timedelta(minutes=1)


class Allowance(Protocol):
    """How many records may be read in a run, all regions together; a semaphore is one."""

    def acquire(self, blocking: bool = True) -> bool:
        """Take leave for one record; return whether there was any."""
        ...

    def release(self) -> None:
        """Return leave that was not used."""
        ...


@dataclass(slots=True)
class RecordsRead:
    """The ended jobs that were described for their record."""

    described: dict[JobKey, OptimizationJob] = field(default_factory=dict)
    deleted: set[JobKey] = field(default_factory=set)
    """Ended jobs that no longer exist."""
    troubles: list[AwsError] = field(default_factory=list)


class RecordBacklog:
    """Describes ended jobs of one region whose record is missing, newest first; those that failed before come last.

    Args:
        details: describes jobs.
        tags: reads their tags first; None where tags are not collected.
        selection: the tag rules.
    """

    def __init__(self, details: DetailReader, tags: TagReader | None, selection: JobSelection) -> None:
        self._details = details
        self._tags = tags
        self._selection = selection
        self._failed = Denials(FIRST_WAIT)
        self._are_all_denied = False
        """Whether AWS denied every job that was tried last."""
        self._next: list[OptimizationJob] = []
        """The jobs that come next, their tags read."""
        self._sent_untagged: set[JobKey] = set()
        """Jobs whose record was sent without tags, since those could not be read for long; they come again."""

    def read(self, jobs: WorkingSet, at: datetime, allowance: Allowance) -> RecordsRead:
        """Describe jobs for as long as the run allows.

        Args:
            jobs: the jobs of the poll.
            at: the time.
            allowance: how many records can be submitted.
        """
        result = RecordsRead()
        for key, job in jobs.unrecorded.items():
            if key in jobs.ended and allowance.acquire(blocking=False):
                result.described[key] = job
        candidates = self._candidates(jobs, at)
        # Where no job is allowed, one is tried in each run, until one is.
        failures, most_failures = 0, 1 if self._are_all_denied else MOST_FAILURES
        while failures < most_failures and len(result.described) < RECORDS_A_RUN:
            if not self._fill(candidates, at, result) or not allowance.acquire(blocking=False):
                break
            job = self._next[0]
            read = self._details.describe([DetailRequest(Urgency.RECORD, job)], at)
            error = read.failures.get(job.key)
            if error is not None:
                allowance.release()
                result.troubles.append(error)
            if isinstance(error, DeadlineReached):
                break
            if isinstance(error, Throttled):
                # The rate limit is halved, and the same job comes next.
                continue
            self._next.pop(0)
            if error is None:
                failures, self._are_all_denied = 0, False
            else:
                failures += 1
                self._failed.deny(job.key, at)
                self._are_all_denied |= isinstance(error, AccessDenied) and failures == most_failures
            if self._tags is not None and job.tags is None and not self._tags.are_denied(at):
                self._sent_untagged.add(job.key)
            result.described |= read.jobs
            result.deleted |= read.deleted
        return result

    def waiting(self, jobs: WorkingSet, old_ended: Iterable[OptimizationJob], read: RecordsRead, denied: bool) -> int:
        """Return how many ended jobs have no record yet.

        Args:
            jobs: the jobs of the poll.
            old_ended: those seen for the first time that are counted.
            read: what this poll described.
            denied: whether tags cannot be read.
        """
        new = sum(self._needs_record(jobs, job, are_tags_denied=denied) for job in old_ended)
        return jobs.ended.unrecorded + new - len(read.described) - len(read.deleted)

    def keep(self, jobs: WorkingSet) -> None:
        """Forget the failures of all other jobs."""
        self._failed.keep_if(lambda key: key in jobs.old_ended or key in jobs.ended)
        self._sent_untagged = {key for key in self._sent_untagged if key in jobs.old_ended or key in jobs.ended}

    def _needs_record(self, jobs: WorkingSet, job: OptimizationJob, *, are_tags_denied: bool) -> bool:
        return (
            not jobs.memory.has_record(job) and self._selection.match(job, are_tags_denied=are_tags_denied) is Match.YES
        )

    def _candidates(self, jobs: WorkingSet, at: datetime) -> Iterator[OptimizationJob]:
        """Return the jobs to describe; one that failed before does not come before one that was never tried."""
        new = (job for job in jobs.old_ended.values() if self._needs_record(jobs, job, are_tags_denied=False))
        waiting = sorted(new, key=newest_first)
        if self._sent_untagged and not (self._tags and self._tags.are_given_up(at)):
            self._sent_untagged.clear()
        never_tried = chain(waiting, jobs.ended.without_record())
        yield from (job for job in never_tried if job.key not in self._failed and job.key not in self._sent_untagged)
        again = (job for job in chain(waiting, jobs.ended.without_record()) if job.key in self._failed)
        yield from (job for job in again if not self._is_held(job, at))

    def _is_held(self, job: OptimizationJob, at: datetime) -> bool:
        return self._failed.holds(job.key, at) or self._details.is_denied(job.key, at)

    def _fill(self, candidates: Iterator[OptimizationJob], at: datetime, result: RecordsRead) -> bool:
        """Read the tags of the next jobs if none are ready; return whether there is a job."""
        while not self._next:
            batch = [job for job in islice(candidates, ARNS_PER_TAG_CALL) if job.key not in result.described]
            if not batch:
                return False
            self._next = self._with_tags(batch, at, result)
            if not self._next and result.troubles:
                # Tags cannot be read now: the next jobs would wait for them, too.
                return False
        return True

    def _with_tags(self, jobs: Iterable[OptimizationJob], at: datetime, result: RecordsRead) -> list[OptimizationJob]:
        """Return the jobs whose tags are known, or will not be known for long."""
        wanted = {job.key: job for job in jobs}
        untagged = [job for job in wanted.values() if job.tags is None]
        if not untagged or self._tags is None:
            return list(wanted.values())
        read = self._tags.read(untagged, at)
        wanted |= {key: replace(wanted[key], tags=tags) for key, tags in read.tags.items()}
        result.troubles += read.troubles
        is_given_up = self._tags.are_given_up(at)
        return [job for job in wanted.values() if job.tags is not None or is_given_up or job.key not in read.failures]
