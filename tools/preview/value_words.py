"""Formats values and names for display."""

from __future__ import annotations

from typing import Final

from tools.evaluation.query_filters import Group

MINUTE: Final = 60
HOUR: Final = 3600
DAY: Final = 86400


def spoken(value: float | None, unit: str) -> str:
    """Return a value with its unit, or an empty string for None."""
    if value is None:
        return ""
    if unit == "second":
        return _duration(value)
    number = f"{value:,.0f}" if value == round(value) or abs(value) >= 100 else f"{value:,.1f}"
    return f"{number} %" if unit == "percent" else number


def scale_of(unit: str, greatest: float) -> tuple[float, str]:
    """Return the divisor for the values of an axis, and the axis title."""
    if unit != "second":
        return 1, {"percent": "%"}.get(unit, "")
    if greatest >= 2 * HOUR:
        return HOUR, "hours"
    return (MINUTE, "minutes") if greatest >= 2 * MINUTE else (1, "seconds")


def name_of(label: str, group: Group, *, is_only_label: bool = True) -> str:
    """Return the name of a line: its group, prefixed with the formula's label if there are several."""
    values = ", ".join(value or "N/A" for _, value in group)
    if not values:
        return label
    return values if is_only_label else f"{label}: {values}"


def _duration(seconds: float) -> str:
    whole = round(seconds)
    if whole >= 2 * DAY:
        return f"{whole / DAY:.1f} d"
    if whole >= HOUR:
        return f"{whole // HOUR} h {whole % HOUR // MINUTE:02} min"
    return f"{whole // MINUTE} min" if whole >= 2 * MINUTE else f"{whole} s"
