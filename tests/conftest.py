"""What all tests share: a clean environment, the simulator, an Agent to run the check in, and golden files."""

from __future__ import annotations

import csv
import json
import os
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from datadog_checks.base.stubs import aggregator as stub
from datadog_checks.base.stubs import datadog_agent as agent_stub
from datadog_checks.optimizationjob import OptimizationJobCheck, check
from datadog_checks.optimizationjob.missing_features import MissingFeatures
from optimizationjob.aws import rate_limit
from optimizationjob.run.record_pace import RecordPace
from optimizationjob.simulator import ManualClock, Simulator
from tests.e2e.environment import dd_environment  # noqa: F401 - ddev asks for it, by any test
from tests.versions import leave_yaml_alone, resources

ACCOUNT = "111111111111"
REGION = "us-east-1"
T0 = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
SECRET_KEY = "wJalrXUtnFEMI-planted-secret-key"
ROOT = Path(__file__).parents[1]
SCENARIOS = Path(__file__).parent / "scenarios"
KINDS = {0: "gauge", 2: "count", 5: "histogram"}

leave_yaml_alone()

# Fewer examples than hypothesis plays by itself: `--hypothesis-profile=default` plays a hundred of each property.
# The same in each run, so that a gate says something of the change alone; any other profile looks for new ones.
# How long an example takes says how busy the machine is.
STEADY = {"deadline": None, "derandomize": True, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("quick", max_examples=40, **STEADY)
settings.register_profile("few", max_examples=5, **STEADY)
settings.register_profile("search", max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("quick")


def pytest_addoption(parser):
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden files; review the diff")


def pytest_xdist_auto_num_workers():
    """One process more than there are cores, since some tests wait for a program; one where ddev has an environment."""
    return 0 if any(name.startswith("DDEV_E2E_") for name in os.environ) else (os.cpu_count() or 1) + 1


def pytest_collection_modifyitems(items):
    """Start with what only one process can do, so that the others do not wait for it at the end."""
    items.sort(key=lambda item: item.get_closest_marker("xdist_group") is None)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch, tmp_path):
    """No credentials, keys, region or proxy of the machine reach a test; real AWS tags such as env are allowed."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "DD_")) or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "aws_config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "aws_credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("DDEV_SKIP_GENERIC_TAGS_CHECK", "1")
    # Nor what the terminal is that starts the tests, if it is one.
    monkeypatch.setenv("TERM", "xterm-256color")
    for name in ("COLORTERM", "COLUMNS", "FORCE_COLOR", "LINES", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    # A test is a process of its own to what is logged once.
    monkeypatch.setattr(check, "MISSING_FEATURES", MissingFeatures())
    # And to the pace of records, which another test's clock has filled or emptied.
    monkeypatch.setattr(check, "RECORD_PACE", RecordPace())
    # And to the rate limit: a port may have been that of an earlier simulator, whose clock stands still.
    rate_limit._buckets.clear()
    stub.reset()
    agent_stub.reset()


@pytest.fixture
def clock():
    return ManualClock(T0)


@pytest.fixture
def simulator(clock):
    with Simulator(clock=clock) as running:
        yield running
        assert running.breaches == []


@dataclass(frozen=True)
class Reported:
    """What one run handed to the Agent."""

    error: str
    metrics: list[dict[str, Any]]
    events: list[dict[str, Any]]
    service_checks: list[dict[str, Any]]
    records: list[dict[str, Any]]
    calls: Counter[str] = field(default_factory=Counter)
    """The requests that the simulator saw, by operation."""

    def values(self, name, *tags):
        """The values of a metric whose series carry all of these tags."""
        return [
            m["value"] for m in self.metrics if m["name"] == f"optimizationjob.{name}" and set(tags) <= {*m["tags"]}
        ]

    def value(self, name, *tags):
        (value,) = self.values(name, *tags)
        return value

    def total(self, name, *tags):
        return sum(self.values(name, *tags))

    def service_check(self, region=REGION):
        """The status and the message of a region's service check."""
        (found,) = [s for s in self.service_checks if f"region:{region}" in s["tags"]]
        return found["status"], found["message"]

    def titles(self):
        return [event["msg_title"] for event in self.events]


class Agent:
    """Runs one instance of the check as the Agent does, and returns what it reported."""

    def __init__(self, simulator, clock, instance, init_config):
        self.simulator = simulator
        self.clock = clock
        self.instance = instance
        self.init_config = init_config
        self.restart()

    def restart(self):
        """Create the check again: what the process knows is lost, the persistent cache stays."""
        self.check = OptimizationJobCheck("optimizationjob", self.init_config, [dict(self.instance)])
        self.check.check_id = "optimizationjob:test"
        self.check.clock = self.clock

    def run(self, *, after=0.0):
        """Let time pass, run once, and return what was reported."""
        self.clock.advance(after)
        stub.reset()
        self.simulator.clear_calls()
        error = self.check.run()
        close()
        return Reported(
            error=error,
            metrics=_metrics(),
            events=[dict(event) for event in stub.events],
            service_checks=_service_checks(),
            records=_records(),
            calls=Counter(call.operation for call in self.simulator.calls),
        )


def close():
    """What is true of every run: documented metrics of the documented type, documented health, nothing twice."""
    rows = csv.DictReader((ROOT / "metadata.csv").read_text(encoding="utf-8").splitlines())
    stub.assert_metrics_using_metadata({row["metric_name"]: row for row in rows}, check_submission_type=True)
    stub.assert_service_checks(json.loads((ROOT / "assets/service_checks.json").read_text(encoding="utf-8")))
    stub.assert_no_duplicate_service_checks()
    series = [(m["name"], *sorted(m["tags"])) for m in _metrics() if m["kind"] != "histogram"]
    assert len(set(series)) == len(series), "one value a run for each series"
    for metric in _metrics():
        assert all(len(tag) <= 200 for tag in metric["tags"])
        assert len(set(metric["tags"])) == len(metric["tags"])
    for event in stub.events:
        assert len(event["msg_text"]) < 4000
        assert len(event["aggregation_key"]) <= 100


def _metrics():
    return [
        {"name": m.name, "kind": KINDS[m.type], "value": m.value, "tags": m.tags}
        for name in sorted(stub.metric_names)
        for m in stub.metrics(name)
    ]


def _service_checks():
    names = {0: "ok", 1: "warning", 2: "critical"}
    found = stub.service_checks("optimizationjob.can_connect")
    return [{"status": names[int(s.status)], "tags": s.tags, "message": s.message} for s in found]


def _records():
    return [
        {
            "type": r.type,
            "key": r.key,
            "fields": json.loads(r.fields_json),
            "seen_at": r.seen_at.seconds,
            "expire_at": r.expire_at.seconds,
        }
        for r in resources()
    ]


@pytest.fixture
def agent(simulator, clock):
    """Make an Agent with one instance; options override the usual ones, None takes one away."""

    def make(init_config=None, **options):
        usual = {
            "regions": [REGION],
            "aws_access_key_id": f"AKIA{ACCOUNT}",
            "aws_secret_access_key": SECRET_KEY,
            "endpoint_url": simulator.url,
            "min_collection_interval": 60,
        }
        instance = {key: value for key, value in {**usual, **options}.items() if value is not None}
        return Agent(simulator, clock, instance, init_config or {})

    return make


@pytest.fixture
def golden(request):
    """Compare JSON with a golden file of tests/scenarios, or rewrite it with --update-golden.

    `seen` takes from the file what the versions installed here cannot have reported.
    """

    def compare(name, content, seen=lambda whole: whole):
        path = SCENARIOS / f"{name}.json"
        text = json.dumps(content, indent=1, ensure_ascii=True) + "\n"
        if request.config.getoption("--update-golden"):
            path.write_text(text, encoding="utf-8")
        assert json.loads(text) == seen(json.loads(path.read_text(encoding="utf-8")))

    return compare


@pytest.fixture
def put(simulator, clock):
    """Put a job that was created, started and ended so many minutes ago."""

    def put_job(
        name, status="INPROGRESS", *, created=30, started=20, ended=None, account=ACCOUNT, region=REGION, **fields
    ):
        moments = {"created_at": created, "started_at": started, "ended_at": ended}
        times = {key: ago if ago is None else clock.now() - timedelta(minutes=ago) for key, ago in moments.items()}
        return simulator.put_job(account, region, name, status=status, **times, **fields)

    return put_job


@pytest.fixture
def running(simulator, clock):
    """A job that has run for 20 minutes."""
    now = clock.now()
    return simulator.put_job(
        ACCOUNT,
        REGION,
        "one",
        created_at=now - timedelta(minutes=30),
        started_at=now - timedelta(minutes=20),
        tags={"team": "ml"},
    )


@pytest.fixture
def fail(simulator, clock):
    def fail_job(name="one", reason="CapacityError: none left"):
        simulator.update_job(ACCOUNT, REGION, name, status="FAILED", ended_at=clock.now(), failure_reason=reason)

    return fail_job


@pytest.fixture
def fill(simulator, clock):
    """Put jobs that were created every ten seconds, the newest so many minutes ago; ended ones ended at once."""

    def fill_jobs(number, prefix="old", *, ago=180, status="COMPLETED", account=ACCOUNT, region=REGION, **fields):
        newest = clock.now() - timedelta(minutes=ago)
        for index in range(number):
            at = newest - timedelta(seconds=10 * index)
            ended = at if status in ("COMPLETED", "FAILED", "STOPPED") else None
            times = {"created_at": at, "started_at": at, "ended_at": ended}
            simulator.put_job(account, region, f"{prefix}-{index}", status=status, **times, **fields)

    return fill_jobs
