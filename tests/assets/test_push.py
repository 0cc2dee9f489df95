"""A push creates, updates or skips assets, and running it again completes the rest."""

from __future__ import annotations

import copy

import pytest

from optimizationjob.assets import asset_files
from tests.assets.conftest import group, put, timeseries
from tests.conftest import ROOT

ALL = ("health", "overview", "connection", "job_failed")


def every(words, **others):
    return dict.fromkeys(ALL, words) | others


def test_the_first_push_creates_everything(push, datadog):
    ended = push()
    assert (ended.status, ended.err, ended.results()) == (0, "", every("created"))
    assert {kind: len(kept) for kind, kept in datadog.kept.items()} == {"dashboard": 2, "slo": 0, "monitor": 2}
    assert ended.out.splitlines()[-1] == "4 created."
    monitor = datadog.named("monitor", "Jobs fail")
    assert {"integration:optimizationjob", "managed_by:optimizationjob", "optimizationjob_asset:job_failed"} <= set(
        monitor["tags"]
    )
    words, mark = datadog.named("dashboard", "Overview")["description"].split("\n\n")
    assert words == "All jobs of all accounts."
    assert mark.startswith("[optimizationjob asset: overview, content ")


def test_the_second_push_changes_nothing(push, datadog):
    push()
    datadog.calls.clear()
    ended = push()
    assert (ended.status, ended.err, ended.results()) == (0, "", every("up to date"))
    assert datadog.writes == []


def test_names_limit_the_push(push, datadog):
    assert push("overview", "job_failed").results() == {"overview": "created", "job_failed": "created"}
    assert len(datadog.writes) == 2


@pytest.mark.parametrize(
    ("name", "place", "value"),
    [
        ("dashboards/overview.json", "title", "SageMaker Optimization Jobs at a Glance"),
        ("dashboards/overview.json", "description", "Other words."),
        ("dashboards/overview.json", "widgets.1.definition.widgets.0.definition.title", "Other"),
        ("dashboards/overview.json", "widgets.1.definition.widgets", []),
        ("dashboards/overview.json", "widgets.2", None),
        ("monitors/job_failed.json", "definition.message", "Other words."),
        ("monitors/job_failed.json", "definition.options.include_tags", False),
        ("monitors/job_failed.json", "definition.options.renotify_interval", 60),
        ("monitors/job_failed.json", "definition.tags", ["integration:optimizationjob", "team:ml"]),
        ("monitors/job_failed.json", "definition.options.notify_audit", None),
    ],
)
def test_changed_file_updates_the_asset(push, edit, datadog, name, place, value):
    edit("dashboards/overview.json", "widgets", [*_widgets(), group("More", timeseries("optimizationjob.api.up"))])
    push()
    edit(name, place, value)
    datadog.calls.clear()
    ended = push()
    stem = name.rpartition("/")[2].removesuffix(".json")
    is_told = place != "definition.options.notify_audit"
    assert ended.results() == every("up to date", **({stem: "updated"} if is_told else {}))
    assert (ended.status, len(datadog.writes)) == (0, int(is_told))
    assert push().results() == every("up to date")
    assert len(datadog.kept["dashboard"]) + len(datadog.kept["monitor"]) == 4


def _widgets():
    return [group("About", timeseries("optimizationjob.jobs")), group("Overview", timeseries("optimizationjob.jobs"))]


HAND = [
    ("dashboard", "Overview", "widgets.1.definition.widgets.0.definition.title", "Mine"),
    ("dashboard", "Overview", "widgets.1", None),
    ("dashboard", "Overview", "template_variables", []),
    ("monitor", "Jobs fail", "message", "@slack-mine"),
    ("monitor", "Jobs fail", "options.thresholds.critical", 5.0),
    ("monitor", "Jobs fail", "options.include_tags", False),
]


@pytest.mark.parametrize(("kind", "word", "place", "value"), HAND)
@pytest.mark.parametrize("is_new", [False, True], ids=["same file", "new file"])
def test_manual_edits_are_kept_without_overwrite(push, edit, datadog, kind, word, place, value, is_new):
    push()
    put(datadog.named(kind, word), place, value)
    edited = copy.deepcopy(datadog.named(kind, word))
    if is_new:
        edit("dashboards/overview.json", "description", "New words.")
        edit("monitors/job_failed.json", "definition.name", "Jobs fail often")
    ended = push()
    name = "overview" if kind == "dashboard" else "job_failed"
    assert (ended.status, ended.result(name)) == (1, "edited by hand (kept)")
    assert datadog.named(kind, word) == edited
    assert "--overwrite" in ended.err
    ended = push("--overwrite")
    assert (ended.status, ended.result(name)) == (0, "updated")
    assert push().results() == every("up to date")


