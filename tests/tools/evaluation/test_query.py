"""The supported part of the query language is parsed exactly; anything else is rejected with its position."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.evaluation.metric_query import (
    Arithmetic,
    FunctionCall,
    MetricQuery,
    Name,
    Number,
    parse_formula,
    parse_metric_query,
)
from tools.evaluation.monitor_query import (
    parse_event_monitor,
    parse_metric_monitor,
    parse_status_monitor,
)
from tools.evaluation.query_filters import Term, parse_filters, parse_search
from tools.evaluation.query_syntax import UnsupportedQuery

VARIABLES = {"region": "region:us-east-1", "team": "*"}
keys = st.from_regex(r"[a-z][a-z_]{0,8}", fullmatch=True)
tag_values = st.from_regex(r"[a-z0-9][a-z0-9.-]{0,8}\*?", fullmatch=True)
terms = st.builds(Term, keys, tag_values, st.booleans())


def test_query_with_every_feature():
    text = "max:x.job.stuck{a:b,!c:d*,e:*,$region,$team} by {aws_account,region}.as_count().rollup(sum, 60)"
    assert parse_metric_query(text, VARIABLES) == MetricQuery(
        aggregator="max",
        metric="x.job.stuck",
        filter=(Term("a", "b"), Term("c", "d*", is_negated=True), Term("e", "*"), Term("region", "us-east-1")),
        by=("aws_account", "region"),
        modifier="as_count",
        rollup="sum",
        interval=60,
    )


@pytest.mark.parametrize("text", ["sum:a.b{*}", "sum:a.b{ * }", "sum:a.b{$team}", "sum:a.b{*,$team}"])
def test_empty_filter_matches_everything(text):
    assert parse_metric_query(text, VARIABLES).filter == ()


def test_rollup_may_omit_the_interval_and_precede_the_modifier():
    query = parse_metric_query("sum:a.95percentile{*}.rollup(max).as_rate()", {})
    assert (query.metric, query.rollup, query.interval, query.modifier) == ("a.95percentile", "max", None, "as_rate")


@given(st.lists(terms, min_size=1, max_size=4), st.lists(keys, max_size=3))
def test_parsing_round_trips(filters, by):
    written = ",".join(f"{'!' * term.is_negated}{term.key}:{term.pattern}" for term in filters)
    grouping = f" by {{{','.join(by)}}}" if by else ""
    query = parse_metric_query(f"avg:m{{{written}}}{grouping}", {})
    assert (query.filter, query.by) == (tuple(filters), tuple(by))


@pytest.mark.parametrize(
    ("text", "position", "reason"),
    [
        ("p95:a{*}", 0, "an aggregator"),
        ("sum a{*}", 4, "a colon"),
        ("sum:a", 5, "a filter"),
        ("sum:a{}", 6, "a tag key"),
        ("sum:a{b}", 7, "a colon after the tag key"),
        ("sum:a{b:c OR d:e}", 10, "a comma or the end of the filter"),
        ("sum:a{b IN (c,d)}", 8, "a colon"),
        ("sum:a{$nobody}", 13, "unknown template variable $nobody"),
        ("sum:a{*} by b", 12, "in braces"),
        ("sum:a{*} by {b,}", 15, "a tag key"),
        ("sum:a{*}.fill(zero)", 8, "only .as_count()"),
        ("sum:a{*}.as_count().as_rate()", 19, "only .as_count()"),
        ("sum:a{*}.rollup(p95, 60)", 16, "how to roll up"),
        ("sum:a{*}.rollup(sum, 0)", 23, "at least one second"),
        ("sum:a{*} + 1", 9, "the end"),
    ],
)
def test_unsupported_queries_are_rejected_with_a_position(text, position, reason):
    with pytest.raises(UnsupportedQuery) as refused:
        parse_metric_query(text, {})
    assert (refused.value.text, refused.value.position) == (text, position)
    assert reason in refused.value.reason


def test_arithmetic_precedence():
    a, b = Name("a"), Name("b")
    assert parse_formula("a + b * 2 - 1") == Arithmetic(
        "-", Arithmetic("+", a, Arithmetic("*", b, Number(2))), Number(1)
    )
    assert parse_formula("(a + b) / a") == Arithmetic("/", Arithmetic("+", a, b), a)
    assert parse_formula("a / b / 2") == Arithmetic("/", Arithmetic("/", a, b), Number(2))
    assert parse_formula("-a") == Arithmetic("-", Number(0), a)


def test_function_arguments():
    assert parse_formula("default_zero(a) / clamp_min(b, 1)") == Arithmetic(
        "/", FunctionCall("default_zero", (Name("a"),)), FunctionCall("clamp_min", (Name("b"), Number(1)))
    )


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("anomalies(a, 'basic', 2)", "the function anomalies is not supported"),
        ("top(a, 10)", "the function top is not supported"),
        ("abs(a, b)", "abs takes 1 arguments, not 2"),
        ("clamp_max(a)", "clamp_max takes 2 arguments, not 1"),
        ("a +", "a number, a function or the name of a query"),
        ("(a", "a closing parenthesis"),
        ("a b", "the end"),
        ("a > b", "the end"),
        ("", "a number, a function or the name of a query"),
    ],
)
def test_unsupported_formulas_are_rejected(text, reason):
    with pytest.raises(UnsupportedQuery, match="at ") as refused:
        parse_formula(text)
    assert reason in refused.value.reason


def test_event_search():
    text = 'source:optimizationjob -status:warn AND team:"a b" failure_category:run* $region $team *'
    assert parse_search(text, VARIABLES) == (
        Term("source", "optimizationjob"),
        Term("status", "warn", is_negated=True),
        Term("team", "a b"),
        Term("failure_category", "run*"),
        Term("region", "us-east-1"),
    )


@pytest.mark.parametrize("text", ["out of memory", "a:b OR c:d", "a:(b OR c)", "@evt.name:x", "$nobody", 'a:"b*"'])
def test_unsupported_searches_are_rejected(text):
    with pytest.raises(UnsupportedQuery):
        parse_search(text, VARIABLES)


def test_status_widget_filters():
    assert parse_filters(["$region", "a:b"], VARIABLES) == (Term("region", "us-east-1"), Term("a", "b"))
    assert parse_filters(["*"], {}) == parse_filters([], {}) == ()


def test_a_metric_monitor():
    text = "sum(last_1d):( sum:a{b:c} by {d}.as_count() / default_zero(sum:a{*} by {d}.as_count()) ) * 100 >= 20.5"
    monitor = parse_metric_monitor(text)
    assert (monitor.summary, monitor.window, monitor.comparator, monitor.threshold) == ("sum", 86_400, ">=", 20.5)
    assert isinstance(monitor.expression, Arithmetic)
    assert monitor.expression.right == Number(100)


def test_an_event_monitor():
    monitor = parse_event_monitor('events("source:x team:\\"a b\\"").rollup("count").by("d,e").last("2h") > 0')
    assert (monitor.by, monitor.window, monitor.search[1]) == (("d", "e"), 7_200, Term("team", "a b"))


def test_a_status_monitor():
    monitor = parse_status_monitor('"optimizationjob.can_connect".over("*").by("a","b").last(4).count_by_status()')
    assert (monitor.over, monitor.by, monitor.last) == ((), ("a", "b"), 4)


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (parse_metric_monitor, "avg(last_5w):avg:a{*} > 1"),
        (parse_metric_monitor, "avg(last_5m):anomalies(avg:a{*}) > 1"),
        (parse_metric_monitor, "change(avg(last_5m),last_5m):avg:a{*} > 1"),
        (parse_metric_monitor, "avg(last_5m):avg:a{*} == 1"),
        (parse_metric_monitor, "avg(last_5m):avg:a{*}"),
        (parse_metric_monitor, "avg(last_5m):avg:a{$region} > 1"),
        (parse_event_monitor, 'events("a:b").rollup("cardinality", "c").last("10m") > 0'),
        (parse_event_monitor, 'logs("a:b").rollup("count").last("10m") > 0'),
        (parse_status_monitor, '"a".over("*").by("b").last(4)'),
        (parse_status_monitor, '"a".over("*").exclude("b").by("c").last(4).count_by_status()'),
    ],
)
def test_unsupported_monitors_are_rejected(parse, text):
    with pytest.raises(UnsupportedQuery):
        parse(text)
