"""The stand-in for Datadog's API serves until Ctrl-C, and refuses what Datadog refuses."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tools.datadog_api.stand_in_events import search
from tools.datadog_api.stand_in_validation import refusals

ROOT = Path(__file__).parents[2]
MONITOR = json.loads((ROOT / "assets/monitors/failure_rate.json").read_text())["definition"]
ALERT = json.loads((ROOT / "assets/slo_alerts/success_burn_rate.json").read_text())["definition"]


def changed(**options):
    return {**MONITOR, "options": {**MONITOR["options"], **options}}


def test_it_serves_until_ctrl_c():
    command = [sys.executable, "-m", "tools.datadog_api"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as served:
        url = served.stdout.readline().strip()
        keys = {"DD-API-KEY": "any", "DD-APPLICATION-KEY": "any"}
        with urlopen(Request(f"{url}/api/v1/dashboard", headers=keys)) as answer:
            assert json.load(answer) == {"dashboards": []}
        with pytest.raises(HTTPError, match="404"):
            urlopen(Request(f"{url}/api/v1/notebooks", headers=keys))
        served.send_signal(signal.SIGINT)
        _, words = served.communicate(timeout=10)
    assert (served.returncode, words.splitlines()[-1]) == (0, "stopped")
    assert "Traceback" not in words


def test_a_port_that_is_taken_is_reported_in_one_line():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "tools.datadog_api", "--port", str(port)]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=30, check=False)
    assert (ended.returncode, ended.stderr.count("\n")) == (1, 1)
    assert ended.stderr.startswith(f"cannot listen on port {port}: ")


EVENTS = [
    {"title": "old", "tags": ["team:ml"], "date_happened": 100, "source_type_name": "known"},
    {"title": "new", "tags": ["Team:ML"], "date_happened": 5_000, "source_type_name": "other"},
    {"title": "last", "tags": [], "date_happened": 6_000, "source_type_name": "known"},
]


@pytest.mark.parametrize(
    ("wanted", "titles"),
    [
        ({"filter": {"query": "team:*", "from": "now-2h"}}, ["old", "new"]),
        ({"filter": {"query": "team:ml", "from": "now-1h"}}, ["new"]),
        ({"filter": {"query": "source:known", "from": "now-1d"}, "sort": "-timestamp"}, ["last", "old"]),
        ({"filter": {"query": "source:other", "from": "now-1d"}}, []),
        ({"filter": {"from": "now-1d"}, "page": {"limit": 1}}, ["old"]),
        ({"filter": {"query": "team:"}}, None),
        ({"filter": {"query": "team:ml", "from": "yesterday"}}, None),
    ],
)
def test_events_are_found_by_tags_registered_sources_and_time(wanted, titles):
    status, answer = search(wanted, EVENTS, ("known",), 7_000)
    assert status == (400 if titles is None else 200)
    assert titles is None or [each["attributes"]["attributes"]["title"] for each in answer["data"]] == titles


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (MONITOR, None),
        (changed(thresholds={"critical": 30}), "Alert threshold (30) does not match"),
        (changed(notify_by=["team"]), "notify_by must be a subset"),
        (changed(notify_by=["region"]), None),
        (changed(notify_no_data=True), "on_missing_data cannot be used"),
        (
            {**MONITOR, "query": MONITOR["query"].replace("(", "", 1)},
            "The value provided for parameter 'query' is invalid",
        ),
        ({**MONITOR, "type": "guess"}, "type: is none of"),
        (ALERT, "SLO jobs_succeed does not exist"),
    ],
)
def test_a_monitor_is_validated(body, reason):
    found = refusals("monitor", body, slos=())
    assert [text for text in found if text.startswith(reason or "x")] or (found == [] and reason is None)
