"""Evaluates a dashboard widget against a recording."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from optimizationjob.telemetry.signals import ServiceCheckStatus
from tools.evaluation.metric_query import Leaf, Name, parse_formula, parse_metric_query
from tools.evaluation.metric_units import UNITS, unit_of_expression
from tools.evaluation.monitor_query import SECONDS
from tools.evaluation.monitor_summary import monitor_summary
from tools.evaluation.query_filters import Group, Variables, accepts, groups_of, parse_filters, parse_search
from tools.evaluation.query_syntax import UnsupportedQuery
from tools.evaluation.recording import SERVICE_CHECK, Recording
from tools.evaluation.recording_reader import QueryWindow, RecordingReader, event_lines, found_events
from tools.evaluation.value_lines import AGGREGATIONS, Lines, MismatchedLines, Points, evaluated
from tools.evaluation.widget_data import Definition, Line, TableColumn, TableRow, WidgetData

SEVERITY: Final = tuple(ServiceCheckStatus)
"""Statuses from best to worst."""


@dataclass(frozen=True, slots=True)
class Scene:
    """The recording, template variables and time span shared by all widgets of a dashboard."""

    recording: Recording
    variables: Variables
    span: QueryWindow


@dataclass(frozen=True, slots=True)
class WidgetResult:
    """The lines of one formula."""

    label: str
    unit: str
    lines: Lines
    limit: Definition


def evaluate_widget(
    definition: Definition, recording: Recording, *, variables: Variables, start: datetime, end: datetime
) -> WidgetData:
    """Return the data of a widget.

    Args:
        definition: the widget's definition in the dashboard.
        recording: what the check submitted.
        variables: the template variables, see `defaults_of`.
        start: start of the time span.
        end: end of the time span, exclusive.

    Raises:
        UnsupportedQuery: the type, a query or a formula is not supported.
    """
    kind = definition["type"]
    evaluate = EVALUATORS.get(kind)
    if evaluate is None:
        raise UnsupportedQuery(kind, 0, "this widget type is not supported")
    first, last = start.timestamp(), end.timestamp()
    return evaluate(definition, Scene(recording, variables, QueryWindow(_own_start(definition, first, last), last)))


def _own_start(definition: Definition, start: float, end: float) -> float:
    """Return the start of a widget's time span: its own, if it has one, or else that of the dashboard."""
    own = definition.get("time")
    if not own:
        return start
    span = str(own.get("live_span", ""))
    if set(own) != {"live_span"} or span[-1:] not in SECONDS or not span[:-1].isdigit():
        raise _refusal(own, "only a live_span such as 10m is supported")
    return end - int(span[:-1]) * SECONDS[span[-1]]


def _note(definition: Definition, _: Scene) -> WidgetData:
    return WidgetData(kind="note", title="", text=definition["content"])


def _timeseries(definition: Definition, scene: Scene) -> WidgetData:
    lines = []
    for request in definition["requests"]:
        display = request.get("display_type", "line")
        for result in _results(request, scene, scene.span.interval(bars=display == "bars"), is_scalar=False):
            by_mean = {group: AGGREGATIONS["avg"]([*points.values()]) for group, points in result.lines.points.items()}
            lines += [
                Line(
                    label=result.label,
                    group=group,
                    points=_dated(result.lines.points[group]),
                    unit=result.unit,
                    display=display,
                    palette=(request.get("style") or {}).get("palette", ""),
                )
                for group in _limited(by_mean, result.limit)
            ]
    return WidgetData(kind="timeseries", title=_title(definition), lines=tuple(lines))


def _scalars(definition: Definition, scene: Scene) -> WidgetData:
    """Evaluate widgets that show one value per group: query value, top list and sunburst."""
    lines = []
    for request in definition["requests"]:
        results = _results(request, scene, scene.span.interval(), is_scalar=True)
        for index, result in enumerate(results):
            values = result.lines.values()
            limit = result.limit or _limit_of(request, index)
            lines += [
                Line(label=result.label, group=group, value=values[group], unit=result.unit)
                for group in _limited(values, limit)
            ]
    return WidgetData(kind=definition["type"], title=_title(definition), lines=tuple(lines))


def _table(definition: Definition, scene: Scene) -> WidgetData:
    if len(definition["requests"]) != 1:
        raise _refusal(definition["requests"], "tables with several requests are not supported")
    (request,) = definition["requests"]
    results = _results(request, scene, scene.span.interval(), is_scalar=True)
    columns = [result.lines.values() for result in results]
    # Another query may have the same tags in a different order.
    by_tags = [{frozenset(group): value for group, value in column.items()} for column in columns]
    groups = {frozenset(group): group for column in reversed(columns) for group in column}
    rows = {group: tuple(column.get(tags) for column in by_tags) for tags, group in groups.items()}
    limits = [(index, result.limit or _limit_of(request, index)) for index, result in enumerate(results)]
    ruling, limit = next(((index, limit) for index, limit in limits if limit), (0, {}))
    ranks = {group: columns[ruling].get(group, -math.inf) for group in rows}
    return WidgetData(
        kind="query_table",
        title=_title(definition),
        columns=tuple(TableColumn(label=result.label, unit=result.unit) for result in results),
        rows=tuple(TableRow(group=group, values=rows[group]) for group in _limited(ranks, limit)),
    )


