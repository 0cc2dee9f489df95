"""Renders all dashboards as one self-contained HTML page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from html import escape
from importlib.resources import files

from optimizationjob.telemetry.metric_table import NAMESPACE
from tools.evaluation.recording import Recording
from tools.evaluation.widget_data import Definition, variable_value
from tools.evaluation.widget_evaluation import evaluate_widget
from tools.preview.charts import Span
from tools.preview.widget_html import COLUMNS, MARGIN, PAGE_WIDTHS, ROW_HEIGHT, CellPosition, cell


def page(dashboards: Iterable[Definition], recording: Recording, span: Span) -> str:
    """Return the page.

    A dashboard for a single job shows the one that was active the longest.

    Args:
        dashboards: the dashboard definitions.
        recording: the data of the widgets.
        span: the time span they show.

    Raises:
        UnsupportedQuery: a widget is not supported.
    """
    style = (files("tools.preview") / "page.css").read_text(encoding="utf-8")
    boards = [_Board(board, recording, span) for board in dashboards]
    links = " ".join(f'<a href="#{board.anchor}">{escape(board.title)}</a>' for board in boards)
    mains = "\n".join(board.html() for board in boards)
    times = " to ".join(f"{moment:%Y-%m-%d %H:%M}" for moment in span)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>SageMaker optimization jobs: preview of the dashboards</title>
<style>
:root {{ --columns: {COLUMNS}; --widest: {PAGE_WIDTHS["wide"]}px; --narrowest: {PAGE_WIDTHS["narrow"]}px;
--side: {MARGIN // 2}px; --row: {ROW_HEIGHT}px; }}
{style}</style>
</head>
<body>
<header><p>The dashboards with the data of a simulated day, {times} UTC. None of it is real.</p>
<nav>{links}</nav></header>
{mains}
</body>
</html>
"""


class _Board:
    """One dashboard."""

    def __init__(self, body: Definition, recording: Recording, span: Span) -> None:
        self.title = str(body["title"])
        self.anchor = self.title.lower().replace(" ", "-")
        self._body = body
        self._recording = recording
        self._span = span
        chosen = {"job": _longest_job(recording)} if self.title.endswith("Detail") else {}
        self._chosen = {each["name"]: chosen.get(each["name"], "*") for each in body["template_variables"]}
        prefixes = {each["name"]: each for each in body["template_variables"]}
        self._variables = {name: variable_value(prefixes[name], value) for name, value in self._chosen.items()}

    def html(self) -> str:
        chips = "".join(f"<li>${escape(name)}: {escape(value)}</li>" for name, value in self._chosen.items())
        groups = "".join(self._placed(widget) for widget in self._body["widgets"])
        return (
            f'<main id="{self.anchor}"><h2>{escape(self.title)}</h2><ul class="variables">{chips}</ul>'
            f'<div class="grid">{groups}</div></main>'
        )

    def _placed(self, widget: Definition) -> str:
        layout, definition = widget["layout"], widget["definition"]
        width, height = layout["width"], layout["height"]
        area = f"grid-area:{layout['y'] + 1}/{layout['x'] + 1}/span {height}/span {width}"
        if definition["type"] == "group":
            return self._group(definition, area, width)
        start, end = self._span
        data = evaluate_widget(definition, self._recording, variables=self._variables, start=start, end=end)
        shown = cell(data, definition, CellPosition(width, height, self._span))
        return f'<div class="place" style="{area}">{shown}</div>'

    def _group(self, definition: Definition, area: str, columns: int) -> str:
        inner = "".join(self._placed(each) for each in definition["widgets"])
        color, title = definition["background_color"], escape(definition["title"])
        grid = f"grid-template-columns:repeat({columns},1fr)"
        return (
            f'<section class="group" style="{area}"><h3 class="{color}">{title}</h3>'
            f'<div class="grid" style="{grid}">{inner}</div></section>'
        )


def _longest_job(recording: Recording) -> str:
    """Return the name of the job with the most points."""
    numbers: Counter[str] = Counter()
    for series in recording.series(f"{NAMESPACE}.job.runtime_utilization"):
        numbers.update({value: len(series.times) for key, value in series.tags if key == "optimization_job_name"})
    return max(numbers, key=lambda name: (numbers[name], name), default="*")
