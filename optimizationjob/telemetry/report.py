"""Everything that one run sends about one region. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from optimizationjob.aws.call_counts import CallCount
from optimizationjob.jobs import record_columns
from optimizationjob.jobs.job import DELETED, UNKNOWN_ACCOUNT, JobKey
from optimizationjob.jobs.job_counts import hour_of
from optimizationjob.jobs.safe_logs import logger_of
from optimizationjob.polling.changes import Changes
from optimizationjob.polling.poll_result import PollResult
from optimizationjob.state.region_memory import RegionMemory, SentRecord
from optimizationjob.telemetry import metric_table
from optimizationjob.telemetry.datadog_tags import Tagging
from optimizationjob.telemetry.events import events
from optimizationjob.telemetry.resource_records import DueRecord, RecordBuilder
from optimizationjob.telemetry.samples import (
    Series,
    call_samples,
    change_samples,
    fleet_samples,
    job_samples,
    sample,
)
from optimizationjob.telemetry.service_check import is_closed, service_check_of
from optimizationjob.telemetry.signals import Event, Sample, ServiceCheck

logger = logger_of(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """What a report needs besides the poll and the memory."""

    sent: Mapping[JobKey, SentRecord]
    """The records of live jobs as they were last submitted."""
    listed_at: datetime | None
    """When the newest jobs were last listed without an error; None if never."""
    waited_seconds: float
    """Time since the first attempt to list the region."""
    calls: Mapping[CallCount, int]
    """The requests of this run."""
    seconds: float
    """Duration of this run's poll."""
    submits_records: bool
    are_others_well: bool
    """Whether the instance has other regions, and those can be listed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is to be delivered, and what to remember once it was."""

    service_check: ServiceCheck
    samples: tuple[Sample, ...]
    events: Mapping[JobKey, Event] = field(default_factory=dict)
    """At most one for a job."""
    records: tuple[DueRecord, ...] = ()
    """The most urgent first."""
    backlog: int | None = None
    """Jobs that wait to be described; None where nothing is known of the region's jobs."""
    has_records: bool = False
    """Whether records are submitted at all, and counted."""
    invalid: tuple[DueRecord, ...] = ()
    """Records that the base class would drop without a word."""
    series: frozenset[Series]


def report(poll: PollResult, changes: Changes, memory: RegionMemory, facts: RunFacts, tagging: Tagging) -> Report:
    """Return what to send about a poll and its changes.

    While the account is unknown, only the service check and the use of the API are sent: the tags of everything else
    would change once it is known.

    Args:
        poll: what was found.
        changes: what changed.
        memory: what will be remembered, with the series of the last run.
        facts: what else is needed.
        tagging: makes the tags.
    """
    check = service_check_of(
        tagging, poll, facts.listed_at, was_read=memory.was_read, are_others_well=facts.are_others_well
    )
    common = tagging.common
    samples = [*call_samples(facts.calls, tagging), sample(metric_table.API_UP, poll.error is None, common)]
    series = memory.series
    if tagging.account_id == UNKNOWN_ACCOUNT:
        return Report(service_check=check, samples=tuple(samples), series=series)
    samples += change_samples(changes, tagging)
    if memory.swept_at is not None:
        ends = {job.key for job in changes.ends}
        uncounted = (
            job
            for job in changes.jobs
            if job.key not in ends and (job.is_active or hour_of(job.created_at) >= poll.first_hour)
        )
        counts, series = fleet_samples(memory.counts, uncounted, tagging, series)
        samples += counts
    # After those that find out about kinds.
    samples += _poll_samples(poll, changes, memory, facts, tagging)
    if facts.listed_at is not None and tagging.settings.collect_job_metrics:
        samples += job_samples(changes, tagging, facts.listed_at, tagging.settings.stuck_after)
    valid, invalid = _records(poll, changes, facts, tagging) if facts.submits_records else ([], [])
    return Report(
        service_check=check,
        samples=tuple(samples),
        events=events(changes, tagging),
        backlog=poll.backlog,
        has_records=facts.submits_records,
        records=tuple(valid),
        invalid=tuple(invalid),
        series=series,
    )


RECORD_COUNTS: Final = frozenset({metric_table.RESOURCE_SUBMITTED.name, metric_table.RESOURCE_DROPPED.name})


def record_samples(
    report: Report, *, submitted: int, unsent: int, dropped: int, tagging: Tagging
) -> tuple[Sample, ...]:
    """Count the records of a run, once they were submitted.

    Args:
        report: the rest of the run.
        submitted: records that the Agent took.
        unsent: records of ended jobs that wait for a later run.
        dropped: records that the Agent did not take.
        tagging: makes the tags.
    """
    if report.backlog is None:
        return ()
    backlog = sample(metric_table.POLL_BACKLOG, report.backlog + unsent, tagging.common)
    if not report.has_records:
        return (backlog,)
    return (
        backlog,
        sample(metric_table.RESOURCE_SUBMITTED, submitted, tagging.common),
        sample(metric_table.RESOURCE_DROPPED, dropped + len(report.invalid), tagging.common),
    )


def _poll_samples(
    poll: PollResult, changes: Changes, memory: RegionMemory, facts: RunFacts, tagging: Tagging
) -> list[Sample]:
    common = tagging.common
    age = facts.waited_seconds if facts.listed_at is None else (poll.at - facts.listed_at).total_seconds()
    ended = poll.known_ended if memory.swept_at is None else memory.counts.total - len(changes.ends)
    # A region that was closed from the start has no data that could be too old.
    is_aging = not is_closed(poll, was_read=memory.was_read)
    return [
        sample(metric_table.POLL_DURATION, facts.seconds, common),
        *([sample(metric_table.POLL_DATA_AGE, max(0.0, age), common)] if is_aging else []),
        sample(
            metric_table.POLL_TRUNCATED,
            memory.swept_at is None
            or memory.is_truncated
            or poll.is_truncated
            or not poll.is_current
            or poll.tags.is_waiting
            or tagging.kinds.are_cut,
            common,
        ),
        sample(metric_table.POLL_JOBS, len(poll.live) + ended, common),
    ]


def _records(
    poll: PollResult, changes: Changes, facts: RunFacts, tagging: Tagging
) -> tuple[list[DueRecord], list[DueRecord]]:
    """Return the records to submit and those that are invalid.

    Nothing is submitted where the listing failed: a record says that its job was seen now.
    """
    if poll.error is not None:
        return [], []
    builder = RecordBuilder(tagging)
    active = (job for job in changes.jobs if job.is_active)
    due = list(
        builder.due((*changes.ends, *active, *poll.records.described.values()), facts.sent, poll.at, tags=poll.tags)
    )
    # A job whose name was used again shares its key: the newer job's record counts.
    names = {job.arn for job in poll.live.values()} | {record.resource.key for record in due}
    deleted = (transition.job for transition in changes.transitions if transition.status == DELETED)
    missing = poll.sweep.deleted if poll.sweep else ()
    due += [builder.expired(job, poll.at) for job in (*deleted, *missing) if job.arn not in names]
    valid: list[DueRecord] = []
    invalid: list[DueRecord] = []
    for record in due:
        misfits = record_columns.violations(record.resource.fields)
        (invalid if misfits else valid).append(record)
        if misfits:
            logger.warning(
                "The record of %s is invalid and is not submitted: %s", record.resource.key, "; ".join(misfits)
            )
    return valid, invalid
