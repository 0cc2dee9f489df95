"""What a widget shows, and which widgets a dashboard has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from optimizationjob.telemetry.signals import ServiceCheckStatus
from tools.evaluation.query_filters import Group
from tools.evaluation.recording import RecordedEvent

Definition = Mapping[str, Any]
"""A part of an asset as it stands in its JSON file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One group of one formula: points over time, or one value of the whole span."""

    label: str
    group: Group
    points: tuple[tuple[datetime, float], ...] = ()
    value: float | None = None
    unit: str = ""
    """Datadog's name of it; empty where there is none, or not one for all."""
    display: str = ""
    """How the points are drawn: line, bars or area."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """One group of a table."""

    group: Group
    values: tuple[float | None, ...]
    """One for each column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableColumn:
    """One formula of a table."""

    label: str
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WidgetData:
    """What one widget shows; what its type does not have is empty."""

    kind: str
    title: str
    lines: tuple[Line, ...] = ()
    columns: tuple[TableColumn, ...] = ()
    rows: tuple[TableRow, ...] = ()
    events: tuple[RecordedEvent, ...] = ()
    """Newest first."""
    checks: tuple[tuple[Group, ServiceCheckStatus], ...] = ()
    """The worst of the last statuses of each group."""
    text: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to be seen."""
        return not (self.lines or self.rows or self.events or self.checks or self.text)


def widgets_of(dashboard: Definition) -> Iterator[tuple[str, Definition]]:
    """Yield the definition of every widget that is no group, with the title of the group it stands in."""
    for widget in dashboard["widgets"]:
        definition = widget["definition"]
        if definition["type"] != "group":
            yield "", definition
            continue
        for _, inner in widgets_of(definition):
            yield definition.get("title", ""), inner


def defaults_of(dashboard: Definition) -> dict[str, str]:
    """Return the template variables of a dashboard as they stand when it is opened."""
    return {
        variable["name"]: variable_value(variable, next(iter(variable.get("defaults") or ()), "*"))
        for variable in dashboard.get("template_variables") or ()
    }


def variable_value(variable: Definition, chosen: str) -> str:
    """Return what a template variable stands for when a value was chosen: a filter, or `*` for no filter."""
    return "*" if chosen == "*" else f"{variable['prefix']}:{chosen}"
