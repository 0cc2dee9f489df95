"""The dashboards follow Datadog's guideline for integrations, and their links lead somewhere."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from tools.evaluation.day_story import ACTIVE_AT_MIDNIGHT
from tools.evaluation.widget_data import defaults_of, widgets_of
from tools.evaluation.widget_evaluation import evaluate_widget

FOLDER = Path(__file__).parents[3] / "assets/dashboards"
BOARDS = {path.stem.partition("_")[2]: json.loads(path.read_text()) for path in sorted(FOLDER.glob("*.json"))}
TITLES = {board["title"]: board for board in BOARDS.values()}
HUES = {
    "About": "vivid_blue",
    "Overview": "vivid_blue",
    "Failures": "vivid_pink",
    "Events": "vivid_pink",
    "Running Jobs and Their Limits": "vivid_orange",
    "Queue and Run Times": "vivid_orange",
    "Times Against Limits": "vivid_orange",
    "Calls to AWS": "vivid_orange",
    "Throughput": "vivid_green",
    "By Account, Region and Team": "vivid_green",
    "What It Is": "vivid_green",
    "Polls": "vivid_green",
    "Resource Records": "vivid_green",
}
LINK = re.compile(r"\[[^\]]+\]\(([^)]+)\)")
# Totals over one job's two techniques would count it twice.
NOW = re.compile(r"\bnow\b|Waiting|Running$|Stuck|Oldest data|Most runtime used|Least runtime left|limit$")

boards = pytest.mark.parametrize("name", BOARDS)


def widgets(name):
    return [widget for _, widget in widgets_of(BOARDS[name])]


def queries(widget):
    return [query["query"] for request in widget.get("requests", ()) for query in request.get("queries", ())]


def custom_links(name):
    return [(widget, link["link"]) for widget in widgets(name) for link in widget.get("custom_links", ())]


def links(name):
    notes = [link for widget in widgets(name) for link in LINK.findall(widget.get("content", ""))]
    return [*notes, *(link for _, link in custom_links(name))]


@boards
def test_groups_are_in_order_and_of_one_hue_for_each_theme(name):
    groups = [widget["definition"] for widget in BOARDS[name]["widgets"]]
    assert [group["title"] for group in groups[:2]] == ["About", "Overview"]
    assert {group["title"]: group["background_color"] for group in groups}.items() <= HUES.items()
    assert groups[0]["banner_img"]
    streams = [any(widget["definition"]["type"] == "list_stream" for widget in group["widgets"]) for group in groups]
    assert streams == sorted(streams), "streams come last"


def test_the_overview_has_a_summary_of_the_monitors():
    summaries = [group for group, widget in widgets_of(BOARDS["overview"]) if widget["type"] == "manage_status"]
    assert summaries == ["Overview"]


@boards
def test_about_has_no_data(name):
    assert {widget["type"] for group, widget in widgets_of(BOARDS[name]) if group == "About"} == {"note"}


@boards
def test_not_every_title_of_a_group_repeats_what_it_is_about(name):
    for group in (widget["definition"] for widget in BOARDS[name]["widgets"]):
        titles = [word_stems(widget["definition"].get("title", "")) for widget in group["widgets"]]
        assert len(titles) == 1 or not word_stems(group["title"]).intersection(*titles)


def word_stems(title):
    return {word.rstrip("s") for word in re.findall(r"[a-z]{4,}", title.lower())}


@boards
def test_every_value_has_a_background(name):
    values = [widget for widget in widgets(name) if widget["type"] == "query_value"]
    assert values
    assert all("timeseries_background" in widget for widget in values)


@boards
def test_titles_fit_their_widget(name):
    """Datadog cuts what does not fit: a column is 78 pixels on a page of 1,000, a letter of a title 7."""
    for group in BOARDS[name]["widgets"]:
        for widget in group["definition"]["widgets"]:
            title, columns = widget["definition"].get("title", ""), widget["layout"]["width"]
            assert len(title) * 7 <= columns * 78, title


@boards
def test_graphs_that_stand_next_to_each_other_have_a_legend_alike(name):
    """Their axes would not align otherwise."""
    assert all(widget["show_legend"] for widget in widgets(name) if widget["type"] == "timeseries")


@boards
def test_no_palette_gives_a_meaning_to_values_that_datadog_does_not_know(name):
    assert '"semantic"' not in json.dumps(BOARDS[name])


@boards
def test_every_variable_is_in_every_query_that_knows_its_tag(name):
    names = {variable["name"] for variable in BOARDS[name]["template_variables"]}
    assert names >= {"scope", "account", "region"} | ({"team"} if name != "health" else set())
    for widget in widgets(name):
        for query in queries(widget):
            assert "$scope,$account,$region" in query
            assert ("$team" in query) is ("team" in names and "optimizationjob.poll." not in query)


@boards
def test_notes_have_links(name):
    assert len([link for link in links(name) if link.startswith("/dashboard/lists")]) >= 2


@boards
def test_links_lead_to_dashboards_with_the_variables_that_these_have(name):
    for link in links(name):
        parts = urlsplit(link.replace("{{", "(").replace("}}", ")"))
        if parts.path == "/dashboard/lists":
            chosen = parse_qs(parts.query)
            known = {variable["name"] for variable in TITLES[chosen.pop("q")[0]]["template_variables"]}
            assert {key.removeprefix("tpl_var_").removesuffix("[0]") for key in chosen} <= known


@boards
def test_context_links_name_only_groups_of_their_widget(name):
    found = custom_links(name)
    for widget, link in found:
        keys = set(re.findall(r"\{\{(\w+)\.value\}\}", link))
        assert all(keys <= set(",".join(re.findall(r"by \{([^}]*)\}", query)).split(",")) for query in queries(widget))
    assert found or name == "health"
    if name != "health":
        assert any("console.aws.amazon.com" in link and "region={{region.value}}" in link for _, link in found)


@boards
def test_a_widget_of_now_shows_nothing_of_yesterday(name):
    for widget in widgets(name) if name != "detail" else ():
        is_now = bool(NOW.search(widget.get("title", ""))) and widget["type"] not in ("note", "timeseries")
        assert ("time" in widget) is is_now, widget.get("title")
        lasts = [
            query.get("aggregator") == "last"
            for request in widget.get("requests", ())
            for query in request.get("queries", ())
        ]
        assert not any(lasts) or "time" in widget, widget.get("title")


@boards
def test_words_are_right(name):
    text = json.dumps(BOARDS[name])
    for widget in widgets(name):
        for request in widget.get("requests", ()):
            for formula, query in zip(request.get("formulas", ()), request.get("queries", ()), strict=False):
                assert not ("max_runtime" in query["query"] and "longest" in formula["alias"])
    assert not re.search(r"duration\.avg|queue_duration\.avg", text), "means are weighted by job"


def test_the_page_of_a_job_says_to_choose_one():
    (note,) = [widget["content"] for widget in widgets("detail") if widget["type"] == "note"]
    assert note.startswith("**Choose a job**")


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.xdist_group("day")
def test_the_table_of_active_jobs_holds_exactly_the_active_ones(day):
    (table,) = [widget for widget in widgets("overview") if widget.get("title") == "Active jobs now"]
    variables = defaults_of(BOARDS["overview"])
    shown = evaluate_widget(table, day.recording, variables=variables, start=day.start, end=day.end)
    names = sorted(dict(row.group)["optimization_job_name"] for row in shown.rows)
    assert names == sorted(part.name for part in ACTIVE_AT_MIDNIGHT)
