"""The rules for dashboards and monitors, each tested with a file that violates it."""

from __future__ import annotations

import pytest

from optimizationjob.assets import asset_files
from optimizationjob.assets.alert_levels import LEVELS
from optimizationjob.assets.asset_validation import problems
from tests.assets.conftest import group, monitor, timeseries, write
from tests.conftest import ROOT

GRAPH = "widgets.1.definition.widgets.0"
PLACE = "widgets[1].definition.widgets[0]"


def found(root, name):
    kind = "dashboard" if name.startswith("dashboards") else "monitor"
    return problems(asset_files.read(kind, root / name))


@pytest.mark.parametrize(
    ("kind", "path"), list(asset_files.paths(ROOT / "assets")), ids=lambda value: getattr(value, "stem", "")
)
def test_project_files_have_no_problems(kind, path):
    assert problems(asset_files.read(kind, path)) == []


def test_valid_files_have_no_problems(root, run):
    ended = run("assets", "check")
    assert (ended.status, ended.err) == (0, "")
    assert ended.out.splitlines() == [
        "dashboard health: ok",
        "dashboard overview: ok",
        "monitor connection: ok",
        "monitor job_failed: ok",
    ]


def test_check_lists_each_problem_and_fails(root, run, edit):
    edit("dashboards/health.json", "description", "")
    ended = run("assets", "check")
    assert (ended.status, ended.err) == (1, "optimizationjob: 1 of 4 have problems; fix the problems listed above\n")
    assert ended.out.splitlines()[:3] == ["dashboard health:", "  description: is missing", "dashboard overview: ok"]


@pytest.mark.parametrize(
    ("place", "value", "reported"),
    [
        ("title", "SageMaker Optimization Jobs - Overview", "title: has a hyphen"),
        ("title", "Overview", "title: does not name what it monitors, such as SageMaker Optimization Jobs"),
        ("description", None, "description: is missing"),
        ("title", "Optimization Jobs \u2026", "title: is not ASCII: U+2026"),
        ("widgets.0.definition.title", "Notes", "widgets: the first groups must be About and Overview"),
        ("widgets", [group("About")], "widgets: the first groups must be About and Overview"),
        ("widgets.1", timeseries("optimizationjob.jobs"), "widgets[1]: is not in a group"),
        (f"{GRAPH}.layout.width", 3, f"{PLACE}.layout.width: is 3; a timeseries needs 4 columns"),
        (
            f"{GRAPH}.definition.requests.0.formulas.0.alias",
            None,
            f"{PLACE}.definition.requests[0].formulas[0]: has no alias",
        ),
        (
            f"{GRAPH}.definition.requests.0.queries.0.query",
            "sum:optimizationjob.job.flown{*}",
            f"{PLACE}.definition.requests[0].queries[0].query: unknown metric optimizationjob.job.flown",
        ),
        (
            f"{GRAPH}.definition.requests.0.display_type",
            "wiggly",
            f"{PLACE}.definition.requests[0].display_type: is none of area, bars, line, overlay",
        ),
        (f"{GRAPH}.definition.caption", "x", f"{PLACE}.definition.caption: unknown to Datadog's models"),
        (f"{GRAPH}.definition.type", "picture", f"{PLACE}.definition: matches no Datadog model"),
        ("layout_type", "round", "layout_type: is none of free, ordered"),
        (
            "tags",
            ["team:a"] * 6,
            "the body: Invalid value for `tags`, number of items must be less than or equal to `5`",
        ),
    ],
)
def test_dashboard_rule_violation_is_reported(root, edit, place, value, reported):
    edit("dashboards/overview.json", place, value)
    assert reported in found(root, "dashboards/overview.json")


@pytest.mark.parametrize("place", ["widgets.0.definition", "widgets.1.definition.widgets", f"{GRAPH}.layout"])
@pytest.mark.parametrize("value", [1, "text", [1], {"type": 1}])
def test_dashboard_with_wrong_types_is_reported(root, edit, place, value):
    edit("dashboards/overview.json", place, value)
    assert found(root, "dashboards/overview.json")


def test_widget_with_an_unknown_service_check_is_reported(root, edit):
    status = {"type": "check_status", "check": "optimizationjob.up", "grouping": "cluster", "tags": ["*"]}
    edit("dashboards/overview.json", "widgets.0.definition.widgets.0.definition", status)
    place = "widgets[0].definition.widgets[0].definition.check"
    assert found(root, "dashboards/overview.json") == [f"{place}: is not the service check optimizationjob.can_connect"]


