"""Monitors alert, warn, recover and handle missing data as in Datadog."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tools.evaluation.monitor_evaluation import evaluate_monitor
from tools.evaluation.monitor_states import MonitorState, Thresholds, notifications
from tools.evaluation.query_syntax import UnsupportedQuery

QUERY = "max(last_5m):max:optimizationjob.g{*} by {a} > 80"
COUNT = "sum(last_10m):sum:optimizationjob.n{*} by {a}.as_count() > 2"
STATUSES = '"optimizationjob.can_connect".over("*").by("region").last(4).count_by_status()'
FAILED = 'events("job:*").rollup("count").by("job").last("10m") > 0'


def monitor(query, kind="query alert", thresholds=None, **options):
    thresholds = thresholds or {"critical": float(query.rpartition(" ")[2])}
    return {"type": kind, "query": query, "options": {"thresholds": thresholds, **options}}


@pytest.fixture
def stretches(scribe, minute):
    """The alerts of a monitor in the hour after T0: group, state, first minute, last minute or None."""

    def reported(definition):
        alerts = evaluate_monitor(definition, scribe.recording, start=minute(0), end=minute(60))
        return [
            (
                "/".join(value for _, value in alert.group),
                alert.status.value,
                (alert.since - minute(0)) / timedelta(minutes=1),
                alert.until and (alert.until - minute(0)) / timedelta(minutes=1),
            )
            for alert in alerts
        ]

    return reported


def gauges(scribe, values, every=2, tag="a:x"):
    for index, value in enumerate(values):
        scribe.at(index * every)
        if value is not None:
            scribe.gauge("g", value, tag)


def test_alerts_on_the_value_and_recovers_after_the_window(scribe, stretches):
    gauges(scribe, [50] * 5 + [90] * 2 + [50] * 24)
    # The value is 90 at minutes 10 and 12, visible from the next minute until five minutes after the last one.
    assert stretches(monitor(QUERY, on_missing_data="resolve")) == [("x", "ALERT", 11, 18)]


def test_warns_on_the_way_up_and_down(scribe, stretches):
    gauges(scribe, [50, 70, 90, 90, 70, 70, 70, 50, 50, 50, 50] + [50] * 20)
    thresholds = {"critical": 80, "warning": 60}
    assert stretches(monitor(QUERY, thresholds=thresholds)) == [
        ("x", "WARN", 3, 5),
        ("x", "ALERT", 5, 12),
        ("x", "WARN", 12, 18),
    ]


def test_recovery_waits_for_its_own_threshold(scribe, stretches):
    gauges(scribe, [50, 90] + [75] * 10 + [60] * 19)
    thresholds = {"critical": 80, "critical_recovery": 70}
    assert stretches(monitor(QUERY, thresholds=thresholds)) == [("x", "ALERT", 3, 28)]


def test_each_group_has_its_own_state(scribe, stretches):
    for minute in range(0, 60, 2):
        scribe.at(minute).gauge("g", 90 if minute < 4 else 0, "a:x").gauge("g", 90, "a:y")
    assert stretches(monitor(QUERY)) == [("x", "ALERT", 1, 8), ("y", "ALERT", 1, None)]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"on_missing_data": "resolve"}, [("x", "ALERT", 1, 8)]),
        ({"on_missing_data": "default"}, [("x", "ALERT", 1, 41)]),
        ({"on_missing_data": "show_no_data"}, [("x", "ALERT", 1, 8), ("x", "NO DATA", 8, 41)]),
        ({"on_missing_data": "show_and_notify_no_data"}, [("x", "ALERT", 1, 8), ("x", "NO DATA", 8, 41)]),
        (
            {"on_missing_data": "show_no_data", "group_retention_duration": "20m"},
            [("x", "ALERT", 1, 8), ("x", "NO DATA", 8, 28)],
        ),
        ({"notify_no_data": True, "no_data_timeframe": 10}, [("x", "ALERT", 1, 17), ("x", "NO DATA", 17, 41)]),
        ({"notify_no_data": False}, [("x", "ALERT", 1, 41)]),
    ],
)
def test_missing_data(scribe, stretches, options, expected):
    gauges(scribe, [90, 90] + [None] * 18 + [0] * 10)
    assert stretches(monitor(QUERY, **options)) == expected


def test_a_count_without_data_is_zero_by_default(scribe, stretches):
    for minute in (0, 2, 4):
        scribe.at(minute).count("n", 1, "a:x")
    assert stretches(monitor(COUNT, on_missing_data="default")) == [("x", "ALERT", 5, 11)]


def test_counts_are_summed_over_the_window_before_they_are_divided(scribe, stretches):
    scribe.at(0).count("ended", 4, "a:x")
    scribe.at(2).count("failed", 1, "a:x").count("ended", 1, "a:x")
    scribe.at(20).count("ended", 1, "a:x")
    sides = [f"sum:optimizationjob.{name}{{*}} by {{a}}.as_count()" for name in ("failed", "ended")]
    # Per minute it would be 100 %; over the window it is 20 %.
    for threshold, expected in ((19, [("x", "ALERT", 3, 13)]), (21, [("x", "ALERT", 11, 13)]), (100, [])):
        query = f"sum(last_10m):( {' / '.join(sides)} ) * 100 > {threshold}"
        assert stretches(monitor(query, on_missing_data="resolve")) == expected


def test_evaluation_delay_uses_an_earlier_window(scribe, stretches):
    gauges(scribe, [50] * 5 + [90] * 2 + [50] * 24)
    assert stretches(monitor(QUERY, evaluation_delay=600)) == [("x", "ALERT", 21, 28)]


def test_event_alerts_while_its_timestamp_is_in_the_window(scribe, stretches, minute):
    scribe.at(6).event("job:a", timestamp=minute(4)).at(30).event("job:b")
    found = stretches(monitor(FAILED, "event-v2 alert"))
    assert found == [("a", "ALERT", 7, 15), ("b", "ALERT", 31, 41)]


def statuses(scribe, letters):
    names = {"o": "ok", "w": "warning", "c": "critical"}
    for index, letter in enumerate(letters):
        scribe.at(index * 2)
        if letter in names:
            scribe.status(names[letter], "region:r")


@pytest.mark.parametrize(
    ("letters", "expected"),
    [
        ("oocc" + "o" * 27, []),
        ("occcc" + "o" * 26, [("r", "ALERT", 7, 13)]),
        ("occcoccoo" + "o" * 22, [("r", "ALERT", 7, 17)]),
        ("owww" + "o" * 27, [("r", "WARN", 7, 11)]),
        ("occc" + " " * 27, [("r", "ALERT", 7, None)]),
    ],
)
def test_the_service_check_needs_several_statuses_in_a_row(scribe, stretches, letters, expected):
    statuses(scribe, letters)
    thresholds = {"critical": 3, "warning": 3, "ok": 2}
    assert stretches(monitor(STATUSES, "service check", thresholds, notify_no_data=False)) == expected


def test_service_check_without_data(scribe, stretches):
    statuses(scribe, "oo" + " " * 10 + "o" * 10)
    options = {"notify_no_data": True, "no_data_timeframe": 10}
    assert stretches(monitor(STATUSES, "service check", {"critical": 1, "ok": 1}, **options)) == [
        ("r", "NO DATA", 12, 25),
        ("r", "NO DATA", 52, None),
    ]


@pytest.mark.parametrize(
    ("comparator", "value", "state"),
    [
        (">", 5, MonitorState.OK),
        (">=", 5, MonitorState.ALERT),
        ("<", 4, MonitorState.ALERT),
        ("<=", 5, MonitorState.ALERT),
        ("<", 5, MonitorState.OK),
    ],
)
def test_comparisons(comparator, value, state):
    assert Thresholds(comparator=comparator, critical=5).state(value, MonitorState.OK) == state


@pytest.mark.parametrize(
    "definition",
    [
        monitor(QUERY, "log alert"),
        monitor(QUERY, thresholds={"critical": 90}),
        monitor(QUERY, require_full_window=True),
        monitor(QUERY, timeout_h=4),
        monitor(QUERY, new_group_delay=60),
        monitor(QUERY, on_missing_data="explode"),
        monitor(QUERY, scheduling_options={}),
        monitor(QUERY, on_missing_data="resolve", notify_no_data=True, no_data_timeframe=10),
        monitor(QUERY, group_retention_duration="long"),
        monitor("max(last_5m):sum:optimizationjob.n{*}.as_count() / sum:optimizationjob.m{*}.as_count() > 1"),
        monitor("sum(last_5m):sum:optimizationjob.n{*}.as_count() / avg:optimizationjob.g{*} > 1"),
        monitor(STATUSES, "service check", {"critical": 9}),
        monitor(STATUSES, "service check", {"critical": 1}, on_missing_data="resolve"),
        monitor(STATUSES.replace("can_connect", "other"), "service check", {"critical": 1}),
    ],
)
def test_unsupported_monitors_are_rejected(stretches, definition):
    with pytest.raises(UnsupportedQuery):
        stretches(definition)


def test_a_window_of_a_day_is_evaluated_every_ten_minutes(scribe, minute):
    scribe.at(3).count("n", 5, "a:x")
    query = COUNT.replace("last_10m", "last_1d")
    (alert,) = evaluate_monitor(monitor(query), scribe.recording, start=minute(0), end=minute(60))
    assert alert.since == minute(10)


@pytest.mark.parametrize(("by", "alerts"), [("@aggregation_key", 40), ("a,job", 30), ("a,b,job", 10)])
def test_only_the_top_groups_of_each_facet_are_evaluated(scribe, stretches, by, alerts):
    scribe.at(0)
    for number in range(40):
        scribe.event("a:x", "b:y", f"job:{number:02}", key=f"x/y/{number:02}")
    query = FAILED.replace('by("job")', f'by("{by}")')
    assert len(stretches(monitor(query, "event-v2 alert"))) == alerts


def test_events_of_an_unregistered_integration_have_no_source(scribe, stretches):
    scribe.at(0).event("job:a")
    assert stretches(monitor(FAILED.replace("job:*", "source:optimizationjob"), "event-v2 alert")) == []


def test_a_dropped_group_does_not_recover(scribe, minute):
    gauges(scribe, [90, 90])
    query = monitor(QUERY, on_missing_data="default")
    (alert,) = evaluate_monitor(query, scribe.recording, start=minute(0), end=minute(25 * 60))
    assert alert.until == minute(7) + timedelta(hours=24, minutes=1)
    assert not alert.is_recovered


def test_a_silent_service_check_is_dropped_without_a_recovery(scribe, minute):
    statuses(scribe, "oocccc")
    definition = monitor(STATUSES, "service check", {"critical": 3, "ok": 2})
    (alert,) = evaluate_monitor(definition, scribe.recording, start=minute(0), end=minute(25 * 60))
    assert alert.until is not None
    assert not alert.is_recovered


def test_a_ratio_below_its_volume_has_no_value(scribe, stretches):
    scribe.at(0).count("failed", 3, "a:x").count("ended", 3, "a:x").count("failed", 4, "a:y").count("ended", 4, "a:y")
    failed, ended = (f"sum:optimizationjob.{name}{{*}} by {{a}}.as_count()" for name in ("failed", "ended"))
    query = f"sum(last_10m):{failed} / ( {ended} * is_greater({ended}, 3) ) * 100 > 20"
    assert stretches(monitor(query, on_missing_data="show_no_data")) == [
        ("y", "ALERT", 1, 11),
        ("y", "NO DATA", 11, None),
    ]


def test_notifications_follow_notify_by(scribe, minute):
    for region in ("r1", "r2", "r3"):
        scribe.at(0).gauge("g", 90, "a:x", f"region:{region}")
    definition = monitor(QUERY.replace("{a}", "{a,region}"))
    for notify_by, expected in ((None, 3), (["a"], 1), (["*"], 1)):
        definition["options"] |= {"notify_by": notify_by} if notify_by else {}
        alerts = evaluate_monitor(definition, scribe.recording, start=minute(0), end=minute(60))
        assert len(notifications(definition, alerts)) == expected
