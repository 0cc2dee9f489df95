"""What a call failed with, as one of the kinds of errors.py: by AWS's codes and by the AWS library's exceptions."""

from __future__ import annotations

from typing import Final

from botocore import exceptions as boto
from botocore.parsers import ResponseParserError

from optimizationjob.aws import failure_words
from optimizationjob.aws.bounded_http import TooLarge
from optimizationjob.aws.errors import (
    AccessDenied,
    AwsError,
    BadAnswer,
    BadSetting,
    CredentialsError,
    DeniedByPolicy,
    NotFound,
    Refused,
    ServerError,
    Throttled,
    UnknownKey,
    Unreachable,
    Unsupported,
)
from optimizationjob.aws.setting_advice import is_about_a_setting

# AWS's error codes, by the kind of error that they are.
CREDENTIAL_CODES: Final = frozenset(
    {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "InvalidAccessKeyId"}
    | {"IncompleteSignature", "IncompleteSignatureException", "InvalidSignatureException", "SignatureDoesNotMatch"}
    | {"MissingAuthenticationToken", "MissingAuthenticationTokenException"}
)
UNKNOWN_KEY_CODES: Final = frozenset({"InvalidClientTokenId", "UnrecognizedClientException"})
NOT_ENABLED_HINT: Final = " (AWS also says so where the region is not enabled for the account)"
"""Ends the cause of an `UnknownKey`."""
DENIED_CODES: Final = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation"})
THROTTLE_CODES: Final = frozenset(
    {"RequestLimitExceeded", "RequestThrottled", "SlowDown", "ThrottledException", "Throttling", "ThrottlingException"}
    | {"TooManyRequestsException"}
)
NOT_FOUND_CODES: Final = frozenset({"ResourceNotFound", "ResourceNotFoundException"})
UNSUPPORTED_CODES: Final = frozenset({"OptInRequired", "RegionDisabledException", "UnknownOperationException"})
# SageMaker says ValidationException of a missing resource, too, and only its words tell them apart.
NOT_FOUND_WORDS: Final = ("could not find", "does not exist", "not found")
CREDENTIAL_ERRORS: Final = (
    boto.CredentialRetrievalError,
    boto.NoAuthTokenError,
    boto.NoCredentialsError,
    boto.PartialCredentialsError,
    boto.SSOError,
    boto.TokenRetrievalError,
)
KINDS: Final[tuple[tuple[tuple[type[Exception], ...], type[AwsError]], ...]] = (
    (CREDENTIAL_ERRORS, CredentialsError),
    ((boto.HTTPClientError, boto.ConnectionError), Unreachable),
    ((boto.ParamValidationError,), Refused),
)


def kind_of_failure(error: Exception) -> tuple[type[AwsError], str]:
    """Return the kind of a failure and its cause, in which the words of others are quoted."""
    if isinstance(error, boto.ClientError):
        return _answered_kind(error)
    if isinstance(error, boto.HTTPClientError) and isinstance(error.kwargs.get("error"), TooLarge):
        return BadAnswer, str(error.kwargs["error"])
    for raised, kind in KINDS:
        if isinstance(error, raised):
            return kind, failure_words.raised(error)
    if isinstance(error, ResponseParserError):
        return BadAnswer, "the answer cannot be read"
    kind = BadSetting if is_about_a_setting(error) else BadAnswer
    return kind, failure_words.raised(error, type(error).__name__)


def _answered_kind(error: boto.ClientError) -> tuple[type[AwsError], str]:  # noqa: PLR0911 - a table of codes
    code = str(error.response.get("Error", {}).get("Code", ""))
    text = str(error.response.get("Error", {}).get("Message", ""))
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    cause = failure_words.answered(code, text)
    if code in UNKNOWN_KEY_CODES:
        return UnknownKey, f"{cause}{NOT_ENABLED_HINT}"
    if code in CREDENTIAL_CODES:
        return CredentialsError, cause
    if code in DENIED_CODES:
        by_policy = "service control policy" in text
        return (DeniedByPolicy if by_policy else AccessDenied), cause
    if code in THROTTLE_CODES or status == 429:
        return Throttled, cause
    is_missing = code == "ValidationException" and any(words in text.lower() for words in NOT_FOUND_WORDS)
    if code in NOT_FOUND_CODES or is_missing:
        return NotFound, cause
    if code in UNSUPPORTED_CODES:
        return Unsupported, cause
    if status >= 500:
        return ServerError, cause
    if not code or code.isdigit():
        return BadAnswer, f"HTTP {status} without an error code of AWS"
    return Refused, cause
