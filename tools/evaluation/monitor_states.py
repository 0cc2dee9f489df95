"""State transitions of monitor groups, and the periods in which a group is not OK."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from tools.evaluation.monitor_query import COMPARATORS, Comparator
from tools.evaluation.query_filters import Group
from tools.evaluation.widget_data import Definition


class MonitorState(StrEnum):
    """State of a monitor group."""

    OK = "OK"
    WARN = "WARN"
    ALERT = "ALERT"
    NO_DATA = "NO DATA"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """A period in which a group was in one state other than OK."""

    group: Group
    status: MonitorState
    since: datetime
    until: datetime | None
    """None if the alert is ongoing."""
    followed_by: MonitorState | None = None
    """The next state, which Datadog announces if it is OK; None if the alert is ongoing or its group was dropped."""

    @property
    def is_recovered(self) -> bool:
        """Whether Datadog announced a recovery."""
        return self.followed_by is MonitorState.OK


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """The thresholds that values are compared with."""

    comparator: Comparator
    critical: float
    warning: float | None = None
    critical_recovery: float | None = None
    warning_recovery: float | None = None

    def state(self, value: float, before: MonitorState) -> MonitorState:
        """Return the state for a value.

        An alert ends only when the value passes the recovery threshold, if there is one.
        """
        if self._passes(value, self.critical) or (
            before == MonitorState.ALERT and self._passes(value, self.critical_recovery)
        ):
            return MonitorState.ALERT
        is_warned = before in (MonitorState.ALERT, MonitorState.WARN)
        if self._passes(value, self.warning) or (is_warned and self._passes(value, self.warning_recovery)):
            return MonitorState.WARN
        return MonitorState.OK

    def _passes(self, value: float, threshold: float | None) -> bool:
        return threshold is not None and COMPARATORS[self.comparator](value, threshold)


class Ledger:
    """Records the states of the groups over time."""

    def __init__(self) -> None:
        self._states: dict[Group, tuple[MonitorState, datetime]] = {}
        self._over: list[Alert] = []

    def state(self, group: Group) -> MonitorState:
        """Return the last state of a group; OK if it has none yet."""
        return self._states[group][0] if group in self._states else MonitorState.OK

    def note(self, states: Mapping[Group, MonitorState | None], at: datetime) -> None:
        """Record the states at a time; the state of a dropped group is None."""
        for group, state in states.items():
            before, since = self._states.get(group, (MonitorState.OK, at))
            if state is None:
                self._end(group, before, since, at, None)
                self._states.pop(group, None)
                continue
            if state == before:
                self._states.setdefault(group, (state, at))
                continue
            self._end(group, before, since, at, state)
            self._states[group] = (state, at)

    def alerts(self) -> tuple[Alert, ...]:
        """Return all alerts, oldest first."""
        lasting = [
            Alert(group=group, status=state, since=since, until=None)
            for group, (state, since) in self._states.items()
            if state != MonitorState.OK
        ]
        return tuple(sorted((*self._over, *lasting), key=lambda alert: (alert.since, alert.group)))

    def _end(
        self, group: Group, before: MonitorState, since: datetime, at: datetime, state: MonitorState | None
    ) -> None:
        if before != MonitorState.OK:
            self._over.append(Alert(group=group, status=before, since=since, until=at, followed_by=state))


def notifies_no_data(definition: Definition) -> bool:
    """Return whether a monitor notifies of missing data."""
    options = definition["options"]
    return options.get("on_missing_data") == "show_and_notify_no_data" or bool(options.get("notify_no_data"))


def notifications(definition: Definition, alerts: Iterable[Alert]) -> list[tuple[datetime, Group]]:
    """Return when alerts notify first, and for which groups: those of `notify_by`, if the monitor has that option.

    Renotifications and recoveries are not included, nor is missing data that the monitor only shows.
    """
    keys = definition["options"].get("notify_by")
    alerts = [alert for alert in alerts if alert.status != MonitorState.NO_DATA or notifies_no_data(definition)]
    found: list[tuple[datetime, Group]] = []
    ends: dict[Group, datetime | None] = {}
    for alert in sorted(alerts, key=lambda alert: alert.since):
        group = alert.group if keys is None else tuple(pair for pair in alert.group if pair[0] in keys)
        is_lasting = group in ends and ((end := ends[group]) is None or end >= alert.since)
        if not is_lasting:
            found.append((alert.since, group))
        ends[group] = None if alert.until is None else max(alert.until, ends.get(group) or alert.until)
    return found
