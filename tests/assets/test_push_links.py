"""A push writes links, SLOs and recipients for the account, and validates everything before it writes anything."""

from __future__ import annotations

import json

import pytest

from optimizationjob.assets import asset_files
from optimizationjob.assets.asset_links import linked, titles
from optimizationjob.assets.recipients import RecipientError, recipients, recipients_of, with_recipients
from tests.assets.conftest import monitor, write
from tests.assets.test_push import every
from tests.assets.test_refusals import NOTHING, REST, lines

HEALTH = "/dashboard/lists?q=SageMaker+Optimization+Jobs+Health"
SLO = {
    "version": 2,
    "created_at": "2026-11-01",
    "last_updated_at": "2026-11-02",
    "title": "Jobs succeed",
    "description": "Those that do.",
    "tags": ["integration:optimizationjob"],
    "definition": {
        "name": "Jobs succeed",
        "type": "metric",
        "tags": ["integration:optimizationjob"],
        "query": {
            "numerator": "sum:optimizationjob.job.finished{optimization_job_status:completed}.as_count()",
            "denominator": "sum:optimizationjob.job.finished{*}.as_count()",
        },
        "thresholds": [{"timeframe": "30d", "target": 95}],
    },
}
BURN = 'burn_rate("succeed").over("30d").long_window("24h").short_window("2h") > 3'


@pytest.fixture
def linking(root, edit):
    """A monitor and two dashboards that link to dashboards."""
    edit("monitors/job_failed.json", "definition.message", f"[Health]({HEALTH}&tpl_var_region%5B0%5D={{{{x}}}})")
    edit("dashboards/health.json", "widgets.0.definition.widgets.0.definition.content", f"[Itself]({HEALTH})")
    note = "[Overview](/dashboard/lists?q=SageMaker+Optimization+Jobs+Overview) [Gone](/dashboard/lists?q=Gone)"
    edit("dashboards/overview.json", "widgets.0.definition.widgets.0.definition.content", f"{note} [Health]({HEALTH})")


@pytest.fixture
def objective(root):
    """An SLO and its alert."""
    for folder in ("slos", "slo_alerts"):
        (root / folder).mkdir(exist_ok=True)
    write(root, "slos/succeed.json", SLO)
    write(root, "slo_alerts/burns.json", monitor("Budget burns", BURN, 3, "slo alert"))


def note_of(dashboard):
    return dashboard["widgets"][0]["definition"]["widgets"][0]["definition"]["content"]


def test_links_lead_to_the_dashboards_of_the_account(push, datadog, linking):
    assert push("--site", "datadoghq.eu").status == 0
    health, overview = (datadog.named("dashboard", word) for word in ("Health", "Overview"))
    message = datadog.named("monitor", "Jobs fail")["message"]
    assert message == f"[Health](https://app.datadoghq.eu/dashboard/{health['id']}?tpl_var_region%5B0%5D={{{{x}}}})"
    assert note_of(health) == f"[Itself](/dashboard/{health['id']})"
    assert note_of(overview) == (
        f"[Overview](/dashboard/{overview['id']}) [Gone](/dashboard/lists?q=Gone) [Health](/dashboard/{health['id']})"
    )
    assert push("--site", "datadoghq.eu").results() == every("up to date")


def test_links_follow_a_dashboard_that_was_deleted(push, datadog, linking):
    push()
    gone = datadog.named("dashboard", "Health")["id"]
    datadog.kept["dashboard"] = {"other": {**datadog.named("dashboard", "Overview"), "id": "other"}}
    rehearsed = push("--dry-run")
    assert rehearsed.results() == every("would be updated", health="would be created", connection="up to date")
    assert push().status == 0
    new = datadog.named("dashboard", "Health")["id"]
    assert f"/dashboard/{new}?" in datadog.named("monitor", "Jobs fail")["message"]
    assert gone != new or note_of(datadog.named("dashboard", "Overview")).endswith(f"/dashboard/{new})")
    assert push().results() == every("up to date")


