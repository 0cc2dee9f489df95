"""Drives the check's instance run by run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from bench.aws import Aws, Calls
from bench.fleet import ACCOUNT, REGION
from optimizationjob.clock import Clock
from optimizationjob.config.settings import Settings
from optimizationjob.run.instance_run import build_instance_run
from optimizationjob.state.persistent_cache import DictCache
from optimizationjob.telemetry.signals import Event, Issue, ResourceRecord, Sample, ServiceCheck

INTERVAL: Final = 60.0
NO_LIMIT: Final[Mapping[str, Any]] = {"api_rate_limit": 1_000_000, "api_burst": 1_000_000}
"""Disables the rate limit, for benchmarks that do not measure it."""
MOST_RUNS: Final = 1_000


class NullSink:
    """A sink that discards everything."""

    def sample(self, sample: Sample) -> None:
        """Take a value of a metric."""

    def event(self, event: Event) -> None:
        """Take an event."""

    def service_check(self, check: ServiceCheck) -> None:
        """Take a service check."""

    def record(self, record: ResourceRecord) -> None:
        """Take a resource record."""

    def issue(self, issue: Issue) -> None:
        """Take an issue."""


class NotingSink(NullSink):
    """Stores the last value of each metric and counts events and records."""

    def __init__(self) -> None:
        self.values: dict[str, float] = {}
        self.events = 0
        self.records = 0

    def sample(self, sample: Sample) -> None:
        """Note a value."""
        self.values[sample.name] = sample.value

    def event(self, event: Event) -> None:  # noqa: ARG002 - it is counted, not read
        """Count an event."""
        self.events += 1

    def record(self, record: ResourceRecord) -> None:  # noqa: ARG002 - it is counted, not read
        """Count a resource record."""
        self.records += 1

    @property
    def is_settled(self) -> bool:
        """Whether the window is read completely and every job is described."""
        return self.values.get("poll.truncated") == 0 and self.values.get("poll.backlog") == 0


def instance(url: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the configuration of an instance that polls a region of the simulator."""
    return {
        "regions": [REGION],
        "aws_access_key_id": f"AKIA{ACCOUNT}",
        "aws_secret_access_key": "simulated",
        "endpoint_url": url,
        "min_collection_interval": INTERVAL,
        **options,
    }


class Watch:
    """One instance, run manually; given the cache of another instance, it acts as that one after a restart."""

    def __init__(self, url: str, clock: Clock, *, cache: DictCache | None = None, **options: Any) -> None:  # noqa: ANN401
        self.cache = DictCache() if cache is None else cache
        self.settings = Settings.from_mapping(instance(url, options))
        self.sink = NotingSink()
        self._cycle = build_instance_run(self.settings, cache=self.cache, clock=clock, takes_resources=True)

    def run(self, sink: NullSink | None = None) -> None:
        """Run once."""
        self._cycle.run(sink or self.sink)

    def run_of(self, aws: Aws, *, after: float = INTERVAL) -> Calls:
        """Advance the clock, run once and return the calls of that run."""
        aws.clock.advance(after)
        aws.take_calls()
        self.run()
        return aws.take_calls()

    def settle(self, aws: Aws) -> Calls:
        """Run until everything is read and reported and a run makes only one call; return the calls so far.

        Raises:
            RuntimeError: the limit on the number of runs is reached.
        """
        calls = Calls()
        for _ in range(MOST_RUNS):
            a_run = self.run_of(aws)
            if self.sink.is_settled and a_run.total == 1:
                return calls
            calls = calls.plus(a_run)
        raise RuntimeError(f"not settled after {MOST_RUNS} runs: {self.sink.values}")
