"""Parser for the subset of the metric query language that the assets use: queries and arithmetic over them.

Anything else raises an error with its position in the text, so that no asset passes because it is misread.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, cast

from tools.evaluation.query_filters import Filter, Variables, read_filter, read_keys
from tools.evaluation.query_syntax import Scanner

Aggregator = Literal["avg", "min", "max", "sum", "count"]
Modifier = Literal["as_count", "as_rate"]
Function = Literal["default_zero", "abs", "cumsum", "clamp_min", "clamp_max", "is_greater"]
Operator = Literal["+", "-", "*", "/"]

AGGREGATOR: Final = r"(?:avg|min|max|sum|count)\b"
NUMBER: Final = r"\d+(?:\.\d+)?"
METRIC: Final = r"[A-Za-z][A-Za-z0-9_.]*"
NAME: Final = r"[A-Za-z_][A-Za-z0-9_]*"
FUNCTIONS: Final = {"default_zero": 1, "abs": 1, "cumsum": 1, "clamp_min": 2, "clamp_max": 2, "is_greater": 2}
"""The supported functions and their number of arguments."""
SMALLEST_ROLLUP: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricQuery:
    """A query of one metric."""

    aggregator: Aggregator
    """Space aggregation: combines the series of a group."""
    metric: str
    filter: Filter
    by: tuple[str, ...]
    modifier: Modifier | None = None
    rollup: Aggregator | None = None
    """Time aggregation: combines the points of a series within an interval; None for the metric type's default."""
    interval: int | None = None
    """In seconds; None for the default of the time span."""


@dataclass(frozen=True, slots=True)
class Name:
    """A reference to a query of the widget by name."""

    name: str


@dataclass(frozen=True, slots=True)
class Number:
    """A constant."""

    value: float


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """A function applied to expressions."""

    function: Function
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """An arithmetic operation on two expressions."""

    operator: Operator
    left: Expression
    right: Expression


Leaf = MetricQuery | Name
Expression = MetricQuery | Name | Number | FunctionCall | Arithmetic


def parse_metric_query(text: str, variables: Variables) -> MetricQuery:
    """Parse a query of one metric.

    Raises:
        UnsupportedQuery: the text is not a metric query or uses unsupported syntax.
    """
    scanner = Scanner(text)
    query = read_metric_query(scanner, variables)
    scanner.finish()
    return query


def parse_formula(text: str) -> Expression:
    """Parse the formula of a widget, an expression over the names of its queries.

    Raises:
        UnsupportedQuery: the formula uses unsupported syntax.
    """
    scanner = Scanner(text)
    expression = read_expression(scanner, None)
    scanner.finish()
    return expression


def read_metric_query(scanner: Scanner, variables: Variables) -> MetricQuery:
    """Read one metric query including its modifier and rollup."""
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
        scanner.fail("only .as_count(), .as_rate() and one .rollup() are supported here")
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
    """Read an arithmetic expression; its leaves are queries, or names of queries if `variables` is None."""
    left = _read_product(scanner, variables)
    while operator := scanner.take("[+-]"):
        left = Arithmetic(cast("Operator", operator), left, _read_product(scanner, variables))
    return left


def leaves(expression: Expression) -> Iterator[Leaf]:
    """Yield the queries and names of an expression from left to right."""
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
        scanner.fail(f"the function {function} is not supported")
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
        scanner.fail("an interval must be at least one second")
    return cast("Aggregator", method), interval
