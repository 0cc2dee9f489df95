"""Delivers what one poll found to the sink, and says what the state has to take over afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Final

from optimizationjob.aws.call_counts import CallCount
from optimizationjob.config.job_selection import Match
from optimizationjob.jobs.job import JobKey
from optimizationjob.jobs.job_counts import KnownKinds
from optimizationjob.polling.changes import Changes
from optimizationjob.polling.listing import OVERLAP
from optimizationjob.polling.next_memory import memory_after
from optimizationjob.polling.poll_result import PollResult
from optimizationjob.run.guarded_sink import GuardedSink
from optimizationjob.run.run_context import RunContext
from optimizationjob.state.ended_jobs import EndedJob
from optimizationjob.state.region_memory import RegionMemory
from optimizationjob.state.region_state import Delivered, RegionState
from optimizationjob.telemetry.datadog_tags import Tagging
from optimizationjob.telemetry.issues import permission_issues
from optimizationjob.telemetry.report import RECORD_COUNTS, Report, record_samples
from optimizationjob.telemetry.resource_records import DueRecord
from optimizationjob.telemetry.signals import Sample

MOST_FAILED_RECORDS: Final = 3
"""After so many failures in a row, no more records are tried in a run."""
MOST_UNSENT_DETAILS: Final = 100
"""Details of ended jobs that are kept until their record is submitted; the other jobs are described again."""


class IssueDelivery:
    """Reports issues of one region when they appear, and resolves them when they are fixed."""

    def __init__(self, credentials_id: str) -> None:
        self._credentials_id = credentials_id
        self._is_open: dict[str, bool] = {}
        """Whether an issue that this process reported is open, by its id."""

    def deliver(self, poll: PollResult, calls: Mapping[CallCount, int], tagging: Tagging, sink: GuardedSink) -> None:
        """Submit the issues that changed."""
        for issue in permission_issues(poll, calls, tagging, self._credentials_id, self._is_open):
            if sink.issue(issue):
                self._is_open[issue.id] = not issue.is_resolved


@dataclass(frozen=True, slots=True, kw_only=True)
class Unsent:
    """What the Agent did not take in one run and is submitted in the next."""

    samples: tuple[Sample, ...] = ()
    """Counts and histograms; a gauge is measured again."""
    deletions: tuple[DueRecord, ...] = ()
    """Last records of deleted jobs, which nothing else remembers."""


@dataclass(frozen=True, slots=True)
class Reported:
    """What a report is about."""

    changes: Changes
    memory: RegionMemory
    """What is to be remembered if all of it is submitted."""
    kinds: KnownKinds
    """What jobs are counted by."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmittedReport:
    """What the Agent took of a report."""

    report: Report
    lost_events: frozenset[JobKey]
    """Jobs whose event it did not take."""
    submitted: tuple[DueRecord, ...]
    waiting: tuple[DueRecord, ...]
    """Records that it did not take, and those that wait for their turn."""
    unsent: Unsent


def deliver(
    report: Report, earlier: Unsent, sink: GuardedSink, take_turn: Callable[[], bool], tagging: Tagging
) -> SubmittedReport:
    """Submit a report: what people are woken by comes first.

    Args:
        report: what is submitted.
        earlier: what the Agent did not take in the last run.
        sink: takes what is submitted.
        take_turn: whether another record may be submitted now.
        tagging: makes the tags.
    """
    sink.service_check(report.service_check)
    lost_events = frozenset(key for key, event in report.events.items() if not sink.event(event))
    of_records = [sample for sample in earlier.samples if sample.name in RECORD_COUNTS]
    samples = summed((*report.samples, *(sample for sample in earlier.samples if sample.name not in RECORD_COUNTS)))
    lost = [sample for sample in samples if not sink.sample(sample)]
    submitted, waiting, dropped = _submit_records((*report.records, *earlier.deletions), sink, take_turn)
    unsent = sum(record.is_final for record in waiting)
    counts = record_samples(report, submitted=len(submitted), unsent=unsent, dropped=dropped, tagging=tagging)
    lost += [sample for sample in summed((*counts, *of_records)) if not sink.sample(sample)]
    return SubmittedReport(
        report=report,
        lost_events=lost_events,
        submitted=tuple(submitted),
        waiting=tuple(waiting),
        unsent=Unsent(
            samples=tuple(sample for sample in lost if sample.kind != "gauge"),
            deletions=tuple(record for record in waiting if record.sent is None)[:MOST_UNSENT_DETAILS],
        ),
    )


