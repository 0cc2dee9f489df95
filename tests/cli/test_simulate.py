"""`optimizationjob simulate`: what it prints can be pasted into another terminal, and says how fast its clock runs."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys

import pytest

from tests.cli.conftest import PATIENCE

OWN = ("AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE", "OPTIMIZATIONJOB_TYPED")
PLAIN = {name: value for name, value in os.environ.items() if name not in (*OWN, "UV_RUN_RECURSION_DEPTH")}


@pytest.fixture
def simulate(begin):
    """Start it, and return what it printed until it waits."""
    started = []

    def printed(*arguments, **environment):
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        process = begin("simulate", *arguments, env={**PLAIN, **environment}, **pipes)
        started.append(process)
        lines = iter(process.stderr.readline, "Stop with Ctrl-C.\n")
        return process.stdout.readline().strip(), "".join(lines)

    yield printed
    for process in started:
        process.send_signal(signal.SIGINT)
        assert (process.wait(PATIENCE), process.communicate()) == (0, ("", "stopped\n"))


def pasted(text):
    return "\n".join(re.findall(r"^    (.+)$", text, re.MULTILINE))


@pytest.mark.slow
def test_what_it_prints_shows_jobs_in_another_terminal(simulate, tmp_path):
    url, text = simulate("--speed", "1")
    script = tmp_path / "optimizationjob"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -c "from optimizationjob.cli import main; main()" "$@"\n')
    script.chmod(0o755)
    environment = {**PLAIN, "PATH": f"{tmp_path}:{PLAIN['PATH']}", "AWS_REGION": "eu-north-1"}
    shell = ["sh", "-c", f"{pasted(text)}\necho $AWS_ENDPOINT_URL $AWS_REGION $AWS_DEFAULT_REGION"]
    ended = subprocess.run(shell, check=True, capture_output=True, text=True, env=environment, timeout=PATIENCE)
    title, *jobs, last = ended.stdout.splitlines()
    assert title.startswith("NAME ")
    assert {region for job in jobs for region in ("us-east-1", "eu-west-1") if region in job} == {
        "us-east-1",
        "eu-west-1",
    }
    assert last == f"{url} us-east-1 us-east-1"
    assert ended.stderr == ""
    assert all(len(line) <= 100 for line in text.splitlines())


@pytest.mark.parametrize(
    ("environment", "typed"),
    [
        ({}, "optimizationjob"),
        ({"UV_RUN_RECURSION_DEPTH": "1"}, "uv run optimizationjob"),
        ({"UV_RUN_RECURSION_DEPTH": "1", "OPTIMIZATIONJOB_TYPED": "./run"}, "./run"),
        ({"OPTIMIZATIONJOB_TYPED": "my checkout/run"}, "'my checkout/run'"),
    ],
)
def test_the_command_is_started_as_this_one_was(simulate, environment, typed):
    _, text = simulate(**environment)
    assert f"\n    {typed} watch --region us-east-1" in text


@pytest.mark.parametrize(("speed", "said"), [("60", True), ("2.5", True), ("1", False)])
def test_a_clock_that_is_not_ours_is_said(simulate, speed, said):
    _, text = simulate("--speed", speed)
    assert (f"runs {speed} times as fast as yours" in text) is said
    assert ("--speed 1" in text) is said
