"""Renders one widget as HTML."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC
from html import escape
from typing import Any, Final

import vl_convert
from markdown_it import MarkdownIt

from optimizationjob.telemetry.signals import ServiceCheckStatus
from tools.evaluation.recording import RecordedEvent
from tools.evaluation.widget_data import Definition, WidgetData
from tools.preview.charts import Span, time_chart, top_chart
from tools.preview.colors import GREEN, PLAIN, RED, YELLOW, palette_of
from tools.preview.value_words import name_of, spoken

ROW_HEIGHT: Final = 48
MARGIN: Final = 48
"""Of the page, left and right together, in pixels."""
PAGE_WIDTHS: Final[Mapping[str, int]] = {"wide": 1440, "middle": 1200, "narrow": 1000}
"""Each chart is drawn for all, in pixels, and page.css shows the one that fits: scaled charts have tiny letters."""
COLUMNS: Final = 12
GAP: Final = 28
"""Borders and paddings of a widget, in pixels."""
FIRST_EVENTS: Final = 2
"""Datadog shows more when one scrolls."""
LONGEST_HEAD, LONGEST_CELL, PADDING = 10, 34, 3
"""In characters: columns share the width of a table by their words, up to these bounds."""
ALERT_COLORS: Final[Mapping[str, str]] = {"error": RED, "warning": YELLOW, "success": GREEN}
HEALTH_COLORS: Final = {
    ServiceCheckStatus.OK: GREEN,
    ServiceCheckStatus.WARNING: YELLOW,
    ServiceCheckStatus.CRITICAL: RED,
}
LINK: Final = re.compile(r"\[([^\]]+)\]\((?:/dashboard/lists\?q=([\w+]+)|[^)]*)\)")
MARKDOWN: Final = MarkdownIt("commonmark", {"html": False})


@dataclass(frozen=True, slots=True)
class CellPosition:
    """The size of a widget in grid units and its time span."""

    columns: int
    rows: int
    span: Span

    def width(self, page_width: int) -> int:
        """Return the space for a chart in pixels, on a page of a width in pixels."""
        return (page_width - MARGIN) * self.columns // COLUMNS - GAP

    @property
    def height(self) -> int:
        """Space for a chart, in pixels."""
        return self.rows * ROW_HEIGHT - 44


def cell(data: WidgetData, definition: Definition, place: CellPosition) -> str:
    """Return the HTML of a widget."""
    title = f"<h4>{escape(data.title)}</h4>" if data.title else ""
    return f'<article class="{data.kind}">{title}{CELLS[data.kind](data, definition, place)}</article>'


def _note(data: WidgetData, _: Definition, __: CellPosition) -> str:
    return str(MARKDOWN.render(LINK.sub(_link, data.text)))


def _link(found: re.Match[str]) -> str:
    """Return a link to a dashboard of the page; others, which lead out of it, are only words."""
    label, title = found[1], found[2]
    return f"[{label}](#{title.lower().replace('+', '-')})" if title else label


def _value(data: WidgetData, definition: Definition, _: CellPosition) -> str:
    if not data.lines:
        return '<p class="value none">-</p>'
    line = data.lines[0]
    paint = palette_of(line.value, definition["requests"][0].get("conditional_formats", ()))
    style = f"color:{paint.text};background:{paint.ground}"
    return f'<p class="value" style="{style}">{escape(spoken(line.value, line.unit))}</p>'


def _time_series(data: WidgetData, definition: Definition, place: CellPosition) -> str:
    return _for_each_page(place, lambda width: time_chart(data, definition, place.span, width, place.height))


def _top_list(data: WidgetData, definition: Definition, place: CellPosition) -> str:
    charts = _for_each_page(place, lambda width: top_chart(data, definition, width - 16, place.height))
    return f'<div class="scroll">{charts}</div>'


def _table(data: WidgetData, definition: Definition, _: CellPosition) -> str:
    formulas = definition["requests"][0]["formulas"]
    keys = [key for key, _ in data.rows[0].group] if data.rows else []
    heads = [*keys, *(column.label for column in data.columns)]
    most = [max((row.values[place] or 0 for row in data.rows), default=0) for place in range(len(data.columns))]
    lines, lengths = [], [[min(len(head), LONGEST_HEAD)] for head in heads]
    for row in data.rows:
        words = [value or "N/A" for _, value in row.group]
        cells = "".join(f'<td title="{escape(word)}">{escape(word)}</td>' for word in words)
        for place, value in enumerate(row.values):
            words.append(spoken(value, data.columns[place].unit))
            cells += _table_cell(value, words[-1], formulas[place], most[place])
        for length, word in zip(lengths, words, strict=True):
            length.append(len(word))
        lines.append(f"<tr>{cells}</tr>")
    shares = [min(max(length), LONGEST_CELL) + PADDING for length in lengths]
    widths = "".join(f'<col style="width:{100 * share / sum(shares):.1f}%">' for share in shares)
    numbers = ["number" if place >= len(keys) else "name" for place in range(len(heads))]
    head = "".join(f'<th class="{kind}">{escape(name)}</th>' for kind, name in zip(numbers, heads, strict=True))
    return (
        f'<div class="scroll"><table><colgroup>{widths}</colgroup><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )


def _table_cell(value: float | None, words: str, formula: Definition, most: float) -> str:
    paint = palette_of(value, formula.get("conditional_formats", ()))
    style = "" if paint is PLAIN else f"color:{paint.text};background:{paint.ground}"
    if formula.get("cell_display_mode") == "bar" and value and most and paint is PLAIN:
        style = f"background:linear-gradient(90deg,#dcd9f7 {100 * value / most:.0f}%,transparent 0)"
    return f'<td class="number" style="{style}">{escape(words)}</td>'


def _stream(data: WidgetData, _: Definition, __: CellPosition) -> str:
    rest = len(data.events) - FIRST_EVENTS
    more = f'<p class="more">and {rest} more</p>' if rest > 0 else ""
    kind = "scroll" if len(data.events) == 1 else "scroll many"
    return f'<div class="{kind}">{"".join(map(_event, data.events[:FIRST_EVENTS]))}{more}</div>'


def _event(recorded: RecordedEvent) -> str:
    event = recorded.event
    color = ALERT_COLORS.get(event.alert_type, "#3a77c9")
    stamp = recorded.moment.astimezone(UTC).strftime("%b %d %H:%M")
    text = MARKDOWN.render(event.text)
    return (
        f'<section class="event" style="border-color:{color}"><h5><time>{stamp}</time> {escape(event.title)}</h5>'
        f'<div class="text">{text}</div></section>'
    )


def _checks(data: WidgetData, _: Definition, __: CellPosition) -> str:
    squares = "".join(
        f'<li style="background:{HEALTH_COLORS[status]}" title="{escape(name_of("", group))}: {status.value}">'
        f"{escape(name_of('', group))}</li>"
        for group, status in data.checks
    )
    return f'<ul class="checks">{squares}</ul>'


def _monitors(data: WidgetData, _: Definition, __: CellPosition) -> str:
    items = "".join(f"<li>{escape(line)}</li>" for line in data.text.splitlines())
    return f'<div class="scroll"><ul class="monitors">{items}</ul></div>'


def _for_each_page(place: CellPosition, chart: Callable[[int], dict[str, Any]]) -> str:
    """Return a chart for each width of the page."""
    return "".join(
        f'<div class="chart {name}">{_svg(chart(place.width(width)))}</div>' for name, width in PAGE_WIDTHS.items()
    )


def _svg(spec: dict[str, Any]) -> str:
    return str(vl_convert.vegalite_to_svg(spec))


Cell = Callable[[WidgetData, Definition, CellPosition], str]
CELLS: Final[Mapping[str, Cell]] = {
    "note": _note,
    "query_value": _value,
    "timeseries": _time_series,
    "toplist": _top_list,
    "query_table": _table,
    "list_stream": _stream,
    "check_status": _checks,
    "manage_status": _monitors,
}
