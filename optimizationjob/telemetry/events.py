"""Events about transitions of jobs.

The text is read in two places: plain in Datadog's event explorer, and as Markdown inside the message of the monitor
that quotes it. So it has nothing but lines, lists and code spans: a `%%%` or a fence would break the message around it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from optimizationjob.jobs.failure_reason_patterns import FailureCategory
from optimizationjob.jobs.inert_text import cut, inert, plain
from optimizationjob.jobs.job import COMPLETED, DELETED, FAILED, STOPPED, STOPPING, JobKey, JobStatus, OptimizationJob
from optimizationjob.polling.changes import NOT_REPORTED, Changes, Transition
from optimizationjob.telemetry.datadog_tags import Tagging, unique
from optimizationjob.telemetry.markdown import code, duration
from optimizationjob.telemetry.samples import category_of
from optimizationjob.telemetry.signals import AlertType, Event

ALERT_TYPES: Final[dict[JobStatus, AlertType]] = {
    FAILED: "error",
    STOPPED: "warning",
    STOPPING: "warning",
    DELETED: "warning",
    COMPLETED: "success",
}
# Datadog refuses old events, and monitors look back minutes: an older transition is sent with the present time.
LATEST_OWN_TIME: Final = timedelta(seconds=300)
# Datadog takes 4,000 characters.
LONGEST_TEXT: Final = 3990
# The parts together stay below that, whatever they hold, so that no code span lacks its end. AWS's reasons have 1024.
LONGEST_REASON: Final = 1050
LONGEST_FIELD: Final = 350
LONGEST_WORD: Final = 100
MOST_TECHNIQUES: Final = 5
LONGEST_TITLE: Final = 100
LONGEST_AGGREGATION_KEY: Final = 100


def events(changes: Changes, tagging: Tagging) -> dict[JobKey, Event]:
    """Return an event for each transition into a status of `event_statuses`, if events are collected."""
    if not tagging.settings.collect_events:
        return {}
    return {
        transition.job.key: _event(transition, changes.at, tagging)
        for transition in changes.transitions
        if transition.status.value in tagging.settings.event_statuses
    }


def _event(transition: Transition, at: datetime, tagging: Tagging) -> Event:
    job, status = transition.job, transition.status
    moment = at if status == DELETED else job.settled_at
    is_recent = timedelta(0) <= at - moment <= LATEST_OWN_TIME
    category = f"failure_category:{category_of(transition, at)}"
    tags = [tag for tag in tagging.job(job) if not tag.startswith("optimization_job_status:")]
    return Event(
        event_type=f"optimizationjob.job_{status.tag_value}",
        alert_type=ALERT_TYPES.get(status, "info"),
        title=cut(f"Optimization job {plain(job.name)} {plain(status.value)}", LONGEST_TITLE),
        text=_text(transition, at, moment, tagging),
        timestamp=int((moment if is_recent else at).timestamp()),
        aggregation_key=_aggregation_key(job, tagging),
        tags=unique((*tags, f"optimization_job_status:{status.tag_value}", category)),
    )


def _text(transition: Transition, at: datetime, moment: datetime, tagging: Tagging) -> str:
    job = transition.job
    facts = "".join(f"- {name}: {value}\n" for name, value in _facts(transition, at, tagging) if value)
    before = (
        f" (was {_status(transition.before)})"
        if transition.before not in (None, NOT_REPORTED, transition.status)
        else ""
    )
    stamp = moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    query = f"SELECT * FROM aws.sagemaker_optimizationjob WHERE optimization_job_arn = '{_quoted(job.arn)}'"  # noqa: S608 - shown to a reader, not run here
    text = (
        f"{code(cut(job.name, LONGEST_WORD))} is {_status(transition.status)}{before} since {stamp}.\n\n"
        f"{_reason(transition)}{facts}\n"
        f"Its record in DDSQL, where Datadog's AWS resource collection covers the account:\n\n`{query}`\n"
    )
    return cut(text, LONGEST_TEXT)


def _status(status: JobStatus | None) -> str:
    """Return a status; one that AWS does not document is shown as it came."""
    if status is None:
        return ""
    return status.value if status.is_known or status == DELETED else code(cut(status.value, LONGEST_WORD))


def _quoted(arn: str) -> str:
    return cut(inert(arn), LONGEST_FIELD).replace("'", "''")


def _reason(transition: Transition) -> str:
    if transition.unread_reason is not None and transition.status != COMPLETED:
        return f"Failure reason: reason unavailable ({plain(cut(transition.unread_reason.cause, LONGEST_FIELD))})\n\n"
    reason = inert(transition.job.failure_reason or "")
    return f"Failure reason: `{cut(reason, LONGEST_REASON)}`\n\n" if reason else ""


def _facts(transition: Transition, at: datetime, tagging: Tagging) -> Iterator[tuple[str, str]]:
    job, limits, detail = transition.job, transition.job.limits, transition.job.detail
    category = category_of(transition, at)
    yield "Failure category", "" if category is FailureCategory.NONE else category.value
    yield "Account and region", f"{plain(cut(tagging.account_id, LONGEST_WORD))}, {tagging.region}"
    yield "ARN", code(cut(job.arn, LONGEST_FIELD))
    yield "Waited", _against(job.pending_seconds(at), limits.max_pending_seconds)
    yield "Ran", _against(job.runtime_seconds(at), limits.max_runtime_seconds)
    yield "In all", _against(job.total_seconds(at), limits.max_wait_seconds)
    yield "Technique", ", ".join(code(cut(each, LONGEST_WORD)) for each in job.techniques[:MOST_TECHNIQUES])
    yield "Deployment instance type", code(cut(job.instance_type, LONGEST_WORD)) if job.instance_type else ""
    yield "Model source", code(cut(detail.model_source, LONGEST_FIELD)) if detail and detail.model_source else ""
    yield "Output", code(cut(detail.output_location, LONGEST_FIELD)) if detail and detail.output_location else ""


def _against(seconds: float | None, limit: int | None) -> str:
    if seconds is None:
        return ""
    return f"{duration(seconds)} of at most {duration(limit)}" if limit is not None else duration(seconds)


def _aggregation_key(job: OptimizationJob, tagging: Tagging) -> str:
    """Return the key that groups a job's events; one that is too long keeps its begin and a hash."""
    key = f"{tagging.account_id}/{tagging.region}/{job.name}"
    if len(key) <= LONGEST_AGGREGATION_KEY:
        return key
    digest = hashlib.sha256(key.encode()).hexdigest()[:12]
    return f"{key[: LONGEST_AGGREGATION_KEY - 13]}-{digest}"
