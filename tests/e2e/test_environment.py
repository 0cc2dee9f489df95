"""What can be shown of the test in a real Agent where there is no Docker."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from datadog_checks.base.stubs import aggregator as stub
from tests.e2e import environment
from tests.e2e.expected import PAUSE_SECONDS, RUNS, assert_reported
from tests.e2e.simulated_jobs import add_job

ddev_plugin = pytest.importorskip("datadog_checks.dev.plugin.pytest", reason="an Agent's libraries lack ddev's")
ROOT = Path(__file__).parents[2]


def test_the_check_reports_it_where_no_agent_is(agent, simulator, clock):
    check = agent(**{**environment.instance(0), "endpoint_url": simulator.url}).check
    for number in range(RUNS):
        add_job(simulator, number)
        clock.advance(PAUSE_SECONDS)
        assert check.run() == ""
    assert_reported(stub, stub.events)


def test_the_events_of_an_agent_are_kept(agent_events, aggregator, datadog_agent):
    # In the form of `datadog-agent check --json`.
    printed = {"aggregator": {"events": [{"msg_title": "one"}]}, "runner": {}}
    ddev_plugin.replay_check_run([printed, {"aggregator": {}}], aggregator, datadog_agent)
    assert agent_events == [{"msg_title": "one"}]


@pytest.mark.slow
def test_ddev_env_start_gets_the_instance_of_the_agent(tmp_path):
    # As `ddev env start` runs the tests, with a program in the place of docker.
    docker = tmp_path / "docker"
    docker.write_text(f'#!/bin/sh\necho "$SIMULATOR_PORT $@" >>{tmp_path}/calls\necho simulated AWS at\n', "utf-8")
    docker.chmod(0o755)
    ddev = {"DDEV_E2E_DOWN": "false", "DDEV_E2E_RESULT_FILE": str(tmp_path / "result.json")}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    command = [sys.executable, "-m", "pytest", "--capture=no", "--disable-warnings", "--exitfirst", "-qqqq", "tests"]
    subprocess.run(command, cwd=ROOT, env={**kept, **ddev, "PATH": path}, check=True, timeout=50)
    config = json.loads((tmp_path / "result.json").read_text(encoding="utf-8"))["config"]
    started = [line for line in (tmp_path / "calls").read_text(encoding="utf-8").splitlines() if " up " in line]
    assert len(started) == 1, "one process starts one environment"
    assert config == environment.instance(int(started[0].split()[0]))


def test_the_compose_file_is_one():
    checker = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec"]
    subprocess.run([*checker, str(environment.COMPOSE_FILE)], check=True)


def test_the_container_gets_what_it_needs():
    service = yaml.safe_load(environment.COMPOSE_FILE.read_text(encoding="utf-8"))["services"]["simulator"]
    context = environment.COMPOSE_FILE.parent / service["build"]["context"]
    assert context.resolve() == ROOT
    recipe = (context / service["build"]["dockerfile"]).read_text(encoding="utf-8")
    copied = [line.split()[1] for line in recipe.splitlines() if line.startswith("COPY")]
    assert copied == ["optimizationjob", "tests/e2e/simulated_jobs.py"]
    assert all((ROOT / name).exists() for name in copied)
