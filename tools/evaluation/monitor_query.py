"""Parsers for the queries of metric, event and service check monitors."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, cast

from tools.evaluation.metric_query import NUMBER, Expression, MetricQuery, leaves, read_expression
from tools.evaluation.query_filters import ATTRIBUTE, Filter, parse_filters, parse_search
from tools.evaluation.query_syntax import Scanner
from tools.evaluation.widget_data import Definition

Comparator = Literal[">", ">=", "<", "<="]
Summary = Literal["avg", "min", "max", "sum"]

COMPARATORS: Final[Mapping[Comparator, Callable[[float, float], bool]]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}
QUOTED: Final = r'"(?:[^"\\]|\\.)*"'
SECONDS: Final = {"m": 60, "h": 3600, "d": 86_400}


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricMonitor:
    """Compares the aggregated value of a window with a threshold."""

    summary: Summary
    window: int
    """In seconds."""
    expression: Expression
    comparator: Comparator
    threshold: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EventMonitor:
    """Compares the number of events in a window with a threshold."""

    search: Filter
    by: tuple[str, ...]
    window: int
    comparator: Comparator
    threshold: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusMonitor:
    """Evaluates the last statuses of a service check."""

    check: str
    over: Filter
    by: tuple[str, ...]
    last: int


def parse_metric_monitor(text: str) -> MetricMonitor:
    """Parse the query of a metric monitor.

    Raises:
        UnsupportedQuery: the text is not such a query or uses unsupported syntax.
    """
    scanner = Scanner(text)
    summary = scanner.need(r"(?:avg|min|max|sum)(?=\()", "a time aggregation: avg, min, max or sum")
    scanner.need(r"\(last_", "a window such as (last_5m)")
    window = _read_window(scanner)
    scanner.need(r"\):", "the end of the window, and a colon")
    expression = read_expression(scanner, {})
    comparator, threshold = _read_comparison(scanner)
    return MetricMonitor(
        summary=cast("Summary", summary),
        window=window,
        expression=expression,
        comparator=comparator,
        threshold=threshold,
    )


def parse_event_monitor(text: str) -> EventMonitor:
    """Parse the query of an event monitor.

    Raises:
        UnsupportedQuery: the text is not such a query or uses unsupported syntax.
    """
    scanner = Scanner(text)
    scanner.need(r"events\(", "events(")
    search = parse_search(_read_quoted(scanner), {})
    scanner.need(r'\)\.rollup\("count"\)', 'a count: ).rollup("count")')
    by: tuple[str, ...] = ()
    if scanner.take(r"\.by\("):
        keys = Scanner(_read_quoted(scanner))
        by = (keys.need(ATTRIBUTE, "a facet"),)
        while keys.take(","):
            by += (keys.need(ATTRIBUTE, "a facet"),)
        keys.finish()
        scanner.need(r"\)", "a closing parenthesis")
    scanner.need(r'\.last\("', 'a window such as .last("10m")')
    window = _read_window(scanner)
    scanner.need(r'"\)', "the end of the window")
    comparator, threshold = _read_comparison(scanner)
    return EventMonitor(search=search, by=by, window=window, comparator=comparator, threshold=threshold)


def parse_status_monitor(text: str) -> StatusMonitor:
    """Parse the query of a service check monitor.

    Raises:
        UnsupportedQuery: the text is not such a query or uses unsupported syntax.
    """
    scanner = Scanner(text)
    check = _read_quoted(scanner)
    over = _read_list(scanner, "over")
    by = _read_list(scanner, "by")
    scanner.need(r"\.last\(", "a number of statuses such as .last(4)")
    last = int(scanner.need(r"\d+", "a number"))
    scanner.need(r"\)\.count_by_status\(\)", ").count_by_status()")
    scanner.finish()
    return StatusMonitor(check=check, over=parse_filters(over, {}), by=by, last=last)


def by_of(definition: Definition) -> tuple[str, ...]:
    """Return the keys that a monitor groups by.

    Raises:
        UnsupportedQuery: the query uses unsupported syntax.
    """
    text = definition["query"]
    if definition["type"] == "event-v2 alert":
        return parse_event_monitor(text).by
    if definition["type"] == "service check":
        return parse_status_monitor(text).by
    if definition["type"] == "slo alert":
        return ()
    queries = [leaf for leaf in leaves(parse_metric_monitor(text).expression) if isinstance(leaf, MetricQuery)]
    return queries[0].by if queries else ()


def _read_comparison(scanner: Scanner) -> tuple[Comparator, float]:
    comparator = scanner.need("[<>]=?", "a comparison: >, >=, < or <=")
    threshold = float(scanner.need(f"-?{NUMBER}", "a threshold"))
    scanner.finish()
    return cast("Comparator", comparator), threshold


def _read_window(scanner: Scanner) -> int:
    number = int(scanner.need(r"\d+", "the length of a window"))
    return number * SECONDS[scanner.need("[mhd]", "the unit of a window: m, h or d")]


def _read_quoted(scanner: Scanner) -> str:
    quoted = scanner.need(QUOTED, "a quoted string")
    return quoted[1:-1].replace(r"\"", '"')


def _read_list(scanner: Scanner, name: str) -> tuple[str, ...]:
    scanner.need(rf"\.{name}\(", f".{name}(")
    items = [_read_quoted(scanner)]
    while scanner.take(","):
        items.append(_read_quoted(scanner))
    scanner.need(r"\)", "a comma or a closing parenthesis")
    return tuple(items)
