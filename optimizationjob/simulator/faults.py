"""Faults that can be injected, the calls they apply to, and how often."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import TypedDict

from optimizationjob.simulator.error_answers import DIALECTS, ErrorAnswer, Service, denial, error

PAGED = frozenset({"ListOptimizationJobs", "ListTags", "GetResources"})


class Fault(Enum):
    """The ways a call can fail."""

    SERVER_ERROR = "server_error"
    """HTTP 500, InternalFailure."""
    UNAVAILABLE = "unavailable"
    """HTTP 503, ServiceUnavailable."""
    RESET = "reset"
    """The connection is reset before a response."""
    HANG = "hang"
    """No response until the client gives up or the simulator stops."""
    CUT_BODY = "cut_body"
    """The connection closes in the middle of the body, before Content-Length is reached."""
    CUT_JSON = "cut_json"
    """HTTP 200 with a truncated body and a matching Content-Length."""
    HTML_OK = "html_ok"
    """HTTP 200 with an HTML page, as from a captive portal."""
    HTML_UNAVAILABLE = "html_unavailable"
    """HTTP 503 with an HTML page, as from a load balancer."""
    EMPTY_OBJECT = "empty_object"
    """HTTP 200 with an empty structure."""
    DENIED = "denied"
    """AccessDenied: no identity-based policy allows the action."""
    DENIED_BY_POLICY = "denied_by_policy"
    """AccessDenied: a service control policy denies the action."""
    EXPIRED_TOKEN = "expired_token"  # noqa: S105 - a fault name, not a secret
    """The credentials have expired."""
    UNRECOGNIZED = "unrecognized"
    """The credentials are unknown; a region that is not enabled returns the same error."""
    THROTTLED = "throttled"
    """Rate exceeded."""
    UNKNOWN_OPERATION = "unknown_operation"
    """The region does not have the operation."""
    EMPTY_PAGES = "empty_pages"
    """An empty page with a token; the list continues from the same position."""
    REPEATED_TOKEN = "repeated_token"  # noqa: S105 - a fault name, not a secret
    """The first page every time, always with the same token."""
    REFUSED_TOKEN = "refused_token"  # noqa: S105 - a fault name, not a secret
    """A valid token is rejected; calls without a token are not affected."""

    @property
    def is_page_trick(self) -> bool:
        """Whether the fault affects only paginated lists."""
        return self in (Fault.EMPTY_PAGES, Fault.REPEATED_TOKEN, Fault.REFUSED_TOKEN)


class Scope(TypedDict, total=False):
    """Calls that a control applies to; an absent or None key matches any value."""

    operation: str | None
    region: str | None
    account: str | None
    job: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The parts of a call that faults, latencies and limits match on."""

    service: Service
    operation: str
    account: str
    region: str
    caller: str
    job: str | None = None
    resource: str | None = None
    has_token: bool = False
    is_paged: bool = False

    def within(self, scope: Scope) -> bool:
        """Return whether the scope covers the call."""
        return all(scope.get(name) in (None, getattr(self, name)) for name in ("operation", "region", "account", "job"))


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultRule:
    """One injected fault: skips `after` matching calls, then applies to the next `times` (None for all)."""

    fault: Fault
    scope: Scope
    times: int | None = None
    after: int = 0

    def matches(self, asked: Asked) -> bool:
        """Return whether the rule applies to the call."""
        if self.fault.is_page_trick and not asked.is_paged:
            return False
        if self.fault is Fault.REFUSED_TOKEN and not asked.has_token:
            return False
        return asked.within(self.scope)


class FaultBoard:
    """The injected faults, oldest first; the first match applies. The owner's lock guards it."""

    def __init__(self) -> None:
        self._rules: list[FaultRule] = []

    def plant(self, rule: FaultRule) -> None:
        """Append a rule."""
        self._rules.append(rule)

    def clear(self) -> None:
        """Remove all rules."""
        self._rules.clear()

    def strike(self, asked: Asked) -> Fault | None:
        """Return the fault that applies to this call and count it; None if no fault applies."""
        for index, rule in enumerate(self._rules):
            if not rule.matches(asked):
                continue
            if rule.after:
                self._rules[index] = replace(rule, after=rule.after - 1)
                continue
            if rule.times is not None:
                if rule.times > 1:
                    self._rules[index] = replace(rule, times=rule.times - 1)
                else:
                    del self._rules[index]
            return rule.fault
        return None


def fault_error(fault: Fault, asked: Asked) -> ErrorAnswer | None:
    """Return the error response for a fault, or None if it affects pages or the connection."""
    dialect = DIALECTS[asked.service]
    if fault in (Fault.DENIED, Fault.DENIED_BY_POLICY):
        by_policy = fault is Fault.DENIED_BY_POLICY
        return denial(dialect, asked.caller, asked.operation, asked.resource, by_policy=by_policy)
    if fault is Fault.UNKNOWN_OPERATION:
        return unknown_operation(asked.service, asked.operation)
    words = {
        Fault.SERVER_ERROR: (dialect.internal, "An internal error occurred. Please try again."),
        Fault.UNAVAILABLE: (dialect.unavailable, "Service is currently unavailable. Please try again later."),
        Fault.EXPIRED_TOKEN: (dialect.expired, "The security token included in the request is expired"),
        Fault.UNRECOGNIZED: (dialect.unrecognized, "The security token included in the request is invalid."),
        Fault.THROTTLED: (dialect.throttled, "Rate exceeded"),
        Fault.REFUSED_TOKEN: (dialect.refused_token, "The pagination token is invalid."),
    }.get(fault)
    return None if words is None else error(*words)


def unknown_operation(service: Service, operation: str) -> ErrorAnswer:
    """Return the error for an operation that a service does not have."""
    message = f"Could not find operation {operation} for version 2011-06-15" if service == "sts" else ""
    return error(DIALECTS[service].unknown_operation, message or f"The operation {operation} is not known.")
