"""One region of one instance: polled in a worker thread, told of in the run's own thread, remembered last."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

from optimizationjob.api import OptimizationJobApi
from optimizationjob.calls import Caller
from optimizationjob.clock import Clock
from optimizationjob.errors import CredentialsError
from optimizationjob.job import JobKey, OptimizationJob
from optimizationjob.memory import Memory
from optimizationjob.observation import is_news, observe, remember
from optimizationjob.poller import Poll, Poller
from optimizationjob.selection import Selection
from optimizationjob.session import AwsSession
from optimizationjob.settings import Settings
from optimizationjob.sink import Sink
from optimizationjob.store import MemoryStore
from optimizationjob.sweep import Listing, Sweeper
from optimizationjob.telemetry.health import unforeseen
from optimizationjob.telemetry.report import Known, report
from optimizationjob.telemetry.resources import Sent
from optimizationjob.telemetry.tags import UNKNOWN_ACCOUNT, Tagging

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a worker thread brings back."""

    account_id: str
    memory: Memory
    poll: Poll
    known: Mapping[JobKey, OptimizationJob]
    """The picture before."""
    seconds: float
    """How long it took."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What the regions of an instance share."""

    settings: Settings
    session: AwsSession
    caller: Caller
    clock: Clock
    store: MemoryStore
    sends_resources: bool
    """Whether resource records are wanted, and the Agent takes them."""


class RegionWatch:
    """Watches one region: what the process knows of it, and what is remembered beyond the process."""

    def __init__(self, api: OptimizationJobApi, shared: Surroundings) -> None:
        settings = shared.settings
        self.region = api.region
        self._shared = shared
        self._selection = Selection.of(settings)
        self._sweeper = Sweeper(
            api,
            clock=shared.clock,
            lookback=settings.lookback,
            max_jobs=settings.max_jobs,
            interval=settings.full_sweep_interval,
        )
        self._poller = Poller(
            api,
            selection=self._selection,
            collects_tags=settings.collect_tags,
            collects_records=shared.sends_resources,
        )
        self._memories: dict[str, Memory] = {}
        self._jobs: Mapping[JobKey, OptimizationJob] = {}
        self._sent: Mapping[JobKey, Sent] = {}
        self._first_try_at: datetime | None = None
        self._picture_at: datetime | None = None
        self._is_pictured = False

    def poll(self) -> Found:
        """Read the region; called in a worker thread. A failure of AWS is part of what was found."""
        started = self._shared.clock.monotonic()
        self._first_try_at = self._first_try_at or self._shared.clock.now()
        listing = self._sweeper.sweep()
        account_id = self._account_id(listing)
        memory = self._memory(account_id, listing)
        known = {**memory.active, **self._jobs}
        poll = self._poller.examine(
            listing,
            known=known,
            is_news=partial(is_news, memory),
            recorded={key for key, sent in self._sent.items() if sent.is_final},
        )
        seconds = self._shared.clock.monotonic() - started
        return Found(account_id=account_id, memory=memory, poll=poll, known=known, seconds=seconds)

    def tell(self, found: Found, sink: Sink) -> None:
        """Tell what was found, and remember it only then: a failure on the way means it is told again."""
        poll = found.poll
        if poll.error is None:
            self._picture_at = poll.at
        self._is_pictured = self._is_pictured or poll.is_complete
        observation = observe(found.memory, poll, self._selection)
        told = report(
            poll,
            observation,
            Known(
                jobs=found.known,
                sent=self._sent,
                combinations=found.memory.combinations,
                picture_at=self._picture_at,
                is_pictured=self._is_pictured,
                first_try_at=self._first_try_at or poll.at,
                calls=self._shared.caller.take_counts(self.region),
                seconds=found.seconds,
            ),
            Tagging.of(found.account_id, self.region, self._shared.settings),
            sends_resources=self._shared.sends_resources,
        )
        sink.health(told.health)
        for event in told.events:
            sink.event(event)
        for sample in told.samples:
            sink.sample(sample)
        for resource in told.resources:
            sink.resource(resource)
        if found.account_id == UNKNOWN_ACCOUNT:
            return
        memory = replace(remember(found.memory, observation), combinations=told.combinations)
        self._sent = told.sent
        self._jobs = {key: self._slim(job, memory) for key, job in poll.jobs.items()}
        self._keep(found.account_id, memory)

    def tell_failure(self, error: BaseException, sink: Sink) -> None:
        """Tell that a poll failed in a way that was not foreseen."""
        account_id = self._shared.session.known_account_id or UNKNOWN_ACCOUNT
        tagging = Tagging.of(account_id, self.region, self._shared.settings)
        sink.health(unforeseen(tagging, error))

    def _account_id(self, listing: Listing) -> str:
        """Return whose jobs these are; STS is not asked with credentials that were just refused."""
        session = self._shared.session
        is_refused = isinstance(listing.error, CredentialsError)
        account_id = session.known_account_id if is_refused else session.account_id(self.region)
        if account_id is None and listing.jobs:
            account_id = min(listing.jobs).arn.split(":")[4]
            session.learn_account_id(account_id)
        return account_id or UNKNOWN_ACCOUNT

    def _memory(self, account_id: str, listing: Listing) -> Memory:
        """Return what is remembered; what is not is begun, and kept at once."""
        held = self._memories.get(account_id)
        memory = held or self._shared.store.load(account_id, self.region) or self._first_memory(account_id)
        if not memory.is_clock_checked and listing.skew is not None:
            memory = replace(memory, known_since=memory.known_since + listing.skew, is_clock_checked=True)
        self._keep(account_id, memory)
        if held is None and account_id != UNKNOWN_ACCOUNT:
            self._shared.store.forget(UNKNOWN_ACCOUNT, self.region)
        return memory

    def _first_memory(self, account_id: str) -> Memory:
        """Begin a memory: what ended before the first try is history, with some allowance."""
        if account_id != UNKNOWN_ACCOUNT:
            earlier = self._memories.get(UNKNOWN_ACCOUNT) or self._shared.store.load(UNKNOWN_ACCOUNT, self.region)
            if earlier is not None:
                return earlier
        first_try_at = self._first_try_at or self._shared.clock.now()
        return Memory(known_since=first_try_at - self._shared.settings.event_lookback)

    def _keep(self, account_id: str, memory: Memory) -> None:
        self._memories = {account_id: memory}
        try:
            self._shared.store.save(account_id, self.region, memory)
        except Exception:
            # What was told stays remembered in the process; the next run tries to write it again.
            logger.exception(
                "What was told of %s in %s cannot be written to the Agent's run path. Check its space and its rights: "
                "after a restart of the Agent these changes would be told again.",
                *(account_id, self.region),
            )

    def _slim(self, job: OptimizationJob, memory: Memory) -> OptimizationJob:
        """Drop the detail of a job that is over, told and recorded: it is not needed again."""
        is_recorded = not self._shared.sends_resources or (job.key in self._sent and self._sent[job.key].is_final)
        if job.is_active or is_news(memory, job) or not is_recorded:
            return job
        return replace(job, detail=None)
