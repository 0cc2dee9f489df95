"""Everything that can leave the domain, as frozen types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

MetricKind = Literal["gauge", "count", "histogram"]
AlertType = Literal["error", "warning", "success", "info"]


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of a metric, named without the namespace."""

    name: str
    kind: MetricKind
    value: float
    tags: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One entry for the event stream."""

    event_type: str
    alert_type: AlertType
    title: str
    text: str
    """Plain text that is also Markdown."""
    timestamp: int
    """Seconds since the epoch."""
    aggregation_key: str
    tags: tuple[str, ...]


class ServiceCheckStatus(StrEnum):
    """The statuses of a service check."""

    OK = "ok"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceCheck:
    """The service check `can_connect` of one region."""

    status: ServiceCheckStatus
    tags: tuple[str, ...]
    message: str = ""
    """The cause and what to do; empty on OK."""


class IssueType(StrEnum):
    """What an issue of the Agent's list is about."""

    MISSING_PERMISSION = "optimizationjob_missing_permission"
    UNSUPPORTED_VERSION = "optimizationjob_unsupported_version"


class Severity(StrEnum):
    """How bad an issue is, in the Agent's words."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """A problem that lasts until an operator fixes it, when it appears or is resolved."""

    id: str
    type: IssueType
    title: str
    description: str
    """The cause."""
    steps: tuple[str, ...]
    """What to do."""
    severity: Severity
    tags: tuple[str, ...] = ()
    is_resolved: bool
    """Whether it is fixed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceRecord:
    """One resource record."""

    type: str
    key: str
    fields: Mapping[str, object]
    allow_list: Mapping[str, Sequence[str]]
    seen_at: int
    """Seconds since the epoch."""
    expire_at: int
    """Seconds since the epoch."""