def _check_status(definition: Definition, scene: Scene) -> WidgetData:
    if definition["check"] != SERVICE_CHECK:
        raise UnsupportedQuery(definition["check"], 0, f"the only service check is {SERVICE_CHECK}")
    terms = parse_filters(definition.get("tags", ()), scene.variables)
    last = {
        recorded.tags: recorded.status
        for recorded in scene.recording.statuses
        if scene.span.start <= recorded.at.timestamp() < scene.span.end and accepts(terms, recorded.tags)
    }
    worst: dict[Group, ServiceCheckStatus] = {}
    for tags, status in last.items():
        for group in groups_of(tags, definition.get("group_by", ())):
            worst[group] = max(status, worst.get(group, status), key=SEVERITY.index)
    return WidgetData(kind="check_status", title=_title(definition), checks=tuple(sorted(worst.items())))


def _event_stream(definition: Definition, scene: Scene) -> WidgetData:
    searches = [request["query"] for request in definition["requests"]]
    if any(search["data_source"] != "event_stream" for search in searches):
        raise _refusal(searches, "only lists of events are supported")
    terms = [parse_search(search["query_string"], scene.variables) for search in searches]
    events = [event for found in terms for event in found_events(scene.recording.events, found, scene.span)]
    return WidgetData(kind="list_stream", title=_title(definition), events=tuple(events))


EVALUATORS: Final[Mapping[str, Callable[[Definition, Scene], WidgetData]]] = {
    "note": _note,
    "timeseries": _timeseries,
    "query_value": _scalars,
    "toplist": _scalars,
    "sunburst": _scalars,
    "query_table": _table,
    "check_status": _check_status,
    "list_stream": _event_stream,
    "manage_status": lambda definition, _: monitor_summary(definition),
}


def _results(request: Definition, scene: Scene, interval: float, *, is_scalar: bool) -> list[WidgetResult]:
    """Return the lines of each formula of a request; without formulas, those of each query."""
    if "queries" not in request:
        raise _refusal(request, "only requests with queries and formulas are supported")
    queries = {query["name"]: query for query in request["queries"]}
    found = {name: _query_lines(query, scene, interval) for name, query in queries.items()}
    units = {name: unit for name, (_, unit) in found.items()}
    lines = {name: line for name, (line, _) in found.items()}
    if is_scalar:
        lines = {name: line.reduced(queries[name].get("aggregator", "avg")) for name, line in lines.items()}
    results = []
    for formula in request.get("formulas") or [{"formula": name} for name in queries]:
        text = formula["formula"]
        expression = parse_formula(text)

        def named(leaf: Leaf, text: str = text) -> Lines:
            if not isinstance(leaf, Name) or leaf.name not in lines:
                raise UnsupportedQuery(text, 0, f"the formula refers to an unknown query: {leaf}")
            return lines[leaf.name]

        try:
            found_lines = evaluated(expression, named)
        except MismatchedLines as error:
            raise UnsupportedQuery(text, 0, str(error)) from error
        given = formula.get("number_format", {}).get("unit", {}).get("unit_name")
        unit = given or unit_of_expression(expression, units)
        results.append(WidgetResult(formula.get("alias", text), unit, found_lines, formula.get("limit") or {}))
    return results


def _query_lines(query: Definition, scene: Scene, interval: float) -> tuple[Lines, str]:
    """Return the lines and the unit of one query."""
    source = query["data_source"]
    if source == "metrics":
        parsed = parse_metric_query(query["query"], scene.variables)
        return RecordingReader.of(parsed, scene.recording).lines(scene.span, interval), UNITS.get(parsed.metric, "")
    if source != "events" or query["compute"] != {"aggregation": "count"}:
        raise _refusal(query, "only metrics and event counts are supported")
    search = parse_search(query["search"]["query"], scene.variables)
    by = tuple(facet["facet"] for facet in query.get("group_by", ()))
    return event_lines(scene.recording.events, search, by, scene.span, interval), ""


def _limit_of(request: Definition, index: int) -> Definition:
    """Return the sort order and limit of a request for the formula at `index`."""
    sort = request.get("sort")
    if not sort:
        return {}
    orders = sort["order_by"]
    if len(orders) != 1 or orders[0]["type"] != "formula":
        raise _refusal(sort, "only sorting by one formula is supported")
    return {"count": sort["count"], "order": orders[0]["order"]} if orders[0]["index"] == index else {}


def _limited(values: Mapping[Group, float], limit: Definition) -> Iterable[Group]:
    """Return the groups, sorted and limited."""
    if not limit:
        return sorted(values)
    sign = -1 if limit.get("order", "desc") == "desc" else 1
    return sorted(values, key=lambda group: (sign * values[group], group))[: limit.get("count")]


def _dated(points: Points) -> tuple[tuple[datetime, float], ...]:
    return tuple((datetime.fromtimestamp(at, UTC), value) for at, value in points.items())


def _title(definition: Definition) -> str:
    return str(definition.get("title", ""))


def _refusal(part: object, reason: str) -> UnsupportedQuery:
    return UnsupportedQuery(json.dumps(part, default=str), 0, reason)
