"""The one way a call reaches AWS: attempts, the run's deadline, the count of calls, and errors by name."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, Final, NamedTuple

from botocore import exceptions as boto
from botocore import xform_name
from botocore.parsers import ResponseParserError

from optimizationjob.aws import errors
from optimizationjob.aws.rate_limit import RateLimit, RateLimitKey, RequestBudget, adopted, budget_of
from optimizationjob.clock import Clock
from optimizationjob.jobs.redaction import scrub

Answer = Mapping[str, Any]

CREDENTIAL_CODES: Final = frozenset(
    {
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "IncompleteSignatureException",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSignatureException",
        "MissingAuthenticationToken",
        "MissingAuthenticationTokenException",
        "RequestExpired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)
DENIED_CODES: Final = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
THROTTLE_CODES: Final = frozenset(
    {
        "RequestLimitExceeded",
        "RequestThrottled",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
NOT_FOUND_CODES: Final = frozenset({"ResourceNotFound", "ResourceNotFoundException"})
UNSUPPORTED_CODES: Final = frozenset({"OptInRequired", "RegionDisabledException", "UnknownOperationException"})
# SageMaker answers a missing resource with ValidationException, too, and says so only in words.
NOT_FOUND_WORDS: Final = ("could not find", "does not exist", "not found")
CREDENTIAL_ERRORS: Final = (
    boto.CredentialRetrievalError,
    boto.NoAuthTokenError,
    boto.NoCredentialsError,
    boto.PartialCredentialsError,
    boto.SSOError,
    boto.TokenRetrievalError,
)

FIRST_PAUSE_SECONDS: Final = 0.2
LONGEST_CAUSE: Final = 400


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked, and how."""

    operation: str
    """IAM's name of the call, such as `sagemaker:ListOptimizationJobs`."""
    region: str
    required: tuple[str, ...] = ()
    """Members without which an answer is none: botocore reads a broken body as {}."""
    max_attempts: int | None = None
    """Another number of attempts than usual."""
    overdraw: bool = False
    """Whether the first attempt is made even if the budget is spent."""
    shows_region: bool = False
    """Whether AWS refuses it where the region does not offer these jobs; other calls are then merely forbidden."""

    def fault(self, kind: type[errors.AwsError], cause: str) -> errors.AwsError:
        """Return an error of this request, its cause free of secrets and in one line."""
        return kind(_one_line(cause), operation=self.operation, region=self.region)


class CallCount(NamedTuple):
    """What a number of attempts has in common."""

    region: str
    operation: str
    """As the tag spells it: `list_optimization_jobs`."""
    outcome: str
    """ok, throttled, denied or error."""


_callers = count()
"""Numbers, since the id of one that is gone may come again while its budget is still known."""


class Caller:
    """Makes calls on behalf of one instance; safe to use from many threads.

    Args:
        clock: for deadlines and pauses.
        max_attempts: how often a call is tried within a run.
        endpoint: what is called instead of AWS's own endpoints, if anything.
        allowance: how much of the request budget the instance wants at most.
    """

    def __init__(self, *, clock: Clock, max_attempts: int, endpoint: str, allowance: RateLimit) -> None:
        self._clock = clock
        self._max_attempts = max_attempts
        self._endpoint = endpoint
        self._allowance = allowance
        # Until the account is known, the budget is the instance's own.
        self._account_id = f"unknown {next(_callers)}"
        self._budgets: dict[RateLimitKey, RequestBudget] = {}
        self._deadline = float("inf")
        self._cancelled = threading.Event()
        self._lock = threading.Lock()
        self._counts: Counter[CallCount] = Counter()
        self._made: Counter[str] = Counter()

    def start_run(self, max_run_seconds: float) -> None:
        """Start the time of a run: no attempt starts after it."""
        self._deadline = self._clock.monotonic() + max_run_seconds

    def cancel(self) -> None:
        """Let no further attempt start; one under way ends by its own time-out."""
        self._cancelled.set()

    def spend_for(self, account_id: str) -> None:
        """Spend the budget of this account from now on; what was spent before counts."""
        with self._lock:
            self._account_id = account_id
            self._budgets = {
                heir: adopted(heir, budget)
                for heir, budget in ((replace(p, account_id=account_id), b) for p, b in self._budgets.items())
            }
            for budget in self._budgets.values():
                budget.join(self, self._allowance)

    def take_counts(self, region: str) -> dict[CallCount, int]:
        """Return the attempts in a region since the last time, and start to count anew."""
        with self._lock:
            return {count: self._counts.pop(count) for count in list(self._counts) if count.region == region}

    def made(self) -> dict[str, int]:
        """Return the attempts in all regions since the start, by operation."""
        with self._lock:
            return dict(self._made)

    def call(self, request: Request, ask: Callable[[], Answer]) -> Answer:
        """Ask AWS, and again where that may help.

        Args:
            request: what is asked, and how.
            ask: sends it; what this raises is translated.

        Raises:
            AwsError: one of its kinds, when the last attempt failed or there is no time for another.
        """
        attempt = 1
        while True:
            if self._cancelled.is_set() or self._clock.monotonic() >= self._deadline:
                raise request.fault(errors.DeadlineReached, "the time of this run is over")
            budget = self._pay(request, overdraw=request.overdraw and attempt == 1)
            try:
                answer = _attempt(request, ask)
            except errors.AwsError as error:
                if error.operation == request.operation:
                    self._count(request, error.outcome)
                if budget and isinstance(error, errors.Throttled):
                    budget.throttled()
                pause = FIRST_PAUSE_SECONDS * 2 ** (attempt - 1)
                is_last = attempt >= (request.max_attempts or self._max_attempts)
                # One that comes from a call within this one was tried again there.
                is_last = is_last or error.operation != request.operation
                is_last = is_last or self._clock.monotonic() + pause >= self._deadline
                if not error.is_retried or is_last or self._clock.wait(self._cancelled, pause):
                    raise
                attempt += 1
            else:
                self._count(request, "ok")
                return answer

    def _pay(self, request: Request, *, overdraw: bool) -> RequestBudget | None:
        """Wait until the budget has a request left; STS, which AWS counts elsewhere, has none.

        Raises:
            DeadlineReached: it will have none within this run.
        """
        if request.operation.startswith("sts:"):
            return None
        budget = self._budget(request.region)
        while (pause := budget.take(overdraw=overdraw)) > 0:
            if self._clock.monotonic() + pause >= self._deadline or self._clock.wait(self._cancelled, pause):
                raise request.fault(errors.DeadlineReached, "the requests of this run are spent")
        return budget

    def _budget(self, region: str) -> RequestBudget:
        place = RateLimitKey(self._endpoint, self._account_id, region)
        with self._lock:
            budget = self._budgets.get(place)
            if budget is None:
                budget = self._budgets[place] = budget_of(place, self._clock)
                budget.join(self, self._allowance)
        return budget

    def _count(self, request: Request, outcome: str) -> None:
        operation = operation_tag(request.operation)
        with self._lock:
            self._counts[CallCount(request.region, operation, outcome)] += 1
            self._made[operation] += 1


