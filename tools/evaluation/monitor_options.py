"""The options of a monitor: thresholds, missing data and retention. Options that are not understood are refused."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from tools.evaluation.monitor_query import SECONDS, EventMonitor, MetricMonitor
from tools.evaluation.monitor_states import MonitorState, Thresholds
from tools.evaluation.query_syntax import UnsupportedQuery
from tools.evaluation.widget_data import Definition

NO_EFFECT: Final = frozenset(
    {
        "avalanche_window",
        "enable_logs_sample",
        "escalation_message",
        "groupby_simple_monitor",
        "include_tags",
        "locked",
        "notification_preset_name",
        "notify_audit",
        "notify_by",
        "renotify_interval",
        "renotify_occurrences",
        "renotify_statuses",
        "silenced",
    }
)
"""Options of who is notified and how, not of when a monitor alerts."""
REFUSED: Final = ("new_group_delay", "require_full_window", "timeout_h")
"""Options that are understood only where they are off."""
UNDERSTOOD: Final = NO_EFFECT | {
    "evaluation_delay",
    "group_retention_duration",
    "no_data_timeframe",
    "notify_no_data",
    "on_missing_data",
    "thresholds",
    *REFUSED,
}
USUAL_RETENTION: Final = "24h"
MISSING: Final = ("default", "resolve", "show_no_data", "show_and_notify_no_data")


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """How a monitor treats a group that had a value once and has none now."""

    policy: str | None
    """None for monitors that go by `notify_no_data`."""
    is_counted: bool
    """Whether the query counts, so that nothing means 0."""
    timeframe: timedelta | None
    """How long there may be nothing for a monitor without a policy; None for ever."""

    def state(self, before: MonitorState, silence: timedelta, thresholds: Thresholds) -> MonitorState:
        """Return the state of a group that was silent for some time."""
        if self.policy == "resolve":
            return MonitorState.OK
        if self.policy in ("show_no_data", "show_and_notify_no_data"):
            return MonitorState.NO_DATA
        if self.policy == "default" and self.is_counted:
            return thresholds.state(0.0, before)
        if self.policy is None and self.timeframe is not None and silence >= self.timeframe:
            return MonitorState.NO_DATA
        return before


def thresholds_of(definition: Definition, monitor: MetricMonitor | EventMonitor) -> Thresholds:
    """Return the thresholds of a monitor; its critical one must be that of its query."""
    given = definition["options"]["thresholds"]
    if given["critical"] != monitor.threshold:
        raise UnsupportedQuery(definition["query"], 0, f"the critical threshold is {given['critical']} in the options")
    return Thresholds(comparator=monitor.comparator, **given)


def missing_of(options: Definition, *, is_counted: bool) -> Missing:
    """Return what the options say about missing data."""
    policy = options.get("on_missing_data")
    if policy not in (None, *MISSING):
        raise refusal(options, f"on_missing_data is one of {', '.join(MISSING)}")
    minutes = options.get("no_data_timeframe") if options.get("notify_no_data") else None
    return Missing(
        policy=policy, is_counted=is_counted, timeframe=timedelta(minutes=minutes) if minutes is not None else None
    )


def retention_of(options: Definition) -> timedelta:
    """Return after how long without data a group is no longer spoken of."""
    given = options.get("group_retention_duration", USUAL_RETENTION)
    if given[-1:] not in SECONDS or not given[:-1].isdigit():
        raise refusal(options, "group_retention_duration is a number of m, h or d")
    return timedelta(seconds=int(given[:-1]) * SECONDS[given[-1]])


def refuse_unknown_options(options: Definition) -> None:
    """Refuse options that are not understood.

    Raises:
        UnsupportedQuery: there is one.
    """
    unknown = sorted(options.keys() - UNDERSTOOD)
    if unknown:
        raise refusal(options, f"the options {', '.join(unknown)} are not understood")
    on = [name for name in REFUSED if options.get(name)]
    if on:
        raise refusal(options, f"{', '.join(on)} must be off")


def refusal(part: object, reason: str) -> UnsupportedQuery:
    """Return the error for a part of a definition."""
    return UnsupportedQuery(json.dumps(part, default=str), 0, reason)
