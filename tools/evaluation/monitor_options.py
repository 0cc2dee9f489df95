"""Monitor options: thresholds, missing data and retention. Unsupported options raise an error."""

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
"""Options that control notifications, not when a monitor alerts."""
REFUSED: Final = ("new_group_delay", "require_full_window", "timeout_h")
"""Options that are supported only when they are off."""
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
    """How a monitor treats a group without current data."""

    policy: str | None
    """None for monitors that use `notify_no_data`."""
    is_counted: bool
    """Whether the query counts, so that no data means 0."""
    timeframe: timedelta | None
    """How long a group may have no data if there is no policy; None for no limit."""

    def state(self, before: MonitorState, silence: timedelta, thresholds: Thresholds) -> MonitorState:
        """Return the state of a group that has had no data for `silence`."""
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
    """Return the thresholds of a monitor; the critical threshold must match its query."""
    given = definition["options"]["thresholds"]
    if given["critical"] != monitor.threshold:
        raise UnsupportedQuery(definition["query"], 0, f"the critical threshold in the options is {given['critical']}")
    return Thresholds(comparator=monitor.comparator, **given)


def missing_of(options: Definition, *, is_counted: bool) -> Missing:
    """Return the missing data options."""
    policy = options.get("on_missing_data")
    if policy not in (None, *MISSING):
        raise refusal(options, f"on_missing_data must be one of {', '.join(MISSING)}")
    if policy is not None and options.get("notify_no_data"):
        raise refusal(options, "on_missing_data and notify_no_data exclude each other")
    minutes = options.get("no_data_timeframe") if options.get("notify_no_data") else None
    return Missing(
        policy=policy, is_counted=is_counted, timeframe=timedelta(minutes=minutes) if minutes is not None else None
    )


def retention_of(options: Definition) -> timedelta:
    """Return how long a group without data is kept."""
    given = options.get("group_retention_duration", USUAL_RETENTION)
    if given[-1:] not in SECONDS or not given[:-1].isdigit():
        raise refusal(options, "group_retention_duration must be a number followed by m, h or d")
    return timedelta(seconds=int(given[:-1]) * SECONDS[given[-1]])


def refuse_unknown_options(options: Definition) -> None:
    """Reject unsupported options.

    Raises:
        UnsupportedQuery: an option is not supported.
    """
    unknown = sorted(options.keys() - UNDERSTOOD)
    if unknown:
        raise refusal(options, f"unsupported options: {', '.join(unknown)}")
    on = [name for name in REFUSED if options.get(name)]
    if on:
        raise refusal(options, f"{', '.join(on)} must be off")


def refusal(part: object, reason: str) -> UnsupportedQuery:
    """Return the error for an unsupported part of a definition."""
    return UnsupportedQuery(json.dumps(part, default=str), 0, reason)
