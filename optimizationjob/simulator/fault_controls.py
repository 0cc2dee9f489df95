"""What can be made to go wrong in the simulator: faults, changed responses, latency and rate limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from optimizationjob.simulator.error_answers import SimulatorError
from optimizationjob.simulator.faults import Fault, FaultRule, Scope
from optimizationjob.simulator.latency_and_throttling import Latency, SimulatedRateLimit, TimeSource
from optimizationjob.simulator.request_dispatch import OPERATIONS, Dispatcher

if TYPE_CHECKING:
    from optimizationjob.simulator.request_dispatch import Tamper


class FaultControls:
    """The controls of a simulator that make requests fail or slow them down."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        self._lock = dispatcher.lock

    def fault(self, fault: Fault, *, times: int | None = None, after: int = 0, **scope: Unpack[Scope]) -> None:
        """Make calls go wrong: of those in scope let `after` pass, then strike the next `times`, or all for None.

        The scope is any of `operation=`, `region=`, `account=` and `job=` (a name); what is left out means any. Of
        several faults that fit a call, the one planted first strikes.
        """
        _refuse_unknown_scope(scope)
        if times is not None and times < 1:
            raise SimulatorError(f"times must be at least 1, or None for always; not {times}")
        with self._lock:
            self._dispatcher.board.plant(FaultRule(fault=fault, times=times, after=after, scope=scope))

    def clear_faults(self) -> None:
        """Let calls go well again."""
        with self._lock:
            self._dispatcher.board.clear()

    def tamper(self, change: Tamper, **scope: Unpack[Scope]) -> None:
        """Let a function change the answers in scope, of an operation's name and a good answer.

        What it returns need not fit the model, and is not held against it. Errors and faults pass it by.
        """
        _refuse_unknown_scope(scope)
        with self._lock:
            self._dispatcher.tampers.append((change, scope))

    def clear_tampers(self) -> None:
        """Let answers be as they are again."""
        with self._lock:
            self._dispatcher.tampers.clear()

    def latency(self, seconds: float, **scope: Unpack[Scope]) -> None:
        """Hold calls in scope back for so many real seconds; several latencies add up."""
        _refuse_unknown_scope(scope)
        with self._lock:
            self._dispatcher.brakes.delay(Latency(seconds, scope))

    def rate_limit(
        self, rate: float, *, burst: float = 1, time: TimeSource = "simulated", **scope: Unpack[Scope]
    ) -> None:
        """Throttle calls in scope beyond `rate` a second and a burst, counted for each account and region by itself.

        `time` says whose seconds count: those of the simulator's clock or real ones. Of several limits, all count.
        """
        _refuse_unknown_scope(scope)
        with self._lock:
            self._dispatcher.brakes.limit(SimulatedRateLimit(rate=rate, burst=burst, scope=scope, time=time))

    def clear_limits(self) -> None:
        """Lift all latencies and rate limits."""
        with self._lock:
            self._dispatcher.brakes.release()


def _refuse_unknown_scope(scope: Scope) -> None:
    unknown = sorted(set(scope) - set(Scope.__annotations__))
    if unknown:
        raise SimulatorError(f"a scope has no {', '.join(unknown)}; it has {', '.join(Scope.__annotations__)}")
    operation = scope.get("operation")
    if operation is not None and not any(operation in names for names in OPERATIONS.values()):
        raise SimulatorError(f"there is no operation {operation!r} here, write it as AWS does")
