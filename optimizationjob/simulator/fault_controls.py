"""Fault injection: faults, modified responses, latency and rate limits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

from optimizationjob.simulator.error_answers import SimulatorError
from optimizationjob.simulator.faults import Fault, FaultRule, Scope
from optimizationjob.simulator.latency_and_throttling import Latency, SimulatedRateLimit, TimeSource
from optimizationjob.simulator.request_dispatch import OPERATIONS, Dispatcher

if TYPE_CHECKING:
    from optimizationjob.simulator.request_dispatch import Tamper


class FaultControls:
    """Simulator controls that make requests fail or slow them down."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        self._lock = dispatcher.lock

    def fault(self, fault: Fault, *, times: int | None = None, after: int = 0, **scope: Unpack[Scope]) -> None:
        """Inject a fault into calls in scope: skip the first `after`, then fail the next `times` (None for all).

        The scope is any of `operation=`, `region=`, `account=` and `job=` (a name); an omitted key matches any value.
        If several faults match a call, the one added first applies.
        """
        _refuse_unknown_scope(scope)
        if times is not None and times < 1:
            raise SimulatorError(f"times must be at least 1, or None for always; not {times}")
        with self._lock:
            self._dispatcher.board.plant(FaultRule(fault=fault, times=times, after=after, scope=scope))

    def clear_faults(self) -> None:
        """Remove all faults."""
        with self._lock:
            self._dispatcher.board.clear()

    def tamper(self, change: Tamper, **scope: Unpack[Scope]) -> None:
        """Modify successful responses in scope with a function of the operation name and the response.

        The result is not validated against the model. Errors and faults are not passed to the function.
        """
        _refuse_unknown_scope(scope)
        with self._lock:
            self._dispatcher.tampers.append((change, scope))

    def clear_tampers(self) -> None:
        """Stop modifying responses."""
        with self._lock:
            self._dispatcher.tampers.clear()

    def latency(self, seconds: float, **scope: Unpack[Scope]) -> None:
        """Delay calls in scope by this many real seconds; several latencies add up."""
        _refuse_unknown_scope(scope)
        with self._lock:
            self._dispatcher.brakes.delay(Latency(seconds, scope))

    def rate_limit(
        self, rate: float, *, burst: float = 1, time: TimeSource = "simulated", **scope: Unpack[Scope]
    ) -> None:
        """Throttle calls in scope above `rate` per second plus a burst, per account and region.

        `time` selects the simulator's clock or real time. If several limits match a call, all apply.
        """
        _refuse_unknown_scope(scope)
        with self._lock:
            self._dispatcher.brakes.limit(SimulatedRateLimit(rate=rate, burst=burst, scope=scope, time=time))

    def clear_limits(self) -> None:
        """Remove all latencies and rate limits."""
        with self._lock:
            self._dispatcher.brakes.release()


def _refuse_unknown_scope(scope: Scope) -> None:
    unknown = sorted(set(scope) - set(Scope.__annotations__))
    if unknown:
        raise SimulatorError(f"unknown key in scope: {', '.join(unknown)}; known: {', '.join(Scope.__annotations__)}")
    operation = scope.get("operation")
    if operation is not None and not any(operation in names for names in OPERATIONS.values()):
        raise SimulatorError(f"unknown operation {operation!r}; use the AWS operation name")