def test_account_settings_are_preserved(push, edit, datadog):
    push()
    put(datadog.named("dashboard", "Overview"), "tags", ["team:ml"])
    put(datadog.named("dashboard", "Overview"), "notify_list", ["me@example.com"])
    put(datadog.named("monitor", "Jobs fail"), "options.silenced", {"*": None} | {"region:x": 1})
    datadog.named("monitor", "Jobs fail")["tags"].append("team:ml")
    assert push().results() == every("up to date")
    edit("dashboards/overview.json", "description", "Other words.")
    edit("monitors/job_failed.json", "definition.message", "Other words.")
    assert push().status == 0
    dashboard, monitor = datadog.named("dashboard", "Overview"), datadog.named("monitor", "Jobs fail")
    assert (dashboard["tags"], dashboard["notify_list"]) == (["team:ml"], ["me@example.com"])
    assert monitor["options"]["silenced"] == {"*": None, "region:x": 1}
    assert "team:ml" in monitor["tags"]
    assert len([tag for tag in monitor["tags"] if tag.startswith("optimizationjob_content:")]) == 1


def test_a_dry_run_shows_the_difference_and_writes_nothing(push, edit, datadog):
    ended = push("--dry-run")
    assert (ended.status, datadog.writes) == (0, [])
    assert ended.results() == every("would be created")
    push()
    datadog.calls.clear()
    edit("monitors/job_failed.json", "definition.message", "Other words.")
    put(datadog.named("dashboard", "Overview"), "title", "SageMaker Optimization Jobs Overview of mine")
    ended = push("--dry-run")
    assert (ended.status, datadog.writes) == (1, [])
    assert '-  "message": "{{#is_alert}}Look at {{region.name}}.{{/is_alert}}",' in ended.out
    assert '+  "message": "Other words.",' in ended.out
    assert '-  "title": "SageMaker Optimization Jobs Overview of mine",' in ended.out
    assert ended.results() == every(
        "up to date", job_failed="would be updated", overview="edited by hand (would be kept)"
    )
    assert "\x1b" not in ended.out + ended.err
    push("--dry-run", "--overwrite")
    assert datadog.writes == []


def test_next_push_retries_failures(push, datadog):
    datadog.fail("POST", "/dashboard", 500, "Internal error")
    ended = push()
    assert (ended.status, ended.results()) == (1, every("created", health="failed"))
    assert ended.err.splitlines() == [
        "optimizationjob: dashboard health: Datadog failed with status 500; run it again later",
        "optimizationjob: incomplete; run it again to do the rest",
    ]
    assert ended.out.splitlines()[-1] == "3 created, 1 failed."
    assert push().results() == every("up to date", health="created")


def test_asset_is_found_after_a_lost_response(push, datadog):
    datadog.loses = "POST"
    ended = push()
    assert (ended.status, ended.results()) == (1, every("not tried", health="failed"))
    assert "cannot be reached: ('Connection aborted.'" in ended.err
    assert len(datadog.writes) == 1
    datadog.loses = ""
    assert push().results() == every("created", health="up to date")
    assert len(datadog.kept["dashboard"]) == 2


def test_every_page_is_read(push, datadog):
    push()
    ours = dict(datadog.kept["dashboard"])
    others = {
        f"o{number}": {"id": f"o{number}", "title": "Other", "description": None, "created_at": "2026"}
        for number in range(250)
    }
    datadog.kept["dashboard"] = others | ours
    crowd = {
        str(number): {"id": number, "name": "Other", "tags": ["managed_by:optimizationjob"]} for number in range(150)
    }
    datadog.kept["monitor"] = crowd | datadog.kept["monitor"]
    assert push().results() == every("up to date")
    datadog.page = 30
    assert push().results() == every("up to date")


def test_oldest_of_several_copies_is_used(push, edit, datadog):
    push()
    original = datadog.named("dashboard", "Overview")
    copied = {**copy.deepcopy(original), "id": "copy", "title": "A clone", "created_at": "2026-12-24T00:00:00"}
    datadog.kept["dashboard"] = {"copy": copied} | datadog.kept["dashboard"]
    edit("dashboards/overview.json", "description", "Other words.")
    ended = push()
    assert ended.status == 0
    assert ended.err.startswith(f"optimizationjob: dashboard overview: {original['id']} is the oldest")
    assert datadog.kept["dashboard"]["copy"] == copied


@pytest.mark.slow
def test_project_files_are_accepted_and_unchanged(push, datadog, monkeypatch):
    monkeypatch.setattr(asset_files, "folder", lambda: ROOT / "assets")
    number = len(list(asset_files.paths(ROOT / "assets")))
    assert push().out.splitlines()[-1] == f"{number} created."
    datadog.calls.clear()
    assert push().out.splitlines()[-1] == f"{number} up to date."
    assert datadog.writes == []
