"""The demo's world: two simulated accounts in two regions, and the check that polls them."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self

from optimizationjob.cli.agentless_check import AgentlessCheck
from optimizationjob.cli.demo.demo_options import DemoPlan
from optimizationjob.cli.submitted_data import Delivery
from optimizationjob.clock import Clock, SystemClock
from optimizationjob.run.region_run import Observer, no_observer
from optimizationjob.simulator import Places, Simulator, SpedClock, arrivals
from optimizationjob.simulator.manual_clock import START

PLACES = Places(accounts=("111111111111", "222222222222"), regions=("us-east-1", "eu-west-1"))
ROLE = "arn:aws:iam::222222222222:role/datadog-optimizationjob"
EXTERNAL_ID = "optimizationjob-demo"
DAY = timedelta(days=1)
FUTURE_DENSITY = 2
"""Arrival rate relative to that before the start: a fast first poll, then many events."""

USUAL_RATE = 2.0
"""Calls per second, the check's default."""

# Fixed jobs, since random ones may miss a case: name, story, account, region, and minutes from creation to the
# start (negative: created later).
CAST = (
    ("llama-3-1-70b-awq-release", "runtime-limit", 0, 0, 61),
    ("mixtral-8x7b-neuron-weekly", "runtime-limit", 1, 1, 50),
    ("llama-3-1-8b-awq-weekly", "runtime-limit", 1, 0, 43),
    ("qwen-2-5-32b-awq-rollback", "stuck-stopping", 1, 0, 40),
    ("llama-3-1-8b-awq-canary", "capacity-wait", 0, 1, 88),
    ("phi-4-awq-nightly", "pending-limit", 1, 0, 55),
    ("llama-3-1-70b-fp8-blackwell", "capacity-wait-without-end", 0, 0, 9 * 24 * 60),
    ("gemma-2-27b-eagle-draft", "long-run", 1, 1, 19 * 60),
    ("mistral-7b-awq-batch-12", "cuda-memory", 0, 0, 14),
    ("mixtral-8x7b-shard-p4de", "capacity", 1, 1, 28),
    ("gemma-2-27b-awq-search", "stopped-running", 0, 1, 33),
    ("qwen-2-5-32b-shard-tp8", "sharding", 1, 0, 26),
    ("llama-3-1-70b-awq-gated", "gated-repository", 0, 1, 11),
    ("mixtral-8x7b-awq-full", "disk-full", 1, 0, 25),
    ("phi-4-awq-cross-account", "access-denied", 0, 0, -3),
    ("llama-3-1-8b-neuron-tp3", "bad-tensor-degree", 1, 1, -3),
    ("mistral-7b-awq-encrypted", "kms-denied", 0, 1, 34),
    ("gemma-2-27b-awq-custom-lmi", "image-pull", 1, 0, -6),
    ("qwen-2-5-32b-shard-eu", "internal", 0, 1, 9),
    ("llama-3-1-8b-awq-eula", "eula", 0, 0, -8),
    ("mixtral-8x7b-awq-cpu", "host-memory", 1, 1, 12),
    ("phi-4-awq-new-bucket", "no-such-bucket", 0, 0, -10),
)


def sped_clock(plan: DemoPlan) -> SpedClock:
    """Return the clock of a live demo; every demo starts at the same simulated time."""
    return SpedClock(SystemClock(), plan.speed, START)


class DemoWorld:
    """A simulator with a fleet and two check instances that poll it; its clock starts at `START`.

    Attributes:
        simulator: the simulated AWS.
        instances: the configuration of each instance.
    """

    def __init__(self, plan: DemoPlan, clock: Clock) -> None:
        self._plan = plan
        self._clock = clock
        # The simulator's own tests validate against AWS's model; skip that here for speed.
        self.simulator = Simulator(clock=clock, seed=plan.seed, check_model=False)
        # A fixed time, so that the same seed gives the same world.
        self._seed, self._until = plan.seed, START
        self._populate(START)
        self.instances = self._instances()
        self._checks = tuple(AgentlessCheck(instance, clock) for instance in self.instances)

    def __enter__(self) -> Self:
        self.simulator.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cancel()
        self.simulator.stop()

    def now(self) -> datetime:
        """Return the simulated time."""
        return self._clock.now()

    def poll(self, observer: Observer = no_observer) -> Delivery:
        """Run the check for both accounts, with snapshots for an observer, and return what was sent."""
        self._keep_arriving()
        return Delivery.joined(check.run(observer) for check in self._checks)

    def cancel(self) -> None:
        """Stop further calls; safe to call from any thread."""
        for check in self._checks:
            check.cancel()

    def _populate(self, start: datetime) -> None:
        self.simulator.add_role(ROLE, external_id=EXTERNAL_ID)
        self.simulator.load(arrivals(self._plan.seed, self._plan.jobs, start - DAY, start, PLACES))
        for name, story, account, region, minutes in CAST:
            created_at = start - timedelta(minutes=minutes)
            place = PLACES.accounts[account], PLACES.regions[region]
            self.simulator.add_job(*place, name, story=story, created_at=created_at, tags={"team": "demo"})

    def _keep_arriving(self) -> None:
        """Add the jobs of each day before it starts."""
        while self._clock.now() + DAY / 2 >= self._until:
            self._seed += 1
            count = FUTURE_DENSITY * self._plan.jobs
            self.simulator.load(arrivals(self._seed, count, self._until, self._until + DAY, PLACES))
            self._until += DAY

    def _instances(self) -> tuple[dict[str, Any], ...]:
        account = PLACES.accounts[0]
        common = {
            "regions": list(PLACES.regions),
            "aws_access_key_id": f"AKIA{account}",
            "aws_secret_access_key": "simulated",
            "endpoint_url": self.simulator.url,
            # The simulator runs on this machine, so ignore the environment's proxy.
            "skip_proxy": True,
            "min_collection_interval": self._plan.interval,
            "event_lookback": self._plan.event_lookback,
            "empty_default_hostname": True,
            # Concurrent regions would advance a manual clock in random order.
            "max_concurrency": 1,
            # The rate limit counts real seconds, so scale it with the speed.
            "api_rate_limit": max(USUAL_RATE, USUAL_RATE * self._plan.speed),
        }
        return common, {**common, "assume_role": ROLE, "external_id": EXTERNAL_ID}
