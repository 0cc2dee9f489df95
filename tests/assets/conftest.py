"""Two small dashboards and monitors, a fake Datadog account, and the console script."""

from __future__ import annotations

import copy
import json
import sys
from dataclasses import dataclass

import pytest

from optimizationjob.assets import asset_files
from optimizationjob.cli import app
from optimizationjob.cli.assets import push_command
from tools.datadog_api.stand_in_account import API_KEY, APP_KEY, StandInAccount
from tools.datadog_api.stand_in_server import serve


def timeseries(metric, *, width=6):
    query = {"data_source": "metrics", "name": "query1", "query": f"sum:{metric}{{*}}"}
    request = {
        "response_format": "timeseries",
        "queries": [query],
        "formulas": [{"formula": "query1", "alias": "Jobs"}],
        "display_type": "line",
    }
    return {
        "definition": {"type": "timeseries", "title": "Jobs", "requests": [request]},
        "layout": {"x": 0, "y": 0, "width": width, "height": 3},
    }


def group(title, *widgets):
    return {
        "definition": {"type": "group", "title": title, "layout_type": "ordered", "widgets": list(widgets)},
        "layout": {"x": 0, "y": 0, "width": 12, "height": 4},
    }


def dashboard(title):
    note = {
        "definition": {"type": "note", "content": "What this is."},
        "layout": {"x": 0, "y": 0, "width": 4, "height": 2},
    }
    return {
        "title": f"SageMaker Optimization Jobs {title}",
        "description": "All jobs of all accounts.",
        "layout_type": "ordered",
        "reflow_type": "fixed",
        "notify_list": [],
        "template_variables": [{"name": "region", "prefix": "region", "available_values": [], "defaults": ["*"]}],
        "widgets": [group("About", note), group("Overview", timeseries("optimizationjob.jobs"))],
    }


def monitor(title, query, critical, kind="query alert"):
    return {
        "version": 2,
        "created_at": "2026-11-01",
        "last_updated_at": "2026-11-02",
        "title": title,
        "description": "Tells when something is wrong.",
        "tags": ["integration:optimizationjob"],
        "definition": {
            "name": title,
            "type": kind,
            "query": query,
            "message": "{{#is_alert}}Look at {{region.name}}.{{/is_alert}}",
            "tags": ["integration:optimizationjob"],
            "priority": 3,
            "options": {"thresholds": {"critical": critical}, "include_tags": True, "notify_audit": False},
        },
    }


FAILED = "sum(last_1h):sum:optimizationjob.job.finished{optimization_job_status:failed} by {region}.as_count() > 3"
CONNECT = '"optimizationjob.can_connect".over("*").by("region").last(4).count_by_status()'


@pytest.fixture(autouse=True)
def no_account(monkeypatch):
    """Remove the machine's Datadog settings from the environment."""
    for name in ("DD_SITE", "DD_API_KEY", "DD_APP_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A folder of assets that replaces the project's own."""
    folder = tmp_path / "assets"
    for kind in asset_files.FOLDERS:
        (folder / kind).mkdir(parents=True)
    monkeypatch.setattr(asset_files, "folder", lambda: folder)
    write(folder, "dashboards/overview.json", dashboard("Overview"))
    write(folder, "dashboards/health.json", dashboard("Health"))
    write(folder, "monitors/job_failed.json", monitor("Jobs fail", FAILED, 3, "metric alert"))
    write(folder, "monitors/connection.json", monitor("AWS cannot be read", CONNECT, 3, "service check"))
    return folder


def write(root, name, document):
    (root / name).write_text(json.dumps(document, indent=2), encoding="utf-8")


@pytest.fixture
def edit(root):
    """Change a file: `edit("monitors/x.json", "definition.message", "new")`."""

    def change(name, place, value):
        document = json.loads((root / name).read_text(encoding="utf-8"))
        put(document, place, value)
        write(root, name, document)

    return change


def put(document, place, value):
    *above, last = [int(step) if step.isdigit() else step for step in place.split(".")]
    for step in above:
        document = document[step]
    if value is None:
        del document[last]
    else:
        document[last] = copy.deepcopy(value)


@dataclass(frozen=True)
class Ended:
    """Result of a command."""

    status: int
    out: str
    err: str

    def result(self, name):
        """The result of an asset in the table."""
        (line,) = [line for line in self.out.splitlines() if line.split()[1:2] == [name]]
        return " ".join(line.split()[2:])

    def results(self):
        lines = [line.split() for line in self.out.splitlines()]
        return {line[1]: " ".join(line[2:]) for line in lines if line and line[0] in ("dashboard", "slo", "monitor")}


@pytest.fixture
def run(monkeypatch, capsys):
    """Run the console script in this process."""

    def run_to_the_end(*arguments):
        monkeypatch.setattr(sys, "argv", ["optimizationjob", *arguments])
        status = app.run()
        reported = capsys.readouterr()
        return Ended(status, reported.out, reported.err)

    return run_to_the_end


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
    """The pauses of a push, which return immediately in tests."""
    seconds = []
    monkeypatch.setattr(push_command, "sleep", seconds.append)
    return seconds


@pytest.fixture
def push(root, run, url, monkeypatch, waits):
    """Push to the fake API with valid keys; verify that no key is printed."""
    monkeypatch.setenv("DD_API_KEY", API_KEY)
    monkeypatch.setenv("DD_APP_KEY", APP_KEY)

    def push_once(*arguments):
        ended = run("assets", "push", "--api-url", url, *arguments)
        assert not [key for key in (API_KEY, APP_KEY) if key in ended.out + ended.err]
        return ended

    return push_once
