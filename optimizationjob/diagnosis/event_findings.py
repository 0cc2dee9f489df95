"""The finding on whether events arrive in Datadog, from two searches for them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from optimizationjob.diagnosis.finding import Finding, Verdict

BY_TAG: Final = "optimization_job_status:* failure_category:*"
"""Finds every event of the check by tags that only it sends, as the monitors and the dashboards search."""

BY_SOURCE: Final = "source:optimizationjob"
"""Finds them only where Datadog has registered the source that the Agent sends."""

DAYS: Final = 7
"""How far back is searched."""


@dataclass(frozen=True, slots=True)
class EventSighting:
    """What a search found."""

    is_found: bool
    newest: datetime | None = None
    """When the newest one happened; None if Datadog does not say."""


def events_finding(*, by_tag: EventSighting, by_source: EventSighting) -> Finding:
    """Return which search finds the check's events."""
    if not by_tag.is_found and not by_source.is_found:
        return Finding(
            name="events",
            verdict=Verdict.WARNING,
            text=f"No event of the check arrived in the last {DAYS} days: neither its tags nor its source finds one.",
            remedy=(
                "Events are sent when a job changes its status. If one did, see in `datadog-agent status` whether the "
                "check runs, and whether the Agent reports to this account and site."
            ),
        )
    newest = max((seen.newest for seen in (by_tag, by_source) if seen.newest), default=None)
    when = f", the newest from {newest.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if newest else ""
    if not by_tag.is_found:
        return Finding(
            name="events",
            verdict=Verdict.WARNING,
            text=f"Events arrive{when}, but without the tags that the monitors and dashboards search by.",
            remedy=f"Find what removes tags on their way to Datadog; until then only `{BY_SOURCE}` finds events.",
        )
    source = (
        f"`{BY_SOURCE}` finds them, too"
        if by_source.is_found
        else f"`{BY_SOURCE}` finds none, since Datadog has not registered this source: search by tags"
    )
    text = f"Events arrive{when}. They are found by tags, as the monitors and dashboards search; {source}."
    return Finding(name="events", text=text)


def unknown_finding(cause: str) -> Finding:
    """Return the finding where Datadog did not answer the searches."""
    return Finding(
        name="events",
        verdict=Verdict.WARNING,
        text="Whether events arrive is not known: Datadog did not answer the search.",
        cause=cause,
        remedy="Fix this and run the doctor again. The check itself needs no application key.",
    )
