"""Makes calls without retries and times them."""

from __future__ import annotations

import threading
from collections.abc import Callable

from optimizationjob.aws.calls import Answer, Caller, Request
from optimizationjob.aws.rate_limit import RateLimit
from optimizationjob.clock import Clock
from optimizationjob.config.settings import Settings, secrets_of


class TimedCaller(Caller):
    """Makes each call once within the instance's rate limit and records its duration.

    The budget is that of diagnoses alone, so that none slows down a run. The duration excludes waiting for the rate
    limit and nested calls, such as assuming a role.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        super().__init__(
            clock=clock,
            max_attempts=1,
            attempt_seconds=settings.connect_timeout + settings.read_timeout,
            endpoint=settings.endpoint_url or "",
            rate_limit=RateLimit(settings.api_rate_limit, settings.api_burst, budget_of="a diagnosis"),
            secrets=secrets_of(settings),
        )
        self._time = clock
        self._local = threading.local()
        self._seconds: dict[tuple[str, str], float] = {}

    def seconds(self, operation: str, region: str) -> float:
        """Return the duration of the last call of an operation."""
        return self._seconds.get((operation, region), 0.0)

    def call(self, request: Request, prepare: Callable[[], Callable[[], Answer]]) -> Answer:
        """Make one call to AWS."""
        return super().call(request, lambda: self._timed(request, prepare()))

    def _timed(self, request: Request, ask: Callable[[], Answer]) -> Callable[[], Answer]:
        # A nested call is prepared in the thread of the one that needs it, and made in a thread of its own.
        outer: list[float] = getattr(self._local, "nested", [])

        def timed() -> Answer:
            nested: list[float] = []
            self._local.nested = nested
            started = self._time.monotonic()
            try:
                return ask()
            finally:
                took = self._time.monotonic() - started
                self._seconds[request.operation, request.region] = took - sum(nested)
                outer.append(took)

        return timed
