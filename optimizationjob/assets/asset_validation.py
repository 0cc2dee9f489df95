"""Validates an asset against Datadog's models and this project's rules."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any, Final

from optimizationjob.assets import dashboard_layout, level_rules, monitor_rules
from optimizationjob.assets.asset_files import WRAPPED, Asset, Json, Kind, part
from optimizationjob.assets.datadog_models import faults
from optimizationjob.assets.metric_metadata import rows
from optimizationjob.telemetry.metric_table import NAMESPACE

SERVICE_CHECK: Final = f"{NAMESPACE}.can_connect"
LONGEST_DESCRIPTION: Final = 300
_QUERIES: Final = frozenset({"query", "q", "numerator", "denominator"})
_METRIC: Final = re.compile(rf"\b{NAMESPACE}(?:\.\w+)+")
_THRESHOLD: Final = re.compile(r"(?:[<>]=?|[!=]=)\s*(-?\d+(?:\.\d+)?)\s*$")


def problems(asset: Asset) -> list[str]:
    """Return all problems of an asset, one line each."""
    document, above = asset.document, "definition." if asset.kind in WRAPPED else ""
    found = [f"{above}{fault}" for fault in faults(asset.kind, asset.body)]
    levels = level_rules.monitor_problems(asset.name, asset.body) if asset.kind == "monitor" else ()
    return [*found, *_RULES[asset.kind](document), *levels, *_names(document), *_letters(document)]


def _dashboard(document: Json) -> Iterator[str]:
    title = document["title"]
    if "-" in title:
        yield "title: has a hyphen"
    if NAMESPACE not in title.lower().replace(" ", ""):
        yield "title: does not name what it monitors, such as SageMaker Optimization Jobs"
    if not document.get("description"):
        yield "description: is missing"
    yield from dashboard_layout.problems(document["widgets"])


def _slo(document: Json) -> Iterator[str]:
    yield from _metadata(document)
    if "id" in document["definition"]:
        yield "definition.id: belongs to an account, not in the file"


def _monitor(document: Json) -> Iterator[str]:
    yield from _metadata(document)
    yield from _definition(document["definition"])


def _metadata(document: Json) -> Iterator[str]:
    if document.get("version") != 2:
        yield "version: is not 2"
    days = [_day(document.get(member)) for member in ("created_at", "last_updated_at")]
    if None in days:
        yield "created_at, last_updated_at: both must be dates such as 2026-11-23"
    elif str(days[0]) > str(days[1]):
        yield "last_updated_at: is before created_at"
    description = document.get("description")
    if not isinstance(description, str) or not 0 < len(description) <= LONGEST_DESCRIPTION:
        yield f"description: must have 1 to {LONGEST_DESCRIPTION} characters"
    if document.get("tags") != [f"integration:{NAMESPACE}"]:
        yield f"tags: must be only integration:{NAMESPACE}"


def _definition(definition: Json) -> Iterator[str]:
    if "id" in definition:
        yield "definition.id: belongs to an account, not in the file"
    yield from monitor_rules.problems(definition)
    if not definition.get("message"):
        yield "definition.message: is empty"
    critical = part(definition, "options", "thresholds", "critical")
    found = _THRESHOLD.search(definition["query"])
    if critical is None:
        yield "definition.options.thresholds.critical: is missing"
    elif found and float(found[1]) != critical:
        yield f"definition.options.thresholds.critical: is {critical}, but {found[1]} in the query"
    elif not found and definition["type"] != "service check":
        yield "definition.query: does not end with a threshold"


def _names(document: Json) -> Iterator[str]:
    """Yield metrics and service checks in queries that the check does not submit."""
    known = {row.metric_name for row in rows()}
    for place, text in _texts(document, ""):
        member = place.rpartition(".")[2]
        if member in _QUERIES:
            named = set(_METRIC.findall(text)) - known - {SERVICE_CHECK}
            yield from (f"{place}: unknown metric {name}" for name in sorted(named))
        if member == "check" and text != SERVICE_CHECK:
            yield f"{place}: is not the service check {SERVICE_CHECK}"


def _letters(document: Json) -> Iterator[str]:
    for place, text in _texts(document, ""):
        strange = sorted({character for character in text if not character.isascii()})
        if strange:
            yield f"{place}: is not ASCII: {' '.join(f'U+{ord(character):04X}' for character in strange)}"


def _texts(value: Any, place: str) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - JSON of any kind
    """Yield every string in JSON with its path."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, Mapping):
        for name, member in value.items():
            yield from _texts(member, f"{place}.{name}" if place else name)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _texts(item, f"{place}[{number}]")


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None


_RULES: Final[Mapping[Kind, Callable[[Json], Iterator[str]]]] = {
    "dashboard": _dashboard,
    "slo": _slo,
    "monitor": _monitor,
}
