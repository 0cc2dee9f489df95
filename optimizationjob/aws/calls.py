"""Calls to AWS: attempts, the run's deadline, the count of calls, and errors by kind."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

from optimizationjob.aws import errors
from optimizationjob.aws.call_counts import CallCounts
from optimizationjob.aws.error_kinds import kind_of_failure
from optimizationjob.aws.failure_words import one_line
from optimizationjob.aws.in_flight import CutOff, InFlight
from optimizationjob.aws.rate_limit import RateLimit, RateLimitKey, TokenBucket, bucket_of
from optimizationjob.clock import Clock
from optimizationjob.jobs.inert_text import plain
from optimizationjob.jobs.redaction import without
from optimizationjob.jobs.safe_logs import logger_of

Answer = Mapping[str, Any]

FIRST_PAUSE_SECONDS: Final = 0.2


@dataclass(frozen=True, slots=True)
class Request:
    """One request to AWS."""

    operation: str
    """IAM's name of the call, such as `sagemaker:ListOptimizationJobs`."""
    region: str
    required: tuple[str, ...] = ()
    """Members that a response must have, since botocore reads a broken body as {}."""
    max_attempts: int | None = None
    """The number of attempts, instead of `max_attempts` of the instance."""
    failed_attempts: int = 0
    """The number of attempts that were made earlier in this run and failed."""
    overdraw: bool = False
    """Whether the first attempt is made without waiting for the rate limit."""
    shows_region: bool = False
    """Whether a denial can mean that the region does not offer these jobs; for other calls it is just a denial."""

    @property
    def place(self) -> str:
        """The service and region that it goes to."""
        return f"{self.operation.partition(':')[0]} in {self.region}"

    def fault(self, kind: type[errors.AwsError], cause: str, remedy: str | None = None) -> errors.AwsError:
        """Return an error of this request, with its cause in one line and without secrets."""
        return kind(one_line(cause), operation=self.operation, region=self.region, remedy=remedy)


logger = logger_of(__name__)

_background_turn = threading.Lock()
"""Held by the one run in the process that may wait for the rate limit on behalf of background work."""
_callers = count()
"""Numbers, since the id of a deleted object may be used again while its bucket is still held."""


