"""One region of one instance: polled in a worker thread, told of in the run's own thread, remembered last."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from optimizationjob.aws.calls import Caller
from optimizationjob.aws.clients import AwsSession
from optimizationjob.aws.errors import CredentialsError
from optimizationjob.aws.sagemaker_api import OptimizationJobApi
from optimizationjob.clock import Clock
from optimizationjob.config.job_selection import JobSelection
from optimizationjob.config.settings import Settings
from optimizationjob.jobs.job import JobKey, is_account
from optimizationjob.jobs.job_counts import kind_of
from optimizationjob.polling.changes import Changes, changes_of, is_news, remember
from optimizationjob.polling.listing import Lists, Reading
from optimizationjob.polling.poll_result import Knowledge, PollResult
from optimizationjob.polling.poller import Poller
from optimizationjob.state.persistent_cache import MemoryStore
from optimizationjob.state.region_memory import RegionMemory
from optimizationjob.telemetry.datadog_tags import UNKNOWN_ACCOUNT, Tagging
from optimizationjob.telemetry.issues import permission_issues
from optimizationjob.telemetry.report import Circumstances, Report, report
from optimizationjob.telemetry.resource_records import SentRecord
from optimizationjob.telemetry.service_check import unexpected_failure
from optimizationjob.telemetry.signals import Issue
from optimizationjob.telemetry.sink import Sink

# A run path that is full stays so for hours: the log is told once in a while, not in each run.
COMPLAINT_PAUSE_SECONDS: Final = 3600.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a worker thread brings back."""

    account_id: str
    memory: RegionMemory
    poll: PollResult
    seconds: float
    """How long it took."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionSnapshot:
    """A region as the domain sees it, for who wants to look at jobs rather than at what is told of them."""

    account_id: str
    region: str
    poll: PollResult
    observation: Changes
    picture_at: datetime | None
    """When the lists were last read without an error; None where that was never."""


def no_observer(_: RegionSnapshot) -> None:
    """Look at nothing: the Agent is told, and needs no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """What the regions of an instance share."""

    settings: Settings
    session: AwsSession
    caller: Caller
    clock: Clock
    store: MemoryStore
    sends_resources: bool
    """Whether resource records are wanted, and the Agent takes them."""


