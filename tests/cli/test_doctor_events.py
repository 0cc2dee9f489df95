"""The command `doctor` with keys of a Datadog account: whether events arrive."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest

from optimizationjob.cli import app
from optimizationjob.cli.agentless_check import AgentlessCheck
from optimizationjob.cli.doctor import doctor_events
from optimizationjob.clock import SystemClock
from optimizationjob.diagnosis.event_findings import BY_SOURCE, BY_TAG
from optimizationjob.simulator import Simulator
from tools.datadog_api.stand_in_account import API_KEY, APP_KEY, StandInAccount
from tools.datadog_api.stand_in_server import serve

ROOT = Path(__file__).parents[2]
ACCOUNT, EAST = "111111111111", "us-east-1"
KEYS = {"DD_API_KEY": API_KEY, "DD_APP_KEY": APP_KEY}
LEFT_OUT = "Whether events arrive was not looked up: "


@pytest.fixture
def simulator():
    with Simulator() as running:
        running.put_job(ACCOUNT, EAST, "one")
        yield running


@pytest.fixture
def datadog():
    return StandInAccount()


@pytest.fixture
def url(datadog):
    server = serve(datadog)
    yield server.url
    server.stop()


@pytest.fixture
def waits(monkeypatch):
    seconds = []
    monkeypatch.setattr(doctor_events, "sleep", seconds.append)
    return seconds


@pytest.fixture
def events(monkeypatch, capsys, simulator, waits, tmp_path):
    """Run the doctor and return its finding on events, its exit status and standard error."""

    def run_doctor(*arguments, environment=KEYS, **options):
        instance = {"regions": [EAST], "endpoint_url": simulator.url, **options}
        (tmp_path / "conf.yaml").write_text(json.dumps({"instances": [instance]}))
        for name in ("DD_API_KEY", "DD_APP_KEY", "DD_SITE"):
            monkeypatch.delenv(name, raising=False)
        aws = {"AWS_ACCESS_KEY_ID": f"AKIA{ACCOUNT}", "AWS_SECRET_ACCESS_KEY": "simulated"}
        for name, value in {**aws, **environment}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(
            sys, "argv", ["optimizationjob", "doctor", "--config", str(tmp_path / "conf.yaml"), "--json", *arguments]
        )
        status = app.run()
        shown = capsys.readouterr()
        assert not [key for key in KEYS.values() if key in shown.out + shown.err]
        found = json.loads(shown.out)["findings"] if shown.out else []
        return [one for one in found if one["name"] == "events"], status, shown.err

    return run_doctor


@pytest.fixture
def arrived(simulator, datadog):
    """Let the check run, and post what it sends, as the Agent does."""

    def post(*, source="optimizationjob", has_tags=True):
        instance = {"regions": [EAST], "endpoint_url": simulator.url, "aws_access_key_id": f"AKIA{ACCOUNT}"}
        check = AgentlessCheck({**instance, "aws_secret_access_key": "simulated"}, SystemClock())
        check.run()
        simulator.put_job(ACCOUNT, EAST, "two", status="FAILED")
        events = check.run().events
        assert events
        for event in events:
            body = {"title": event.title, "tags": list(event.tags) if has_tags else [], "source_type_name": source}
            status, _, _ = datadog.answer("POST", "/api/v1/events", {}, {"DD-API-KEY": API_KEY}, body)
            assert status == 202

    return post


def test_no_event_at_all_is_a_warning_and_both_searches_were_made(events, url, datadog):
    ((finding,), status, shown) = events("--api-url", url)
    assert (finding["verdict"], status) == ("warning", 0)
    assert finding["text"].startswith("No event of the check arrived in the last 7 days")
    assert datadog.calls == ["POST /api/v2/events/search"] * 2
    # What it waits for is shown in a terminal only.
    assert shown == ""


def test_events_of_a_source_that_datadog_has_not_registered_are_found_by_tags(events, url, arrived):
    arrived()
    ((finding,), _, _) = events("--api-url", url)
    assert (finding["verdict"], finding["remedy"]) == ("ok", "")
    assert "found by tags" in finding["text"]
    assert f"`{BY_SOURCE}` finds none" in finding["text"]


def test_events_of_a_registered_source_are_found_by_both(events, url, arrived, datadog):
    datadog.sources = ("optimizationjob",)
    arrived()
    ((finding,), _, _) = events("--api-url", url)
    assert finding["verdict"] == "ok"
    assert f"`{BY_SOURCE}` finds them, too" in finding["text"]


def test_events_without_their_tags_are_a_warning(events, url, arrived, datadog):
    datadog.sources = ("optimizationjob",)
    arrived(has_tags=False)
    ((finding,), _, _) = events("--api-url", url)
    assert finding["verdict"] == "warning"
    assert "without the tags" in finding["text"]


def test_old_events_do_not_count(events, url, arrived, datadog):
    arrived()
    for event in datadog.events:
        event["date_happened"] -= 8 * 24 * 3600
    ((finding,), _, _) = events("--api-url", url)
    assert finding["text"].startswith("No event")


def test_the_searches_are_by_what_the_monitor_uses_and_the_agent_sends():
    monitor = json.loads((ROOT / "assets/monitors/job_failed.json").read_text())["definition"]["query"]
    assert all(term.partition(":")[0] + ":" in monitor for term in BY_TAG.split())
    sent = (ROOT / "tests/scenarios/quantization.json").read_text()
    assert set(re.findall(r'"source_type_name": "(\w+)"', sent)) == {BY_SOURCE.removeprefix("source:")}


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ((403, "Forbidden"), "the key in DD_APP_KEY lacks the permission `events_read`"),
        ((500,), "Datadog failed with status 500"),
        ((400, "no query"), "Datadog rejects it with status 400: no query"),
    ],
)
def test_an_error_of_the_api_is_one_line(events, url, datadog, fault, words):
    datadog.fail("POST", "/events/search", *fault)
    ((finding,), status, shown) = events("--api-url", url)
    assert (finding["verdict"], status) == ("warning", 0)
    assert words in finding["cause"]
    assert "\n" not in finding["cause"]
    assert "Traceback" not in shown


def test_a_limit_of_calls_is_waited_for(events, url, datadog, waits):
    datadog.fail("POST", "/events/search", 429, headers={"X-RateLimit-Reset": "7"})
    ((finding,), _, _) = events("--api-url", url)
    assert waits == [7.0]
    assert finding["text"].startswith("No event")


@pytest.mark.parametrize("answer", [[], {"data": {}}, {}])
def test_a_strange_answer_is_one_line(events, url, datadog, monkeypatch, answer):
    monkeypatch.setattr(datadog, "answer", lambda *_: (200, {}, answer))
    ((finding,), _, _) = events("--api-url", url)
    assert "unexpected response from" in finding["cause"]


def test_a_wrong_key_is_named_and_not_shown(events, url):
    ((finding,), _, _) = events("--api-url", url, environment={**KEYS, "DD_API_KEY": "planted0123456789abcdef"})
    assert "does not accept the key in DD_API_KEY" in finding["cause"]
    assert "planted" not in json.dumps(finding)


def test_without_keys_nothing_is_said_or_asked(events, datadog):
    (found, status, _) = events(environment={})
    assert (found, status, datadog.calls) == ([], 0, [])


@pytest.mark.parametrize("given", KEYS)
def test_with_one_key_one_line_says_that_nothing_was_looked_up(events, url, datadog, given):
    ((finding,), status, _) = events("--api-url", url, environment={given: KEYS[given]})
    (missing,) = KEYS.keys() - {given}
    assert (finding["verdict"], finding["text"]) == ("ok", f"{LEFT_OUT}{missing} is not set.")
    assert (status, datadog.calls) == (0, [])


def test_where_no_instance_sends_events_nothing_is_asked(events, url, datadog):
    ((finding,), _, _) = events("--api-url", url, collect_events=False)
    assert finding["text"] == "No events are sent, since `collect_events` is off."
    assert datadog.calls == []


def test_a_site_that_is_none_gets_no_key(events):
    ((finding,), _, _) = events(environment={**KEYS, "DD_SITE": "example.com"})
    assert "'example.com' is not a Datadog site" in finding["cause"]


def test_a_url_that_is_none_is_wrong_usage(events):
    (found, status, shown) = events("--api-url", "example.com")
    assert (found, status) == ([], 2)
    assert "--api-url is not a URL" in shown
