"""Every error of a push is reported in one clear line without keys."""

from __future__ import annotations

import json
import socket

import pytest

from optimizationjob.assets.datadog_account import DatadogAccount
from optimizationjob.assets.datadog_site import Keys, SettingError, api_url, given_url, keys
from tests.assets.test_push import every
from tools.datadog_api.stand_in_account import API_KEY, APP_KEY

REST = "incomplete; run it again to do the rest"
NOTHING = "nothing was written; run it again after that"


def lines(ended):
    """The error lines on standard error."""
    reported = ended.err.splitlines()
    return [line.removeprefix("optimizationjob: ") for line in reported if line.startswith("optimizationjob: ")]


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({}, "variables DD_API_KEY and DD_APP_KEY"),
        ({"DD_API_KEY": API_KEY}, "variable DD_APP_KEY"),
        ({"DD_API_KEY": " ", "DD_APP_KEY": APP_KEY}, "variable DD_API_KEY"),
    ],
)
def test_missing_keys_are_named(root, run, monkeypatch, environment, named):
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    ended = run("assets", "push")
    assert (ended.status, ended.out) == (2, "")
    assert lines(ended) == [f"set the environment {named} to keys of your account"]


@pytest.mark.parametrize("key", [f"{APP_KEY}\n{APP_KEY}", "0123456789", f"{APP_KEY}\u20ac"])
def test_malformed_key_is_not_printed(root, run, monkeypatch, key):
    monkeypatch.setenv("DD_API_KEY", API_KEY)
    monkeypatch.setenv("DD_APP_KEY", key)
    ended = run("assets", "push")
    reported = "DD_APP_KEY is not a key: it is too short or contains spaces or other invalid characters"
    assert (ended.status, lines(ended)) == (2, [reported])


@pytest.mark.parametrize(
    "site", ["app.datadoghq.com", "https://datadoghq.eu", "datadoghq.com.example.org", "us5", "a b"]
)
def test_unknown_site_gets_no_keys(root, run, monkeypatch, site):
    monkeypatch.setenv("DD_SITE", site)
    ended = run("assets", "push")
    assert ended.status == 2
    assert lines(ended)[0].startswith(f"{site!r} is not a Datadog site; use what follows `app.`")


@pytest.mark.parametrize(
    "site", ["datadoghq.com", "us3.datadoghq.com", "datadoghq.eu", "ap2.datadoghq.com", "ddog-gov.com"]
)
def test_every_datadog_site_is_accepted(site):
    assert api_url(site) == f"https://api.{site}"


@pytest.mark.parametrize(
    "url",
    [
        "https://me:hunter2@datadog.example.com",
        "https://hunter2@datadog.example.com",
        "https://me:hunter2/x@datadog.example.com",
        "https://me:1/hunter2@datadog.example.com",
        "http://me:hunter2@127.0.0.1:8080",
        "https://datadog.example.com/?token=hunter2",
        "https://datadog.example.com/#hunter2",
        "me:hunter2@datadog.example.com",
    ],
)
def test_a_password_in_a_url_is_refused_and_not_shown(root, run, monkeypatch, url):
    monkeypatch.setenv("DD_API_KEY", API_KEY)
    monkeypatch.setenv("DD_APP_KEY", APP_KEY)
    ended = run("assets", "push", "--api-url", url)
    assert ended.status == 2
    assert "--api-url" in lines(ended)[0]
    site = run("assets", "push", "--site", url)
    assert site.status == 2
    assert "is not a Datadog site" in lines(site)[0]
    assert "hunter2" not in ended.out + ended.err + site.out + site.err


@pytest.mark.parametrize("url", ["http://datadog.example.com", "datadoghq.com", "ftp://localhost", "http://[::1", ""])
def test_plain_http_is_allowed_only_for_this_machine(url):
    with pytest.raises(SettingError, match="--api-url"):
        given_url(url)
    assert given_url("http://127.0.0.1:8080/") == "http://127.0.0.1:8080"
    assert given_url("https://datadog.example.com") == "https://datadog.example.com"


def test_invalid_api_key_ends_the_push(push, datadog):
    datadog.api_key = "another"
    ended = push()
    assert (ended.status, ended.results()) == (1, every("not tried", health="failed"))
    assert " does not accept the key in DD_API_KEY; check whether " in lines(ended)[0]
    assert len(datadog.calls) == 2


def test_invalid_application_key_ends_the_push(push, datadog):
    datadog.app_key = "another"
    ended = push()
    assert (ended.status, ended.results()) == (1, every("not tried", health="failed"))
    assert lines(ended)[0].endswith(" does not accept the key in DD_APP_KEY")


@pytest.mark.parametrize("status", [401, 403])
def test_missing_permission_is_named_and_the_other_kind_continues(push, datadog, status):
    datadog.fail("POST", "/dashboard", status, "Failed permission authorization checks", times=5)
    ended = push()
    assert (ended.status, ended.results()) == (1, every("created", health="failed", overview="failed"))
    assert lines(ended)[0] == (
        "dashboard health, dashboard overview: the key in DD_APP_KEY lacks the permission `dashboards_write`, "
        "or its owner does (Failed permission authorization checks)"
    )
    datadog.faults.clear()
    datadog.fail("GET", "/monitor", status, "Forbidden")
    datadog.calls.clear()
    ended = push()
    assert ended.results() == every("not tried", connection="failed", job_failed="failed")
    assert "`monitors_read`" in ended.err
    assert (lines(ended)[-1], datadog.writes) == (NOTHING, []), "what cannot be looked at stops the push"


