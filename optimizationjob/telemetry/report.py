"""All that one run tells of one region, put together. Pure."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from optimizationjob import schema
from optimizationjob.calls import CallCount
from optimizationjob.errors import DeadlineReached
from optimizationjob.job import JobKey, OptimizationJob
from optimizationjob.observation import Observation
from optimizationjob.poller import Poll
from optimizationjob.telemetry import metrics
from optimizationjob.telemetry.events import events
from optimizationjob.telemetry.health import health
from optimizationjob.telemetry.resources import Records, Sent
from optimizationjob.telemetry.samples import (
    Combination,
    call_samples,
    change_samples,
    fleet_samples,
    job_samples,
    sample,
)
from optimizationjob.telemetry.signals import Event, Health, Resource, Sample
from optimizationjob.telemetry.tags import UNKNOWN_ACCOUNT, Tagging

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What was known of a region before the run, and of the run itself."""

    jobs: Mapping[JobKey, OptimizationJob]
    """The last picture."""
    sent: Mapping[JobKey, Sent]
    """The records that were sent."""
    combinations: frozenset[Combination]
    """What the fleet was counted by last time."""
    picture_at: datetime | None
    """When the lists were last read without an error; None where that was never."""
    is_pictured: bool
    """Whether the picture holds all of the window."""
    first_try_at: datetime
    """When the region was first asked."""
    calls: Mapping[CallCount, int]
    """The requests of this run."""
    seconds: float
    """How long this run's poll took."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is to be told, and what is to be noted once it was."""

    health: Health
    samples: tuple[Sample, ...]
    events: tuple[Event, ...] = ()
    resources: tuple[Resource, ...] = ()
    sent: Mapping[JobKey, Sent]
    combinations: frozenset[Combination]


def report(poll: Poll, observation: Observation, known: Known, tagging: Tagging, *, sends_resources: bool) -> Report:
    """Put together what a poll and its comparison with the past are worth telling.

    While the account is not known, only the health and the use of the API are told: all else would change its tags
    when it becomes known.
    """
    wellness = health(tagging, poll, known.picture_at)
    common = tagging.common
    samples = [*call_samples(known.calls, tagging), sample(metrics.API_UP, poll.error is None, common)]
    if tagging.account_id == UNKNOWN_ACCOUNT:
        return Report(health=wellness, samples=tuple(samples), sent=known.sent, combinations=known.combinations)
    samples += _poll_samples(poll, known, common)
    samples += change_samples(observation, tagging)
    combinations = known.combinations
    if known.is_pictured:
        counts, combinations = fleet_samples(observation, tagging, known.combinations)
        samples += counts
    if known.picture_at is not None and tagging.settings.collect_job_metrics:
        samples += job_samples(observation, tagging, known.picture_at, tagging.settings.stuck_after)
    resources, dropped, sent = _resources(poll, observation, known, tagging) if sends_resources else ([], 0, known.sent)
    if sends_resources:
        samples += [
            sample(metrics.RESOURCE_SUBMITTED, len(resources), common),
            sample(metrics.RESOURCE_DROPPED, dropped, common),
        ]
    return Report(
        health=wellness,
        samples=tuple(samples),
        events=tuple(events(observation, tagging)),
        resources=tuple(resources),
        sent=sent,
        combinations=combinations,
    )


def _poll_samples(poll: Poll, known: Known, common: tuple[str, ...]) -> list[Sample]:
    age = (poll.at - (known.picture_at or known.first_try_at)).total_seconds()
    is_cut = poll.is_truncated or isinstance(poll.error, DeadlineReached)
    return [
        sample(metrics.POLL_DURATION, known.seconds, common),
        sample(metrics.POLL_DATA_AGE, max(0.0, age), common),
        sample(metrics.POLL_BACKLOG, poll.backlog, common),
        sample(metrics.POLL_TRUNCATED, is_cut, common),
        sample(metrics.POLL_JOBS, len(poll.jobs), common),
    ]


def _resources(
    poll: Poll, observation: Observation, known: Known, tagging: Tagging
) -> tuple[list[Resource], int, dict[JobKey, Sent]]:
    """Return the records to send, how many were not fit to be, and what was sent with them.

    Nothing is sent of a picture that could not be renewed: it would pass for seen.
    """
    if poll.error is not None:
        return [], 0, dict(known.sent)
    records = Records(tagging)
    good: list[Resource] = []
    dropped = 0
    sent = {key: last for key, last in known.sent.items() if key in poll.jobs}
    for record in records.due(observation.jobs, known.sent, poll.at):
        misfits = schema.violations(record.resource.fields)
        if misfits:
            dropped += 1
            logger.warning("The record of %s is not sent: %s", record.resource.key, "; ".join(misfits))
        else:
            good.append(record.resource)
        sent[record.key] = record.sent
    deleted = [known.jobs[key] for key in sorted(poll.gone) if key in known.jobs]
    return [*good, *(records.expired(job, poll.at) for job in deleted)], dropped, sent
