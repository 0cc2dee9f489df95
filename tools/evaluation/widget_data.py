"""The data of a widget, and the widgets of a dashboard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from optimizationjob.telemetry.signals import ServiceCheckStatus
from tools.evaluation.query_filters import Group
from tools.evaluation.recording import RecordedEvent

Definition = Mapping[str, Any]
"""A part of an asset's JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One group of one formula: points over time, or one value for the whole span."""

    label: str
    group: Group
    points: tuple[tuple[datetime, float], ...] = ()
    value: float | None = None
    unit: str = ""
    """Datadog unit name; empty if there is none or the queries have different ones."""
    display: str = ""
    """Display type: line, bars or area."""
    palette: str = ""
    """Color palette of its request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """One row of a table, for a group."""

    group: Group
    values: tuple[float | None, ...]
    """One per column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableColumn:
    """One column of a table, for a formula."""

    label: str
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WidgetData:
    """The data of one widget; fields that its type does not use are empty."""

    kind: str
    title: str
    lines: tuple[Line, ...] = ()
    columns: tuple[TableColumn, ...] = ()
    rows: tuple[TableRow, ...] = ()
    events: tuple[RecordedEvent, ...] = ()
    """Newest first."""
    checks: tuple[tuple[Group, ServiceCheckStatus], ...] = ()
    """The worst latest status of each group."""
    text: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether the widget has nothing to show."""
        return not (self.lines or self.rows or self.events or self.checks or self.text)


def widgets_of(dashboard: Definition) -> Iterator[tuple[str, Definition]]:
    """Yield the definition of every widget other than groups, with the title of its group."""
    for widget in dashboard["widgets"]:
        definition = widget["definition"]
        if definition["type"] != "group":
            yield "", definition
            continue
        for _, inner in widgets_of(definition):
            yield definition.get("title", ""), inner


def defaults_of(dashboard: Definition) -> dict[str, str]:
    """Return the default values of a dashboard's template variables."""
    return {
        variable["name"]: variable_value(variable, next(iter(variable.get("defaults") or ()), "*"))
        for variable in dashboard.get("template_variables") or ()
    }


def variable_value(variable: Definition, chosen: str) -> str:
    """Return the value of a template variable for a selection: a filter, or `*` for no filter.

    A selection for a variable without a prefix, such as `scope`, is a filter itself.
    """
    return "*" if chosen == "*" else f"{variable['prefix']}:{chosen}" if variable.get("prefix") else chosen