def test_a_monitor_alone_links_to_what_is_there(push, datadog, linking):
    push("job_failed")
    assert datadog.named("monitor", "Jobs fail")["message"].startswith(f"[Health]({HEALTH}")
    push("health")
    assert push("job_failed").result("job_failed") == "updated"
    assert "/dashboard/lists" not in datadog.named("monitor", "Jobs fail")["message"]


def test_links_that_cannot_be_written_are_reported(push, datadog, linking):
    datadog.fail("PUT", "/dashboard", 500, "Internal error")
    ended = push()
    assert (ended.status, ended.result("overview")) == (1, "created")
    assert "its links were not written: Datadog failed with status 500" in lines(ended)[0]
    assert lines(ended)[-1] == REST
    assert push().status == 0
    assert push().results() == every("up to date")


def test_an_slo_and_its_alert(push, datadog, objective):
    assert push().results() == every("created", succeed="created", burns="created")
    (identity,) = datadog.kept["slo"]
    assert datadog.named("monitor", "Budget")["query"] == BURN.replace("succeed", identity)
    assert "optimizationjob_asset:succeed" in datadog.named("slo", "succeed")["tags"]
    assert push().results() == every("up to date", succeed="up to date", burns="up to date")
    datadog.named("slo", "succeed")["thresholds"][0]["target"] = 90
    assert push().result("succeed") == "edited by hand (kept)"
    assert push("--overwrite").result("succeed") == "updated"
    datadog.kept["slo"] = {f"{0:031x}1": {**datadog.kept["slo"].pop(identity), "id": f"{0:031x}1"}}
    assert push().result("burns") == "updated"
    assert f"{0:031x}1" in datadog.named("monitor", "Budget")["query"]


def test_an_alert_without_its_slo_is_refused(push, datadog, objective, run, tmp_path):
    ended = push("burns", "overview")
    assert ended.results() == {"burns": "failed", "overview": "not tried"}
    assert lines(ended) == ["monitor burns: its SLO succeed is not in the account; push succeed, too", NOTHING]
    assert datadog.writes == []
    ended = run("assets", "export", "--output", str(tmp_path / "tf"), "--format", "terraform", "burns")
    assert (ended.status, lines(ended)) == (2, ["monitor burns alerts on the SLO succeed; export succeed, too"])


def test_terraform_refers_to_what_it_makes(root, run, linking, objective, tmp_path):
    run("assets", "export", "--output", str(tmp_path), "--format", "terraform")
    document = json.loads((tmp_path / "main.tf.json").read_text(encoding="utf-8"))
    monitors = document["resource"]["datadog_monitor_json"]
    assert "(${var.datadog_url}/dashboard/${datadog_dashboard_json.health.id}?tpl" in monitors["job_failed"]["monitor"]
    assert '\\"${datadog_service_level_objective.succeed.id}\\"' in monitors["burns"]["monitor"]
    assert document["variable"]["datadog_url"]["default"] == "https://app.datadoghq.com"
    objective = document["resource"]["datadog_service_level_objective"]["succeed"]
    assert (objective["query"], objective["type"]) == ([SLO["definition"]["query"]], "metric")
    assert "${" not in document["resource"]["datadog_dashboard_json"]["overview"]["dashboard"], "no circle"


@pytest.mark.parametrize("is_rehearsal", [False, True])
def test_nothing_is_written_if_datadog_refuses_one(push, datadog, is_rehearsal):
    datadog.fail("POST", "/monitor/validate", 400, "The value provided for parameter 'query' is invalid")
    ended = push(*["--dry-run"] * is_rehearsal)
    assert (ended.status, datadog.writes) == (1, [])
    assert ended.results() == every("not tried", connection="failed")
    reason = "Datadog rejects it with status 400: The value provided for parameter 'query' is invalid"
    assert lines(ended) == [f"monitor connection: {reason}", *[NOTHING] * (not is_rehearsal)]


