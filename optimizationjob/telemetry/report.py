"""All that one run tells of one region, put together. Pure."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from optimizationjob.aws.calls import CallCount
from optimizationjob.jobs import record_columns
from optimizationjob.jobs.job import DELETED, JobKey
from optimizationjob.polling.changes import Changes
from optimizationjob.polling.poll_result import PollResult
from optimizationjob.state.region_memory import RegionMemory
from optimizationjob.telemetry import metric_table
from optimizationjob.telemetry.datadog_tags import UNKNOWN_ACCOUNT, Tagging
from optimizationjob.telemetry.events import events
from optimizationjob.telemetry.resource_records import RecordBuilder, SentRecord
from optimizationjob.telemetry.samples import (
    Series,
    call_samples,
    change_samples,
    fleet_samples,
    job_samples,
    sample,
)
from optimizationjob.telemetry.service_check import service_check_of
from optimizationjob.telemetry.signals import Event, ResourceRecord, Sample, ServiceCheck

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What a report takes from the process, beside the poll and the memory."""

    sent: Mapping[JobKey, SentRecord]
    """The records of live jobs as they were sent."""
    picture_at: datetime | None
    """When the lists were last read without an error; None where that was never."""
    waited_seconds: float
    """How long ago the region was first asked."""
    calls: Mapping[CallCount, int]
    """The requests of this run."""
    seconds: float
    """How long this run's poll took."""
    sends_resources: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is to be told, and what is to be noted once it was."""

    service_check: ServiceCheck
    samples: tuple[Sample, ...]
    events: tuple[Event, ...] = ()
    resources: tuple[ResourceRecord, ...] = ()
    sent: Mapping[JobKey, SentRecord]
    """The records of live jobs, with those sent now."""
    recorded: frozenset[JobKey] = frozenset()
    """Ended jobs that need no record any more."""
    series: frozenset[Series]


def report(
    poll: PollResult, observation: Changes, memory: RegionMemory, known: Circumstances, tagging: Tagging
) -> Report:
    """Put together what a poll and its comparison with the past are worth telling.

    While the account is not known, only the health and the use of the API are told: all else would change its tags
    when it becomes known.

    Args:
        poll: what was found.
        observation: what changed.
        memory: what will be remembered, its series still those of the last time.
        known: what the process knows besides.
        tagging: makes the tags.
    """
    check = service_check_of(tagging, poll, known.picture_at)
    common = tagging.common
    samples = [*call_samples(known.calls, tagging), sample(metric_table.API_UP, poll.error is None, common)]
    series = memory.series
    if tagging.account_id == UNKNOWN_ACCOUNT:
        return Report(service_check=check, samples=tuple(samples), sent=known.sent, series=series)
    samples += _poll_samples(poll, observation, memory, known, common)
    samples += change_samples(observation, tagging)
    if memory.swept_at is not None:
        ends = {job.key for job in observation.ends}
        uncounted = (job for job in observation.jobs if job.key not in ends)
        counts, series = fleet_samples(memory.rows, uncounted, tagging, series)
        samples += counts
    if known.picture_at is not None and tagging.settings.collect_job_metrics:
        samples += job_samples(observation, tagging, known.picture_at, tagging.settings.stuck_after)
    records = _Records() if not known.sends_resources else _records(poll, observation, known, tagging)
    if known.sends_resources:
        samples += [
            sample(metric_table.RESOURCE_SUBMITTED, len(records.good), common),
            sample(metric_table.RESOURCE_DROPPED, records.dropped, common),
        ]
    return Report(
        service_check=check,
        samples=tuple(samples),
        events=tuple(events(observation, tagging)),
        resources=tuple(records.good),
        sent=records.sent,
        recorded=frozenset(records.recorded),
        series=series,
    )


def _poll_samples(
    poll: PollResult, observation: Changes, memory: RegionMemory, known: Circumstances, common: tuple[str, ...]
) -> list[Sample]:
    age = known.waited_seconds if known.picture_at is None else (poll.at - known.picture_at).total_seconds()
    is_truncated = poll.sweep is not None and poll.sweep.is_truncated
    ended = poll.archived if memory.swept_at is None else sum(memory.rows.values()) - len(observation.ends)
    return [
        sample(metric_table.POLL_DURATION, known.seconds, common),
        sample(metric_table.POLL_DATA_AGE, max(0.0, age), common),
        sample(metric_table.POLL_BACKLOG, poll.backlog, common),
        sample(metric_table.POLL_TRUNCATED, is_truncated or not poll.is_current or memory.swept_at is None, common),
        sample(metric_table.POLL_JOBS, len(poll.live) + ended, common),
    ]


@dataclass(slots=True)
class _Records:
    good: list[ResourceRecord] = field(default_factory=list)
    dropped: int = 0
    sent: dict[JobKey, SentRecord] = field(default_factory=dict)
    recorded: set[JobKey] = field(default_factory=set)


def _records(poll: PollResult, observation: Changes, known: Circumstances, tagging: Tagging) -> _Records:
    """Return the records to send, how many were not fit to be, and what was sent with them.

    Nothing is sent of a picture that could not be renewed: it would pass for seen.
    """
    records = _Records(sent={key: last for key, last in known.sent.items() if key in poll.live})
    if poll.error is not None:
        return records
    maker = RecordBuilder(tagging)
    active = (job for job in observation.jobs if job.is_active)
    for record in maker.due((*active, *observation.ends, *poll.recorded), known.sent, poll.at):
        misfits = record_columns.violations(record.resource.fields)
        if misfits:
            records.dropped += 1
            logger.warning("The record of %s is not sent: %s", record.resource.key, "; ".join(misfits))
        else:
            records.good.append(record.resource)
        if record.sent.is_final:
            records.recorded.add(record.key)
        else:
            records.sent[record.key] = record.sent
    # A name that is used again has one key: the newer job's record stands.
    names = {job.arn for job in poll.live.values()} | {resource.key for resource in records.good}
    gone = (transition.job for transition in observation.transitions if transition.status == DELETED)
    expired = (maker.expired(job, poll.at) for job in (*gone, *poll.deleted) if job.arn not in names)
    records.good += [resource for resource in expired if not record_columns.violations(resource.fields)]
    records.recorded |= poll.vanished
    return records
