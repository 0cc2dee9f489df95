"""Vega-Lite specs for timeseries and top lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

from tools.evaluation.widget_data import Definition, Line, WidgetData
from tools.preview.colors import PLAIN, RED, YELLOW, colors_of, palette_of
from tools.preview.value_words import name_of, scale_of, spoken

Spec = dict[str, Any]
Span = tuple[datetime, datetime]
FONT: Final = "Arial, Helvetica, sans-serif"
MARKS: Final[Mapping[str, Spec]] = {
    "line": {"type": "line", "strokeWidth": 1.8, "interpolate": "linear"},
    "area": {"type": "area", "opacity": 0.75, "line": False},
    "bars": {"type": "bar"},
}
SHARE_OF_A_BAR: Final = 0.85
LONGEST_NAME: Final = 150
"""Of a name in a legend, in pixels."""
SYMBOL, AXIS = 34, 50
"""Space around a name, and to the left of a legend, in pixels."""
LEGEND_ROWS: Final = 2
LOWEST_BAR, HIGHEST_BAR = 14, 26
"""Of a top list, in pixels, with the space between bars."""
LETTER_WIDTH: Final = 7
LEGEND_LETTER: Final = 6


def time_chart(data: WidgetData, definition: Definition, span: Span, width: int, height: int) -> Spec:
    """Return the chart of a timeseries over a span, with one layer per display type."""
    greatest = max((value for line in data.lines for _, value in line.points), default=0)
    factor, title = scale_of(data.lines[0].unit if data.lines else "", greatest)
    labels = {line.label for line in data.lines}
    names = {line: name_of(line.label, line.group, is_only_label=len(labels) == 1) for line in data.lines}
    colors = _colors(names)
    bar = _bar_width(data, span, width)
    layers = []
    for display, mark in MARKS.items():
        lines = [line for line in data.lines if (line.display or "line") == display]
        if not lines:
            continue
        sized = {"width": bar} if display == "bars" else {}
        layers.append(
            {
                "data": {"values": list(_points(lines, names, factor))},
                "mark": {**mark, **sized, "clip": True},
                "encoding": {
                    "x": {
                        "field": "at",
                        "type": "temporal",
                        "title": None,
                        "scale": {"type": "utc", "domain": [moment.isoformat() for moment in span]},
                        "axis": {"format": "%H:%M", "tickCount": 6, "grid": False},
                    },
                    "y": {
                        "field": "value",
                        "type": "quantitative",
                        "title": title or None,
                        "stack": None if display == "line" else "zero",
                        "axis": {"tickCount": 4},
                    },
                    "color": {
                        "field": "name",
                        "type": "nominal",
                        "scale": {"domain": list(colors), "range": list(colors.values())},
                        "legend": _legend(list(colors), width) if definition.get("show_legend") else None,
                    },
                },
            }
        )
    layers += [_marker(marker, factor) for marker in definition.get("markers", ())]
    return _framed({"layer": layers}, width, height)


def _legend(names: Sequence[str], width: int) -> Spec:
    longest = min(LONGEST_NAME, LEGEND_LETTER * max(map(len, names), default=0))
    columns = max(1, (width - AXIS) // (longest + SYMBOL))
    return {
        "orient": "bottom",
        "title": None,
        "columns": columns,
        "labelLimit": longest,
        "values": names[: LEGEND_ROWS * columns],
    }


def top_chart(data: WidgetData, definition: Definition, width: int, height: int) -> Spec:
    """Return the bar chart of a top list."""
    formats = definition["requests"][0].get("conditional_formats", ())
    rows = []
    for line in data.lines:
        paint = palette_of(line.value, formats)
        color = "#5a4fcf" if paint is PLAIN else paint.ground
        shown = spoken(line.value, line.unit)
        rows.append({"name": name_of(line.label, line.group), "value": line.value, "words": shown, "color": color})
    order = [str(row["name"]) for row in rows]
    # A browser without the font that the chart is measured with needs more room for the names.
    names = min(width // 2, LETTER_WIDTH * max(map(len, order), default=0))
    words = LETTER_WIDTH * max((len(str(row["words"])) for row in rows), default=0)
    longest_bar = max(1, width - names - words) / max(1, width - names)
    greatest = max((float(row["value"] or 0) for row in rows), default=0) or 1
    bars: Spec = {
        "data": {"values": rows},
        "encoding": {
            "y": {
                "field": "name",
                "type": "nominal",
                "sort": order,
                "title": None,
                "axis": {
                    "labelLimit": width // 2,
                    "minExtent": names,
                    "ticks": False,
                    "domain": False,
                },
            },
            "x": {
                "field": "value",
                "type": "quantitative",
                "axis": None,
                "scale": {"domain": [0, greatest / longest_bar], "nice": False},
            },
        },
        "layer": [
            {
                "mark": {"type": "bar", "cornerRadius": 2},
                "encoding": {"color": {"field": "color", "type": "nominal", "scale": None}},
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 4, "color": PLAIN.text},
                "encoding": {"text": {"field": "words", "type": "nominal"}},
            },
        ],
    }
    count = max(1, len(rows))
    return _framed(bars, width, count * max(LOWEST_BAR, min(HIGHEST_BAR, height // count)))


def _colors(names: Mapping[Line, str]) -> dict[str, str]:
    """Return the color of each name; the lines of a palette take its colors in turn."""
    shown: dict[str, list[str]] = {}
    for line, name in names.items():
        shown.setdefault(line.palette, []).append(name)
    return {name: color for palette, each in shown.items() for name, color in colors_of(each, palette).items()}


def _bar_width(data: WidgetData, span: Span, width: int) -> float:
    """Return the bar width in pixels, derived from the shortest time between two bars."""
    times = sorted({moment for line in data.lines for moment, _ in line.points})
    start, end = span
    gaps = [later - earlier for earlier, later in pairwise(times)]
    return max(2.0, SHARE_OF_A_BAR * width * (min(gaps, default=(end - start) / 24) / (end - start)))


def _points(lines: Iterable[Line], names: Mapping[Line, str], factor: float) -> Iterable[Spec]:
    for line in lines:
        for moment, value in line.points:
            yield {"at": moment.isoformat(), "value": value / factor, "name": names[line]}


def _marker(marker: Definition, factor: float) -> Spec:
    """Return the horizontal line of a marker such as `y = 80`."""
    value = float(str(marker["value"]).removeprefix("y = ")) / factor
    color = RED if "error" in marker["display_type"] else YELLOW
    return {
        "data": {"values": [{"value": value}]},
        "mark": {"type": "rule", "strokeDash": [5, 4], "color": color, "strokeWidth": 1.4},
        "encoding": {"y": {"field": "value", "type": "quantitative"}},
    }


def _framed(spec: Spec, width: int, height: int) -> Spec:
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": width,
        "height": height,
        "autosize": {"type": "fit", "contains": "padding"},
        "background": None,
        "config": {
            "font": FONT,
            "view": {"stroke": None},
            "axis": {"labelColor": "#5b6673", "gridColor": "#e9ecf0", "domainColor": "#cfd5dc", "tickColor": "#cfd5dc"},
            "legend": {"labelColor": "#3c4753"},
        },
        **spec,
    }