def test_rate_limit_is_waited_for(push, datadog, waits):
    datadog.fail("GET", "/dashboard", 429, "Too many requests", headers={"X-Ratelimit-Reset": "12"}, times=2)
    datadog.fail("POST", "/monitor", 429, "Too many requests", headers={"X-Ratelimit-Reset": "soon"})
    ended = push()
    assert (ended.status, ended.results()) == (0, every("created"))
    assert waits == [12, 12, 5]
    assert ended.err.splitlines()[0] == "Datadog limits calls; waiting 12 s"


def test_long_rate_limit_ends_the_push(push, datadog, waits):
    datadog.fail("POST", "/dashboard", 429, "Too many requests", headers={"X-Ratelimit-Reset": "50"}, times=2)
    ended = push()
    assert (ended.status, waits) == (1, [50])
    assert ended.results() == every("not tried", health="failed")
    reported = "dashboard health: Datadog limits calls for 50 more seconds; run it again after that"
    assert ended.err.splitlines()[1:] == [f"optimizationjob: {reported}", f"optimizationjob: {NOTHING}"]
    assert push().results() == every("created")


def test_error_does_not_stop_the_other_assets(push, datadog):
    datadog.fail("POST", "/monitor", 502, times=1)
    ended = push()
    assert (ended.status, ended.results()) == (1, every("created", connection="failed"))
    assert push().results() == every("up to date", connection="created")


def test_rejection_shows_the_datadog_message_without_keys(push, datadog):
    datadog.fail("POST", "/dashboard", 400, "Invalid\nwidget", f"seen with {API_KEY} and {APP_KEY}", "x" * 1000)
    ended = push("overview")
    (reported, _) = lines(ended)
    assert reported.startswith(
        "dashboard overview: Datadog rejects it with status 400: Invalid widget; seen with ********"
    )
    assert reported.endswith("xxx ...")


def test_asset_deleted_in_the_meantime_is_reported(push, edit, datadog):
    push()
    edit("dashboards/overview.json", "description", "Other words.")
    datadog.fail("PUT", "/dashboard", 404, "Not found")
    ended = push()
    assert (ended.status, ended.result("overview")) == (1, "failed")
    assert lines(ended)[0] == "dashboard overview: it was deleted in the meantime; run it again to create it"


def test_a_redirect_is_not_followed_with_the_keys(push, datadog):
    datadog.fail("GET", "/dashboard", 302, headers={"Location": "http://127.0.0.1:9/stolen"})
    ended = push()
    assert (ended.status, ended.results()) == (1, every("not tried", health="failed"))
    assert "redirects calls" in ended.err


@pytest.mark.parametrize("said", ["<html>", "[]", '"text"'])
def test_unexpected_response_is_reported(push, datadog, monkeypatch, said):
    monkeypatch.setattr(type(datadog), "answer", lambda *_: (200, {}, json.loads(said) if said[0] != "<" else said))
    ended = push()
    assert ended.status == 1
    assert "unexpected response from http" in lines(ended)[0]


def test_network_failure_ends_the_push(push, run):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    ended = run("assets", "push", "--api-url", f"http://127.0.0.1:{port}")
    assert (ended.status, ended.results()) == (1, every("not tried", health="failed"))
    assert lines(ended)[0].startswith(f"dashboard health: http://127.0.0.1:{port} cannot be reached: ")
    assert lines(ended)[0].endswith("; check the network and the site")


@pytest.mark.parametrize(
    "proxy", ["http://me:hunter2/x@127.0.0.1:9", "me:hunter2@127.0.0.1:9", "socks5://127.0.0.1:9", "http://[::1"]
)
def test_a_proxy_that_cannot_be_used_is_named_and_not_shown(root, run, monkeypatch, proxy):
    monkeypatch.setenv("DD_API_KEY", API_KEY)
    monkeypatch.setenv("DD_APP_KEY", APP_KEY)
    monkeypatch.setenv("https_proxy", proxy)
    ended = run("assets", "push")
    said = "HTTPS_PROXY is not an http or https URL; give it as http://host:port"
    assert (ended.status, ended.err) == (2, f"optimizationjob: {said}\n")


def test_environment_proxy_is_used(push, url, datadog, monkeypatch, run):
    monkeypatch.setenv("https_proxy", url)
    ended = run("assets", "push", "--site", "us5.datadoghq.com")
    # The fake API rejects the tunnel, but the request shows that the proxy was used.
    assert (ended.status, ended.result("health")) == (1, "failed")
    assert "Tunnel connection failed" in lines(ended)[0]


def test_ctrl_c_reports_the_results_so_far(push, datadog, monkeypatch):
    datadog.fail("POST", "/monitor", 429)

    def interrupted(_):
        raise KeyboardInterrupt

    monkeypatch.setattr("optimizationjob.cli.assets.push_command.sleep", interrupted)
    ended = push()
    assert (ended.status, ended.out.splitlines()[-1]) == (130, "2 created, 2 not tried.")
    assert lines(ended) == [REST]


def test_keys_are_not_in_any_repr(waits):
    secrets = keys({"DD_API_KEY": API_KEY, "DD_APP_KEY": APP_KEY})
    account = DatadogAccount("http://127.0.0.1:9", secrets, waits.append)
    texts = [repr(secrets), str(secrets), f"{secrets}", repr(account), str(account)]
    assert not [text for text in texts if API_KEY in text or APP_KEY in text]
    assert secrets == Keys(API_KEY, APP_KEY)
