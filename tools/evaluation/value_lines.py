"""Lines of values by group, and arithmetic over them.

Nothing is interpolated: if one side of an operation has no value in an interval, or the operation divides by zero, the
result has no value there. `default_zero` sets every interval without a value to 0 for all known groups; as one side of
an operation it also counts as 0 for groups that only the other side has.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import Final, Literal

from tools.evaluation.metric_query import Arithmetic, Expression, FunctionCall, Leaf, Number
from tools.evaluation.query_filters import Group

Aggregation = Literal["avg", "min", "max", "sum", "count", "last"]
Points = Mapping[float, float]
"""Values by the start of their interval, in seconds since the epoch, oldest first."""

AGGREGATIONS: Final[Mapping[Aggregation, Callable[[list[float]], float]]] = {
    "avg": lambda values: math.fsum(values) / len(values),
    "min": min,
    "max": max,
    "sum": math.fsum,
    "count": len,
    "last": lambda values: values[-1],
}
OPERATORS: Final[Mapping[str, Callable[[float, float], float]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


WHOLE: Final = (0.0,)
"""The grid of lines reduced to one value."""


class MismatchedLines(ValueError):
    """The two sides of an operation have different groups or intervals."""


@dataclass(frozen=True, slots=True)
class Lines:
    """One line per group, over the same intervals."""

    grid: tuple[float, ...]
    """The start times of all intervals, including those without a value."""
    by: frozenset[str] | None
    """The keys that the lines are grouped by; None for a constant, which matches every group."""
    points: Mapping[Group, Points]
    fill: float | None = None
    """The value of a missing group."""

    def reduced(self, aggregation: Aggregation) -> Lines:
        """Return the same groups with one value each."""
        reduce = AGGREGATIONS[aggregation]
        scalars = {group: {0.0: reduce([*points.values()])} for group, points in self.points.items() if points}
        return Lines(WHOLE, self.by, scalars, self.fill)

    def values(self) -> dict[Group, float]:
        """Return the value of each group of reduced lines."""
        return {group: next(iter(points.values())) for group, points in self.points.items()}


def bucketed(
    points: Iterable[tuple[Group, Points]], grid: tuple[float, ...], by: Iterable[str], aggregation: Aggregation
) -> Lines:
    """Combine the lines of each group per interval; groups without values are omitted."""
    gathered: dict[Group, dict[float, list[float]]] = {}
    for group, line in points:
        values = gathered.setdefault(group, {})
        for at, value in line.items():
            values.setdefault(at, []).append(value)
    reduce = AGGREGATIONS[aggregation]
    lines = {
        group: {at: reduce(values[at]) for at in sorted(values)} for group, values in sorted(gathered.items()) if values
    }
    return Lines(grid, frozenset(by), lines)


def evaluated(expression: Expression, leaf: Callable[[Leaf], Lines]) -> Lines:
    """Evaluate an expression.

    Args:
        expression: what to compute.
        leaf: returns the lines of a query.

    Raises:
        MismatchedLines: the sides of an operation do not match.
    """
    if isinstance(expression, Number):
        return Lines((), None, {}, expression.value)
    if isinstance(expression, Arithmetic):
        left, right = (evaluated(side, leaf) for side in (expression.left, expression.right))
        return _combined(left, right, OPERATORS[expression.operator])
    if isinstance(expression, FunctionCall):
        return _called(expression, [evaluated(argument, leaf) for argument in expression.arguments])
    return leaf(expression)


def _called(call: FunctionCall, arguments: list[Lines]) -> Lines:
    lines = arguments[0]
    if call.function == "default_zero":
        known = lines.points or ({} if lines.by else {(): {}})
        return _mapped(
            lines, {group: {at: points.get(at, 0.0) for at in lines.grid} for group, points in known.items()}, 0
        )
    if call.function == "cumsum":
        sums = {
            group: dict(zip(points, accumulate(points.values()), strict=True)) for group, points in lines.points.items()
        }
        return _mapped(lines, sums, lines.fill)
    if call.function == "abs":
        absolute = {group: {at: abs(value) for at, value in points.items()} for group, points in lines.points.items()}
        return _mapped(lines, absolute, None if lines.fill is None else abs(lines.fill))
    if call.function == "is_greater":
        return _combined(lines, arguments[1], lambda value, limit: float(value > limit))
    return _combined(lines, arguments[1], max if call.function == "clamp_min" else min)


def _mapped(lines: Lines, points: Mapping[Group, Points], fill: float | None) -> Lines:
    return Lines(lines.grid, lines.by, points, fill)


def _combined(left: Lines, right: Lines, compute: Callable[[float, float], float]) -> Lines:
    if left.by is not None and right.by is not None:
        if left.grid != right.grid:
            raise MismatchedLines("the sides of an operation have different intervals; give both the same rollup")
        if left.by != right.by:
            raise MismatchedLines(f"one side is grouped by {sorted(left.by)}, the other by {sorted(right.by)}")
    shape = right if left.by is None else left
    # The groups of the left side, then those of the right side with keys in the left side's order.
    groups = {frozenset(group): group for lines in (right, left) for group in lines.points}
    others = {frozenset(group): points for group, points in right.points.items()}
    points: dict[Group, Points] = {}
    for key, group in groups.items():
        line = {}
        for at in shape.grid:
            value = _computed(_value(left, left.points.get(group), at), _value(right, others.get(key), at), compute)
            if value is not None:
                line[at] = value
        if line:
            points[group] = line
    return Lines(shape.grid, shape.by, points, _computed(left.fill, right.fill, compute))


def _value(lines: Lines, points: Points | None, at: float) -> float | None:
    return lines.fill if points is None else points.get(at)


def _computed(left: float | None, right: float | None, compute: Callable[[float, float], float]) -> float | None:
    if left is None or right is None:
        return None
    try:
        return compute(left, right)
    except ZeroDivisionError:
        return None
