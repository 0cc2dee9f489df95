"""AWS error codes and messages per service, and the simulator's own exceptions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Service = Literal["sagemaker", "sts", "tagging"]


class SimulatorError(Exception):
    """The simulator was used incorrectly; the message says how."""


class PortInUseError(SimulatorError, OSError):
    """The requested port is in use by another process."""


class ErrorAnswer(Exception):
    """An error response to a client."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """The error codes of one service for errors that all services return, as (code, HTTP status)."""

    signing_name: str
    action_prefix: str
    throttled: tuple[str, int]
    denied: tuple[str, int]
    expired: tuple[str, int]
    unrecognized: tuple[str, int]
    unsigned: tuple[str, int]
    mis_scoped: tuple[str, int]
    invalid: tuple[str, int]
    malformed: tuple[str, int]
    refused_token: tuple[str, int]
    unknown_operation: tuple[str, int]
    internal: tuple[str, int]
    unavailable: tuple[str, int] = ("ServiceUnavailable", 503)


DIALECTS: dict[Service, Dialect] = {
    "sagemaker": Dialect(
        signing_name="sagemaker",
        action_prefix="sagemaker",
        throttled=("ThrottlingException", 400),
        denied=("AccessDeniedException", 400),
        expired=("ExpiredTokenException", 400),
        unrecognized=("UnrecognizedClientException", 400),
        unsigned=("MissingAuthenticationTokenException", 400),
        mis_scoped=("InvalidSignatureException", 400),
        invalid=("ValidationException", 400),
        malformed=("SerializationException", 400),
        refused_token=("ValidationException", 400),
        unknown_operation=("UnknownOperationException", 400),
        internal=("InternalFailure", 500),
    ),
    "tagging": Dialect(
        signing_name="tagging",
        action_prefix="tag",
        throttled=("ThrottledException", 400),
        denied=("AccessDeniedException", 400),
        expired=("ExpiredTokenException", 400),
        unrecognized=("UnrecognizedClientException", 400),
        unsigned=("MissingAuthenticationTokenException", 400),
        mis_scoped=("InvalidSignatureException", 400),
        invalid=("InvalidParameterException", 400),
        malformed=("SerializationException", 400),
        refused_token=("PaginationTokenExpiredException", 400),
        unknown_operation=("UnknownOperationException", 400),
        internal=("InternalServiceException", 500),
    ),
    "sts": Dialect(
        signing_name="sts",
        action_prefix="sts",
        throttled=("Throttling", 400),
        denied=("AccessDenied", 403),
        expired=("ExpiredToken", 403),
        unrecognized=("InvalidClientTokenId", 403),
        unsigned=("MissingAuthenticationToken", 403),
        mis_scoped=("SignatureDoesNotMatch", 403),
        invalid=("ValidationError", 400),
        malformed=("MalformedInput", 400),
        refused_token=("ValidationError", 400),
        unknown_operation=("InvalidAction", 400),
        internal=("InternalFailure", 500),
    ),
}


def error(kind: tuple[str, int], message: str) -> ErrorAnswer:
    """Build an error of one of a dialect's kinds."""
    code, status = kind
    return ErrorAnswer(code, message, status)


def denial(
    dialect: Dialect, caller: str, operation: str, resource: str | None, *, by_policy: bool = False
) -> ErrorAnswer:
    """Build an access denied error with IAM's message.

    Args:
        dialect: error codes of the service that denies access.
        caller: ARN of the caller.
        operation: operation name without the service prefix.
        resource: ARN of the requested resource, or None if IAM's message names none.
        by_policy: whether a service control policy denies the action; otherwise no identity-based policy allows it.
    """
    action = f"{dialect.action_prefix}:{operation}"
    on = f" on resource: {resource}" if resource else ""
    why = (
        "with an explicit deny in a service control policy"
        if by_policy
        else f"because no identity-based policy allows the {action} action"
    )
    return error(dialect.denied, f"User: {caller} is not authorized to perform: {action}{on} {why}")
