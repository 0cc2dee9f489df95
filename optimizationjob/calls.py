"""The one way a call reaches AWS: attempts, the run's deadline, the count of calls, and errors by name."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from botocore import exceptions as boto
from botocore import xform_name
from botocore.parsers import ResponseParserError

from optimizationjob import errors
from optimizationjob.clock import Clock
from optimizationjob.redaction import scrub

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


class CallCount(NamedTuple):
    """What a number of attempts has in common."""

    region: str
    operation: str
    """As the tag spells it: `list_optimization_jobs`."""
    outcome: str
    """ok, throttled, denied or error."""


class Caller:
    """Makes calls on behalf of one instance; safe to use from many threads.

    Args:
        clock: for the deadline.
        max_attempts: how often a call is tried within a run.
    """

    def __init__(self, *, clock: Clock, max_attempts: int) -> None:
        self._clock = clock
        self._max_attempts = max_attempts
        self._deadline = float("inf")
        self._cancelled = threading.Event()
        self._lock = threading.Lock()
        self._counts: Counter[CallCount] = Counter()

    def start_run(self, max_run_seconds: float) -> None:
        """Start the time of a run: no attempt starts after it."""
        self._deadline = self._clock.monotonic() + max_run_seconds

    def cancel(self) -> None:
        """Let no further attempt start; one under way ends by its own time-out."""
        self._cancelled.set()

    def take_counts(self, region: str) -> dict[CallCount, int]:
        """Return the attempts in a region since the last time, and start to count anew."""
        with self._lock:
            return {count: self._counts.pop(count) for count in list(self._counts) if count.region == region}

    def call(
        self,
        operation: str,
        region: str,
        ask: Callable[[], Answer],
        *,
        required: Sequence[str] = (),
        max_attempts: int | None = None,
    ) -> Answer:
        """Ask AWS, and again where that may help.

        Args:
            operation: IAM's name of the call, such as `sagemaker:ListOptimizationJobs`.
            region: where it is sent.
            ask: sends the request; what it raises is translated.
            required: members without which the answer is no answer: botocore reads a broken body as {}.
            max_attempts: another number of attempts than usual.

        Raises:
            AwsError: one of its kinds, when the last attempt failed or there is no time for another.
        """
        attempt = 1
        while True:
            if self._cancelled.is_set() or self._clock.monotonic() >= self._deadline:
                raise errors.DeadlineReached("the time of this run is over", operation=operation, region=region)
            try:
                answer = self._attempt(operation, region, ask, required)
            except errors.AwsError as error:
                self._count(operation, region, error.outcome)
                pause = FIRST_PAUSE_SECONDS * 2 ** (attempt - 1)
                is_last = (
                    attempt >= (max_attempts or self._max_attempts) or self._clock.monotonic() + pause >= self._deadline
                )
                if not error.is_retried or is_last or self._cancelled.wait(pause):
                    raise
                attempt += 1
            else:
                self._count(operation, region, "ok")
                return answer

    def _count(self, operation: str, region: str, outcome: str) -> None:
        with self._lock:
            self._counts[CallCount(region, xform_name(operation.partition(":")[2]), outcome)] += 1

    @staticmethod
    def _attempt(operation: str, region: str, ask: Callable[[], Answer], required: Sequence[str]) -> Answer:
        try:
            answer = ask()
        except errors.AwsError as error:
            # AssumeRole failed while botocore was signing this request: it says itself what is wrong.
            raise errors.CredentialsError(_one_line(str(error)), operation=operation, region=region) from error
        except Exception as error:
            kind, cause = _kind(error)
            logging.getLogger(__name__).debug("%s in %s failed: %s", operation, region, _one_line(cause))
            raise kind(_one_line(cause), operation=operation, region=region) from error
        missing = [member for member in required if member not in answer]
        if missing:
            cause = f"the answer has no {' and no '.join(missing)}"
            raise errors.BadAnswer(cause, operation=operation, region=region)
        return answer


def _kind(error: Exception) -> tuple[type[errors.AwsError], str]:
    """Return the kind of a failure and its words."""
    if isinstance(error, boto.ClientError):
        return _answered_kind(error)
    if isinstance(error, CREDENTIAL_ERRORS):
        return errors.CredentialsError, str(error)
    if isinstance(error, boto.HTTPClientError):
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
        return (errors.Unsupported if by_policy else errors.AccessDenied), cause
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
