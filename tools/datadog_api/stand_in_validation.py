"""What Datadog refuses of a dashboard, an SLO or a monitor."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, Final

from optimizationjob.assets.asset_files import Kind
from optimizationjob.assets.asset_links import slo_of
from optimizationjob.assets.datadog_models import faults

THRESHOLD: Final = re.compile(r"[<>]=?\s*(-?\d+(?:\.\d+)?)\s*$")
GROUPED: Final = re.compile(r"\bby\s*\{([^}]*)\}|\.by\(([^)]*)\)")


def refusals(kind: Kind, body: Mapping[str, Any], slos: Collection[str]) -> list[str]:
    """Return why Datadog refuses a body; empty if it takes it.

    Args:
        kind: dashboard, SLO or monitor.
        body: the body.
        slos: the IDs of the account's SLOs.
    """
    wrong = faults(kind, body)
    if kind == "dashboard" and any(not tag.startswith("team:") for tag in body.get("tags") or ()):
        wrong.append("Invalid tags")
    return wrong or ([] if kind != "monitor" else list(_of_monitor(body, slos)))


def _of_monitor(body: Mapping[str, Any], slos: Collection[str]) -> Iterator[str]:
    query, options = str(body["query"]), body.get("options") or {}
    found = THRESHOLD.search(query)
    critical = (options.get("thresholds") or {}).get("critical")
    if found and critical is not None and float(found[1]) != critical:
        yield f"Alert threshold ({critical}) does not match that used in the query ({found[1]})."
    if query.count("(") != query.count(")") or query.count("{") != query.count("}"):
        yield "The value provided for parameter 'query' is invalid"
    if "on_missing_data" in options and options.get("notify_no_data"):
        yield "on_missing_data cannot be used with notify_no_data"
    keys = {key.strip(" '\"") for pair in GROUPED.findall(query) for part in pair for key in part.split(",")}
    if not set(options.get("notify_by") or ()) - {"*"} <= keys:
        yield "notify_by must be a subset of the tags that the query groups by"
    slo = slo_of(body)
    if slo is not None and slo not in slos:
        yield f"SLO {slo} does not exist"