class RegionRun:
    """Watches one region: what the process knows of it, and what is remembered beyond the process."""

    def __init__(self, api: OptimizationJobApi, shared: RunContext) -> None:
        settings = shared.settings
        self.region = api.region
        self._shared = shared
        self._selection = JobSelection.of(settings)
        self._lists = Lists(api, clock=shared.clock, lookback=settings.lookback, max_jobs=settings.max_jobs)
        self._poller = Poller(api, self._lists, settings, collects_records=shared.sends_resources)
        self._known = Knowledge()
        self._sent: dict[JobKey, SentRecord] = {}
        self._memories: dict[str, RegionMemory] = {}
        self._first_try: tuple[datetime, float] | None = None
        """When the region was first asked, by the machine's clock and in monotonic seconds."""
        self._picture_at: datetime | None = None
        self._is_beginner = False
        """Whether the memory was begun in this process."""
        self._issues: dict[str, bool] = {}
        """Whether an issue that was told in this process is open, by its id."""
        self._complained_at: float | None = None
        """When the log was told last that the memory cannot be written, while that lasts."""

    def poll(self) -> Found:
        """Read the region; called in a worker thread. A failure of AWS is part of what was found."""
        started = self._shared.clock.monotonic()
        if self._first_try is None:
            self._first_try = (self._shared.clock.now(), started)
        reading = self._lists.newest()
        account_id = self._account_id(reading)
        memory = self._memory(account_id, reading)
        frontier = self._known.frontier or memory.newest_created_at
        if reading.error is None and frontier is not None:
            self._lists.read_on(reading, frontier)
        poll = self._poller.examine(reading, self._known, memory, partial(is_news, memory))
        seconds = self._shared.clock.monotonic() - started
        return Found(account_id=account_id, memory=memory, poll=poll, seconds=seconds)

    def tell(self, found: Found, sink: Sink, show: Callable[[RegionSnapshot], None] = no_observer) -> None:
        """Tell and show what was found, and remember it only then: a failure on the way means it is told again."""
        poll, settings = found.poll, self._shared.settings
        if poll.error is None:
            self._picture_at = poll.at
        circumstances = Circumstances(
            sent=self._sent,
            picture_at=self._picture_at,
            waited_seconds=self._waited_seconds(),
            calls=self._shared.caller.take_counts(self.region),
            seconds=found.seconds,
            sends_resources=self._shared.sends_resources,
        )
        try:
            observation = changes_of(found.memory, poll, self._selection)
            memory = remember(found.memory, observation, poll, settings)
            tagging = Tagging.of(found.account_id, self.region, settings)
            told = report(poll, observation, memory, circumstances, tagging)
        except Exception as error:
            self.tell_failure(error, sink)
            raise
        show(
            RegionSnapshot(
                account_id=found.account_id,
                region=self.region,
                poll=poll,
                observation=observation,
                picture_at=self._picture_at,
            )
        )
        sink.service_check(told.service_check)
        for event in told.events:
            sink.event(event)
        for sample in told.samples:
            sink.sample(sample)
        for resource in told.resources:
            sink.record(resource)
        for issue in self._changed_issues(found, circumstances, tagging):
            sink.issue(issue)
            self._issues[issue.id] = not issue.is_resolved
        if found.account_id == UNKNOWN_ACCOUNT:
            return
        self._learn(poll, observation, memory, told)
        self._keep(found.account_id, replace(memory, series=told.series))

    def _learn(self, poll: PollResult, observation: Changes, memory: RegionMemory, told: Report) -> None:
        """Bring what the process knows up to date with what was told."""
        known, group_keys = self._known, self._shared.settings.group_by_tags
        ends = {job.key for job in observation.ends}
        archives = [archive for archive in (known.archive, poll.fresh) if archive is not None]
        for job in (*observation.ends, *poll.met):
            is_counted = self._selection.takes(job, are_tags_denied=poll.are_tags_denied) is True
            is_old = memory.records_complete_until is not None and job.settled_at <= memory.records_complete_until
            is_recorded = (
                not (self._shared.sends_resources and is_counted)
                or job.key in told.recorded
                or (is_old and job.key not in ends)
            )
            for archive in archives:
                archive.add(job, kind_of(job, group_keys), is_counted=is_counted, is_recorded=is_recorded)
        for key in told.recorded:
            for archive in archives:
                archive.note_record(key)
        is_over, interval = poll.sweep is not None and poll.sweep.is_done, self._shared.settings.full_sweep_interval
        archive = poll.fresh if poll.has_swept and poll.fresh is not None else known.archive
        archive.drop_before(poll.first_hour)
        self._sent = dict(told.sent)
        self._known = Knowledge(
            live={key: job for key, job in poll.live.items() if key not in ends},
            archive=archive,
            fresh=None if is_over else poll.fresh,
            sweep=None if is_over else poll.sweep,
            frontier=max(filter(None, (known.frontier, poll.newest_created_at)), default=None),
            due=poll.due,
            tagged_at=poll.tagged_at,
            swept_pages=poll.sweep.pages if poll.sweep is not None and is_over else known.swept_pages,
            next_sweep_at=poll.sweep.next_at(interval) if poll.sweep is not None and is_over else known.next_sweep_at,
        )

    def tell_failure(self, error: BaseException, sink: Sink) -> None:
        """Tell that a poll failed in a way that was not foreseen."""
        account_id = self._shared.session.known_account_id or UNKNOWN_ACCOUNT
        tagging = Tagging.of(account_id, self.region, self._shared.settings)
        sink.service_check(unexpected_failure(tagging, error))

    def _account_id(self, reading: Reading) -> str:
        """Return whose jobs these are; STS is not asked with credentials that were just refused."""
        session = self._shared.session
        is_refused = isinstance(reading.error, CredentialsError)
        account_id = session.known_account_id if is_refused else session.account_id(self.region)
        if account_id is None:
            named = (key.arn.split(":")[4] for key in sorted(reading.jobs))
            account_id = next(filter(is_account, named), None)
            if account_id is not None:
                session.learn_account_id(account_id)
        return account_id or UNKNOWN_ACCOUNT

    def _memory(self, account_id: str, reading: Reading) -> RegionMemory:
        """Return what is remembered; what is not is begun, and kept at once."""
        held = self._memories.get(account_id)
        memory = held or self._shared.store.load(self._place(account_id), self.region) or self._first_memory(account_id)
        if not memory.is_clock_checked and reading.skew is not None:
            memory = self._with_checked_clock(memory, reading)
        self._keep(account_id, memory)
        if held is None and account_id != UNKNOWN_ACCOUNT:
            self._shared.store.forget(self._place(UNKNOWN_ACCOUNT), self.region)
        return memory

    def _first_memory(self, account_id: str) -> RegionMemory:
        """Begin a memory: what ended before the first try is history, with some allowance."""
        if account_id != UNKNOWN_ACCOUNT:
            unknown = self._place(UNKNOWN_ACCOUNT)
            earlier = self._memories.get(UNKNOWN_ACCOUNT) or self._shared.store.load(unknown, self.region)
            if earlier is not None:
                return earlier
        self._is_beginner = True
        first_try_at = self._first_try[0] if self._first_try else self._shared.clock.now()
        return RegionMemory(events_since=first_try_at - self._shared.settings.event_lookback)

    def _with_checked_clock(self, memory: RegionMemory, reading: Reading) -> RegionMemory:
        """Return a memory whose begin goes by AWS's clock: the machine's may have been wrong, or set right since."""
        begin = reading.at - timedelta(seconds=self._waited_seconds()) - self._shared.settings.event_lookback
        if not self._is_beginner:
            # It was begun before a restart: earlier than this process, by what clock cannot be told any more.
            begin = min(begin, memory.events_since + (reading.skew or timedelta(0)))
        return replace(memory, events_since=begin, is_clock_checked=True)

    def _waited_seconds(self) -> float:
        """Return how long ago the region was first asked."""
        return self._shared.clock.monotonic() - self._first_try[1] if self._first_try else 0.0

    def _place(self, account_id: str) -> str:
        """Return the name under which an account is remembered; an unknown one goes by what it is reached with."""
        if account_id != UNKNOWN_ACCOUNT:
            return account_id
        return f"{UNKNOWN_ACCOUNT}_{self._means()}"

    def _means(self) -> str:
        """Return a name for what AWS is reached with, that tells nothing of it."""
        settings = self._shared.settings
        means = (settings.aws_access_key_id, settings.profile_name, settings.assume_role)
        return hashlib.sha256(repr(means).encode()).hexdigest()[:12]

    def _changed_issues(self, found: Found, known: Circumstances, tagging: Tagging) -> tuple[Issue, ...]:
        return permission_issues(found.poll, known.calls, tagging, self._means(), self._issues)

    def _keep(self, account_id: str, memory: RegionMemory) -> None:
        self._memories = {account_id: memory}
        try:
            self._shared.store.save(self._place(account_id), self.region, memory)
        except Exception:
            # What was told stays remembered in the process; the next run tries to write it again.
            now = self._shared.clock.monotonic()
            if self._complained_at is not None and now - self._complained_at < COMPLAINT_PAUSE_SECONDS:
                return
            self._complained_at = now
            logger.exception(
                "What was told of %s in %s cannot be written to the Agent's run path. Check its space and its rights: "
                "after a restart of the Agent these changes would be told again.",
                *(account_id, self.region),
            )
        else:
            self._complained_at = None
