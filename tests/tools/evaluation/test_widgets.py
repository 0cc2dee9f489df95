"""Widgets show the same as in Datadog: time aggregation before space aggregation, by group, no interpolation."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tools.evaluation.query_syntax import UnsupportedQuery
from tools.evaluation.widget_data import defaults_of, variable_value, widgets_of
from tools.evaluation.widget_evaluation import evaluate_widget

HOUR = timedelta(hours=1)
JOBS = "optimizationjob.jobs"


def widget(kind, *queries, formulas=("q0",), aggregator="last", **request):
    named = [
        {"data_source": "metrics", "name": f"q{index}", "query": query, "aggregator": aggregator}
        for index, query in enumerate(queries)
    ]
    reported = [formula if isinstance(formula, dict) else {"formula": formula} for formula in formulas]
    return {"type": kind, "title": "A title", "requests": [{"queries": named, "formulas": reported, **request}]}


@pytest.fixture
def shown(scribe, minute):
    """Evaluate a widget over the hour after T0."""

    def show(definition, variables=None):
        recording = scribe.recording
        return evaluate_widget(definition, recording, variables=variables or {}, start=minute(0), end=minute(60))

    return show


@pytest.fixture
def line(shown, minute):
    """The only line of a timeseries by minute."""

    def points(definition):
        (found,) = shown(definition).lines
        return {(at - minute(0)) / timedelta(minutes=1): value for at, value in found.points}

    return points


@pytest.fixture
def values(shown):
    """The values of a widget with one value per group, by tag values."""

    def by_group(definition, variables=None):
        lines = shown(definition, variables).lines
        return {"/".join(value for _, value in line.group): line.value for line in lines}

    return by_group


def test_time_aggregation_precedes_space_aggregation(scribe, line):
    for minute in (0, 5):
        scribe.at(minute).gauge("jobs", minute * 2, "a:x").gauge("jobs", 100, "a:y")
    assert line(widget("timeseries", f"sum:{JOBS}{{*}}.rollup(avg, 600)")) == {0: 105}
    assert line(widget("timeseries", f"max:{JOBS}{{a:x}}.rollup(avg, 600)")) == {0: 5}
    assert line(widget("timeseries", f"sum:{JOBS}{{*}}.rollup(max, 600)")) == {0: 110}
    assert line(widget("timeseries", f"count:{JOBS}{{*}}.rollup(avg, 600)")) == {0: 2}


def test_counts_are_summed_in_time_and_space(scribe, line):
    for minute in (0, 2, 6):
        scribe.at(minute).count("n", 1, "a:x").count("n", 2, "a:y")
    assert line(widget("timeseries", "sum:optimizationjob.n{*}.as_count()", display_type="bars")) == {0: 6, 5: 3}
    assert line(widget("timeseries", "sum:optimizationjob.n{*}.as_rate().rollup(sum, 300)")) == {0: 0.02, 5: 0.01}
    assert line(widget("timeseries", "sum:optimizationjob.n{*}.as_count()")) == {0: 3, 2: 3, 6: 3}


def test_series_with_two_values_belongs_to_both_groups(scribe, values):
    scribe.at(0).gauge("jobs", 3, "optimization_type:a", "optimization_type:b").gauge("jobs", 1, "optimization_type:a")
    assert values(widget("toplist", f"sum:{JOBS}{{*}} by {{optimization_type}}")) == {"a": 4, "b": 3}
    assert values(widget("query_value", f"sum:{JOBS}{{optimization_type:b}}")) == {"": 3}
    assert values(widget("query_value", f"sum:{JOBS}{{!optimization_type:b}}")) == {"": 1}
    assert values(widget("query_value", f"sum:{JOBS}{{*}}")) == {"": 4}


def test_series_without_the_key_belongs_to_n_a(scribe, values):
    scribe.at(0).gauge("jobs", 3, "team:a").gauge("jobs", 1)
    assert values(widget("toplist", f"sum:{JOBS}{{*}} by {{team}}")) == {"a": 3, "N/A": 1}
    assert values(widget("query_value", f"sum:{JOBS}{{team:*}}")) == {"": 3}


@pytest.mark.parametrize(("aggregator", "expected"), [("last", 2), ("sum", 12), ("avg", 4), ("max", 7), ("min", 2)])
def test_single_value_aggregates_the_whole_span(scribe, values, aggregator, expected):
    for minute, value in ((0, 3), (10, 7), (20, 2)):
        scribe.at(minute).gauge("jobs", value)
    assert values(widget("query_value", f"sum:{JOBS}{{*}}", aggregator=aggregator)) == {"": expected}


def test_points_outside_the_span_are_ignored(scribe, values):
    for minute in (0, 59, 60):
        scribe.at(minute).count("n", 1)
    assert values(widget("query_value", "sum:optimizationjob.n{*}.as_count()", aggregator="sum")) == {"": 2}


def test_a_quotient_has_no_value_where_a_side_has_none_or_the_divisor_is_zero(scribe, line):
    scribe.at(0).gauge("a", 1).gauge("b", 4).at(2).gauge("a", 1).at(4).gauge("b", 4).at(6).gauge("a", 1).gauge("b", 0)
    queries = ("avg:optimizationjob.a{*}", "avg:optimizationjob.b{*}")
    assert line(widget("timeseries", *queries, formulas=("q0 / q1",))) == {0: 0.25}
    assert line(widget("timeseries", *queries, formulas=("default_zero(q0) / q1 * 100",))) == {0: 25, 4: 0}


def test_default_zero_fills_groups_of_the_other_side(scribe, values):
    scribe.at(0).count("failed", 1, "a:x").count("ended", 2, "a:x").count("ended", 5, "a:y")
    queries = [f"sum:optimizationjob.{name}{{*}} by {{a}}.as_count()" for name in ("failed", "ended")]
    assert values(widget("toplist", *queries, formulas=("q0 / q1",))) == {"x": 0.5}
    assert values(widget("toplist", *queries, formulas=("default_zero(q0) / q1",))) == {"x": 0.5, "y": 0}


def test_default_zero_of_nothing_is_zero(values):
    assert values(widget("query_value", f"sum:{JOBS}{{*}}", formulas=("default_zero(q0)",))) == {"": 0}
    assert values(widget("query_value", f"sum:{JOBS}{{*}}")) == {}


def test_other_functions(scribe, line):
    scribe.at(0).gauge("a", -2).at(2).gauge("a", 5)
    for formula, expected in (
        ("abs(q0)", {0: 2, 2: 5}),
        ("cumsum(q0)", {0: -2, 2: 3}),
        ("clamp_min(q0, 0)", {0: 0, 2: 5}),
        ("clamp_max(q0, 1)", {0: -2, 2: 1}),
        ("1 - q0", {0: 3, 2: -4}),
    ):
        assert line(widget("timeseries", "avg:optimizationjob.a{*}", formulas=(formula,))) == expected


def test_mismatched_sides_are_rejected(scribe, shown):
    scribe.at(0).gauge("a", 1, "k:x")
    for other in ("avg:optimizationjob.a{*}", "avg:optimizationjob.a{*} by {k}.rollup(avg, 600)"):
        with pytest.raises(UnsupportedQuery, match="side"):
            shown(widget("timeseries", "avg:optimizationjob.a{*} by {k}", other, formulas=("q0 / q1",)))


def test_constant_applies_to_every_interval(scribe, line):
    scribe.at(0).gauge("a", 1).at(2).gauge("a", 2)
    queries = ("avg:optimizationjob.a{*}", "sum:optimizationjob.a{*}.rollup(sum, 600)")
    assert line(widget("timeseries", *queries, formulas=("q1 * 100",))) == {0: 300}


def test_limit_and_order_sort_and_truncate(scribe, values):
    scribe.at(0).gauge("jobs", 1, "a:x").gauge("jobs", 3, "a:y").gauge("jobs", 2, "a:z")
    query = f"sum:{JOBS}{{*}} by {{a}}"
    limited = {"formula": "q0", "limit": {"count": 2, "order": "asc"}}
    order = {"count": 2, "order_by": [{"type": "formula", "index": 0, "order": "desc"}]}
    assert list(values(widget("toplist", query, formulas=(limited,)))) == ["x", "z"]
    assert list(values(widget("toplist", query, sort=order))) == ["y", "z"]
    assert list(values(widget("sunburst", query))) == ["x", "y", "z"]


def test_table_has_a_row_per_group_of_any_column(scribe, shown):
    scribe.at(0).gauge("a", 1, "k:x").gauge("a", 2, "k:y").gauge("b", 5, "k:z")
    order = {"count": 9, "order_by": [{"type": "formula", "index": 0, "order": "desc"}]}
    queries = [f"sum:optimizationjob.{name}{{*}} by {{k}}" for name in "ab"]
    table = shown(widget("query_table", *queries, formulas=("q0", {"formula": "q1", "alias": "B"}), sort=order))
    assert [column.label for column in table.columns] == ["q0", "B"]
    assert [(dict(row.group)["k"], row.values) for row in table.rows] == [
        ("y", (2, None)),
        ("x", (1, None)),
        ("z", (None, 5)),
    ]


def test_template_variables_filter_the_data(scribe, values):
    scribe.at(0).gauge("jobs", 1, "region:a").gauge("jobs", 2, "region:b")
    definition = widget("query_value", f"sum:{JOBS}{{$region}}")
    variable = {"name": "region", "prefix": "region", "defaults": ["*"]}
    assert values(definition, defaults_of({"template_variables": [variable]})) == {"": 3}
    assert values(definition, {"region": variable_value(variable, "b")}) == {"": 2}


@pytest.mark.parametrize(
    ("formula", "unit"),
    [("q0", "second"), ("q0 + q1", "second"), ("q0 / 60", "second"), ("q0 / q1", ""), ("q0 + q2", ""), ("60 / q0", "")],
)
def test_a_line_has_the_unit_that_its_queries_share(scribe, shown, formula, unit):
    names = ("job.runtime_seconds", "job.pending_seconds", "poll.jobs")
    for name in names:
        scribe.at(0).gauge(name, 1)
    queries = [f"avg:optimizationjob.{name}{{*}}" for name in names]
    (line,) = shown(widget("query_value", *queries, formulas=(formula,))).lines
    assert line.unit == unit


def test_events_are_counted_and_listed_newest_first(scribe, shown, values, minute):
    for number, job in ((1, "a"), (2, "b"), (3, "a")):
        scribe.at(number).event(f"optimization_job_name:{job}", "optimization_job_status:failed")
    scribe.at(4).event("optimization_job_name:c", "optimization_job_status:stopped", alert_type="warning")
    search = "optimization_job_name:* status:error $job"
    query = {"data_source": "events", "name": "q0", "search": {"query": search}, "aggregator": "sum"}
    query |= {"compute": {"aggregation": "count"}, "group_by": [{"facet": "optimization_job_name"}]}
    toplist = {"type": "toplist", "requests": [{"queries": [query], "formulas": [{"formula": "q0"}]}]}
    assert values(toplist, {"job": "*"}) == {"a": 2, "b": 1}
    stream = {"data_source": "event_stream", "query_string": "-optimization_job_name:b"}
    listed = shown({"type": "list_stream", "requests": [{"query": stream}]}).events
    assert [event.at for event in listed] == [minute(4), minute(3), minute(1)]


def test_status_is_the_worst_latest_status(scribe, shown):
    for minute, ours, theirs in ((0, "critical", "critical"), (2, "ok", "warning")):
        scribe.at(minute).status(ours, "region:a", "aws_account:1").status(theirs, "region:a", "aws_account:2")
    definition = {"type": "check_status", "check": "optimizationjob.can_connect", "group_by": ["region"], "tags": ["*"]}
    assert shown(definition).checks == (((("region", "a"),), "warning"),)
    assert shown({**definition, "tags": ["aws_account:1"]}).checks == (((("region", "a"),), "ok"),)


def test_widgets_in_groups_are_yielded():
    inner = {"definition": {"type": "note", "content": "x"}}
    group = {"definition": {"type": "group", "title": "G", "widgets": [inner]}}
    assert list(widgets_of({"widgets": [group, inner]})) == [("G", inner["definition"]), ("", inner["definition"])]


@pytest.mark.parametrize(
    "definition",
    [
        {"type": "group", "widgets": []},
        {"type": "heatmap", "requests": []},
        {"type": "timeseries", "requests": [{"q": "avg:a{*}"}]},
        {"type": "check_status", "check": "other.can_connect"},
        {"type": "list_stream", "requests": [{"query": {"data_source": "logs_stream", "query_string": ""}}]},
        widget("timeseries", "avg:a{*}", formulas=("q7",)),
    ],
)
def test_unsupported_widgets_are_rejected(shown, definition):
    with pytest.raises(UnsupportedQuery):
        shown(definition)


def test_last_is_the_last_point_of_the_whole_time_frame(scribe, values):
    scribe.at(0).gauge("jobs", 7, "region:gone").at(58).gauge("jobs", 1, "region:here")
    definition = widget("toplist", f"sum:{JOBS}{{*}} by {{region}}", aggregator="last")
    assert values(definition) == {"gone": 7, "here": 1}, "what ended an hour ago is shown"
    assert values({**definition, "time": {"live_span": "10m"}}) == {"here": 1}


def test_a_variable_without_a_prefix_is_a_filter(scribe, values):
    scribe.at(0).gauge("jobs", 1, "region:a").gauge("jobs", 2, "region:b")
    scope = {"name": "scope", "prefix": None, "defaults": ["*"]}
    definition = widget("query_value", f"sum:{JOBS}{{$scope}}")
    assert values(definition, defaults_of({"template_variables": [scope]})) == {"": 3}
    assert values(definition, {"scope": variable_value(scope, "region:b")}) == {"": 2}


def test_a_monitor_summary_names_the_monitors_of_its_tag(shown):
    summary = {"type": "manage_status", "title": "Monitors", "query": "tag:integration:optimizationjob"}
    assert "P2 Optimization job failed" in shown(summary).text.splitlines()
    assert shown({**summary, "query": "tag:integration:other"}).is_empty
