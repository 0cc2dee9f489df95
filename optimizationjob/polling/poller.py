"""One poll of a region in two parts: what is urgent, and in the background a part of the sweep and missing records."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from itertools import chain
from typing import Final

from optimizationjob.aws.aws_actions import DESCRIBE
from optimizationjob.aws.errors import AccessDenied, BadAnswer, NotFound
from optimizationjob.aws.sagemaker_api import OptimizationJobApi
from optimizationjob.config.job_selection import JobSelection, Match
from optimizationjob.config.settings import Settings
from optimizationjob.jobs.job import OptimizationJob, newest_first
from optimizationjob.jobs.job_counts import KnownKinds, hour_of
from optimizationjob.polling.active_jobs import ActiveJobsReader
from optimizationjob.polling.detail_reader import DetailReader, DetailRequest, Urgency
from optimizationjob.polling.listing import Listing
from optimizationjob.polling.poll_result import PollResult, TagStatus, one_of_each
from optimizationjob.polling.poll_under_way import PollUnderWay
from optimizationjob.polling.record_backlog import Allowance, RecordBacklog
from optimizationjob.polling.sweep import (
    SweepReader,
    SweepResult,
    pages_this_run,
    sweep_length,
    sweep_result,
    sweep_to_continue,
)
from optimizationjob.polling.tag_reader import TagReader
from optimizationjob.polling.tag_schedule import TagSchedule
from optimizationjob.polling.working_set import WorkingSet
from optimizationjob.state.region_state import RegionState
from optimizationjob.state.sweep_progress import SweepProgress

# Jobs that can be counted only by tags that are not read yet stay in memory; the sweep waits for them.
MOST_UNDECIDED: Final = 1000


class Poller:
    """Polls one region.

    Args:
        api: the region.
        settings: what is collected, and how often.
        kinds: what jobs are counted by.
        collects_records: whether jobs are described for their record alone.
    """

    def __init__(
        self, api: OptimizationJobApi, settings: Settings, kinds: KnownKinds, *, collects_records: bool
    ) -> None:
        self._region = api.region
        self._settings = settings
        self._kinds = kinds
        self._selection = JobSelection.of(settings)
        self._active = ActiveJobsReader(api)
        self._sweeps = SweepReader(api, max_jobs=settings.max_jobs)
        self._tags = TagReader(api)
        self._tag_schedule = TagSchedule(settings.full_sweep_interval)
        self._details = DetailReader(api)
        tags = self._tags if settings.collect_tags else None
        self._records = RecordBacklog(self._details, tags, self._selection) if collects_records else None
        # Whether an ended job can be counted, or left out, only by its tags.
        self._counts_by_tags = bool(settings.group_by_tags) or self._selection.needs_tags

    def start(self, listing: Listing, state: RegionState) -> PollUnderWay:
        """Return a poll that begins with a listing of the newest jobs, down to the frontier."""
        memory, first_hour = state.memory, hour_of(listing.since)
        sweep = sweep_to_continue(state, listing, self._settings.full_sweep_interval)
        live = {**memory.active, **{key: one.job for key, one in memory.pending.items()}, **state.live}
        jobs = WorkingSet(
            selection=self._selection,
            memory=memory,
            ended=state.ended,
            swept=state.swept_before(sweep) if sweep else None,
            old_ended={key: job for key, job in state.undecided.items() if hour_of(job.created_at) >= first_hour},
            unrecorded=state.unrecorded,
            reads_tags=self._counts_by_tags and not self._tags.are_given_up(listing.at),
            first_hour=first_hour,
            live=live,
            unlisted={key for key, job in live.items() if job.is_active},
        )
        return PollUnderWay(listing=listing, state=state, jobs=jobs, sweep=sweep, tags_read_at=state.tags_read_at)

    def read_urgent(self, poll: PollUnderWay) -> None:
        """Read what people wait for: active jobs, and the details and tags of new, changed and ended ones."""
        if poll.listing.pages:
            poll.jobs.add_listed(poll.listing.jobs.values(), poll.listing.at)
            self._find_active(poll)
            self._read_live(poll)

    def read_background(self, poll: PollUnderWay, allowance: Allowance) -> None:
        """Continue the sweep and read tags, then describe jobs whose record is missing, as many as can be submitted."""
        if not poll.listing.pages:
            return
        is_full = len(poll.jobs.old_ended) >= MOST_UNDECIDED
        if poll.sweep is not None and not poll.sweep.is_done and not (self._counts_by_tags and is_full):
            self._continue_sweep(poll, poll.sweep)
            self._read_live(poll)
        self._read_other_tags(poll)
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
        at = poll.listing.at
        if self._settings.collect_tags:
            self._read_tags(poll, [job for job in jobs.live.values() if self._tag_schedule.is_due(job, at)])
        for key in [key for key in jobs.unlisted if self._selection.match(jobs.live[key]) is Match.NO]:
            if not self._tag_schedule.may_come_late(jobs.live[key], at):
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

    def _read_tags(self, poll: PollUnderWay, wanted: Iterable[OptimizationJob]) -> bool:
        """Read the tags of jobs, newest first; return whether all were read."""
        read = self._tags.read(sorted(wanted, key=newest_first), poll.listing.at)
        for key, tags in read.tags.items():
            for jobs in (poll.jobs.live, poll.jobs.old_ended):
                job = jobs.get(key)
                # A deleted job has none any more, and only a list or its detail shows that a job exists.
                if job is not None and (tags or not job.tags or (job.is_active and key not in poll.jobs.unlisted)):
                    jobs[key] = replace(job, tags=tags)
        self._tag_schedule.note((poll.jobs.live[key] for key in read.tags if key in poll.jobs.live), poll.listing.at)
        poll.troubles += read.troubles
        return not read.failures

    def _read_other_tags(self, poll: PollUnderWay) -> None:
        """Read the tags of all live jobs again where that is due, and of ended jobs that are counted by them."""
        if not self._settings.collect_tags:
            return
        at = poll.listing.at
        if self._tag_schedule.is_refresh_due(poll.tags_read_at, at):
            is_outdated = partial(self._tag_schedule.is_outdated, at=at, refreshed_at=poll.tags_read_at)
            if self._read_tags(poll, filter(is_outdated, poll.jobs.live.values())):
                poll.tags_read_at = at
        self._read_tags(poll, self._tags.probes(chain(poll.jobs.live.values(), poll.jobs.ended.newest()), at))
        if self._counts_by_tags:
            self._read_tags(poll, [job for job in poll.jobs.old_ended.values() if job.tags is None])

    def result(self, poll: PollUnderWay) -> PollResult:
        """Return what a poll found."""
        listing, jobs, state = poll.listing, poll.jobs, poll.state
        tags = self._settle_tags(poll)
        old_ended = tuple(job for key, job in jobs.old_ended.items() if key not in tags.undecided)
        self._details.keep(jobs.holds)
        self._tags.keep(jobs.holds)
        self._tag_schedule.keep(jobs.live.__contains__)
        waiting = sum(not isinstance(error, NotFound) for error in poll.unread_details.values())
        if self._records is not None:
            self._records.keep(jobs)
            waiting += self._records.waiting(jobs, old_ended, poll.records, tags.are_given_up)
        is_read = bool(listing.pages) and listing.error is None
        swept = self._swept(poll, poll.sweep, old_ended, tags) if poll.sweep else None
        has_swept = swept is not None and swept.is_over and swept.progress.is_complete
        is_behind = state.is_behind or (is_read and not listing.has_reached_frontier)
        return PollResult(
            listing=listing,
            frontier=listing.at if is_read else state.frontier,
            is_behind=is_behind and not has_swept,
            live=jobs.live,
            old_ended=old_ended,
            deleted=frozenset(jobs.deleted),
            unread_details=poll.unread_details,
            sweep=swept,
            records=poll.records,
            tags=tags,
            backlog=max(0, waiting),
            known_ended=len(jobs.ended) + len(old_ended),
            malformed=poll.malformed,
            troubles=one_of_each([*poll.troubles, *poll.records.troubles]),
        )

    def _settle_tags(self, poll: PollUnderWay) -> TagStatus:
        """Decide which jobs count by what is known of their tags, and return what is missing."""
        at, jobs, schedule = poll.listing.at, poll.jobs, self._tag_schedule
        if not self._settings.collect_tags:
            return TagStatus(read_at=None)
        are_given_up = self._tags.are_given_up(at)
        missing = {key for key, job in jobs.live.items() if not job.is_active and not schedule.is_read_at_end(key)}
        for key, job in list(jobs.live.items()):
            is_excluded = not job.is_active and self._selection.match(job) is Match.NO
            if is_excluded and (are_given_up or key not in missing) and not schedule.waits_at_end(job, at):
                jobs.old_ended[key] = jobs.live.pop(key)
        unknown = {key for key, job in jobs.old_ended.items() if job.tags is None} if self._counts_by_tags else set()
        if are_given_up:
            jobs.old_ended |= {key: replace(jobs.old_ended[key], tags=()) for key in unknown}
        poll.troubles += filter(None, [self._tags.error(at)])
        is_waiting = any(self._selection.match(job) is Match.UNKNOWN for job in jobs.live.values())
        return TagStatus(
            read_at=poll.tags_read_at,
            is_waiting=not are_given_up and bool(unknown or is_waiting),
            are_denied=self._tags.are_denied(at),
            are_given_up=are_given_up,
            missing=frozenset(missing),
            undecided={} if are_given_up else {key: jobs.old_ended[key] for key in unknown},
            guessed=frozenset(unknown) if are_given_up else frozenset(),
        )

    def _swept(
        self, poll: PollUnderWay, progress: SweepProgress, old_ended: Iterable[OptimizationJob], tags: TagStatus
    ) -> SweepResult:
        counted = (
            job for job in old_ended if self._selection.match(job, are_tags_denied=tags.are_given_up) is Match.YES
        )
        is_over = progress.is_done and not tags.is_waiting
        return sweep_result(poll.jobs, progress, counted, self._kinds, is_over=is_over)
