"""One run of the check: all regions are polled in parallel, and each is told of when it was."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from optimizationjob.aws.calls import Caller
from optimizationjob.aws.clients import AwsSession
from optimizationjob.aws.rate_limit import RateLimit
from optimizationjob.aws.sagemaker_api import SageMakerApi
from optimizationjob.clock import Clock
from optimizationjob.config.settings import Settings
from optimizationjob.package_versions import installed
from optimizationjob.run.region_run import RegionRun, RegionSnapshot, RunContext, no_observer
from optimizationjob.state.persistent_cache import Cache, MemoryStore
from optimizationjob.telemetry.issues import version_issue
from optimizationjob.telemetry.resource_records import columns
from optimizationjob.telemetry.sink import Sink

logger = logging.getLogger(__name__)


class InstanceRun:
    """The regions of one instance, and the runs over them."""

    def __init__(self, shared: RunContext, watches: tuple[RegionRun, ...]) -> None:
        self._shared = shared
        self._watches = watches
        self._is_begun = False

    @property
    def regions(self) -> tuple[str, ...]:
        """The regions that are watched."""
        return tuple(watch.region for watch in self._watches)

    def calls(self) -> dict[str, int]:
        """Return how often each operation was called so far, a run under way included."""
        return self._shared.caller.made()

    def run(
        self, sink: Sink, show: Callable[[RegionSnapshot], None] = no_observer, *, seconds: float | None = None
    ) -> None:
        """Poll every region and tell what was found.

        A region that cannot be told of does not keep the others from being told.

        Args:
            sink: is told.
            show: is shown each region that was read or remembered, before the sink is told of it.
            seconds: how long calls may go out, instead of what the settings say.

        Raises:
            Exception: the first that was not foreseen, after all regions had their turn.
        """
        settings = self._shared.settings
        self._shared.caller.start_run(settings.max_run_seconds if seconds is None else seconds)
        failures: list[Exception] = []
        if not self._is_begun:
            sink.issue(version_issue(installed()))
            self._is_begun = True
        workers = min(settings.max_concurrency, len(self._watches))
        with ThreadPoolExecutor(workers, thread_name_prefix="optimizationjob") as pool:
            for watch, polled in [(watch, pool.submit(watch.poll)) for watch in self._watches]:
                try:
                    failure = polled.exception()
                    if failure is None:
                        watch.tell(polled.result(), sink, show)
                    else:
                        watch.tell_failure(failure, sink)
                        raise failure
                except Exception as error:
                    logger.exception("The run over %s failed; the other regions go on.", watch.region)
                    failures.append(error)
        if failures:
            raise failures[0]

    def cancel(self) -> None:
        """Let no further call start; may be called from any thread and does not wait."""
        self._shared.caller.cancel()


def build_instance_run(settings: Settings, *, cache: Cache, clock: Clock, takes_resources: bool) -> InstanceRun:
    """Put the parts together for one instance; AWS is not called.

    Args:
        settings: the instance.
        cache: where memories are kept.
        clock: the time.
        takes_resources: whether the Agent takes resource records.

    Raises:
        SettingsError: the profile does not exist, or the regions cannot be resolved.
    """
    caller = Caller(
        clock=clock,
        max_attempts=settings.max_attempts,
        endpoint=settings.endpoint_url or "",
        allowance=RateLimit(settings.api_rate_limit, settings.api_burst),
    )
    session = AwsSession(settings, clock=clock, caller=caller)
    shared = RunContext(
        settings=settings,
        session=session,
        caller=caller,
        clock=clock,
        store=MemoryStore(cache),
        sends_resources=takes_resources and settings.collect_resources,
    )
    record = partial(columns, settings=settings)
    apis = (SageMakerApi(region, session=session, columns=record) for region in session.regions)
    return InstanceRun(shared, tuple(RegionRun(api, shared) for api in apis))
