"""One poll of a region in two parts: what is urgent, and in the background a part of the sweep and missing records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from itertools import chain

from optimizationjob.aws.aws_actions import DESCRIBE
from optimizationjob.aws.errors import AccessDenied, AwsError, BadAnswer, DeadlineReached, NotFound
from optimizationjob.aws.sagemaker_api import OptimizationJobApi
from optimizationjob.config.job_selection import JobSelection, Match
from optimizationjob.config.settings import Settings
from optimizationjob.jobs.job import OptimizationJob, newest_first
from optimizationjob.jobs.job_counts import JobCounts, count_key_of, hour_of
from optimizationjob.polling.active_jobs import ActiveJobsReader
from optimizationjob.polling.detail_reader import DetailReader, DetailRequest, Urgency
from optimizationjob.polling.listing import Listing
from optimizationjob.polling.poll_result import PollResult
from optimizationjob.polling.poll_under_way import PollUnderWay
from optimizationjob.polling.record_backlog import Allowance, RecordBacklog
from optimizationjob.polling.sweep import SweepReader, SweepResult, pages_this_run, sweep_length, sweep_to_continue
from optimizationjob.polling.tag_reader import TagReader, TagStatus
from optimizationjob.polling.working_set import WorkingSet
from optimizationjob.state.region_state import RegionState
from optimizationjob.state.sweep_progress import SweepProgress


class Poller:
    """Polls one region.

    Args:
        api: the region.
        settings: what is collected, and how often.
        collects_records: whether jobs are described for their record alone.
    """

    def __init__(self, api: OptimizationJobApi, settings: Settings, *, collects_records: bool) -> None:
        self._region = api.region
        self._settings = settings
        self._selection = JobSelection.of(settings)
        self._active = ActiveJobsReader(api)
        self._sweeps = SweepReader(api, max_jobs=settings.max_jobs)
        self._tags = TagReader(api, settings.full_sweep_interval)
        self._details = DetailReader(api)
        tags = self._tags if settings.collect_tags else None
        self._records = RecordBacklog(self._details, tags, self._selection) if collects_records else None
        # Whether an ended job can be counted, or left out, only by its tags.
        self._counts_by_tags = bool(settings.group_by_tags) or self._selection.needs_tags

    def start(self, listing: Listing, state: RegionState) -> PollUnderWay:
        """Return a poll that begins with a listing of the newest jobs, down to the frontier."""
        memory = state.memory
        sweep = sweep_to_continue(state, listing, self._settings.full_sweep_interval)
        pending = {key: pending.job for key, pending in memory.pending.items()}
        live = {**memory.active, **pending, **state.live}
        jobs = WorkingSet(
            selection=self._selection,
            memory=memory,
            ended=state.ended,
            swept=state.swept_before(sweep) if sweep else None,
            unrecorded=state.unrecorded,
            first_hour=hour_of(listing.since),
            live=live,
            unlisted={key for key, job in live.items() if job.is_active},
        )
        return PollUnderWay(
            listing=listing,
            state=state,
            jobs=jobs,
            sweep=sweep,
            is_tag_refresh=self._tags.is_refresh_due(state.tags_read_at, listing.at),
            malformed=listing.malformed,
        )

    def read_urgent(self, poll: PollUnderWay) -> None:
        """Read what people wait for: active jobs, and the details and tags of new, changed and ended ones."""
        if poll.listing.pages:
            poll.jobs.add_listed(poll.listing.jobs.values())
            self._find_active(poll)
            self._read_live(poll)

    def read_background(self, poll: PollUnderWay, allowance: Allowance) -> None:
        """Continue the sweep, then describe jobs whose record is missing, as many as can be submitted."""
        if not poll.listing.pages:
            return
        if poll.sweep is not None and not poll.sweep.is_done:
            self._continue_sweep(poll, poll.sweep)
            self._read_live(poll)
        if self._records is not None:
            poll.records = self._records.read(poll.jobs, poll.listing.at, allowance)

    def _find_active(self, poll: PollUnderWay) -> None:
        """List active jobs that are not among the newest."""
        more = poll.listing.empty_copy()
        self._active.read(more, {key: poll.jobs.live[key].status for key in poll.jobs.unlisted})
        poll.take(more)

    def _continue_sweep(self, poll: PollUnderWay, sweep: SweepProgress) -> None:
        more = poll.listing.empty_copy()
        length = sweep_length(poll.state.swept_pages, poll.state.memory.counts)
        poll.sweep = self._sweeps.read(more, sweep, pages_this_run(sweep, length, self._settings))
        poll.take(more)

    def _read_live(self, poll: PollUnderWay) -> None:
        """Describe jobs that ended or are not listed, read the tags that are needed, then describe the others."""
        jobs = poll.jobs
        jobs.drop_superseded()
        first = [job for key, job in jobs.live.items() if not job.is_active or key in jobs.unlisted]
        # A deleted job has no tags any more; that must not exclude it before its deletion is reported.
        self._describe(poll, (job for job in first if not job.is_active or job.tags is not None))
        if self._settings.collect_tags:
            ended = jobs.old_ended if self._counts_by_tags else {}
            self._read_tags(poll, chain(jobs.live.values(), ended.values()))
        for key in [key for key in jobs.unlisted if self._selection.match(jobs.live[key]) is Match.NO]:
            jobs.drop_excluded(key)
        self._describe(poll, jobs.live.values())

    def _describe(self, poll: PollUnderWay, candidates: Iterable[OptimizationJob]) -> None:
        """Describe live jobs that are new or changed, or that no list shows."""
        jobs = poll.jobs
        queue = [
            DetailRequest(Urgency.ACTIVE if job.is_active else Urgency.UNREPORTED_END, job)
            for job in sorted(candidates, key=newest_first)
            if job.key not in poll.unread_details
            and self._selection.match(job) is not Match.NO
            and (job.key in jobs.unlisted or not job.is_described)
        ]
        read = self._details.describe(queue, poll.listing.at)
        cause = "the description is older than the list"
        for key in jobs.add_described(read.jobs):
            read.failures[key] = BadAnswer(cause, operation=DESCRIBE, region=self._region)
        jobs.drop_deleted(read.deleted)
        denied = [key for key, error in read.failures.items() if isinstance(error, AccessDenied)]
        jobs.drop_deleted(key for key in denied if poll.is_disproved(key))
        poll.unread_details |= {key: error for key, error in read.failures.items() if key in jobs.live}
        poll.troubles += read.failures.values()

    def _read_tags(self, poll: PollUnderWay, candidates: Iterable[OptimizationJob]) -> None:
        read = self._tags.read_wanted(candidates, poll.listing.at, is_refresh=poll.is_tag_refresh)
        for key, tags in read.tags.items():
            for jobs in (poll.jobs.live, poll.jobs.old_ended):
                if key in jobs:
                    jobs[key] = replace(jobs[key], tags=tags)
        poll.troubles += read.troubles
        poll.is_tag_refresh = False

    def result(self, poll: PollUnderWay) -> PollResult:
        """Return what a poll found."""
        self._details.keep(poll.jobs.holds)
        self._tags.keep(poll.jobs.live)
        if self._records is not None:
            self._records.keep(poll.jobs)
        listing, jobs, state, records = poll.listing, poll.jobs, poll.state, poll.records
        are_denied = self._tags.are_denied(listing.at)
        old_ended = self._decided(jobs, are_denied=are_denied)
        has_undecided = len(old_ended) < len(jobs.old_ended)
        # The pages with a job that cannot be counted yet are read again.
        sweep = state.sweep if has_undecided else poll.sweep
        waiting = sum(not isinstance(error, NotFound) for error in poll.unread_details.values())
        if self._records is not None:
            waiting += self._records.waiting(jobs, old_ended, records, are_denied)
        was_refreshed = self._settings.collect_tags and bool(listing.pages)
        is_refresh_due = self._tags.is_refresh_due(state.tags_read_at, listing.at)
        is_read = bool(listing.pages) and listing.error is None
        swept = self._swept(jobs, sweep, old_ended, are_denied=are_denied) if sweep else None
        is_behind = state.is_behind or (is_read and not listing.has_reached_frontier)
        return PollResult(
            listing=listing,
            frontier=listing.at if is_read else state.frontier,
            is_behind=is_behind and not (swept is not None and swept.progress.is_complete),
            live=jobs.live,
            old_ended=old_ended,
            deleted=frozenset(jobs.deleted),
            unread_details=poll.unread_details,
            sweep=swept,
            records=records,
            tags=TagStatus(
                read_at=listing.at if was_refreshed and is_refresh_due else state.tags_read_at,
                are_denied=are_denied,
                has_undecided=has_undecided,
            ),
            backlog=max(0, waiting),
            known_ended=len(jobs.ended) + len(old_ended),
            malformed=poll.malformed,
            troubles=_one_of_each([*poll.troubles, *records.troubles]),
        )

    def _decided(self, jobs: WorkingSet, *, are_denied: bool) -> tuple[OptimizationJob, ...]:
        """Return the ended jobs that can be counted or left out by what is known of their tags."""
        decided = []
        for job in jobs.old_ended.values():
            if job.tags is not None or not self._counts_by_tags:
                decided.append(job)
            elif are_denied and self._selection.match(job, are_tags_denied=True) is Match.YES:
                decided.append(replace(job, tags=()))
        return tuple(decided)

    def _swept(
        self, jobs: WorkingSet, progress: SweepProgress, old_ended: Iterable[OptimizationJob], *, are_denied: bool
    ) -> SweepResult:
        if not progress.is_complete or jobs.swept is None:
            return SweepResult(progress=progress, seen=frozenset(jobs.seen))
        deleted: tuple[OptimizationJob, ...] = ()
        if not progress.malformed:
            missing = jobs.ended.missing_in(jobs.swept, progress.started_at)
            deleted = tuple(
                job for job in missing if job.key not in jobs.seen and hour_of(job.created_at) > jobs.first_hour
            )
        counted = (
            count_key_of(job, self._settings.group_by_tags)
            for job in old_ended
            if self._selection.match(job, are_tags_denied=are_denied) is Match.YES
        )
        counts: JobCounts = jobs.swept.counts() + Counter(
            chain(filter(None, map(jobs.ended.count_key, jobs.seen)), counted)
        )
        return SweepResult(progress=progress, seen=frozenset(jobs.seen), deleted=deleted, counts=counts)


def _one_of_each(troubles: list[AwsError]) -> tuple[AwsError, ...]:
    """Return one error of each kind and operation; running out of time and deleted jobs are none."""
    kinds = {(type(error), error.operation): error for error in reversed(troubles)}
    return tuple(error for (kind, _), error in reversed(kinds.items()) if kind not in (DeadlineReached, NotFound))
