"""Every shipped dashboard and monitor, evaluated over the simulated day."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from optimizationjob.assets.metric_metadata import COMMON_TAGS, SCOPE_TAGS
from optimizationjob.telemetry.metric_table import JOBS, METRICS, NAMESPACE
from tools.evaluation.metric_query import MetricQuery, leaves, parse_metric_query
from tools.evaluation.monitor_evaluation import evaluate_monitor
from tools.evaluation.monitor_query import parse_event_monitor, parse_metric_monitor, parse_status_monitor
from tools.evaluation.monitor_states import MonitorState, notifies_no_data
from tools.evaluation.query_filters import parse_search
from tools.evaluation.widget_data import defaults_of, variable_value, widgets_of
from tools.evaluation.widget_evaluation import evaluate_widget

# The day is slow to simulate, so its tests share a process.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.xdist_group("day")]

ASSETS = Path(__file__).parents[3] / "assets"
FILES = {kind: sorted((ASSETS / kind).glob("*.json")) for kind in ("dashboards", "monitors")}
SUFFIXES = ("", ".avg", ".max", ".median", ".95percentile", ".count")
# An AWS tag of the day's jobs; on counts of jobs through group_by_tags.
AWS_TAGS = ("team",)
KEYS = {
    f"{NAMESPACE}.{metric.name}{suffix}": {
        *COMMON_TAGS,
        *SCOPE_TAGS[metric.scope],
        *(AWS_TAGS if metric.scope in ("group", "finished", "job") else ()),
        *(("optimization_job_status",) if metric is JOBS else ()),
    }
    for metric in METRICS
    for suffix in (SUFFIXES[1:] if metric.kind == "histogram" else SUFFIXES[:1])
}
COUNTS = {f"{NAMESPACE}.{metric.name}" for metric in METRICS if metric.kind == "count"}
EVENT_KEYS = {*COMMON_TAGS, *SCOPE_TAGS["job"], "failure_category", "status", "@aggregation_key", *AWS_TAGS}

# When each monitor is in ALERT or NO DATA: the values of its group, start and end.
VIRGINIA, IRELAND = "us-east-1", "eu-west-1"
RESEARCH, PRODUCTION = "111111111111", "222222222222"
ALERTS = {
    "cannot_connect": {(RESEARCH, IRELAND, "13:09-13:43")},
    "capacity_wait": {
        (RESEARCH, VIRGINIA, "llama-3-1-70b-waits", "07:39-07:54"),
        (PRODUCTION, VIRGINIA, "mixtral-8x7b-expired", "19:21-19:34"),
    },
    "data_too_old": {(RESEARCH, IRELAND, "13:18-13:41")},
    "failure_rate": {(RESEARCH, VIRGINIA, "10:20-01:00"), (RESEARCH, IRELAND, "10:30-01:00")},
    "job_failed": {
        (f"{RESEARCH}/{VIRGINIA}/gemma-2-27b-denied", "10:07-10:17"),
        (f"{RESEARCH}/{VIRGINIA}/gemma-2-27b-bucket", "10:11-10:21"),
        (f"{RESEARCH}/{IRELAND}/gemma-2-27b-image", "10:17-10:27"),
        (f"{RESEARCH}/{IRELAND}/gemma-2-27b-gated", "10:21-10:30"),
        (f"{RESEARCH}/{VIRGINIA}/gemma-2-27b-degree", "10:21-10:31"),
        (f"{RESEARCH}/{IRELAND}/gemma-2-27b-untold", "10:35-10:44"),
        (f"{RESEARCH}/{VIRGINIA}/gemma-2-27b-internal", "10:35-10:45"),
        (f"{PRODUCTION}/{VIRGINIA}/mixtral-8x7b-capacity", "11:31-11:41"),
        (f"{PRODUCTION}/{VIRGINIA}/qwen-2-5-32b-unseen", "17:31-17:41"),
        (f"{PRODUCTION}/{VIRGINIA}/mixtral-8x7b-expired", "19:31-19:41"),
    },
    "job_stuck": {(RESEARCH, VIRGINIA, "phi-4-stuck", "12:03-12:50")},
    "no_data": {(PRODUCTION, VIRGINIA, "17:09-17:31")},
    "runtime_limit": {
        (PRODUCTION, VIRGINIA, "mixtral-8x7b-long", "10:39-10:56"),
        (RESEARCH, IRELAND, "mistral-7b-too-long", "16:01-16:08"),
    },
    "time_left": {(RESEARCH, IRELAND, "mistral-7b-too-long", "15:57-16:08")},
    "throttled": {(PRODUCTION, VIRGINIA, "15:06-15:42")},
}
# A day is too short for these percentages to fall below the recovery threshold again.
LASTING = {"failure_rate"}


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


MONITORS = {path.stem: read(path)["definition"] for path in FILES["monitors"]}


def params(kind):
    return [pytest.param(read(path), id=path.stem) for path in FILES[kind]]


def widget_params():
    for path in FILES["dashboards"]:
        dashboard = read(path)
        for index, (group, widget) in enumerate(widgets_of(dashboard)):
            name = "-".join(
                part for part in (path.stem, group, widget.get("title", widget["type"]), str(index)) if part
            )
            yield pytest.param(dashboard, widget, id=name)


def queries_of(widget, variables):
    """The metric queries and event searches of a widget, with the keys that events are grouped by."""
    metrics, searches = [], []
    for request in widget.get("requests", ()):
        for query in request.get("queries", ()):
            if query["data_source"] == "metrics":
                metrics.append(parse_metric_query(query["query"], variables))
            else:
                by = [facet["facet"] for facet in query.get("group_by", ())]
                searches.append((parse_search(query["search"]["query"], variables), by))
        if "query_string" in request.get("query", {}):
            searches.append((parse_search(request["query"]["query_string"], variables), []))
    return metrics, searches


def assert_query_fits(query):
    assert query.metric in KEYS, "the metric exists"
    assert {term.key for term in query.filter} | {*query.by} <= KEYS[query.metric]
    assert query.metric not in COUNTS or query.modifier, "a count is summed in time, too"


def assert_search_fits(terms, by):
    assert {term.key for term in terms} | {*by} <= EVENT_KEYS
    assert ("failure_category", "*") in {(term.key, term.pattern) for term in terms}, "only our own events"


@pytest.mark.parametrize(("dashboard", "widget"), list(widget_params()))
def test_widget_is_not_empty(day, dashboard, widget):
    shown = evaluate_widget(widget, day.recording, variables=defaults_of(dashboard), start=day.start, end=day.end)
    assert not shown.is_empty


@pytest.mark.parametrize(("dashboard", "widget"), list(widget_params()))
def test_widget_queries_existing_metrics_and_tags(dashboard, widget):
    # Every variable has a value, so that its key is also checked.
    variables = {
        variable["name"]: variable_value(variable, "x" if variable["prefix"] else "region:x")
        for variable in dashboard["template_variables"]
    }
    metrics, searches = queries_of(widget, variables)
    for query in metrics:
        assert_query_fits(query)
    for terms, by in searches:
        assert_search_fits(terms, by)


@pytest.mark.parametrize("dashboard", params("dashboards"))
def test_every_template_variable_filters_a_widget(day, dashboard):
    defaults = defaults_of(dashboard)
    for variable in dashboard["template_variables"]:
        chosen = "of-no-job" if variable["prefix"] else "region:of-no-job"
        nothing = {**defaults, variable["name"]: variable_value(variable, chosen)}
        shown = [
            [
                evaluate_widget(widget, day.recording, variables=chosen, start=day.start, end=day.end)
                for chosen in (defaults, nothing)
            ]
            for _, widget in widgets_of(dashboard)
        ]
        assert any(usual != narrowed for usual, narrowed in shown), variable["name"]


@pytest.mark.parametrize("monitor", params("monitors"))
def test_monitor_queries_existing_metrics_and_tags(monitor):
    definition = monitor["definition"]
    if definition["type"] == "event-v2 alert":
        parsed = parse_event_monitor(definition["query"])
        assert_search_fits(parsed.search, parsed.by)
    elif definition["type"] == "service check":
        parsed = parse_status_monitor(definition["query"])
        assert {term.key for term in parsed.over} | {*parsed.by} <= {*COMMON_TAGS}
    else:
        for query in leaves(parse_metric_monitor(definition["query"]).expression):
            assert isinstance(query, MetricQuery)
            assert_query_fits(query)


@pytest.fixture(scope="module")
def alerts(day):
    """The alerts of each monitor during the day, by file name."""
    return {
        name: evaluate_monitor(definition, day.recording, start=day.start, end=day.end)
        for name, definition in MONITORS.items()
    }


def test_every_monitor_has_an_expectation():
    assert {path.stem for path in FILES["monitors"]} == set(ALERTS)


@pytest.mark.parametrize("name", ALERTS)
def test_monitor_alerts_exactly_when_expected(day, alerts, name):
    reported = set()
    for alert in alerts[name]:
        is_silent = alert.status is MonitorState.NO_DATA and not notifies_no_data(MONITORS[name])
        if alert.status is not MonitorState.WARN and not is_silent:
            until = (alert.until or day.end + timedelta(hours=1)).strftime("%H:%M")
            reported.add((*dict(alert.group).values(), f"{alert.since:%H:%M}-{until}"))
    assert reported == ALERTS[name]


@pytest.mark.parametrize("name", ALERTS)
def test_no_monitor_alerts_at_the_end_of_the_day(alerts, name):
    lasting = {alert.status for alert in alerts[name] if alert.until is None}
    assert (MonitorState.ALERT in lasting) is (name in LASTING)
