"""Units of metrics and of expressions over them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from optimizationjob.telemetry.metric_table import METRICS, NAMESPACE
from tools.evaluation.metric_query import Arithmetic, Expression, FunctionCall, MetricQuery, Name

SUFFIXES: Final = ("avg", "max", "median", "95percentile")
UNITS: Final[Mapping[str, str]] = {
    **{f"{NAMESPACE}.{metric.name}": metric.unit for metric in METRICS if metric.kind != "histogram"},
    **{
        f"{NAMESPACE}.{metric.name}.{suffix}": metric.unit
        for metric in METRICS
        if metric.kind == "histogram"
        for suffix in SUFFIXES
    },
}
"""Datadog unit names by full metric name; the `.count` of a histogram has no unit."""


def unit_of_expression(expression: Expression, units: Mapping[str, str]) -> str:
    """Return the unit of a formula: that of its queries if all share it and none are multiplied or divided.

    Args:
        expression: the formula.
        units: the unit of each query by name.
    """
    return _unit(expression, units) or ""


def _unit(expression: Expression, units: Mapping[str, str]) -> str | None:
    """Return a unit, an empty string if there is none, or None for a constant."""
    if isinstance(expression, Name):
        return units.get(expression.name, "")
    if isinstance(expression, MetricQuery):
        return UNITS.get(expression.metric, "")
    if isinstance(expression, FunctionCall):
        return _unit(expression.arguments[0], units)
    if not isinstance(expression, Arithmetic):
        return None
    left, right = _unit(expression.left, units), _unit(expression.right, units)
    if left is None or (right is None and expression.operator in "+-*/"):
        return right if left is None and expression.operator != "/" else left
    return left if left == right and expression.operator in "+-" else ""
