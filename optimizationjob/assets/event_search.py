"""Searches for the check's events in a Datadog account."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from optimizationjob.assets.datadog_calls import DatadogCalls
from optimizationjob.assets.datadog_site import Keys
from optimizationjob.diagnosis.event_findings import BY_SOURCE, BY_TAG, DAYS, EventSighting


def sightings(url: str, keys: Keys, wait: Callable[[float], None]) -> tuple[EventSighting, EventSighting]:
    """Search the events of the last days once by tags and once by source, and return both results in this order.

    Args:
        url: base URL of the API, without a path.
        keys: the API and application keys.
        wait: called with the number of seconds to wait when calls are rate limited.

    Raises:
        DatadogRefusal: Datadog did not answer as hoped.
    """
    calls = DatadogCalls(url, keys, wait)
    try:
        by_tag, by_source = (_sighting(calls, query) for query in (BY_TAG, BY_SOURCE))
    finally:
        calls.close()
    return by_tag, by_source


def _sighting(calls: DatadogCalls, query: str) -> EventSighting:
    body = {
        "filter": {"query": query, "from": f"now-{DAYS}d", "to": "now"},
        "page": {"limit": 1},
        "sort": "-timestamp",
    }
    found = calls.object_of(calls.ask("POST", "event", "/search", body=body)).get("data")
    if not isinstance(found, list):
        raise calls.strange()
    return EventSighting(is_found=bool(found), newest=_moment(found[0]) if found else None)


def _moment(event: Any) -> datetime | None:  # noqa: ANN401 - JSON of any kind
    try:
        moment = datetime.fromisoformat(event["attributes"]["timestamp"])
    except (KeyError, TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