def test_what_datadog_refuses_is_known_before_a_write(push, edit, datadog):
    push()
    edit("dashboards/overview.json", "description", "Other words.")
    edit("monitors/job_failed.json", "definition.options.notify_by", ["team"])
    datadog.calls.clear()
    ended = push()
    assert (ended.results(), datadog.writes) == (
        every("up to date", overview="not tried", job_failed="failed"),
        [],
    )
    assert f"POST /api/v1/monitor/{datadog.named('monitor', 'Jobs fail')['id']}/validate" in datadog.calls


def test_a_file_that_datadog_would_not_take_is_refused(push, edit, datadog):
    edit("dashboards/overview.json", "layout_type", "round")
    ended = push()
    assert (ended.result("overview"), datadog.writes) == ("failed", [])
    assert lines(ended)[0] == (
        "dashboard overview: Datadog would not take its file: layout_type: is none of free, ordered"
    )


def test_an_id_that_is_gone_when_it_is_read_is_created_again(push, datadog):
    push()
    datadog.fail("GET", "/dashboard/", 404, "dashboard not found")
    assert push().results() == every("up to date", health="created")


def test_recipients_are_put_into_all_messages_and_kept(push, edit, datadog):
    push("--notify", "@slack-ml", "--notify", "@pagerduty-ml,@me@example.com")
    for word in ("Jobs fail", "AWS"):
        message = datadog.named("monitor", word)["message"]
        assert message.endswith("{{/is_alert}}\n\n@slack-ml @pagerduty-ml @me@example.com")
    assert push().results() == every("up to date")
    edit("monitors/job_failed.json", "definition.message", "New words.")
    assert push().result("job_failed") == "updated"
    message = datadog.named("monitor", "Jobs fail")["message"]
    assert message == "New words.\n\n@slack-ml @pagerduty-ml @me@example.com"
    rehearsed = push("--notify", "@slack-other", "--dry-run")
    assert '+    "@slack-other"' in rehearsed.out
    assert push("--notify", "@slack-other").results() == every("up to date", connection="updated", job_failed="updated")
    assert datadog.named("monitor", "Jobs fail")["message"] == "New words.\n\n@slack-other"


def test_a_recipient_added_by_hand_in_its_own_line_is_no_edit(push, datadog):
    push()
    datadog.named("monitor", "Jobs fail")["message"] += "\n@slack-mine"
    assert push().results() == every("up to date")
    assert datadog.named("monitor", "Jobs fail")["message"].endswith("\n@slack-mine")


@pytest.mark.parametrize("given", ["team", "", "@", "@me@", "slack-ml", "@a b", "@{{x}}"])
def test_a_recipient_that_is_none_is_a_usage_error(push, datadog, given):
    ended = push("--notify", given)
    assert (ended.status, ended.out, len(lines(ended))) == (2, "", 1)
    assert " is no recipient; use one as in a monitor's message" in lines(ended)[0]
    assert datadog.calls == []


def test_recipients_of_a_message():
    assert recipients(["@a, @b", "@a"]) == ("@a", "@b")
    assert recipients_of("Words.\n@a @b@c.de\n") == ("@a", "@b@c.de")
    assert recipients_of("Tell @a") == recipients_of("Words.\n@a or not") == ()
    assert with_recipients("Words.\n\n@a", ["@b"]) == "Words.\n\n@b"
    with pytest.raises(RecipientError):
        recipients(["@a b"])


def test_every_link_of_the_project_names_a_dashboard():
    assets = asset_files.load(asset_files.folder())
    known = {asset.title: asset.name for asset in assets if asset.kind == "dashboard"}
    named = frozenset().union(*(titles(asset.body) for asset in assets))
    assert named <= known.keys()
    for asset in assets:
        assert "/dashboard/lists" not in json.dumps(linked(asset.body, known))