def operation_tag(operation: str) -> str:
    """Return IAM's name of an operation as `api.calls` spells it: `list_optimization_jobs`."""
    return str(xform_name(operation.partition(":")[2]))


def _attempt(request: Request, ask: Callable[[], Answer]) -> Answer:
    try:
        answer = ask()
    except (errors.AccessDenied, errors.CredentialsError) as error:
        # AssumeRole was refused while botocore was signing this request, which was not sent.
        raise errors.CredentialsError(error.cause, operation=error.operation, region=error.region) from error
    except errors.AwsError:
        raise
    except Exception as error:
        # botocore lets errors of its parsers and of the transport out, too.
        kind, cause = _kind(error)
        if issubclass(kind, errors.Unsupported) and not request.shows_region:
            # What can be listed is there; this call alone is forbidden.
            kind = errors.AccessDenied
        logging.getLogger(__name__).debug("%s failed: %s", request.operation, _one_line(cause))
        raise request.fault(kind, cause) from error
    missing = [member for member in request.required if member not in answer]
    if missing:
        raise request.fault(errors.BadAnswer, f"the answer has no {' and no '.join(missing)}")
    return answer


def _kind(error: Exception) -> tuple[type[errors.AwsError], str]:
    """Return the kind of a failure and its words."""
    if isinstance(error, boto.ClientError):
        return _answered_kind(error)
    if isinstance(error, CREDENTIAL_ERRORS):
        return errors.CredentialsError, str(error)
    if isinstance(error, boto.HTTPClientError | boto.ConnectionError):
        return errors.Unreachable, str(error)
    if isinstance(error, boto.ParamValidationError):
        return errors.Refused, str(error)
    if isinstance(error, ResponseParserError):
        return errors.BadAnswer, "the answer cannot be read"
    return errors.BadAnswer, f"{type(error).__name__}: {error}"


def _answered_kind(error: boto.ClientError) -> tuple[type[errors.AwsError], str]:  # noqa: PLR0911 - a table of codes
    code = str(error.response.get("Error", {}).get("Code", ""))
    text = str(error.response.get("Error", {}).get("Message", ""))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    cause = f"{code}: {text}" if text else code
    if code in CREDENTIAL_CODES:
        return errors.CredentialsError, f"{cause} (AWS also says so where the region is not enabled for the account)"
    if code in DENIED_CODES:
        by_policy = "service control policy" in text
        return (errors.DeniedByPolicy if by_policy else errors.AccessDenied), cause
    if code in THROTTLE_CODES or status == 429:
        return errors.Throttled, cause
    is_missing = code == "ValidationException" and any(words in text.lower() for words in NOT_FOUND_WORDS)
    if code in NOT_FOUND_CODES or is_missing:
        return errors.NotFound, cause
    if code in UNSUPPORTED_CODES:
        return errors.Unsupported, cause
    if status >= 500:
        return errors.ServerError, cause
    if not code or code.isdigit():
        return errors.BadAnswer, f"HTTP {status} without an error code of AWS"
    return errors.Refused, cause


def _one_line(text: str) -> str:
    """Return text fit for a message: one line, bounded, without secrets."""
    line = " ".join(scrub(text).split())
    return line if len(line) <= LONGEST_CAUSE else line[: LONGEST_CAUSE - 3] + "..."
