"""What can go wrong on demand, for whom, and how many times."""

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
    """The connection is reset before an answer."""
    HANG = "hang"
    """Nothing is answered until the client gives up or the simulator stops."""
    CUT_BODY = "cut_body"
    """The connection ends in the middle of the body, short of its Content-Length."""
    CUT_JSON = "cut_json"
    """HTTP 200 with a body that ends in the middle, and a Content-Length that agrees with it."""
    HTML_OK = "html_ok"
    """HTTP 200 with a web page, as a captive proxy answers."""
    HTML_UNAVAILABLE = "html_unavailable"
    """HTTP 503 with a web page, as a load balancer answers."""
    EMPTY_OBJECT = "empty_object"
    """HTTP 200 with a structure of no members."""
    DENIED = "denied"
    """AccessDenied: no policy allows it."""
    DENIED_BY_POLICY = "denied_by_policy"
    """AccessDenied: a service control policy forbids it."""
    EXPIRED_TOKEN = "expired_token"  # noqa: S105 - the fault's name, no secret
    """The credentials' time is over."""
    UNRECOGNIZED = "unrecognized"
    """The credentials are unknown, which is also how a region that is not enabled answers."""
    THROTTLED = "throttled"
    """Rate exceeded."""
    UNKNOWN_OPERATION = "unknown_operation"
    """The region does not have the operation."""
    EMPTY_PAGES = "empty_pages"
    """A page without rows but with a token; the list then goes on from the same place."""
    REPEATED_TOKEN = "repeated_token"  # noqa: S105 - the fault's name, no secret
    """The first page again and again, always with the same token."""
    REFUSED_TOKEN = "refused_token"  # noqa: S105 - the fault's name, no secret
    """A token that was given is not accepted; calls without a token are left alone."""

    @property
    def is_page_trick(self) -> bool:
        """Whether the fault concerns lists only."""
        return self in (Fault.EMPTY_PAGES, Fault.REPEATED_TOKEN, Fault.REFUSED_TOKEN)


class Scope(TypedDict, total=False):
    """For whom something holds; what is absent or None holds for any."""

    operation: str | None
    region: str | None
    account: str | None
    job: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a call asks for, as far as faults, latency and limits care."""

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
    """One fault planted: passes `after` matching calls, then strikes the next `times`, or all for None."""

    fault: Fault
    scope: Scope
    times: int | None = None
    after: int = 0

    def matches(self, asked: Asked) -> bool:
        """Return whether the rule concerns the call."""
        if self.fault.is_page_trick and not asked.is_paged:
            return False
        if self.fault is Fault.REFUSED_TOKEN and not asked.has_token:
            return False
        return asked.within(self.scope)


class FaultBoard:
    """The faults planted, oldest first; the first that matches strikes. Guarded by its owner's lock."""

    def __init__(self) -> None:
        self._rules: list[FaultRule] = []

    def plant(self, rule: FaultRule) -> None:
        """Add a rule behind those already planted."""
        self._rules.append(rule)

    def clear(self) -> None:
        """Forget every rule."""
        self._rules.clear()

    def strike(self, asked: Asked) -> Fault | None:
        """Return the fault that strikes this call, counting it; None if the call goes well."""
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
    """Return the error a fault is answered with, or None if it acts on pages or on the wire."""
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
    """Return the answer to an operation that a service does not have."""
    message = f"Could not find operation {operation} for version 2011-06-15" if service == "sts" else ""
    return error(DIALECTS[service].unknown_operation, message or f"The operation {operation} is not known.")
