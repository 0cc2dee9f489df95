"""A monitor and a recording -> when it alerts, for which groups.

A monitor looks at every step at the window that ends there; what is told in that very moment counts in the next.
The intervals of a window are those of a line of that length, a minute for windows of up to five hours.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from optimizationjob.telemetry.signals import ServiceCheckStatus
from tools.evaluation.metric_query import Arithmetic, Leaf, MetricQuery, leaves
from tools.evaluation.monitor_query import (
    SECONDS,
    EventMonitor,
    MetricMonitor,
    parse_event_monitor,
    parse_metric_monitor,
    parse_status_monitor,
)
from tools.evaluation.monitor_states import Alert, Ledger, MonitorState, Thresholds
from tools.evaluation.query_filters import Group, accepts, event_tags, groups_of
from tools.evaluation.query_syntax import UnsupportedQuery
from tools.evaluation.recording import SERVICE_CHECK, Recording
from tools.evaluation.recording_reader import QueryWindow, RecordingReader
from tools.evaluation.value_lines import Lines, MismatchedLines, evaluated
from tools.evaluation.widget_data import Definition

MINUTE: Final = timedelta(minutes=1)
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
"""Options of who is told and how, not of when a monitor alerts."""
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
STATES: Final[Mapping[ServiceCheckStatus, MonitorState]] = {
    ServiceCheckStatus.OK: MonitorState.OK,
    ServiceCheckStatus.WARNING: MonitorState.WARN,
    ServiceCheckStatus.CRITICAL: MonitorState.ALERT,
}

Evaluation = Callable[[datetime, Ledger], Mapping[Group, MonitorState]]
"""The states of all groups at a moment, by those they had before."""


def evaluate_monitor(
    definition: Definition, recording: Recording, *, start: datetime, end: datetime, step: timedelta = MINUTE
) -> tuple[Alert, ...]:
    """Return every stretch in which a group of a monitor was not OK, oldest first.

    Args:
        definition: the monitor's: type, query and options.
        recording: what was told.
        start: the first moment at which the monitor looks.
        end: the last one.
        step: the time from one to the next.

    Raises:
        UnsupportedQuery: a type, a query or an option that is not understood.
    """
    _refuse_unknown_options(definition["options"])
    kind = definition["type"]
    if kind not in KINDS:
        raise UnsupportedQuery(kind, 0, "this type of monitor is not understood")
    evaluation = KINDS[kind](definition, recording, start)
    ledger, at = Ledger(), start
    while at <= end:
        ledger.note(evaluation(at, ledger), at)
        at += step
    return ledger.alerts()


@dataclass(frozen=True, slots=True, kw_only=True)
class Missing:
    """What is said of a group that was seen once and has no value now."""

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


def _metric_evaluation(definition: Definition, recording: Recording, start: datetime) -> Evaluation:
    text = definition["query"]
    monitor = parse_metric_monitor(text)
    queries = [leaf for leaf in leaves(monitor.expression) if isinstance(leaf, MetricQuery)]
    readings = {query: RecordingReader.of(query, recording) for query in queries}
    is_counted = all(query.modifier == "as_count" for query in queries)
    if not is_counted and len({query.modifier == "as_count" for query in queries}) > 1:
        raise UnsupportedQuery(text, 0, "counts and other values in one expression are not understood")
    if is_counted and monitor.summary != "sum" and isinstance(monitor.expression, Arithmetic):
        raise UnsupportedQuery(text, 0, "arithmetic over counts needs sum(...) over the window")

    def values(at: datetime) -> Mapping[Group, float]:
        span = QueryWindow(at.timestamp() - monitor.window, at.timestamp())
        try:
            return _window_values(monitor, readings, span, is_counted=is_counted and monitor.summary == "sum")
        except MismatchedLines as error:
            raise UnsupportedQuery(text, 0, str(error)) from error

    thresholds = _thresholds(definition, monitor)
    is_single = not any(query.by for query in queries)
    return _value_evaluation(definition, values, thresholds, start, is_counted=is_counted, is_single=is_single)


def _event_evaluation(definition: Definition, recording: Recording, start: datetime) -> Evaluation:
    # Where nothing else is said, no event means none.
    definition = {**definition, "options": {"on_missing_data": "default", **definition["options"]}}
    monitor = parse_event_monitor(definition["query"])
    found = [event for event in recording.events if accepts(monitor.search, event_tags(event))]

    def values(at: datetime) -> Mapping[Group, float]:
        counts: dict[Group, float] = {}
        for event in found:
            if event.at < at and event.moment >= at - timedelta(seconds=monitor.window):
                for group in groups_of(event_tags(event), monitor.by):
                    counts[group] = counts.get(group, 0) + 1
        return counts

    thresholds = _thresholds(definition, monitor)
    return _value_evaluation(definition, values, thresholds, start, is_counted=True, is_single=not monitor.by)


def _value_evaluation(  # noqa: PLR0913 - what differs between the kinds of monitors
    definition: Definition,
    values: Callable[[datetime], Mapping[Group, float]],
    thresholds: Thresholds,
    start: datetime,
    *,
    is_counted: bool,
    is_single: bool,
) -> Evaluation:
    """Return how states follow from values, in a monitor that compares numbers."""
    missing = _missing(definition["options"], is_counted=is_counted)
    delay = timedelta(seconds=definition["options"].get("evaluation_delay") or 0)
    retention = _retention(definition["options"])
    seen: dict[Group, datetime] = {(): start} if is_single else {}

    def evaluation(at: datetime, ledger: Ledger) -> Mapping[Group, MonitorState]:
        present = values(at - delay)
        seen.update(dict.fromkeys(present, at))
        states = {}
        for group, last in seen.items():
            before = ledger.state(group)
            if group in present:
                states[group] = thresholds.state(present[group], before)
            elif group and at - last > retention:
                states[group] = MonitorState.OK
            else:
                states[group] = missing.state(before, at - last, thresholds)
        return states

    return evaluation


def _window_values(
    monitor: MetricMonitor, readings: Mapping[MetricQuery, RecordingReader], span: QueryWindow, *, is_counted: bool
) -> Mapping[Group, float]:
    """Return what the window comes to for each group.

    Counts are summed over the window first, each query for itself, and computed with then; other values are computed
    interval by interval, and the results summed up.
    """
    interval = span.interval()

    def lines(leaf: Leaf) -> Lines:
        if not isinstance(leaf, MetricQuery):
            raise TypeError(f"a monitor has no query by the name of {leaf.name}")
        found = readings[leaf].lines(span, interval)
        return found.reduced("sum") if is_counted else found

    result = evaluated(monitor.expression, lines)
    return (result if is_counted else result.reduced(monitor.summary)).values()


def _status_evaluation(definition: Definition, recording: Recording, start: datetime) -> Evaluation:
    text, options = definition["query"], definition["options"]
    monitor = parse_status_monitor(text)
    needed = {STATES[ServiceCheckStatus(name)]: int(number) for name, number in options["thresholds"].items()}
    if monitor.check != SERVICE_CHECK:
        raise UnsupportedQuery(text, 0, f"there is no service check but {SERVICE_CHECK}")
    if max(needed.values()) > monitor.last:
        raise UnsupportedQuery(text, 0, "a threshold asks for more statuses than the query looks at")
    if "on_missing_data" in options:
        raise UnsupportedQuery(text, 0, "monitors of service checks go by notify_no_data")
    missing = _missing(options, is_counted=False)
    arrivals = [
        (recorded.at, group, STATES[recorded.status])
        for recorded in recording.statuses
        if accepts(monitor.over, recorded.tags)
        for group in groups_of(recorded.tags, monitor.by)
    ]
    taken = 0
    last: dict[Group, list[MonitorState]] = {}
    seen: dict[Group, datetime] = {}
    nothing = Thresholds(comparator=">", critical=0)

    def evaluation(at: datetime, ledger: Ledger) -> Mapping[Group, MonitorState]:
        nonlocal taken
        while taken < len(arrivals) and arrivals[taken][0] < at:
            seen_at, group, status = arrivals[taken]
            last[group] = [*last.get(group, ()), status][-monitor.last :]
            seen[group] = max(start, seen_at)
            taken += 1
        states = {}
        for group, statuses in last.items():
            before = ledger.state(group)
            agreed = next((s for s, number in needed.items() if statuses[-number:] == [s] * number), before)
            silent = missing.state(MonitorState.OK, at - seen[group], nothing)
            states[group] = silent if silent == MonitorState.NO_DATA else agreed
        return states

    return evaluation


KINDS: Final[Mapping[str, Callable[[Definition, Recording, datetime], Evaluation]]] = {
    "query alert": _metric_evaluation,
    "metric alert": _metric_evaluation,
    "event-v2 alert": _event_evaluation,
    "service check": _status_evaluation,
}


def _thresholds(definition: Definition, monitor: MetricMonitor | EventMonitor) -> Thresholds:
    told = definition["options"]["thresholds"]
    if told["critical"] != monitor.threshold:
        raise UnsupportedQuery(definition["query"], 0, f"the critical threshold is {told['critical']} in the options")
    return Thresholds(comparator=monitor.comparator, **told)


def _missing(options: Definition, *, is_counted: bool) -> Missing:
    policy = options.get("on_missing_data")
    if policy not in (None, *MISSING):
        raise _refusal(options, f"on_missing_data is one of {', '.join(MISSING)}")
    minutes = options.get("no_data_timeframe") if options.get("notify_no_data") else None
    return Missing(
        policy=policy, is_counted=is_counted, timeframe=timedelta(minutes=minutes) if minutes is not None else None
    )


def _retention(options: Definition) -> timedelta:
    """Return after how long without data a group is no longer spoken of."""
    told = options.get("group_retention_duration", USUAL_RETENTION)
    if told[-1:] not in SECONDS or not told[:-1].isdigit():
        raise _refusal(options, "group_retention_duration is a number of m, h or d")
    return timedelta(seconds=int(told[:-1]) * SECONDS[told[-1]])


def _refuse_unknown_options(options: Definition) -> None:
    unknown = sorted(options.keys() - UNDERSTOOD)
    if unknown:
        raise _refusal(options, f"the options {', '.join(unknown)} are not understood")
    on = [name for name in REFUSED if options.get(name)]
    if on:
        raise _refusal(options, f"{', '.join(on)} must be off")


def _refusal(part: object, reason: str) -> UnsupportedQuery:
    return UnsupportedQuery(json.dumps(part, default=str), 0, reason)
