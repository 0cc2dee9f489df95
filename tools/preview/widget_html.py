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

COLUMN_WIDTH: Final = 116
ROW_HEIGHT: Final = 48
MOST_EVENTS: Final = 8
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

    @property
    def width(self) -> int:
        """Space for a chart, in pixels."""
        return self.columns * COLUMN_WIDTH - 28

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
    return _svg(time_chart(data, definition, place.span, place.width, place.height))


def _top_list(data: WidgetData, definition: Definition, place: CellPosition) -> str:
    return f'<div class="scroll">{_svg(top_chart(data, definition, place.width - 16))}</div>'


def _table(data: WidgetData, definition: Definition, _: CellPosition) -> str:
    formulas = definition["requests"][0]["formulas"]
    keys = [key for key, _ in data.rows[0].group] if data.rows else []
    head = "".join(f"<th>{escape(name)}</th>" for name in (*keys, *(column.label for column in data.columns)))
    most = [max((row.values[place] or 0 for row in data.rows), default=0) for place in range(len(data.columns))]
    lines = []
    for row in data.rows:
        cells = "".join(f"<td>{escape(value or 'N/A')}</td>" for _, value in row.group)
        for place, value in enumerate(row.values):
            cells += _table_cell(value, data.columns[place].unit, formulas[place], most[place])
        lines.append(f"<tr>{cells}</tr>")
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{"".join(lines)}</tbody></table></div>'


def _table_cell(value: float | None, unit: str, formula: Definition, most: float) -> str:
    paint = palette_of(value, formula.get("conditional_formats", ()))
    style = "" if paint is PLAIN else f"color:{paint.text};background:{paint.ground}"
    if formula.get("cell_display_mode") == "bar" and value and most and paint is PLAIN:
        style = f"background:linear-gradient(90deg,#dcd9f7 {100 * value / most:.0f}%,transparent 0)"
    return f'<td class="number" style="{style}">{escape(spoken(value, unit))}</td>'


def _stream(data: WidgetData, _: Definition, __: CellPosition) -> str:
    rest = len(data.events) - MOST_EVENTS
    more = f'<p class="more">and {rest} more</p>' if rest > 0 else ""
    return f'<div class="scroll">{"".join(map(_event, data.events[:MOST_EVENTS]))}{more}</div>'


def _event(recorded: RecordedEvent) -> str:
    event = recorded.event
    color = ALERT_COLORS.get(event.alert_type, "#3a77c9")
    stamp = recorded.moment.astimezone(UTC).strftime("%b %d %H:%M")
    text = MARKDOWN.render(event.text)
    return (
        f'<section class="event" style="border-color:{color}"><h5><time>{stamp}</time> {escape(event.title)}</h5>'
        f"{text}</section>"
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