def summed(samples: Iterable[Sample]) -> list[Sample]:
    """Return samples with one count for each series."""
    values: dict[tuple[str, tuple[str, ...]], Sample] = {}
    others: list[Sample] = []
    for sample in samples:
        if sample.kind != "count":
            others.append(sample)
            continue
        series = (sample.name, sample.tags)
        known = values.get(series)
        values[series] = replace(sample, value=known.value + sample.value) if known else sample
    return [*values.values(), *others]


def _submit_records(
    records: Iterable[DueRecord], sink: GuardedSink, take_turn: Callable[[], bool]
) -> tuple[list[DueRecord], list[DueRecord], int]:
    """Submit records; return those that the Agent took, the others, and how many it refused."""
    submitted: list[DueRecord] = []
    unsent: list[DueRecord] = []
    dropped = failures = 0
    for record in records:
        if failures >= MOST_FAILED_RECORDS or not take_turn():
            unsent.append(record)
        elif sink.record(record.resource):
            submitted.append(record)
            failures = 0
        else:
            unsent.append(record)
            dropped += 1
            failures += 1
    return submitted, unsent, dropped


def delivered(
    poll: PollResult, reported: Reported, outcome: SubmittedReport, state: RegionState, context: RunContext
) -> Delivered:
    """Return what a delivered report changes in the state of its region. Pure.

    Args:
        poll: what was found.
        reported: what the report was about.
        outcome: what the Agent took of it.
        state: what was known before.
        context: settings and tag rules.
    """
    changes, memory = reported.changes, reported.memory
    if outcome.lost_events:
        changes = changes.without_events(state.memory, outcome.lost_events)
        memory = memory_after(state.memory, changes, poll, context.settings, reported.kinds)
    if any(record.is_final for record in outcome.waiting):
        memory = replace(memory, records_complete_until=state.memory.records_complete_until)
    # A record that is not valid would not be valid in the next run, either.
    done = (*outcome.submitted, *outcome.report.invalid)
    sent = {key: last for key, last in state.memory.sent.items() if key in poll.live}
    sent |= {record.key: record.sent for record in done if record.sent is not None}
    recorded = {key for key, last in sent.items() if last.is_final} | poll.records.deleted
    ends = {job.key: job for job in changes.ends}
    ended = []
    for job in (*ends.values(), *poll.old_ended):
        match = context.selection.match(job, are_tags_denied=poll.tags.are_given_up)
        is_counted = job.key in ends or match is Match.YES
        has_record = job.key in recorded or (job.key not in ends and state.memory.has_record(job))
        needs_record = context.submits_records and is_counted and not has_record
        kind = reported.kinds.of(job)
        is_guess = job.tags is None or job.key in poll.tags.guessed
        ended.append(EndedJob(job=job, kind=kind, is_counted=is_counted, is_guess=is_guess, needs_record=needs_record))
    waiting = (record.key for record in outcome.waiting if record.is_final)
    described = {**poll.records.described, **ends}
    live = {key: job for key, job in poll.live.items() if key not in ends}
    return Delivered(
        memory=replace(
            memory,
            series=outcome.report.series,
            sent={key: last for key, last in sent.items() if key in live},
        ),
        live=live,
        undecided=poll.tags.undecided,
        ended=tuple(ended),
        seen=poll.sweep.seen if poll.sweep else (),
        sweep=poll.sweep.progress if poll.sweep else None,
        is_sweep_over=poll.sweep is not None and poll.sweep.is_over,
        recorded=recorded,
        unrecorded={key: described[key] for key in islice(waiting, MOST_UNSENT_DETAILS) if key in described},
        recorded_until=poll.at - OVERLAP if poll.error is None else None,
        first_hour=poll.first_hour,
        frontier=poll.frontier,
        is_behind=poll.is_behind,
        tags_read_at=poll.tags.read_at,
    )
