"""The runs over one region: it is polled in a worker thread, delivered in the run's own thread, and saved last."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from optimizationjob.aws.sagemaker_api import OptimizationJobApi
from optimizationjob.jobs.job import UNKNOWN_ACCOUNT, is_account
from optimizationjob.polling.changes import Changes, changes_of
from optimizationjob.polling.listing import Listing, NewestJobsReader
from optimizationjob.polling.next_memory import memory_after
from optimizationjob.polling.poll_result import PollResult
from optimizationjob.polling.poller import Poller
from optimizationjob.run.delivery import IssueDelivery, deliver, delivered
from optimizationjob.run.run_context import RunContext
from optimizationjob.state.memory_keeper import MemoryKeeper
from optimizationjob.state.region_state import RegionState
from optimizationjob.telemetry.datadog_tags import Tagging
from optimizationjob.telemetry.report import RunFacts, report
from optimizationjob.telemetry.service_check import unexpected_failure
from optimizationjob.telemetry.sink import Sink


@dataclass(frozen=True, slots=True, kw_only=True)
class PolledRegion:
    """What a worker thread returns."""

    account_id: str
    state: RegionState
    poll: PollResult
    seconds: float
    """Duration of the poll."""


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
        self._poller = Poller(api, settings, collects_records=context.submits_records)
        self._keeper = MemoryKeeper(
            context.store,
            api.region,
            clock=context.clock,
            event_lookback=settings.event_lookback,
            credentials_id=context.credentials_id,
        )
        self._issues = IssueDelivery(context.credentials_id)
        self._state: RegionState | None = None
        self._listed_at: datetime | None = None
        """When the newest jobs were last listed without an error."""

    def poll(self) -> PolledRegion:
        """Poll the region; called in a worker thread. A failure of AWS is part of the result."""
        started = self._context.clock.monotonic()
        self._keeper.note_attempt()
        listing = self._newest.first_page()
        account_id = self._account_id(listing)
        state = self._open_state(account_id, listing)
        if listing.error is None and state.frontier is not None:
            self._newest.read_to_frontier(listing, state.frontier)
        poll = self._poller.poll(listing, state)
        seconds = self._context.clock.monotonic() - started
        return PolledRegion(account_id=account_id, state=state, poll=poll, seconds=seconds)

    def deliver(self, polled: PolledRegion, sink: Sink, observer: Observer = no_observer) -> None:
        """Deliver a poll, then commit and save the state: after a failure on the way the changes are reported again."""
        poll, state, settings = polled.poll, polled.state, self._context.settings
        if poll.error is None:
            self._listed_at = poll.at
        facts = RunFacts(
            sent=state.sent,
            listed_at=self._listed_at,
            waited_seconds=self._keeper.waited_seconds,
            calls=self._context.caller.take_counts(self.region),
            seconds=polled.seconds,
            submits_records=self._context.submits_records,
        )
        try:
            changes = changes_of(state.memory, poll, self._context.selection)
            memory = memory_after(state.memory, changes, poll, settings)
            tagging = Tagging.of(polled.account_id, self.region, settings)
            sent = report(poll, changes, memory, facts, tagging)
        except Exception as error:
            self.deliver_failure(error, sink)
            raise
        observer(
            RegionSnapshot(
                account_id=polled.account_id,
                region=self.region,
                poll=poll,
                changes=changes,
                listed_at=self._listed_at,
            )
        )
        deliver(sent, sink)
        self._issues.deliver(poll, facts.calls, tagging, sink)
        if polled.account_id == UNKNOWN_ACCOUNT:
            return
        state.commit(delivered(poll, changes, memory, sent, self._context))
        self._keeper.save(polled.account_id, state.memory)

    def deliver_failure(self, error: BaseException, sink: Sink) -> None:
        """Send the service check of a poll that failed in an unexpected way."""
        account_id = self._context.session.known_account_id or UNKNOWN_ACCOUNT
        tagging = Tagging.of(account_id, self.region, self._context.settings)
        sink.service_check(unexpected_failure(tagging, error))

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

    def _open_state(self, account_id: str, listing: Listing) -> RegionState:
        memory = self._keeper.open(account_id, listing.at, listing.skew)
        if self._state is None:
            self._state = RegionState(full_sweep_interval=self._context.settings.full_sweep_interval, memory=memory)
        self._state.open(memory)
        return self._state