class Caller:
    """Makes calls on behalf of one instance; safe to use from many threads.

    Args:
        clock: the machine's time, for deadlines and pauses.
        max_attempts: how many attempts a call has within a run.
        attempt_seconds: how long an attempt may take as a whole; one that takes longer is cut off.
        endpoint: the URL that is called instead of AWS's own; empty for those.
        rate_limit: the most that the instance may request.
        secrets: what is masked where AWS or a proxy repeats it.
    """

    def __init__(  # noqa: PLR0913 - what an instance says of its calls
        self,
        *,
        clock: Clock,
        max_attempts: int,
        attempt_seconds: float,
        endpoint: str,
        rate_limit: RateLimit,
        secrets: Iterable[str] = (),
    ) -> None:
        self._clock = clock
        self._max_attempts = max_attempts
        self._attempt_seconds = attempt_seconds
        self._endpoint = endpoint
        self._rate_limit = rate_limit
        # As they are, and as they stand in a message.
        self._secrets = tuple(form for secret in secrets for form in (secret, plain(secret)))
        # Until the account is known, the instance has a bucket of its own.
        self._account_id = f"unknown {next(_callers)}"
        self._buckets: dict[RateLimitKey, TokenBucket] = {}
        self._deadline = float("inf")
        self._may_wait = True
        self._cancelled = threading.Event()
        self._lock = threading.Lock()
        self.counts = CallCounts()
        self.in_flight = InFlight()

    def start_run(self, max_run_seconds: float) -> None:
        """Set the deadline of a run: no attempt starts after it."""
        self._deadline = self._clock.monotonic() + max_run_seconds

    def seconds_left(self) -> float | None:
        """Return the seconds until the end of the run; None without one."""
        left = self._deadline - self._clock.monotonic()
        return None if left == float("inf") else max(0.0, left)

    @contextmanager
    def background_work(self) -> Iterator[None]:
        """Make the calls that can wait: they wait for the rate limit in one run of the process at a time.

        A run that waits keeps one of the Agent's few check runners busy. All others do what the tokens left allow.
        """
        # What is not trusted with the others' budget would keep the turn for as long as its own lasts.
        self._may_wait = has_turn = not self._rate_limit.budget_of and _background_turn.acquire(blocking=False)
        try:
            yield
        finally:
            if has_turn:
                _background_turn.release()
            self._may_wait = True

    @property
    def is_cancelled(self) -> bool:
        """Whether no further attempt starts."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Let no further attempt start, and cut off those that are under way."""
        self._cancelled.set()
        self.in_flight.cut()

    def use_account(self, account_id: str) -> None:
        """Count requests towards the rate limit of this account from now on."""
        with self._lock:
            self._account_id = account_id
            self._buckets.clear()

    def call(self, request: Request, prepare: Callable[[], Callable[[], Answer]]) -> Answer:
        """Send a request, and retry it where that may help.

        Args:
            request: the request.
            prepare: returns what sends it; the exceptions of both are translated.

        Raises:
            AwsError: the last attempt failed, or there is no time for another.
        """
        attempt = request.failed_attempts + 1
        if attempt > 1:
            self._clock.wait(self._cancelled, _pause_after(attempt - 1))
        while True:
            if self._cancelled.is_set() or self._clock.monotonic() >= self._deadline:
                raise request.fault(errors.DeadlineReached, "the time of this run is over")
            if self.in_flight.is_late(request.place):
                raise request.fault(errors.Unreachable, "the last request, which was cut off, still hangs; not sent")
            bucket = self._take_token(request, overdraw=request.overdraw and attempt == 1)
            try:
                answer = self._attempt(request, prepare)
            except errors.AwsError as error:
                if error.operation == request.operation:
                    self.counts.add(request.region, request.operation, error.outcome)
                if bucket and isinstance(error, errors.Throttled):
                    bucket.throttled()
                pause = _pause_after(attempt)
                is_last = attempt >= (request.max_attempts or self._max_attempts)
                # An error of a call within this one was retried there.
                is_last = is_last or error.operation != request.operation
                is_last = is_last or self._clock.monotonic() + pause >= self._deadline
                if not error.is_retried or is_last or self._clock.wait(self._cancelled, pause):
                    raise
                attempt += 1
            else:
                self.counts.add(request.region, request.operation, "ok")
                return answer

    def _take_token(self, request: Request, *, overdraw: bool) -> TokenBucket | None:
        """Wait for the rate limit. Calls to STS are not limited here: AWS limits them separately.

        Raises:
            DeadlineReached: there will be no token within this run.
        """
        if request.operation.startswith("sts:"):
            return None
        bucket = self._bucket(request.region)
        while (pause := bucket.take(overdraw=overdraw)) > 0:
            if not self._may_wait:
                raise request.fault(errors.DeadlineReached, "the rate limit leaves no requests for background work")
            if self._clock.monotonic() + pause >= self._deadline or self._clock.wait(self._cancelled, pause):
                raise request.fault(errors.DeadlineReached, "the rate limit leaves no more requests in this run")
        return bucket

    def _bucket(self, region: str) -> TokenBucket:
        key = RateLimitKey(self._endpoint, self._account_id, region, self._rate_limit.budget_of)
        with self._lock:
            bucket = self._buckets.get(key)
            if bucket is None:
                bucket = self._buckets[key] = bucket_of(key, self._clock)
                bucket.add_user(self, self._rate_limit)
        return bucket

    def _attempt(self, request: Request, prepare: Callable[[], Callable[[], Answer]]) -> Answer:
        try:
            answer = self.in_flight.make(prepare(), seconds=self._attempt_seconds, place=request.place)
        except CutOff:
            if self.is_cancelled:
                raise request.fault(errors.DeadlineReached, "the run was cancelled") from None
            cause = f"there was no whole response after {self._attempt_seconds:g} s, so the request was cut off"
            raise request.fault(errors.Unreachable, cause) from None
        except errors.REFUSALS as error:
            # AssumeRole was refused while botocore signed this request, which was not sent.
            refused = Request(error.operation, error.region)
            raise refused.fault(errors.CredentialsError, error.cause, error.known_remedy) from error
        except errors.AwsError:
            raise
        except Exception as error:
            raise self._translated(request, error) from error
        missing = [member for member in request.required if member not in answer]
        if missing:
            raise request.fault(errors.BadAnswer, f"the answer has no {' and no '.join(missing)}")
        return answer

    def _translated(self, request: Request, error: Exception) -> errors.AwsError:
        """Return what an attempt failed with as an error of the request."""
        # botocore also raises errors of its parsers and of the transport.
        kind, cause = kind_of_failure(error)
        cause = without(cause, self._secrets)
        if issubclass(kind, errors.Unsupported) and not request.shows_region:
            # Jobs can be listed, so the region offers them; only this call is denied.
            kind = errors.AccessDenied
        logger.debug("%s failed: %s", request.operation, one_line(cause))
        return request.fault(kind, cause)


def _pause_after(attempt: int) -> float:
    """Return the seconds between a failed attempt and the next one."""
    return FIRST_PAUSE_SECONDS * 2.0 ** (attempt - 1)
