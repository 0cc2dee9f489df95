"""Delivers what one poll found to the sink, and says what the state has to take over afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from optimizationjob.aws.calls import CallCount
from optimizationjob.config.job_selection import Match
from optimizationjob.jobs.job_counts import kind_of
from optimizationjob.polling.changes import Changes
from optimizationjob.polling.poll_result import PollResult
from optimizationjob.run.run_context import RunContext
from optimizationjob.state.region_memory import RegionMemory
from optimizationjob.state.region_state import Delivered, EndedJob
from optimizationjob.telemetry.datadog_tags import Tagging
from optimizationjob.telemetry.issues import permission_issues
from optimizationjob.telemetry.report import Report
from optimizationjob.telemetry.sink import Sink


class IssueDelivery:
    """Reports issues of one region when they appear, and resolves them when they are fixed."""

    def __init__(self, credentials_id: str) -> None:
        self._credentials_id = credentials_id
        self._is_open: dict[str, bool] = {}
        """Whether an issue that this process reported is open, by its id."""

    def deliver(self, poll: PollResult, calls: Mapping[CallCount, int], tagging: Tagging, sink: Sink) -> None:
        """Send the issues that changed."""
        for issue in permission_issues(poll, calls, tagging, self._credentials_id, self._is_open):
            sink.issue(issue)
            self._is_open[issue.id] = not issue.is_resolved


def deliver(report: Report, sink: Sink) -> None:
    """Send a report: what people are woken by comes first."""
    sink.service_check(report.service_check)
    for event in report.events:
        sink.event(event)
    for sample in report.samples:
        sink.sample(sample)
    for record in report.records:
        sink.record(record)


def delivered(
    poll: PollResult, changes: Changes, memory: RegionMemory, report: Report, context: RunContext
) -> Delivered:
    """Return what a delivered report changes in the state of its region. Pure.

    Args:
        poll: what was found.
        changes: what changed.
        memory: what is to be remembered.
        report: what was sent.
        context: settings and tag rules.
    """
    ends = {job.key for job in changes.ends}
    complete_until = memory.records_complete_until
    ended = []
    for job in (*changes.ends, *poll.old_ended):
        is_counted = context.selection.match(job, are_tags_denied=poll.tags.are_denied) is Match.YES
        is_older = complete_until is not None and job.settled_at <= complete_until
        needs_record = (
            context.submits_records
            and is_counted
            and job.key not in report.recorded
            and (job.key in ends or not is_older)
        )
        kind = kind_of(job, context.settings.group_by_tags)
        ended.append(EndedJob(job, kind, is_counted=is_counted, needs_record=needs_record))
    return Delivered(
        memory=replace(memory, series=report.series),
        live={key: job for key, job in poll.live.items() if key not in ends},
        ended=tuple(ended),
        seen=poll.sweep.seen if poll.sweep else (),
        sweep=poll.sweep.progress if poll.sweep else None,
        sent=report.sent,
        recorded=report.recorded,
        first_hour=poll.first_hour,
        frontier=poll.frontier,
        is_behind=poll.is_behind,
        tags_read_at=poll.tags.read_at,
    )
