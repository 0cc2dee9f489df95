"""Submits what the domain sends through the Agent's base class. No decision is taken here."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Final

from datadog_checks.base import AgentCheck, datadog_agent
from optimizationjob.telemetry.signals import IssueType, ServiceCheckStatus

if TYPE_CHECKING:
    from optimizationjob.telemetry.signals import Event, Issue, ResourceRecord, Sample, ServiceCheck

SERVICE_CHECK: Final = "can_connect"
STATUSES: Final = {
    ServiceCheckStatus.OK: AgentCheck.OK,
    ServiceCheckStatus.WARNING: AgentCheck.WARNING,
    ServiceCheckStatus.CRITICAL: AgentCheck.CRITICAL,
}


class AgentSink:
    """Hands signals to the Agent through one check."""

    def __init__(self, check: AgentCheck) -> None:
        self._check = check
        self._takes_issues = takes_issues()
        self._submit = {"gauge": check.gauge, "count": check.count, "histogram": check.histogram}

    def sample(self, sample: Sample) -> None:
        """Submit a value of a metric."""
        self._submit[sample.kind](sample.name, sample.value, tags=list(sample.tags))

    def event(self, event: Event) -> None:
        """Submit an event; its text is not marked as Markdown, since a monitor quotes it."""
        self._check.event(
            {
                "event_type": event.event_type,
                "alert_type": event.alert_type,
                "msg_title": event.title,
                "msg_text": event.text,
                "timestamp": event.timestamp,
                "aggregation_key": event.aggregation_key,
                "source_type_name": "optimizationjob",
                "priority": "normal",
                "tags": list(event.tags),
            }
        )

    def service_check(self, check: ServiceCheck) -> None:
        """Submit the service check; the Agent wants no message on OK."""
        message = check.message or None
        self._check.service_check(SERVICE_CHECK, STATUSES[check.status], tags=list(check.tags), message=message)

    def record(self, record: ResourceRecord) -> None:
        """Submit a resource record."""
        self._check.submit_generic_resource(
            type=record.type,
            key=record.key,
            fields=dict(record.fields),
            include={name: list(paths) for name, paths in record.allow_list.items()},
            seen_at=record.seen_at,
            expire_at=record.expire_at,
        )

    def issue(self, issue: Issue) -> None:
        """Open an issue in the Agent's own list, or resolve it, where the Agent has one."""
        if not self._takes_issues:
            return
        try:
            self._submit_issue(issue)
        except Exception:
            # The list is young, and says what the service check says: it must not cost a run.
            self._takes_issues = False
            self._check.log.exception("The Agent's list of issues takes none: they stay in the service check.")

    def _submit_issue(self, issue: Issue) -> None:
        if issue.is_resolved:
            self._check.resolve_issue(issue.id)
            return
        self._check.report_issue(
            id=issue.id,
            issue_name=issue.type.replace("_", " "),
            issue_type=issue.type,
            title=issue.title,
            description=issue.description,
            category="permissions" if issue.type is IssueType.MISSING_PERMISSION else "integration",
            severity=AgentCheck.IssueSeverity[issue.severity],
            remediation={
                "summary": issue.steps[0],
                "steps": [{"order": order, "text": text} for order, text in enumerate(issue.steps, 1)],
            },
            tags=list(issue.tags),
        )


def takes_issues() -> bool:
    """Whether this Agent has a list of issues: both the base class and the Agent itself must know it.

    An earlier form, without `issue_type`, is not used: Datadog would not know what kind of issue it is.
    """
    return _takes("report_issue", "issue_type") and hasattr(datadog_agent, "report_issue")


def takes_resources() -> bool:
    """Whether this Agent's base class takes resource records in the form that is used here.

    An earlier form, with `redact`, is not used: it sends everything that is not excluded.
    """
    return _takes("submit_generic_resource", "include")


def _takes(method: str, parameter: str) -> bool:
    submit = getattr(AgentCheck, method, None)
    return submit is not None and parameter in inspect.signature(submit).parameters
