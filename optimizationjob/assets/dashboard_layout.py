"""Layout rules for dashboard widgets: groups, widths and aliases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from optimizationjob.assets import level_rules
from optimizationjob.assets.asset_files import Json, part

FIRST: Final = ("About", "Overview")
NARROWEST: Final = 4
"""Minimum width of a timeseries, out of twelve columns."""


def problems(widgets: Sequence[Any]) -> Iterator[str]:
    """Yield the layout problems of a dashboard; invalid widgets are left to the validation by Datadog's models."""
    groups = [(f"widgets[{number}]", _definition(widget)) for number, widget in enumerate(widgets)]
    for place, definition in groups:
        if definition.get("type") != "group":
            yield f"{place}: is not in a group"
    titles = tuple(str(definition.get("title", "")) for _, definition in groups[: len(FIRST)])
    if len(titles) < len(FIRST) or not all(map(str.startswith, titles, FIRST)):
        yield f"widgets: the first groups must be {' and '.join(FIRST)}"
    for place, definition in groups:
        for number, widget in enumerate(_items(definition.get("widgets"))):
            yield from _widget(widget, f"{place}.definition.widgets[{number}]")


def _widget(widget: Any, place: str) -> Iterator[str]:  # noqa: ANN401 - JSON of any kind
    definition = _definition(widget)
    if definition.get("type") == "timeseries":
        width = part(widget, "layout", "width")
        if isinstance(width, int) and width < NARROWEST:
            yield f"{place}.layout.width: is {width}; a timeseries needs {NARROWEST} columns"
    yield from level_rules.widget_problems(definition, f"{place}.definition")
    for number, request in enumerate(_items(definition.get("requests"))):
        for index, formula in enumerate(_items(part(request, "formulas"))):
            if not part(formula, "alias"):
                yield f"{place}.definition.requests[{number}].formulas[{index}]: has no alias"


def _definition(widget: Any) -> Json:  # noqa: ANN401 - the same
    definition = part(widget, "definition")
    return definition if isinstance(definition, dict) else {}


def _items(value: Any) -> list[Any]:  # noqa: ANN401 - the same
    return value if isinstance(value, list) else []
