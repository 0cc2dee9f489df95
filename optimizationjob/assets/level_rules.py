"""Checks that monitors and widgets use the levels of the one table."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from optimizationjob.assets.alert_levels import LEVELS, AlertLevels
from optimizationjob.assets.asset_files import Json, part
from optimizationjob.telemetry.metric_table import NAMESPACE

_METRIC: Final = re.compile(rf"\b{NAMESPACE}\.([\w.]+)\{{([^}}]*)\}}")


def monitor_problems(name: str, definition: Json) -> Iterator[str]:
    """Yield where the thresholds of a monitor are not those of the table."""
    levels = LEVELS.get(name)
    given = part(definition, "options", "thresholds")
    if levels is not None and given != levels.thresholds():
        yield f"definition.options.thresholds: must be {levels.thresholds()}, as in the table of levels"


def widget_problems(definition: Json, place: str) -> Iterator[str]:
    """Yield where the colors or the lines of a widget are not those of the table."""
    found: dict[str, AlertLevels] = {}
    for number, request in enumerate(_items(definition.get("requests"))):
        queries = {part(query, "name"): str(part(query, "query") or "") for query in _items(part(request, "queries"))}
        where = f"{place}.requests[{number}]"
        shared = part(request, "conditional_formats")
        for index, formula in enumerate(_items(part(request, "formulas"))):
            levels = levels_of(str(part(formula, "formula")), queries)
            if levels is None:
                continue
            found[levels.measure] = levels
            formats = part(formula, "conditional_formats") or shared
            if formats and formats != levels.formats():
                yield f"{where}.formulas[{index}]: its colors are not those of the table of levels for {levels.measure}"
    known = {marker for levels in found.values() for marker in levels.markers().items()}
    for number, marker in enumerate(_items(definition.get("markers")) if found else ()):
        value, display = str(part(marker, "value")), str(part(marker, "display_type"))
        if not display.startswith("info") and (value, display) not in known:
            yield f"{place}.markers[{number}]: {value} is no level of {', '.join(found)} in the table"


def levels_of(formula: str, queries: Mapping[Any, str]) -> AlertLevels | None:
    """Return the levels of the measure that a formula shows, or None if it has none."""
    used = [queries[name] for name in dict.fromkeys(re.findall(r"[A-Za-z_]\w*", formula)) if name in queries]
    named = [(metric, terms) for query in used for metric, terms in _METRIC.findall(query)]
    for levels in LEVELS.values():
        metric, _, term = levels.measure.rstrip("}").partition("{")
        if not named or named[0][0] != metric:
            continue
        if (term and "/" in formula and term in named[0][1].split(",")) or (not term and len(named) == 1):
            return levels
    return None


def _items(value: Any) -> list[Any]:  # noqa: ANN401 - JSON of any kind
    return value if isinstance(value, list) else []
