"""Ctrl-C at any moment: while libraries load, and in the middle of each command's work."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from optimizationjob.cli.interrupts import CtrlC, interruptible, noted, raised
from optimizationjob.simulator import Fault, Simulator
from tests.versions import TAKES_RECORDS

ACCOUNT, EAST = "111111111111", "us-east-1"
KEYS = {"AWS_ACCESS_KEY_ID": f"AKIA{ACCOUNT}", "AWS_SECRET_ACCESS_KEY": "simulated"}
PATIENCE = 50
# Sends Ctrl-C where a library is about to be loaded, and goes on as if nothing had happened.
WHILE_LOADING = """
import os, sys, _signal
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == {name!r}:
            os.kill(os.getpid(), _signal.SIGINT)
sys.meta_path.insert(0, Finder())
from optimizationjob.cli import main
main()
"""
MOMENTS = {
    "typer": ("--help",),
    "optimizationjob.cli.app": ("--help",),
    "optimizationjob.cli.command_failure": ("--help",),
    "rich": ("doctor", "--region", EAST),
    "datadog_checks.optimizationjob": ("check", "--region", EAST),
    "duckdb": ("query", "--region", EAST, "SELECT 1"),
    "optimizationjob.cli.watch.watch_polls": ("watch", "--region", EAST),
    "optimizationjob.cli.demo.demo_world": ("demo", "--once"),
    "optimizationjob.simulator": ("simulate",),
    "yaml": ("configure", "none.csv"),
    "optimizationjob.cli.assets.push_command": ("assets", "push"),
    "optimizationjob.cli.assets.asset_export": ("assets", "export", "--output", "none"),
}


@pytest.mark.parametrize("name", MOMENTS)
def test_ctrl_c_while_a_library_loads_is_silent(name, tmp_path):
    ended = subprocess.run(
        [sys.executable, "-c", WHILE_LOADING.format(name=name), *MOMENTS[name]],
        check=False,
        capture_output=True,
        timeout=PATIENCE,
        cwd=tmp_path,
        env={**os.environ, **KEYS, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    # As a shell shows it, 130.
    assert (ended.returncode, ended.stdout, ended.stderr) == (-signal.SIGINT, b"", b"")
    assert list(tmp_path.iterdir()) == []


@pytest.fixture
def simulator(clock):
    with Simulator() as running:
        for name in ("one", "two", "three", "four", "five"):
            running.put_job(ACCOUNT, EAST, name)
        yield running


@pytest.fixture
def play(begin, simulator):
    """Run a command, send Ctrl-C when an operation has been called so many times, and return what it wrote."""

    def run_until(operation, number, *arguments):
        process = begin(
            *arguments,
            env={**os.environ, **KEYS, "AWS_ENDPOINT_URL": simulator.url},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        end = time.monotonic() + PATIENCE
        while simulator.count(operation) < number and time.monotonic() < end:
            time.sleep(0.02)
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=PATIENCE)
        return subprocess.CompletedProcess(arguments, process.returncode, output, errors)

    return run_until


def test_query_answers_from_what_was_read(play, simulator):
    simulator.fault(Fault.HANG, operation="DescribeOptimizationJob", after=3)
    ended = play(
        "DescribeOptimizationJob", 4, "query", "--region", EAST, "--format", "csv", "SELECT count(*) AS n FROM jobs"
    )
    assert (ended.returncode, ended.stdout) == (130, "n\n3\n")
    lines = ended.stderr.splitlines()
    assert lines[0].startswith("3 jobs, ")
    assert lines[1:] == [
        "incomplete: Ctrl-C was pressed",
        "  us-east-1 is not read in full: 2 of 5 known jobs are not described",
        "optimizationjob: stopped: the answer is of the jobs that were read",
    ]


def test_query_saves_what_was_read(play, simulator, tmp_path, run):
    simulator.fault(Fault.HANG, operation="DescribeOptimizationJob", after=3)
    path = tmp_path / "jobs.duckdb"
    ended = play("DescribeOptimizationJob", 4, "query", "--region", EAST, "--save", str(path))
    assert (ended.returncode, ended.stdout) == (130, "")
    assert ended.stderr.endswith(f"optimizationjob: stopped: {path} has the jobs that were read\n")
    again = run("query", "--from", str(path), "--format", "json", "SELECT count(*) AS n FROM jobs")
    assert json.loads(again.stdout) == [{"n": 3}]
    assert [file.name for file in tmp_path.iterdir()] == ["jobs.duckdb"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("query", "SELECT 1"), "stopped before any job was read"),
        (("check",), "stopped before the first run ended"),
        (("check", "--json"), "stopped before the first run ended"),
        (("watch",), "stopped before everything was read"),
    ],
)
def test_nothing_read_is_one_line(play, simulator, arguments, words):
    simulator.fault(Fault.HANG, operation="ListOptimizationJobs")
    ended = play("ListOptimizationJobs", 1, *arguments, "--region", EAST)
    assert (ended.returncode, ended.stdout, ended.stderr) == (130, "", f"optimizationjob: {words}\n")


def test_check_shows_the_runs_that_ended(play, simulator):
    simulator.fault(Fault.HANG, operation="ListOptimizationJobs", after=1)
    ended = play("ListOptimizationJobs", 2, "check", "--json", "--region", EAST, "--runs", "3", "--interval", "0")
    assert (ended.returncode, ended.stderr) == (
        130,
        "optimizationjob: stopped in the middle of a run, after 1 that ended\n",
    )
    (instance,) = json.loads(ended.stdout)["instances"]
    assert len(instance["runs"]) == 1
    assert len(instance["runs"][0]["records"]) == (5 if TAKES_RECORDS else 0)


def test_doctor_shows_the_findings_so_far(play, simulator):
    simulator.fault(Fault.HANG, operation="ListOptimizationJobs", region="eu-west-1")
    ended = play("ListOptimizationJobs", 2, "doctor", "--region", EAST, "--region", "eu-west-1")
    assert ended.returncode == 130
    assert f"\nok {ACCOUNT} identity: " in ended.stdout
    assert f" {ACCOUNT} eu-west-1 " not in ended.stdout
    assert ended.stderr == "optimizationjob: stopped before everything was examined\n"


def test_push_reports_what_was_written(begin):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        process = begin(
            *("assets", "push", "--api-url", url),
            env={**os.environ, "DD_API_KEY": "a" * 32, "DD_APP_KEY": "b" * 40},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        silent.settimeout(PATIENCE)
        call, _ = silent.accept()
        with call:
            process.send_signal(signal.SIGINT)
            output, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert "not tried" in output
    assert errors.endswith("nothing was written; run it again after that\noptimizationjob: stopped\n")


def test_a_statement_that_takes_long_is_stopped(begin, tmp_path):
    source = tmp_path / "jobs.json"
    source.write_text("[]", encoding="utf-8")
    target = tmp_path / "answer.csv"
    endless = "SELECT max(hash(a.range * b.range)) FROM range(10000000) a, range(10000000) b"
    process = begin(
        *("query", "--from", str(source), "--output", str(target), endless), stderr=subprocess.PIPE, text=True
    )
    end = time.monotonic() + PATIENCE
    # The draft is there once the statement runs.
    while len(list(tmp_path.iterdir())) < 2 and time.monotonic() < end:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert errors in ("", "optimizationjob: stopped\n")
    assert [file.name for file in tmp_path.iterdir()] == ["jobs.json"]


def press():
    os.kill(os.getpid(), signal.SIGINT)


def test_ctrl_c_is_noted_and_the_handler_restored():
    before = signal.getsignal(signal.SIGINT)
    with noted() as ctrl_c:
        assert not ctrl_c.comes_within(0)
        press()
        assert ctrl_c.comes_within(PATIENCE)
    assert signal.getsignal(signal.SIGINT) is before


def test_code_that_cleans_up_gets_an_exception():
    with pytest.raises(KeyboardInterrupt), raised():
        press()


def test_a_failure_of_the_work_is_raised_where_its_result_is_wanted():
    def fail():
        raise ValueError("reason")

    with pytest.raises(ValueError, match="reason"):
        interruptible(fail)
    assert interruptible(lambda: 3) == 3
    assert not CtrlC().is_pressed