@pytest.mark.parametrize(
    ("place", "value", "reported"),
    [
        ("version", 1, "version: is not 2"),
        ("created_at", "yesterday", "created_at, last_updated_at: both must be dates such as 2026-11-23"),
        ("created_at", "2026-11-03", "last_updated_at: is before created_at"),
        ("description", "x" * 301, "description: must have 1 to 300 characters"),
        ("tags", [], "tags: must be only integration:optimizationjob"),
        ("definition.id", 12, "definition.id: belongs to an account, not in the file"),
        ("definition.message", "", "definition.message: is empty"),
        (
            "definition.options.thresholds.critical",
            4,
            "definition.options.thresholds.critical: is 4, but 3 in the query",
        ),
        ("definition.options.thresholds", {}, "definition.options.thresholds.critical: is missing"),
        (
            "definition.query",
            "sum(last_1h):sum:optimizationjob.jobs{*}",
            "definition.query: does not end with a threshold",
        ),
        (
            "definition.query",
            "max(last_1h):max:optimizationjob.job.length.max{*} > 3",
            "definition.query: unknown metric optimizationjob.job.length.max",
        ),
        ("definition.type", "guess", "definition.type: is none of "),
        ("definition.priority", None, "definition.priority: must be 1 to 5"),
        ("definition.priority", 0, "definition.priority: must be 1 to 5"),
        ("definition.options.locked", True, "definition.options.locked: is deprecated"),
        ("definition.options.no_data_timeframe", 10, "definition.options.no_data_timeframe: is deprecated"),
        ("definition.options.escalation_message", "", "definition.options.escalation_message: is empty"),
        ("definition.name", "{{region.name}} fails", "definition.name: repeats tags that Datadog adds to the title"),
        ("definition.message", "{{value}} %", "definition.message: {{value}} is not rounded; use eval"),
        ("definition.options.on_missing_data", "panic", "definition.options.on_missing_data: is none of default, "),
        (
            "definition.options.thresholds.critical",
            "3",
            "definition.options.thresholds.critical: Required value type is float",
        ),
    ],
)
def test_monitor_rule_violation_is_reported(root, edit, place, value, reported):
    edit("monitors/job_failed.json", place, value)
    assert [problem for problem in found(root, "monitors/job_failed.json") if problem.startswith(reported)]


def test_levels_of_a_monitor_are_those_of_the_table(root, edit):
    query = "max(last_5m):max:optimizationjob.job.pending_utilization{*} by {region} > 70"
    write(root, "monitors/capacity_wait.json", monitor("Job waits", query, 70))
    (problem,) = found(root, "monitors/capacity_wait.json")
    assert problem.startswith("definition.options.thresholds: must be {'critical': 80, 'warning': 60}")


@pytest.mark.parametrize(
    ("query", "formats", "markers", "is_wrong"),
    [
        ("max:optimizationjob.job.pending_utilization{*}", "capacity_wait", ["y = 80"], False),
        ("max:optimizationjob.job.pending_utilization{*}", "runtime_limit", [], True),
        ("max:optimizationjob.job.pending_utilization{*}", None, ["y = 70"], True),
        ("max:optimizationjob.job.pending_seconds{*}", "runtime_limit", ["y = 70"], False),
    ],
)
def test_levels_of_a_widget_are_those_of_the_table(root, edit, query, formats, markers, is_wrong):
    edit("dashboards/overview.json", f"{GRAPH}.definition.requests.0.queries.0.query", query)
    edit(
        "dashboards/overview.json",
        f"{GRAPH}.definition.markers",
        [{"value": value, "display_type": "error dashed"} for value in markers],
    )
    if formats:
        edit(
            "dashboards/overview.json",
            f"{GRAPH}.definition.requests.0.formulas.0.conditional_formats",
            LEVELS[formats].formats(),
        )
    assert bool(found(root, "dashboards/overview.json")) is is_wrong


@pytest.mark.parametrize("place", ["definition.options", "definition.options.thresholds", "definition.tags"])
@pytest.mark.parametrize("value", [1, "text", [1]])
def test_monitor_with_wrong_types_is_reported(root, edit, place, value):
    edit("monitors/job_failed.json", place, value)
    assert found(root, "monitors/job_failed.json")
