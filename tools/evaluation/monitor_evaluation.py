"""Evaluates a monitor against a recording: when it alerts, and for which groups.

At every step, a monitor evaluates the window that ends there; a value submitted at that time counts in the next
step. A step is a minute, or ten for windows of a day or more. The intervals of a window are those of a line of that
length: one minute for windows of up to five hours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

from optimizationjob.telemetry.signals import ServiceCheckStatus
from tools.evaluation.metric_query import Arithmetic, Leaf, MetricQuery, leaves
from tools.evaluation.monitor_options import (
    missing_of,
    refuse_unknown_options,
    retention_of,
    thresholds_of,
)
from tools.evaluation.monitor_query import (
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
DAY: Final = 86_400
LONG_STEP: Final = timedelta(minutes=10)
"""Time between evaluations of a window of a day or more."""

MOST_GROUPS: Final = (1, 1000, 30, 10)
"""How many groups an event monitor evaluates, by the number of its facets: so many values of each."""

STATES: Final[Mapping[ServiceCheckStatus, MonitorState]] = {
    ServiceCheckStatus.OK: MonitorState.OK,
    ServiceCheckStatus.WARNING: MonitorState.WARN,
    ServiceCheckStatus.CRITICAL: MonitorState.ALERT,
}

Evaluation = Callable[[datetime, Ledger], Mapping[Group, MonitorState | None]]
"""Computes the states of all groups at a time from their previous states; that of a dropped group is None."""


def evaluate_monitor(
    definition: Definition, recording: Recording, *, start: datetime, end: datetime
) -> tuple[Alert, ...]:
    """Return every period in which a group of a monitor was not OK, oldest first.

    Args:
        definition: the monitor's type, query and options.
        recording: what the check submitted.
        start: time of the first evaluation.
        end: time of the last evaluation.

    Raises:
        UnsupportedQuery: the type, the query or an option is not supported.
    """
    refuse_unknown_options(definition["options"])
    kind = definition["type"]
    if kind not in KINDS:
        raise UnsupportedQuery(kind, 0, "this monitor type is not supported")
    evaluation = KINDS[kind](definition, recording, start)
    ledger, at, step = Ledger(), start, _step_of(definition)
    while at <= end:
        ledger.note(evaluation(at, ledger), at)
        at += step
    return ledger.alerts()


def _step_of(definition: Definition) -> timedelta:
    is_metric = KINDS[definition["type"]] is _metric_evaluation
    return LONG_STEP if is_metric and parse_metric_monitor(definition["query"]).window >= DAY else MINUTE


def _metric_evaluation(definition: Definition, recording: Recording, start: datetime) -> Evaluation:
    text = definition["query"]
    monitor = parse_metric_monitor(text)
    queries = [leaf for leaf in leaves(monitor.expression) if isinstance(leaf, MetricQuery)]
    readings = {query: RecordingReader.of(query, recording) for query in queries}
    is_counted = all(query.modifier == "as_count" for query in queries)
    if not is_counted and len({query.modifier == "as_count" for query in queries}) > 1:
        raise UnsupportedQuery(text, 0, "counts and other values in one expression are not supported")
    if is_counted and monitor.summary != "sum" and isinstance(monitor.expression, Arithmetic):
        raise UnsupportedQuery(text, 0, "arithmetic over counts requires sum(...) over the window")

    def values(at: datetime) -> Mapping[Group, float]:
        span = QueryWindow(at.timestamp() - monitor.window, at.timestamp())
        try:
            return _window_values(monitor, readings, span, is_counted=is_counted and monitor.summary == "sum")
        except MismatchedLines as error:
            raise UnsupportedQuery(text, 0, str(error)) from error

    thresholds = thresholds_of(definition, monitor)
    is_single = not any(query.by for query in queries)
    return _value_evaluation(definition, values, thresholds, start, is_counted=is_counted, is_single=is_single)


def _event_evaluation(definition: Definition, recording: Recording, start: datetime) -> Evaluation:
    # By default, a window without events counts as zero.
    definition = {**definition, "options": {"on_missing_data": "default", **definition["options"]}}
    monitor = parse_event_monitor(definition["query"])
    found = [event for event in recording.events if accepts(monitor.search, event_tags(event))]

    def values(at: datetime) -> Mapping[Group, float]:
        counts: dict[Group, float] = {}
        for event in found:
            if event.at < at and event.moment >= at - timedelta(seconds=monitor.window):
                for group in groups_of(event_tags(event), monitor.by):
                    counts[group] = counts.get(group, 0) + 1
        return _top_groups(counts, len(monitor.by))

    thresholds = thresholds_of(definition, monitor)
    return _value_evaluation(definition, values, thresholds, start, is_counted=True, is_single=not monitor.by)


def _top_groups(counts: Mapping[Group, float], facets: int) -> Mapping[Group, float]:
    """Return the groups that an event monitor evaluates: the most frequent values of each facet."""
    if facets >= len(MOST_GROUPS):
        raise UnsupportedQuery(str(facets), 0, "an event monitor groups by at most three facets")
    kept = dict(counts)
    for facet in range(facets):
        sums: Counter[str] = Counter()
        for group, count in kept.items():
            sums[group[facet][1]] += int(count)
        ranked = sorted(sums, key=lambda value: (-sums[value], value))[: MOST_GROUPS[facets]]
        kept = {group: count for group, count in kept.items() if group[facet][1] in ranked}
    return kept


def _value_evaluation(  # noqa: PLR0913 - the differences between monitor types
    definition: Definition,
    values: Callable[[datetime], Mapping[Group, float]],
    thresholds: Thresholds,
    start: datetime,
    *,
    is_counted: bool,
    is_single: bool,
) -> Evaluation:
    """Return the evaluation of a monitor that compares values with thresholds."""
    missing = missing_of(definition["options"], is_counted=is_counted)
    delay = timedelta(seconds=definition["options"].get("evaluation_delay") or 0)
    retention = retention_of(definition["options"])
    seen: dict[Group, datetime] = {(): start} if is_single else {}

    def evaluation(at: datetime, ledger: Ledger) -> Mapping[Group, MonitorState | None]:
        present = values(at - delay)
        seen.update(dict.fromkeys(present, at))
        states: dict[Group, MonitorState | None] = {}
        for group, last in list(seen.items()):
            before = ledger.state(group)
            if group in present:
                states[group] = thresholds.state(present[group], before)
            elif group and at - last > retention:
                states[group] = None
                del seen[group]
            else:
                states[group] = missing.state(before, at - last, thresholds)
        return states

    return evaluation


def _window_values(
    monitor: MetricMonitor, readings: Mapping[MetricQuery, RecordingReader], span: QueryWindow, *, is_counted: bool
) -> Mapping[Group, float]:
    """Return the value of the window for each group.

    For counts, each query is summed over the window before the arithmetic. Other values are computed per interval and
    then aggregated.
    """
    interval = span.interval()

    def lines(leaf: Leaf) -> Lines:
        if not isinstance(leaf, MetricQuery):
            raise TypeError(f"a monitor has no query named {leaf.name}")
        found = readings[leaf].lines(span, interval)
        return found.reduced("sum") if is_counted else found

    result = evaluated(monitor.expression, lines)
    return (result if is_counted else result.reduced(monitor.summary)).values()


def _status_evaluation(definition: Definition, recording: Recording, start: datetime) -> Evaluation:
    text, options = definition["query"], definition["options"]
    monitor = parse_status_monitor(text)
    needed = {STATES[ServiceCheckStatus(name)]: int(number) for name, number in options["thresholds"].items()}
    if monitor.check != SERVICE_CHECK:
        raise UnsupportedQuery(text, 0, f"the only service check is {SERVICE_CHECK}")
    if max(needed.values()) > monitor.last:
        raise UnsupportedQuery(text, 0, "a threshold exceeds the number of statuses in the query")
    if "on_missing_data" in options:
        raise UnsupportedQuery(text, 0, "service check monitors use notify_no_data, not on_missing_data")
    missing, retention = missing_of(options, is_counted=False), retention_of(options)
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

    def evaluation(at: datetime, ledger: Ledger) -> Mapping[Group, MonitorState | None]:
        nonlocal taken
        while taken < len(arrivals) and arrivals[taken][0] < at:
            seen_at, group, status = arrivals[taken]
            last[group] = [*last.get(group, ()), status][-monitor.last :]
            seen[group] = max(start, seen_at)
            taken += 1
        states: dict[Group, MonitorState | None] = {}
        for group, statuses in list(last.items()):
            if at - seen[group] > retention:
                states[group] = None
                del last[group]
                continue
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
