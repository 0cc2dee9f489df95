"""One region in each run: read in worker threads, delivered in the run's own thread, and saved last."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from optimizationjob.aws.errors import AwsError
from optimizationjob.aws.sagemaker_api import OptimizationJobApi
from optimizationjob.jobs.job import UNKNOWN_ACCOUNT, is_account
from optimizationjob.jobs.job_counts import KnownKinds
from optimizationjob.polling.changes import Changes, changes_of
from optimizationjob.polling.listing import Listing, NewestJobsReader
from optimizationjob.polling.next_memory import memory_after
from optimizationjob.polling.poll_result import PollResult
from optimizationjob.polling.poll_under_way import PollUnderWay
from optimizationjob.polling.poller import Poller
from optimizationjob.polling.record_backlog import Allowance
from optimizationjob.run.delivery import IssueDelivery, Reported, Unsent, deliver, delivered
from optimizationjob.run.guarded_sink import GuardedSink
from optimizationjob.run.run_context import RunContext
from optimizationjob.state.memory_keeper import MemoryKeeper
from optimizationjob.state.region_state import RegionState
from optimizationjob.telemetry.datadog_tags import Tagging
from optimizationjob.telemetry.report import RunFacts, report
from optimizationjob.telemetry.service_check import unexpected_failure


@dataclass(slots=True, kw_only=True)
class _Reading:
    """What one run has read of a region so far."""

    listing: Listing
    seconds: float = 0.0
    """Time spent on the region."""
    account_id: str = UNKNOWN_ACCOUNT
    poll: PollUnderWay | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionSnapshot:
    """A region for an observer that wants the jobs rather than what is sent about them."""

    account_id: str
    region: str
    poll: PollResult
    changes: Changes
    listed_at: datetime | None
    """When the newest jobs were last listed without an error; None if never."""


Observer = Callable[[RegionSnapshot], None]


def no_observer(_: RegionSnapshot) -> None:
    """Ignore the snapshot."""


class RegionRun:
    """Runs over one region."""

    def __init__(self, api: OptimizationJobApi, context: RunContext) -> None:
        settings = context.settings
        self.region = api.region
        self._context = context
        self._newest = NewestJobsReader(
            api, clock=context.clock, lookback=settings.lookback, max_jobs=settings.max_jobs
        )
        self._kinds = KnownKinds(settings.group_by_tags)
        self._poller = Poller(api, settings, self._kinds, collects_records=context.submits_records)
        self._keeper = MemoryKeeper(
            context.store,
            api.region,
            clock=context.clock,
            event_lookback=settings.event_lookback,
            credentials_id=context.credentials_id,
        )
        self._issues = IssueDelivery(context.credentials_id)
        self._state: RegionState | None = None
        self._reading: _Reading | None = None
        self._unsent = Unsent()
        self._listed_at: datetime | None = None
        """When the newest jobs were last listed without an error."""

    def list_newest(self) -> None:
        """List the newest jobs, in one attempt, so that each region is listed before another one is retried."""
        started = self._context.clock.monotonic()
        self._keeper.note_attempt()
        self._reading = _Reading(listing=self._newest.first_page(max_attempts=1))
        self._reading.seconds += self._context.clock.monotonic() - started

    def read_urgent(self) -> None:
        """Read what people wait for, and list again where that failed."""
        started, reading, newest = self._context.clock.monotonic(), self._read(), self._newest
        error = reading.listing.error
        if error is not None and error.is_retried and self._context.settings.max_attempts > 1:
            reading.listing = newest.first_page(failed_attempts=1)
        reading.account_id = self._account_id(reading.listing)
        state = self._open_state(reading.account_id, reading.listing)
        if reading.listing.error is None and state.frontier is not None:
            newest.read_to_frontier(reading.listing, state.frontier)
        reading.poll = self._poller.start(reading.listing, state)
        self._poller.read_urgent(reading.poll)
        reading.seconds += self._context.clock.monotonic() - started

    def read_background(self, allowance: Allowance) -> None:
        """Read what can wait, and as many records as can be submitted."""
        started, reading = self._context.clock.monotonic(), self._read()
        if reading.poll is not None:
            self._poller.read_background(reading.poll, allowance)
        reading.seconds += self._context.clock.monotonic() - started

    def settle_error(self) -> AwsError | None:
        """Return why the region cannot be listed, in the light of what all regions answered; None if it can."""
        listing = self._read().listing
        listing.error = self._context.session.judged(listing.error)
        return listing.error

    def deliver(self, sink: GuardedSink, observer: Observer = no_observer, *, are_others_well: bool = False) -> None:
        """Submit what was read, then commit and save the state: after a failure before that, changes are repeated.

        Args:
            sink: takes what is sent.
            observer: gets a snapshot first.
            are_others_well: whether the instance has other regions, and those can be listed.
        """
        reading, context = self._read(), self._context
        under_way = reading.poll
        if under_way is None:
            raise RuntimeError("the region was not read")
        poll, state, account_id = self._poller.result(under_way), under_way.state, reading.account_id
        state.keep_read(poll.live)
        if poll.error is None:
            self._listed_at = poll.at
        facts = RunFacts(
            sent=state.memory.sent,
            listed_at=self._listed_at,
            waited_seconds=self._keeper.waited_seconds,
            calls=context.caller.counts.take(self.region),
            seconds=reading.seconds,
            submits_records=context.submits_records,
            are_others_well=are_others_well,
        )
        changes = changes_of(state.memory, poll, context.selection)
        tagging = Tagging.of(account_id, self.region, context.settings, self._kinds)
        memory = memory_after(state.memory, changes, poll, context.settings, self._kinds)
        sent = report(poll, changes, memory, facts, tagging)
        observer(
            RegionSnapshot(
                account_id=account_id,
                region=self.region,
                poll=poll,
                changes=changes,
                listed_at=self._listed_at,
            )
        )
        outcome = deliver(sent, self._unsent, sink, context.next_record, tagging)
        self._unsent = outcome.unsent
        self._issues.deliver(poll, facts.calls, tagging, sink)
        if account_id == UNKNOWN_ACCOUNT:
            return
        state.commit(delivered(poll, Reported(changes, memory, self._kinds), outcome, state, context))
        self._keep_kinds(state)
        self._keeper.save(account_id, state.memory)

    def deliver_failure(self, error: BaseException, sink: GuardedSink) -> None:
        """Send the service check of a poll that failed in an unexpected way."""
        account_id = self._context.session.known_account_id or UNKNOWN_ACCOUNT
        tagging = Tagging.of(account_id, self.region, self._context.settings)
        sink.service_check(unexpected_failure(tagging, error))

    def _read(self) -> _Reading:
        if self._reading is None:
            raise RuntimeError("the region was not listed")
        return self._reading

    def _account_id(self, listing: Listing) -> str:
        """Return the account of the credentials; where STS does not return it, that of a listed job's ARN."""
        session = self._context.session
        account_id = session.known_account_id
        if account_id is None:
            in_arns = (key.arn.split(":")[4] for key in sorted(listing.jobs))
            account_id = next(filter(is_account, in_arns), None)
            if account_id is not None:
                session.learn_account_id(account_id)
        return account_id or UNKNOWN_ACCOUNT

    def _keep_kinds(self, state: RegionState) -> None:
        """Keep the kinds that have jobs, so that those of later jobs have room.

        Those of a sweep under way are counted at its end.
        """
        if state.sweep is not None:
            return
        counted = (kind for kind, _ in state.memory.counts.by_kind)
        self._kinds.keep((*counted, *map(self._kinds.of, state.live.values())))

    def _open_state(self, account_id: str, listing: Listing) -> RegionState:
        memory = self._keeper.open(account_id, listing.at, listing.skew)
        if self._state is None:
            self._state = RegionState(full_sweep_interval=self._context.settings.full_sweep_interval, memory=memory)
            self._keep_kinds(self._state)
        self._state.open(memory)
        return self._state
