"""The runs over all regions of one instance: regions are polled in parallel and delivered one after the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import RLock, Semaphore
from typing import Final

from optimizationjob.aws.aws_session import AwsSession
from optimizationjob.aws.calls import Caller
from optimizationjob.aws.rate_limit import RateLimit
from optimizationjob.aws.sagemaker_api import SageMakerApi
from optimizationjob.clock import Clock
from optimizationjob.config.job_selection import JobSelection
from optimizationjob.config.settings import Settings, secrets_of
from optimizationjob.jobs.safe_logs import logger_of
from optimizationjob.package_versions import installed
from optimizationjob.run.guarded_sink import GuardedSink, RunCancelled
from optimizationjob.run.other_regions import are_others_well
from optimizationjob.run.record_pace import NoPace, RecordPace
from optimizationjob.run.region_run import Observer, RegionRun, no_observer
from optimizationjob.run.run_context import RunContext
from optimizationjob.state.persistent_cache import Cache, MemoryStore
from optimizationjob.telemetry.issues import version_issue
from optimizationjob.telemetry.resource_records import columns
from optimizationjob.telemetry.sink import Sink

FOR_URGENT_RECORDS: Final = 10
"""Of the records that can be submitted in a run, those that background work leaves to jobs that changed."""
LONGEST_DELIVERY_SECONDS: Final = 1.0
"""How long a cancellation waits for the delivery of a region."""

logger = logger_of(__name__)


class InstanceRun:
    """Runs over the regions of one instance."""

    def __init__(self, context: RunContext, regions: tuple[RegionRun, ...]) -> None:
        self._context = context
        self._regions = regions
        self._has_run = False
        self._is_cancelled = False
        self._delivery_seconds = 0.0
        """How long the last run took to prepare and submit what it found."""
        self._delivery = RLock()
        self._first = -1
        """Index of the region that came first in the last run."""

    @property
    def regions(self) -> tuple[str, ...]:
        """The names of the regions."""
        return tuple(region.region for region in self._regions)

    def calls(self) -> dict[str, int]:
        """Return how often each operation was called so far, a run under way included."""
        return self._context.caller.counts.made()

    def run(self, sink: Sink, observer: Observer = no_observer, *, seconds: float | None = None) -> None:
        """Poll every region and deliver what was found.

        A region that cannot be delivered does not affect the others.

        Args:
            sink: takes everything that is sent.
            observer: gets a snapshot of each region before the sink does.
            seconds: the time of the run, instead of `max_run_seconds`: calls may start in what delivery leaves of it.

        Raises:
            Exception: the first unexpected failure, after all regions had their turn.
        """
        context = self._context
        limit = context.settings.max_run_seconds if seconds is None else seconds
        # What was delivered takes about as long to deliver again; at least half of the time is for calls.
        context.caller.start_run(max(limit / 2, limit - self._delivery_seconds))
        guarded = GuardedSink(sink, lambda: self._is_cancelled)
        try:
            context.session.look_up_credentials()
            # Before the regions, so that each of them knows its account and uses that account's rate limit.
            context.session.account_id(self._regions[0].region)
            unread, failures = self._read_regions()
            context.session.confirm_credentials()
        finally:
            context.session.end_run()
        started = context.clock.monotonic()
        try:
            if not self._has_run:
                self._has_run = guarded.issue(version_issue(installed()))
            errors = {one.region: unread[one] if one in unread else one.settle_error() for one in self._regions}
            for region in self._regions:
                deliver = partial(
                    region.deliver, guarded, observer, are_others_well=are_others_well(region.region, errors)
                )
                self._deliver(region, unread.get(region), guarded, deliver, failures)
        except RunCancelled:
            return
        self._delivery_seconds = context.clock.monotonic() - started
        if failures:
            raise failures[0]

    def _deliver(
        self,
        region: RegionRun,
        failure: Exception | None,
        sink: GuardedSink,
        deliver: Callable[[], None],
        failures: list[Exception],
    ) -> None:
        """Deliver one region. A run is cancelled before a region or after it, not in the middle."""
        with self._delivery:
            try:
                if failure is not None:
                    raise failure
                deliver()
            except RunCancelled:
                raise
            except Exception as error:
                logger.exception("The run over %s failed.", region.region)
                region.deliver_failure(error, sink)
                failures.append(error)

    def _read_regions(self) -> tuple[dict[RegionRun, Exception], list[Exception]]:
        """Read all regions, each part of the work in all of them before the next part.

        Returns the unexpected failures: those of regions that were not read, and those of background work, which costs
        a region nothing else.
        """
        # Where the time of a run does not suffice for all regions, it is not always the same ones that come last.
        self._first = (self._first + 1) % len(self._regions)
        turn = self._regions[self._first :] + self._regions[: self._first]
        workers = min(self._context.settings.max_concurrency, len(turn))
        with ThreadPoolExecutor(workers, thread_name_prefix="optimizationjob") as pool:
            unread = _failures(pool, RegionRun.list_newest, turn)
            unread |= _failures(pool, RegionRun.read_urgent, [region for region in turn if region not in unread])
            with self._context.caller.background_work():
                available = self._context.pace.available(self._context.clock.monotonic())
                allowance = Semaphore(max(0, available - FOR_URGENT_RECORDS))
                part = partial(RegionRun.read_background, allowance=allowance)
                failures = _failures(pool, part, [one for one in turn if one not in unread])
        for region, error in failures.items():
            logger.error("The background work over %s failed.", region.region, exc_info=error)
        return unread, list(failures.values())

    def stop_calls(self) -> None:
        """Let no further call start; what was read is still submitted. May be called from any thread."""
        self._context.caller.cancel()

    def cancel(self) -> None:
        """Let no further call start, and nothing more be submitted. May be called from any thread.

        A region that is being delivered is finished first, which takes milliseconds, so that nothing is repeated.
        """
        self._context.caller.cancel()
        is_free = self._delivery.acquire(timeout=LONGEST_DELIVERY_SECONDS)
        self._is_cancelled = True
        if is_free:
            self._delivery.release()


def _failures(
    pool: ThreadPoolExecutor, part: Callable[[RegionRun], None], regions: Sequence[RegionRun]
) -> dict[RegionRun, Exception]:
    """Do a part of the work in all regions and return the unexpected failures."""
    under_way = [(region, pool.submit(part, region)) for region in regions]
    failures: dict[RegionRun, Exception] = {}
    for region, future in under_way:
        try:
            future.result()
        except Exception as error:  # noqa: BLE001 - handled by the caller
            failures[region] = error
    return failures


def build_instance_run(  # noqa: PLR0913 - what an Agent gives
    settings: Settings,
    *,
    cache: Cache,
    clock: Clock,
    takes_resources: bool,
    pace: RecordPace | None = None,
    budget_of: str = "",
) -> InstanceRun:
    """Build the runs of one instance. AWS is not called.

    Args:
        settings: the instance.
        cache: where memories are saved.
        clock: the machine's time.
        takes_resources: whether the Agent takes resource records.
        pace: how fast it takes them, all instances of the process together; None for as fast as they come.
        budget_of: the instance, where it shares its request budget with no other.

    Raises:
        SettingsError: the profile does not exist, or the regions cannot be resolved.
    """
    caller = Caller(
        clock=clock,
        max_attempts=settings.max_attempts,
        attempt_seconds=settings.connect_timeout + settings.read_timeout,
        endpoint=settings.endpoint_url or "",
        rate_limit=RateLimit(settings.api_rate_limit, settings.api_burst, budget_of),
        secrets=secrets_of(settings),
    )
    session = AwsSession(settings, clock=clock, caller=caller)
    context = RunContext(
        settings=settings,
        session=session,
        caller=caller,
        clock=clock,
        store=MemoryStore(cache),
        selection=JobSelection.of(settings),
        submits_records=takes_resources and settings.collect_resources,
        pace=pace or NoPace(),
    )
    record = partial(columns, settings=settings)
    apis = (SageMakerApi(region, session=session, columns=record) for region in session.regions)
    return InstanceRun(context, tuple(RegionRun(api, context) for api in apis))
