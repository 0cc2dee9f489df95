"""The events of a stand-in account: how they are taken, and what a search finds."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from tools.evaluation.query_filters import accepts, parse_search
from tools.evaluation.query_syntax import UnsupportedQuery

Event = Mapping[str, Any]
"""An event as it is posted: `title`, `text`, `tags`, `date_happened` and `source_type_name`."""

SINCE: Final = re.compile(r"now-(\d+)([mhd])")
SECONDS: Final = {"m": 60, "h": 3_600, "d": 86_400}
MOST: Final = 1_000
"""The most events in an answer."""


def search(body: Mapping[str, Any], events: Iterable[Event], sources: Collection[str], now: float) -> tuple[int, Any]:
    """Return the status and the answer to `POST /api/v2/events/search`.

    Args:
        body: the body of the call.
        events: the account's events.
        sources: the names of sources that Datadog has registered; events of others have none that a search finds.
        now: the time, in seconds since the epoch.
    """
    wanted = body.get("filter") or {}
    since = SINCE.fullmatch(str(wanted.get("from", "now-15m")))
    try:
        terms = parse_search(str(wanted.get("query", "*")), {})
    except UnsupportedQuery as failure:
        return 400, {"errors": [f"invalid query: {failure}"]}
    if not since or wanted.get("to", "now") != "now":
        return 400, {"errors": ["invalid time range"]}
    start = now - int(since[1]) * SECONDS[since[2]]
    found = [
        event for event in events if start <= event["date_happened"] <= now and accepts(terms, _tags(event, sources))
    ]
    found.sort(key=lambda event: float(event["date_happened"]), reverse=body.get("sort") == "-timestamp")
    limit = min(MOST, int((body.get("page") or {}).get("limit", 10)))
    return 200, {"data": [_answered(number, event) for number, event in enumerate(found[:limit])], "meta": {}}


def _tags(event: Event, sources: Collection[str]) -> frozenset[tuple[str, str]]:
    own = [tag.lower().partition(":") for tag in event.get("tags", ())]
    name = str(event.get("source_type_name", ""))
    return frozenset([(key, value) for key, _, value in own] + [("source", name)] * (name in sources))


def _answered(number: int, event: Event) -> dict[str, Any]:
    moment = datetime.fromtimestamp(event["date_happened"], UTC)
    return {
        "id": f"AAAA{number:08d}",
        "type": "event",
        "attributes": {
            "attributes": {"title": event.get("title", ""), "timestamp": int(moment.timestamp() * 1000)},
            "message": event.get("text", ""),
            "tags": list(event.get("tags", ())),
            "timestamp": moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        },
    }
