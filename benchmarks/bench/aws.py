"""Runs the simulator in a separate process, so that CPU and memory of this one are only the check's."""

from __future__ import annotations

import math
import multiprocessing
import threading
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import timedelta
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

from bench.fleet import ACCOUNT, REGION, START, Fleet, NamedJob
from bench.pipe import attend
from optimizationjob.simulator import Habits, ManualClock, Simulator

SPAWN: Final = multiprocessing.get_context("spawn")
TAG_OPERATIONS: Final = frozenset(("GetResources", "ListTags"))


class Calls(NamedTuple):
    """Number of calls that the simulator received, whatever the response."""

    lists: int = 0
    describes: int = 0
    tags: int = 0
    others: int = 0
    """STS."""
    refused: int = 0
    """Calls that did not return HTTP 200, included in the other counts."""

    @property
    def total(self) -> int:
        """All calls except STS, which has its own quota."""
        return self.lists + self.describes + self.tags

    def plus(self, more: Calls) -> Calls:
        """Return the sum."""
        return Calls(*(one + other for one, other in zip(self, more, strict=True)))

    def __str__(self) -> str:
        return f"{self.lists:,} List, {self.describes:,} Describe, {self.tags:,} tag calls"


class Aws:
    """A simulated AWS in another process. Its clock follows the local one, which advances only on request."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pipe, theirs = SPAWN.Pipe()
        self._process = SPAWN.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        self.url: str = self._pipe.recv()
        self.clock = _LinkedClock(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pipe.send(None)
        self._process.join(10)

    def add(self, fleet: Fleet, region: str = REGION, account: str = ACCOUNT) -> None:
        """Add a fleet to a region."""
        self.ask("add", fleet, region, account)

    def put(self, jobs: Sequence[NamedJob]) -> None:
        """Add some jobs."""
        self.ask("put", jobs, REGION, ACCOUNT)

    def move(self, names: Sequence[str]) -> None:
        """Start waiting jobs and complete running ones now."""
        self.ask("move", names)

    def behave(self, habits: Habits) -> None:
        """Change the behavior of the simulator where AWS's is not documented."""
        self.ask("behave", habits)

    def limit(self, rate: float, burst: float) -> None:
        """Throttle calls above a rate, in seconds of the clock."""
        self.ask("limit", rate, burst)

    def lift_limits(self) -> None:
        """Stop throttling."""
        self.ask("lift_limits")

    def take_calls(self) -> Calls:
        """Return the calls since the last call of this method.

        Raises:
            RuntimeError: a request or the simulator violated AWS's model.
        """
        calls, breaches = self.ask("take_calls")
        if breaches:
            raise RuntimeError(f"AWS's model was violated: {breaches[:3]}")
        taken: Calls = calls
        return taken

    def ask(self, name: str, *arguments: object) -> Any:  # noqa: ANN401 - any result
        """Call a method of the other process and return its result."""
        with self._lock:
            self._pipe.send((name, arguments))
            answer = self._pipe.recv()
        if isinstance(answer, Exception):
            raise answer
        return answer


class PassingClock(ManualClock):
    """A clock on which waits return immediately."""

    def __init__(self) -> None:
        super().__init__(START)

    def wait(self, signal: threading.Event, seconds: float) -> bool:
        """Advance to the next full millisecond plus one: a real wait is never exact, nor as short as 1e-17 s."""
        return super().wait(signal, math.ceil(seconds * 1000 + 1) / 1000)


class _LinkedClock(PassingClock):
    """A clock that also advances the simulator's."""

    def __init__(self, aws: Aws) -> None:
        super().__init__()
        self._aws = aws

    def advance(self, seconds: float) -> None:
        """Advance both clocks."""
        super().advance(seconds)
        self._aws.ask("advance", seconds)


class _Server:
    """The simulator's process: the methods available through the pipe."""

    def __init__(self, simulator: Simulator, clock: ManualClock) -> None:
        self._simulator = simulator
        self._clock = clock

    def advance(self, seconds: float) -> None:
        self._clock.advance(seconds)

    def add(self, fleet: Fleet, region: str, account: str) -> None:
        self.put(fleet.named(), region, account)

    def put(self, jobs: Iterable[NamedJob], region: str, account: str) -> None:
        for name, fields in jobs:
            self._simulator.put_job(account, region, name, **fields)

    def move(self, names: Sequence[str]) -> None:
        now, earlier = self._clock.now(), self._clock.now() - timedelta(seconds=30)
        for name in names:
            if self._simulator.status(ACCOUNT, REGION, name) == "STARTING":
                self._simulator.update_job(ACCOUNT, REGION, name, status="INPROGRESS", started_at=earlier)
            else:
                self._simulator.update_job(ACCOUNT, REGION, name, status="COMPLETED", ended_at=now)

    def behave(self, habits: Habits) -> None:
        self._simulator.habits = habits

    def limit(self, rate: float, burst: float) -> None:
        self._simulator.rate_limit(rate, burst=burst)

    def lift_limits(self) -> None:
        self._simulator.clear_limits()

    def take_calls(self) -> tuple[Calls, list[str]]:
        made = self._simulator.calls
        self._simulator.clear_calls()
        seen = Counter(call.operation for call in made)
        lists, describes = seen.pop("ListOptimizationJobs", 0), seen.pop("DescribeOptimizationJob", 0)
        tags = sum(seen.pop(operation, 0) for operation in TAG_OPERATIONS)
        calls = Calls(lists, describes, tags, seen.total(), sum(call.status != 200 for call in made))
        return calls, self._simulator.breaches


def _serve(pipe: Connection) -> None:
    """Serve until None is received or the pipe is closed."""
    clock = ManualClock(START)
    with Simulator(clock=clock, check_model=False) as simulator:
        pipe.send(simulator.url)
        attend(pipe, _Server(simulator, clock))
