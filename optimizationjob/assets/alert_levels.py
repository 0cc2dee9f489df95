"""When a value is a warning and when critical: one table for thresholds of monitors and colors of dashboards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

Direction = Literal[">", ">=", "<"]
OPPOSITES: Final[Mapping[Direction, str]] = {">": "<=", ">=": "<", "<": ">="}


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertLevels:
    """The levels of one measure.

    Attributes:
        measure: a metric without the namespace; for a share of a count, the metric and the tag of what is counted.
        comparator: how a value is compared with the levels.
        critical: from here on a monitor alerts, and a widget is red.
        warning: from here on a monitor warns, and a widget is yellow.
        critical_recovery: an alert ends only beyond this value.
        warning_recovery: a warning ends only beyond this value.
    """

    measure: str
    comparator: Direction = ">"
    critical: float
    warning: float | None = None
    critical_recovery: float | None = None
    warning_recovery: float | None = None

    def thresholds(self) -> dict[str, float]:
        """Return the thresholds of a monitor."""
        names = ("critical", "warning", "critical_recovery", "warning_recovery")
        return {name: value for name in names if (value := getattr(self, name)) is not None}

    def formats(self) -> list[dict[str, Any]]:
        """Return the conditional formats of a widget: the first that fits colors a value."""
        mildest = self.critical if self.warning is None else self.warning
        found = [{"comparator": self.comparator, "value": self.critical, "palette": "white_on_red"}]
        if self.warning is not None:
            found.append({"comparator": self.comparator, "value": self.warning, "palette": "white_on_yellow"})
        return [*found, {"comparator": OPPOSITES[self.comparator], "value": mildest, "palette": "white_on_green"}]

    def markers(self) -> dict[str, str]:
        """Return the horizontal lines of a timeseries: their display types by value."""
        levels = {"error dashed": self.critical, "warning dashed": self.warning}
        return {f"y = {value:g}": display for display, value in levels.items() if value is not None}


LEVELS: Final[Mapping[str, AlertLevels]] = {
    "capacity_wait": AlertLevels(measure="job.pending_utilization", critical=80, warning=60),
    "runtime_limit": AlertLevels(measure="job.runtime_utilization", critical=90, warning=80),
    "time_left": AlertLevels(measure="job.runtime_remaining_seconds", comparator="<", critical=600, warning=1800),
    "job_stuck": AlertLevels(measure="job.stuck", comparator=">=", critical=1),
    "failure_rate": AlertLevels(
        measure="job.finished{optimization_job_status:failed}",
        critical=20,
        warning=10,
        critical_recovery=15,
        warning_recovery=5,
    ),
    "throttled": AlertLevels(
        measure="api.calls{outcome:throttled}", critical=20, warning=10, critical_recovery=15, warning_recovery=5
    ),
    "data_too_old": AlertLevels(measure="poll.data_age_seconds", critical=900, warning=600),
}
"""The levels by the name of their monitor."""
