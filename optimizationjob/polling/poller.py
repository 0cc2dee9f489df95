"""One poll of a region: the newest jobs, the active ones, then a piece of the sweep, and what is worth describing."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import Final

from optimizationjob.aws.aws_actions import DESCRIBE
from optimizationjob.aws.errors import AccessDenied, AwsError, BadAnswer, DeadlineReached, NotFound, Throttled
from optimizationjob.aws.sagemaker_api import ARNS_PER_TAG_CALL, PAGE_SIZE, OptimizationJobApi
from optimizationjob.config.job_selection import JobSelection
from optimizationjob.config.settings import Settings
from optimizationjob.jobs.job import JobKey, OptimizationJob
from optimizationjob.jobs.job_counts import hour_of, kind_of
from optimizationjob.polling.denials import Denials
from optimizationjob.polling.detail_reader import DetailReader, Urgency, Wanted
from optimizationjob.polling.listing import PAGES_A_RUN, Lists, Reading, Sweep, begun
from optimizationjob.polling.poll_result import Knowledge, PollResult
from optimizationjob.polling.tag_reader import OPERATIONS, TagReader
from optimizationjob.polling.working_set import WorkingSet
from optimizationjob.state.ended_jobs import EndedJobs
from optimizationjob.state.region_memory import RegionMemory

# Descriptions are large and are held until the run is told.
RECORDS_A_RUN: Final = 1000
# Where AWS fails so often in a run, more questions for records alone would not help.
MOST_FAILURES: Final = 3
# A record whose call failed waits so long, then twice that, and so on: others come first.
RECORD_WAIT: Final = timedelta(minutes=1)


@dataclass(slots=True, kw_only=True)
class _Draft:
    """A poll while it is made."""

    reading: Reading
    picture: WorkingSet
    sweep: Sweep | None
    undescribed: dict[JobKey, AwsError] = field(default_factory=dict)
    recorded: dict[JobKey, OptimizationJob] = field(default_factory=dict)
    vanished: set[JobKey] = field(default_factory=set)
    due: list[OptimizationJob] = field(default_factory=list)
    troubles: list[AwsError] = field(default_factory=list)
    malformed: int = 0
    tagged_at: datetime | None = None
    are_tags_denied: bool = False
    has_undecided: bool = False
    """Whether a job that is over cannot be counted yet, since its tags could not be read."""
    records_complete_until: datetime | None = None
    """The records of all jobs that ended before this were sent."""

    def lacks_record(self, job: OptimizationJob, selection: JobSelection) -> bool:
        """Whether a job that was met when it was over needs a record."""
        is_old = self.records_complete_until is not None and job.settled_at <= self.records_complete_until
        return not is_old and selection.takes(job, are_tags_denied=self.are_tags_denied) is True


class Poller:
    """Polls one region.

    Args:
        api: the region.
        lists: reads its lists.
        settings: what is wanted, and how often.
        collects_records: whether jobs are described for their record alone.
    """

    def __init__(self, api: OptimizationJobApi, lists: Lists, settings: Settings, *, collects_records: bool) -> None:
        self._region = api.region
        self._lists = lists
        self._settings = settings
        self._selection = JobSelection.of(settings)
        self._collects_records = collects_records
        self._tagger = TagReader(api)
        self._describer = DetailReader(api)
        self._postponed = Denials(RECORD_WAIT)
        # Whether an ended job can be counted, or left out, only by its tags.
        self._counts_by_tags = bool(settings.group_by_tags) or self._selection.needs_tags

    def examine(
        self, reading: Reading, known: Knowledge, memory: RegionMemory, is_news: Callable[[OptimizationJob], bool]
    ) -> PollResult:
        """Complete a reading of the newest jobs, most urgent first.

        Args:
            reading: what the lists gave.
            known: what the process knows of the region.
            memory: what is remembered of it.
            is_news: whether a job has ended, that was not told, and it is not history.
        """
        sweep, fresh = self._sweep_of(reading, known, memory)
        first_hour = hour_of(reading.since)
        waiting = {key: pending.job for key, pending in memory.pending.items()}
        live = {**memory.active, **waiting, **known.live}
        picture = WorkingSet(
            selection=self._selection,
            is_news=is_news,
            told=memory.ended,
            archive=known.archive,
            fresh=fresh,
            first_hour=first_hour,
            live=live,
            unlisted={key for key, job in live.items() if job.is_active},
        )
        draft = _Draft(
            reading=reading,
            picture=picture,
            sweep=sweep,
            due=list(known.due),
            malformed=reading.malformed,
            tagged_at=known.tagged_at,
            records_complete_until=memory.records_complete_until,
        )
        if reading.pages:
            picture.take(reading.jobs.values())
            self._refresh(draft)
            self._examine(draft)
            if sweep is not None and not sweep.is_done:
                self._go_on(draft, sweep, known.swept_pages or sum(memory.rows.values()) // PAGE_SIZE)
                self._examine(draft)
            self._record(draft)
        self._describer.keep(picture.live)
        self._tagger.keep(picture.live)
        self._postponed.keep_if(lambda key: key in picture.met or key in picture.archive)
        return self._poll(draft, known, first_hour)

    def _sweep_of(
        self, reading: Reading, known: Knowledge, memory: RegionMemory
    ) -> tuple[Sweep | None, EndedJobs | None]:
        """Return the sweep to go on with: the one under way, or a new one where one is due or costs nothing."""
        if reading.error is not None:
            return known.sweep, known.fresh
        if reading.next_token is None:
            # All there is was just read.
            return begun(reading, is_first=memory.swept_at is None), EndedJobs()
        is_under_way = known.sweep is not None and reading.has_reached
        interval = self._settings.full_sweep_interval
        due_at = known.next_sweep_at or (memory.swept_at and memory.swept_at + interval)
        # One that is due later than that was planned by a wrong clock.
        is_due = due_at is None or not reading.at < due_at <= reading.at + interval
        if is_under_way or not (is_due or not reading.has_reached):
            return known.sweep, known.fresh
        return begun(reading, is_first=memory.swept_at is None), EndedJobs()

    def _refresh(self, draft: _Draft) -> None:
        """See after active jobs that are not among the newest, by status where that is cheaper than one by one."""
        picture = draft.picture
        later = Reading(at=draft.reading.at, since=draft.reading.since)
        try:
            self._lists.active(later, {key: picture.live[key].status for key in picture.unlisted})
        except DeadlineReached:
            pass
        except AwsError as error:
            draft.troubles.append(error)
        draft.malformed += later.malformed
        draft.picture.take(later.jobs.values())

    def _go_on(self, draft: _Draft, sweep: Sweep, length: int) -> None:
        """Read a piece of the sweep: all that the run allows where something is missing, else an even share.

        Args:
            draft: takes what is read.
            sweep: how far it got.
            length: about how many pages a whole one has.
        """
        settings = self._settings
        share = settings.min_collection_interval / settings.full_sweep_interval.total_seconds()
        pages = PAGES_A_RUN if sweep.is_catching_up else max(1, math.ceil(length * share))
        later = Reading(at=draft.reading.at, since=draft.reading.since)
        draft.sweep, error = self._lists.sweep(later, sweep, pages)
        if error is not None:
            draft.troubles.append(error)
        draft.malformed += later.malformed
        draft.picture.take(later.jobs.values())

    def _examine(self, draft: _Draft) -> None:
        """Describe what ended or is not listed, read the tags that are needed, and describe the rest that is live."""
        picture = draft.picture
        picture.drop_superseded()
        first = [job for key, job in picture.live.items() if not job.is_active or key in picture.unlisted]
        # A job that was deleted has no tags any more: that must not leave it out before its deletion is told.
        self._describe(draft, (job for job in first if not job.is_active or job.tags is not None))
        if self._settings.collect_tags:
            ended = picture.met if self._counts_by_tags else {}
            self._read_tags(draft, chain(picture.live.values(), ended.values()))
        for key in [key for key in picture.unlisted if self._selection.takes(picture.live[key]) is False]:
            # Nobody would ask about it again, so nothing would tell that it ended.
            del picture.live[key]
            picture.unlisted.discard(key)
        self._describe(draft, picture.live.values())

    def _describe(self, draft: _Draft, jobs: Iterable[OptimizationJob]) -> None:
        """Describe live jobs that are new or changed, or that no list shows."""
        picture = draft.picture
        queue = [
            Wanted(Urgency.ACTIVE if job.is_active else Urgency.NEWS, job)
            for job in sorted(jobs, key=_newest_first)
            if job.key not in draft.undescribed
            and self._selection.takes(job) is not False
            and (job.key in picture.unlisted or not job.is_described)
        ]
        described = self._describer.describe(queue, draft.reading.at)
        late = picture.describe(described.jobs)
        words = "the description is older than the list"
        described.failures.update({key: BadAnswer(words, operation=DESCRIBE, region=self._region) for key in late})
        picture.drop(described.gone)
        denied = [key for key, error in described.failures.items() if isinstance(error, AccessDenied)]
        picture.drop(key for key in denied if self._is_disproved(draft, key))
        draft.undescribed |= {key: error for key, error in described.failures.items() if key in picture.live}
        draft.troubles += described.failures.values()

    @staticmethod
    def _is_disproved(draft: _Draft, key: JobKey) -> bool:
        """Whether the newest jobs, read past a job's creation without it, prove that it is gone."""
        reading = draft.reading
        is_past = reading.next_token is None or reading.ends_before(key.created_at)
        return key in draft.picture.unlisted and is_past and not draft.malformed

    def _record(self, draft: _Draft) -> None:
        """Describe ended jobs whose record is missing, newest first, for as long as the run allows."""
        if not self._collects_records:
            return
        picture, at = draft.picture, draft.reading.at
        met = sorted(
            (job for job in picture.met.values() if draft.lacks_record(job, self._selection)), key=_newest_first
        )
        waiting = chain(met, picture.archive.without_record())
        failures = 0
        while failures < MOST_FAILURES and len(draft.recorded) < RECORDS_A_RUN:
            while not draft.due:
                batch = list(islice(waiting, ARNS_PER_TAG_CALL))
                if not batch:
                    return
                draft.due = self._with_tags(draft, batch)
            job = draft.due[0]
            described = self._describer.describe([Wanted(Urgency.RECORD, job)], at)
            error = described.failures.get(job.key)
            if error is not None:
                draft.troubles.append(error)
            if isinstance(error, AccessDenied | DeadlineReached):
                return
            if isinstance(error, Throttled):
                # The budget goes on at half the rate, and the same job comes next.
                continue
            if error is not None:
                # One job that cannot be described must not hold back all others.
                self._postponed.deny(job.key, at)
                failures += 1
            draft.due.pop(0)
            draft.recorded |= described.jobs
            draft.vanished |= described.gone

    def _with_tags(self, draft: _Draft, jobs: Iterable[OptimizationJob]) -> list[OptimizationJob]:
        """Return jobs with their tags, as far as those can be read."""
        done, at = draft.recorded.keys() | draft.vanished, draft.reading.at
        wanted = {job.key: job for job in jobs if job.key not in done and not self._postponed.holds(job.key, at)}
        untagged = [job for job in wanted.values() if job.tags is None]
        if untagged and self._settings.collect_tags:
            read = self._tagger.read(untagged, at)
            wanted |= {key: replace(wanted[key], tags=tags) for key, tags in read.tags.items()}
            draft.troubles += read.troubles
        return list(wanted.values())

    def _read_tags(self, draft: _Draft, jobs: Iterable[OptimizationJob]) -> None:
        at = draft.reading.at
        is_stale = draft.tagged_at is None or at - draft.tagged_at >= self._settings.full_sweep_interval
        draft.tagged_at = at if is_stale else draft.tagged_at
        untagged = sorted((job for job in jobs if is_stale or job.tags is None), key=_newest_first)
        read = self._tagger.read(untagged, at)
        for key, tags in read.tags.items():
            for jobs_of in (draft.picture.live, draft.picture.met):
                if key in jobs_of:
                    jobs_of[key] = replace(jobs_of[key], tags=tags)
        draft.troubles += read.troubles

    def _decided(self, draft: _Draft) -> Iterator[OptimizationJob]:
        """Return the ended jobs that can be counted or left out by what is known of their tags."""
        for job in draft.picture.met.values():
            if job.tags is not None or not self._counts_by_tags:
                yield job
            elif draft.are_tags_denied and self._selection.takes(job, are_tags_denied=True):
                yield replace(job, tags=())
            else:
                draft.has_undecided = True

    def _poll(self, draft: _Draft, known: Knowledge, first_hour: int) -> PollResult:
        reading, picture = draft.reading, draft.picture
        draft.are_tags_denied = len(self._tagger.denials(reading.at)) == len(OPERATIONS)
        met = tuple(self._decided(draft))
        # A page with a job that cannot be counted yet is read again.
        sweep = known.sweep if draft.has_undecided else draft.sweep
        if picture.fresh is not None:
            for job in met:
                picture.fresh.add(
                    job,
                    kind_of(job, self._settings.group_by_tags),
                    is_counted=self._selection.takes(job, are_tags_denied=draft.are_tags_denied) is True,
                    is_recorded=False,
                )
        deleted: tuple[OptimizationJob, ...] = ()
        is_whole = sweep is not None and sweep.is_done and not sweep.is_truncated and not sweep.malformed
        if is_whole and sweep is not None and picture.fresh is not None:
            missing = picture.archive.missing_in(picture.fresh, sweep.started_at)
            deleted = tuple(job for job in missing if hour_of(job.created_at) > first_hour)
        waiting = sum(not isinstance(error, NotFound) for error in draft.undescribed.values())
        if self._collects_records:
            new = sum(draft.lacks_record(job, self._selection) for job in met)
            waiting += picture.archive.unrecorded + new - len(draft.recorded) - len(draft.vanished)
        return PollResult(
            at=reading.at,
            first_hour=first_hour,
            live=picture.live,
            met=met,
            recorded=tuple(draft.recorded.values()),
            vanished=frozenset(draft.vanished),
            gone=frozenset(picture.gone),
            deleted=deleted,
            undescribed=draft.undescribed,
            has_reached=reading.has_reached,
            newest_created_at=reading.newest_created_at,
            sweep=sweep,
            fresh=picture.fresh,
            due=tuple(draft.due),
            tagged_at=draft.tagged_at,
            are_tags_denied=draft.are_tags_denied,
            has_undecided=draft.has_undecided,
            backlog=max(0, waiting),
            archived=len(picture.archive) + len(met),
            malformed=draft.malformed,
            error=reading.error,
            troubles=_one_of_each(draft.troubles),
        )


def _newest_first(job: OptimizationJob) -> tuple[float, str]:
    return (-job.created_at.timestamp(), job.arn)


def _one_of_each(troubles: list[AwsError]) -> tuple[AwsError, ...]:
    """Return one trouble of each kind and operation; lack of time and deletions are none."""
    kinds = {(type(error), error.operation): error for error in reversed(troubles)}
    return tuple(error for (kind, _), error in reversed(kinds.items()) if kind not in (DeadlineReached, NotFound))
