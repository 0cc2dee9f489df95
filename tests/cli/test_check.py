"""The command `check`: text and JSON output, and errors."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from datetime import UTC, datetime

import pytest
from rich.console import Console

from optimizationjob.cli.check.check_command import longest_interval
from optimizationjob.cli.check.check_json import Run, calls, document
from optimizationjob.cli.check.check_text import RunText, distinguishing
from optimizationjob.cli.instance_options import Instances
from optimizationjob.cli.submitted_data import Delivery
from optimizationjob.clock import SystemClock
from optimizationjob.simulator import Fault, Simulator
from optimizationjob.telemetry.signals import Sample, ServiceCheckStatus
from tests.versions import TAKES_RECORDS

PATIENCE = 50
NOWHERE = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "AWS_ACCESS_KEY_ID": "AKIA111111111111",
    "AWS_SECRET_ACCESS_KEY": "x",
}
MEMBERS = {
    "begun_at",
    "seconds",
    "error",
    "warnings",
    "service_checks",
    "metrics",
    "events",
    "issues",
    "records",
    "calls",
}


def one_line(ended):
    assert "Traceback" not in ended.stderr
    assert ended.stderr.startswith("optimizationjob: ")
    assert ended.stderr.count("\n") == 1
    return ended.stderr


def test_prints_everything_the_agent_would_send(run, aws, conf):
    ended = run("check", "--config", str(conf), "--instance", "1", **aws)
    assert (ended.returncode, ended.stderr) == (0, "")
    told = ended.stdout
    assert told.startswith("Instance 1, run 1 of 1, ")
    for block in ("Service checks (2)", "Metrics (", "Events (", "Resource records (", "Calls to AWS ("):
        assert f"\n{block}" in told
    assert "OK  111111111111  us-east-1" in told
    assert "optimizationjob.jobs  gauge, " in told
    assert "DescribeOptimizationJob  ok" in told
    assert " more\n" in told
    assert "\x1b" not in told


def test_all_option_omits_nothing(run, aws, conf):
    ended = run("check", "--config", str(conf), "--all", **aws)
    assert ended.returncode == 0
    assert " more\n" not in ended.stdout
    assert "Instance 2, run 1 of 1" in ended.stdout


def test_unread_window_is_reported_unless_the_region_is_unreadable():
    regions = {"eu-west-1": 1.0, "us-east-1": 0.0}
    samples = tuple(
        Sample(name, "gauge", value, (f"region:{region}",))
        for region, is_up in regions.items()
        for name, value in (("api.up", is_up), ("poll.truncated", 1.0))
    )
    run = Run(1, datetime(2026, 1, 5, tzinfo=UTC), 20.0, Delivery(samples=samples))
    console = Console(width=200)
    with console.capture() as shown:
        console.print(RunText(run, "Run"))
    assert "The window of eu-west-1 is not read in full yet" in shown.get()


@pytest.mark.parametrize("is_terminal", [True, False])
def test_a_rule_leads_each_group_on_a_terminal(is_terminal):
    run = Run(1, datetime(2026, 11, 2, 12, tzinfo=UTC), 0.5, Delivery())
    console = Console(width=60, force_terminal=is_terminal, color_system=None)
    with console.capture() as caught:
        console.print(RunText(run, "Run"))
    titles = [
        line for line in caught.get().splitlines() if line.startswith(("Metrics (", "Events (", "Calls to AWS ("))
    ]
    assert len(titles) == 3
    assert [line.endswith("\u2500" * 20) and len(line) == 60 for line in titles] == [is_terminal] * 3


def test_no_color_is_respected_in_a_terminal(run, aws, conf):
    colored, plain = (
        run("check", "--config", str(conf), "--instance", "2", FORCE_COLOR="1", **aws, **environment).stdout
        for environment in ({}, {"NO_COLOR": "1"})
    )
    assert "\x1b[32m" in colored
    assert "\x1b[32m" not in plain


@pytest.mark.parametrize(
    ("intervals", "longest"),
    [
        ([60, "300"], 300),
        (["0.5"], 0.5),
        ([None, 20], 45),
        (["60s"], 15),
        ([10**400], 15),
        ([float("inf")], 15),
        ([True, [90]], 15),
    ],
)
def test_runs_follow_the_longest_interval(intervals, longest):
    found = tuple({"min_collection_interval": interval} for interval in intervals)
    assert longest_interval(Instances({"min_collection_interval": "45"}, found)) == longest
    assert longest_interval(Instances({}, ({},))) == 15


def test_document_contains_every_instance_and_run(run, aws, conf):
    ended = run("check", "--config", str(conf), "--runs", "2", "--interval", "0.1", "--json", **aws)
    assert (ended.returncode, ended.stderr) == (0, "")
    told = json.loads(ended.stdout)
    assert told["version"] == 1
    assert [(one["number"], len(one["runs"])) for one in told["instances"]] == [(1, 2), (2, 2)]
    for one in told["instances"]:
        for each in one["runs"]:
            assert set(each) == MEMBERS
            assert each["error"] is None
            assert {row["status"] for row in each["service_checks"]} == {"ok"}
            assert all(metric["name"].startswith("optimizationjob.") for metric in each["metrics"])
        first, second = one["runs"]
        assert bool(first["records"]) is TAKES_RECORDS
        assert all("optimization_job_arn" in record["fields"] for record in first["records"])
        assert {"operation", "outcome", "number", "region", "account"} == set(first["calls"][0])
        assert [row["operation"] for row in second["calls"]].count("describe_optimization_job") == 0, "remembered"
    assert "planted-secret-key" not in ended.stdout


def test_the_document_is_stable(delivery):
    whole = Delivery(
        healths=delivery.healths[:1], samples=delivery.samples[-4:-3], records=("arn",), fields=({"a": 1},)
    )
    at = datetime(2026, 1, 5, 12, tzinfo=UTC)
    place = {"account": "111111111111", "region": "us-east-1"}
    tags = ("region:us-east-1", "aws_account:111111111111")
    assert document([Run(3, at, 1.23456, whole)]) == {
        "version": 1,
        "instances": [
            {
                "number": 3,
                "runs": [
                    {
                        "begun_at": "2026-01-05T12:00:00Z",
                        "seconds": 1.235,
                        "error": None,
                        "warnings": [],
                        "service_checks": [{"status": ServiceCheckStatus.OK, "tags": tags, "message": ""}],
                        "metrics": [
                            {
                                "name": "optimizationjob.api.calls",
                                "kind": "count",
                                "value": 1,
                                "tags": (*tags, "operation:list_optimization_jobs", "outcome:ok"),
                            }
                        ],
                        "events": [],
                        "issues": [],
                        "records": [{"key": "arn", "fields": {"a": 1}}],
                        "calls": [{**place, "operation": "list_optimization_jobs", "outcome": "ok", "number": 1}],
                    }
                ],
            }
        ],
    }


def test_calls_are_listed_by_operation_and_outcome(delivery):
    rows = [(row.operation, row.outcome, row.number) for row in calls(delivery.samples)]
    assert ("describe_optimization_job", "throttled", 2) in rows


def test_common_tags_are_omitted():
    series = [Sample("jobs", "gauge", 1.0, ("region:a", f"kind:{kind}")) for kind in "xy"]
    assert distinguishing(series, ()) == [("kind:x",), ("kind:y",)]
    assert distinguishing(series[:1], {"region:a"}) == [("kind:x",)]


def test_missing_region_prints_only_the_agent_message(run):
    ended = run("check")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "`regions` is not set" in one_line(ended)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("instances: [", "is not YAML"),
        ("instances:\n  - regions: [us-east-1]\n    lookback: -1\n", "`lookback` is -1"),
        ("instances:\n  - regions: [us-east-1]\n    aws_secret_access_key: planted-secret-key\n", "aws_access_key_id"),
    ],
)
def test_invalid_configuration_is_a_usage_error(run, tmp_path, text, words):
    path = tmp_path / "conf.yaml"
    path.write_text(text, encoding="utf-8")
    ended = run("check", "--config", str(path))
    assert (ended.returncode, ended.stdout) == (2, "")
    assert words in one_line(ended)
    assert "planted" not in ended.stderr


def test_invalid_instance_does_not_stop_the_other(run, aws, tmp_path):
    path = tmp_path / "conf.yaml"
    path.write_text(
        "instances:\n  - lookback: -1\n  - regions: [eu-west-1]\n    api_rate_limit: 500\n", encoding="utf-8"
    )
    ended = run("check", "--config", str(path), **aws)
    assert ended.returncode == 2
    assert "error: " in ended.stdout
    assert "`lookback` is -1" in ended.stdout
    assert "OK  111111111111  eu-west-1" in ended.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--config", "none.yaml"), "cannot be read"),
        (("--instance", "1"), "add --config"),
        (("--region", "nowhere"), "names of AWS regions"),
        (("--region", "us-east-1", "--profile", "nobody"), "`profile_name` is 'nobody'"),
    ],
)
def test_usage_error_is_one_line(run, arguments, words):
    ended = run("check", *arguments)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert words in one_line(ended)


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({}, "Unable to locate credentials"),
        (NOWHERE, "onnect"),
    ],
)
def test_a_region_that_cannot_be_read_is_critical(run, environment, words):
    ended = run("check", "--region", "us-east-1", **environment)
    assert (ended.returncode, ended.stderr) == (1, "")
    assert "CRITICAL  unknown  us-east-1" in ended.stdout
    assert words in ended.stdout


def test_expired_credentials_are_critical(run):
    with Simulator(clock=SystemClock()) as simulator:
        simulator.fault(Fault.EXPIRED_TOKEN)
        ended = run("check", "--region", "us-east-1", **{**NOWHERE, "AWS_ENDPOINT_URL": simulator.url})
    assert ended.returncode == 1
    assert "ExpiredToken" in ended.stdout


def test_a_full_disk_is_one_line(begin):
    with open("/dev/full", "w", encoding="utf-8") as full:  # noqa: PTH123 - a device file
        process = begin("check", "--region", "us-east-1", stdout=full, stderr=subprocess.PIPE, text=True)
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert errors.count("\n") == 1


def test_closed_pipe_prints_no_traceback(begin):
    reader, writer = os.pipe()
    process = begin("check", "--region", "us-east-1", stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    os.close(reader)
    _, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, errors) == (141, "")


@pytest.mark.slow
def test_ctrl_c_between_runs_reports_the_finished_ones(begin, aws, monkeypatch):
    for name, value in aws.items():
        monkeypatch.setenv(name, value)
    process = begin(
        *("check", "--region", "eu-west-1", "--runs", "2", "--interval", "600"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    # The last block of the first run's output.
    assert any(line.startswith("Calls to AWS") for line in process.stdout)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, errors) == (0, "")
