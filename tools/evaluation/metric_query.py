"""The query language of metrics, as far as the assets use it: queries, and arithmetic over them.

Everything else is refused with its place in the text, so that an asset cannot pass by being misread.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, cast

from tools.evaluation.query_filters import Filter, Variables, read_filter, read_keys
from tools.evaluation.query_syntax import Scanner

Aggregator = Literal["avg", "min", "max", "sum", "count"]
Modifier = Literal["as_count", "as_rate"]
Function = Literal["default_zero", "abs", "cumsum", "clamp_min", "clamp_max"]
Operator = Literal["+", "-", "*", "/"]

AGGREGATOR: Final = r"(?:avg|min|max|sum|count)\b"
NUMBER: Final = r"\d+(?:\.\d+)?"
METRIC: Final = r"[A-Za-z][A-Za-z0-9_.]*"
NAME: Final = r"[A-Za-z_][A-Za-z0-9_]*"
FUNCTIONS: Final = {"default_zero": 1, "abs": 1, "cumsum": 1, "clamp_min": 2, "clamp_max": 2}
"""The functions, and how many arguments they take."""
SMALLEST_ROLLUP: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricQuery:
    """One query of a metric."""

    aggregator: Aggregator
    """How the series of a group become one."""
    metric: str
    filter: Filter
    by: tuple[str, ...]
    modifier: Modifier | None = None
    rollup: Aggregator | None = None
    """How the points of a series within an interval become one; by the kind of the metric where it is None."""
    interval: int | None = None
    """Seconds; by the span that is looked at where it is None."""


@dataclass(frozen=True, slots=True)
class Name:
    """A query of the widget by its name."""

    name: str


@dataclass(frozen=True, slots=True)
class Number:
    """A constant."""

    value: float


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """A function of other expressions."""

    function: Function
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Arithmetic of two expressions."""

    operator: Operator
    left: Expression
    right: Expression


Leaf = MetricQuery | Name
Expression = MetricQuery | Name | Number | FunctionCall | Arithmetic


def parse_metric_query(text: str, variables: Variables) -> MetricQuery:
    """Return a query of one metric.

    Raises:
        UnsupportedQuery: it is not one, or uses something that is not understood.
    """
    scanner = Scanner(text)
    query = read_metric_query(scanner, variables)
    scanner.finish()
    return query


def parse_formula(text: str) -> Expression:
    """Return the formula of a widget, over the names of its queries.

    Raises:
        UnsupportedQuery: it uses something that is not understood.
    """
    scanner = Scanner(text)
    expression = read_expression(scanner, None)
    scanner.finish()
    return expression


def read_metric_query(scanner: Scanner, variables: Variables) -> MetricQuery:
    """Read one query of a metric with all that is appended to it."""
    aggregator = scanner.need(AGGREGATOR, "an aggregator: avg, min, max, sum or count")
    scanner.need(":", "a colon after the aggregator")
    metric = scanner.need(METRIC, "the name of a metric")
    terms = read_filter(scanner, variables)
    by: tuple[str, ...] = ()
    if scanner.take(r"by\b"):
        scanner.need(r"\{", "the keys to group by, in braces")
        by = read_keys(scanner)
        scanner.need(r"\}", "a comma or the end of the keys")
    modifier = scanner.take(r"\.as_(?:count|rate)\(\)")
    rollup, interval = _read_rollup(scanner)
    modifier = modifier or scanner.take(r"\.as_(?:count|rate)\(\)")
    if scanner.take(r"(?=\.)") is not None:
        scanner.fail("only .as_count(), .as_rate() and one .rollup() are understood here")
    return MetricQuery(
        aggregator=cast("Aggregator", aggregator),
        metric=metric,
        filter=terms,
        by=by,
        modifier=cast("Modifier", modifier[1:-2]) if modifier else None,
        rollup=rollup,
        interval=interval,
    )


def read_expression(scanner: Scanner, variables: Variables | None) -> Expression:
    """Read arithmetic; its leaves are queries, or for variables of None names of queries."""
    left = _read_product(scanner, variables)
    while operator := scanner.take("[+-]"):
        left = Arithmetic(cast("Operator", operator), left, _read_product(scanner, variables))
    return left


def leaves(expression: Expression) -> Iterator[Leaf]:
    """Yield the queries and names in an expression, from left to right."""
    if isinstance(expression, Arithmetic):
        yield from leaves(expression.left)
        yield from leaves(expression.right)
    elif isinstance(expression, FunctionCall):
        for argument in expression.arguments:
            yield from leaves(argument)
    elif not isinstance(expression, Number):
        yield expression


def _read_product(scanner: Scanner, variables: Variables | None) -> Expression:
    left = _read_atom(scanner, variables)
    while operator := scanner.take("[*/]"):
        left = Arithmetic(cast("Operator", operator), left, _read_atom(scanner, variables))
    return left


def _read_atom(scanner: Scanner, variables: Variables | None) -> Expression:
    number = scanner.take(NUMBER)
    if number is not None:
        return Number(float(number))
    if scanner.take("-"):
        return Arithmetic("-", Number(0.0), _read_atom(scanner, variables))
    if scanner.take(r"\("):
        inner = read_expression(scanner, variables)
        scanner.need(r"\)", "a closing parenthesis")
        return inner
    if scanner.take(rf"(?={NAME}\s*\()") is not None:
        return _read_call(scanner, variables)
    if variables is not None:
        return read_metric_query(scanner, variables)
    return Name(scanner.need(NAME, "a number, a function or the name of a query"))


def _read_call(scanner: Scanner, variables: Variables | None) -> FunctionCall:
    start = scanner.position
    function = scanner.need(NAME, "a function")
    if function not in FUNCTIONS:
        scanner.position = start
        scanner.fail(f"the function {function} is not understood")
    scanner.need(r"\(", "an opening parenthesis")
    arguments = [read_expression(scanner, variables)]
    while scanner.take(","):
        arguments.append(read_expression(scanner, variables))
    scanner.need(r"\)", "a comma or a closing parenthesis")
    if len(arguments) != FUNCTIONS[function]:
        scanner.position = start
        scanner.fail(f"{function} takes {FUNCTIONS[function]} arguments, not {len(arguments)}")
    return FunctionCall(cast("Function", function), tuple(arguments))


def _read_rollup(scanner: Scanner) -> tuple[Aggregator | None, int | None]:
    if scanner.take(r"\.rollup\(") is None:
        return None, None
    method = scanner.need(AGGREGATOR, "how to roll up: avg, min, max, sum or count")
    interval = int(scanner.need(r"\d+", "a number of seconds")) if scanner.take(",") else None
    scanner.need(r"\)", "a closing parenthesis")
    if interval is not None and interval < SMALLEST_ROLLUP:
        scanner.fail("an interval must last a second at least")
    return cast("Aggregator", method), interval
