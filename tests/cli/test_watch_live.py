"""The watch against a simulated AWS, in a pseudo-terminal and without a terminal."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from datetime import timedelta
from functools import partial

import pytest

from optimizationjob.clock import SystemClock
from optimizationjob.simulator import Simulator
from tests.cli.terminal import LEAVE, Terminal

PATIENCE = 40
KEYS = {"AWS_ACCESS_KEY_ID": "AKIA111111111111", "AWS_SECRET_ACCESS_KEY": "simulated", "TERM": "xterm-256color"}
REGIONS = ("--region", "us-east-1", "--region", "eu-west-1")


@pytest.fixture(scope="module")
def aws():
    with Simulator(clock=SystemClock(), check_model=False) as running:
        now = SystemClock().now()
        limits = {"created_at": now - timedelta(minutes=50), "started_at": now - timedelta(minutes=40)}
        running.put_job("111111111111", "us-east-1", "runs-well", **limits)
        running.put_job("111111111111", "eu-west-1", "waits-long", status="STARTING", created_at=now)
        running.add_job(
            "111111111111", "us-east-1", "out-of-memory", story="cuda-memory", created_at=now - timedelta(minutes=45)
        )
        yield running


@pytest.fixture
def open_terminal(begin):
    opened = []

    def open_one(*arguments, **environment):
        opened.append(Terminal(partial(begin, "watch", *arguments), {**KEYS, **environment}))
        return opened[-1]

    yield open_one
    for terminal in opened:
        terminal.close()


@pytest.mark.slow
def test_shows_jobs_and_handles_keys(open_terminal, aws):
    terminal = open_terminal("--endpoint-url", aws.url, *REGIONS)
    assert terminal.sees("runs-well", "waits-long", "out-of-memory", "2 of 2 regions ok")
    terminal.press(b"\r")
    assert terminal.sees("arn:aws:sagemaker", "Category")
    terminal.press(b"p")
    assert terminal.sees("PAUSED")
    terminal.resize(220, 40)
    # The kernel sends it only to programs that the terminal controls.
    terminal.process.send_signal(signal.SIGWINCH)
    assert terminal.sees("TECHNIQUE")
    terminal.press(b"?")
    assert terminal.sees("MaxPendingTimeInSeconds")
    terminal.press(b"/runs")
    assert terminal.sees("1 job ", "filter runs")
    terminal.press(b"\x03")
    assert terminal.ends(2.0) == 0
    assert terminal.is_as_before()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signals_end_the_watch_and_restore_the_terminal(open_terminal, aws, number):
    terminal = open_terminal("--endpoint-url", aws.url, *REGIONS)
    assert terminal.sees("Quit")
    terminal.process.send_signal(number)
    assert terminal.ends(2.0) == 128 + number
    assert terminal.is_as_before()


@pytest.mark.slow
@pytest.mark.parametrize("key", [b"q", b"\x03"])
def test_quitting_does_not_wait_for_a_slow_aws(open_terminal, key):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        terminal = open_terminal("--endpoint-url", f"http://127.0.0.1:{silent.getsockname()[1]}", *REGIONS)
        assert terminal.sees("first poll under way")
        silent.settimeout(PATIENCE)
        call, _ = silent.accept()
        with call:
            terminal.press(b"?")
            assert terminal.sees("Columns to")
            terminal.press(key)
            assert terminal.ends(2.0) == 0
            assert terminal.is_as_before()


@pytest.mark.slow
def test_unreadable_region_shows_a_banner_and_the_watch_continues(open_terminal):
    terminal = open_terminal("--endpoint-url", "http://127.0.0.1:9", "--region", "us-east-1")
    assert terminal.sees("us-east-1 cannot be read: Could", "0 of 1 regions ok")
    terminal.press(b"q")
    assert terminal.ends(2.0) == 0


@pytest.mark.slow
def test_ctrl_z_restores_the_terminal_and_fg_takes_it_over_again(open_terminal, aws):
    terminal = open_terminal("--endpoint-url", aws.url, *REGIONS)
    assert terminal.sees("runs-well")
    terminal.press(b"\x1a")
    end = time.monotonic() + PATIENCE
    while LEAVE not in terminal.written and time.monotonic() < end:
        terminal.written += os.read(terminal.ours, 65536)
    terminal.process.send_signal(signal.SIGCONT)
    assert terminal.sees("runs-well")
    terminal.process.send_signal(signal.SIGINT)
    assert terminal.ends(2.0) == 0
    assert terminal.is_as_before()


@pytest.mark.slow
def test_a_terminal_that_is_closed_ends_the_watch(open_terminal, aws):
    terminal = open_terminal("--endpoint-url", aws.url, *REGIONS)
    assert terminal.sees("runs-well")
    os.close(terminal.ours)
    assert terminal.process.wait(10) == 128 + signal.SIGHUP
    terminal.ours = os.dup(terminal.theirs)


def test_ctrl_c_ends_a_table_within_two_seconds(begin):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        pipe = subprocess.PIPE
        arguments = ("watch", "--endpoint-url", address, *REGIONS)
        process = begin(*arguments, env={**os.environ, **KEYS}, stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe)
        silent.settimeout(PATIENCE)
        call, _ = silent.accept()
        with call:
            process.send_signal(signal.SIGINT)
            started = time.monotonic()
            assert process.wait(PATIENCE) == 130
            assert time.monotonic() - started < 2
    assert process.stdout.read() == b""
    assert process.stderr.read() == b"optimizationjob: stopped before everything was read\n"


TWO = """
instances:
  - regions: [us-east-1, eu-west-1]
  - regions: [us-east-1]
    {}
"""


def test_all_instances_of_a_configuration_are_shown_or_one(run, aws, tmp_path):
    path = tmp_path / "conf.yaml"
    path.write_text(TWO.format("aws_access_key_id: AKIA222222222222\n    aws_secret_access_key: simulated"))
    now = SystemClock().now()
    aws.put_job("222222222222", "us-east-1", "of-another-account", created_at=now)
    options = ("--config", str(path), "--endpoint-url", aws.url, "--format", "json")
    ended = run("watch", *options, **KEYS)
    assert (ended.returncode, ended.stderr) == (0, "")
    made = json.loads(ended.stdout)
    assert [job["name"] for job in made["jobs"] if job["account"] == "222222222222"] == ["of-another-account"]
    assert made["counts"]["failed"] == sum(job["status"] == "failed" for job in made["jobs"]) == 1
    assert [region["status"] for region in made["regions"]] == ["ok"] * 3
    only = json.loads(run("watch", *options, "--instance", "2", **KEYS).stdout)
    assert [job["name"] for job in only["jobs"]] == ["of-another-account"]
    table = run("watch", *options[:-1], "table", **KEYS).stdout
    assert "ACCOUNT" in table
    assert "of-another-account" in table


def test_an_instance_that_cannot_be_polled_does_not_hide_the_others(run, aws, tmp_path):
    path = tmp_path / "conf.yaml"
    path.write_text(TWO.format("profile_name: nobody"))
    ended = run("watch", "--config", str(path), "--endpoint-url", aws.url, **KEYS)
    assert ended.returncode == 1
    assert "runs-well" in ended.stdout
    assert ended.stderr.startswith("optimizationjob: instance 2 cannot be read: `profile_name` is 'nobody'")
    assert ended.stderr.count("\n") == 1


def test_nothing_needs_a_unix_terminal():
    code = "import sys\nfor name in ('termios', 'tty', 'fcntl', 'pty'): sys.modules[name] = None\n"
    code += (
        "from optimizationjob.cli.demo import demo_watch\nfrom optimizationjob.cli.watch import watch_live, watch_once"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_dumb_terminal_gets_a_plain_table(open_terminal, aws):
    terminal = open_terminal("--endpoint-url", aws.url, *REGIONS, TERM="dumb")
    assert terminal.sees("NAME", "runs-well", "1 failed")
    assert b"\x1b" not in terminal.written
    assert terminal.ends(5.0) == 0


def test_without_a_terminal_a_table_is_printed_once(run, aws):
    ended = run("watch", "--endpoint-url", aws.url, *REGIONS, "--status", "failed", "--status", "running", **KEYS)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "\x1b" not in ended.stdout
    assert [line.split()[0] for line in ended.stdout.splitlines()[1:3]] == ["runs-well", "out-of-memory"]
    assert "waits-long" not in ended.stdout
    assert re.search(r" memory +us-east-1 .* AlgorithmError", ended.stdout)


@pytest.mark.parametrize(
    ("arguments", "environment", "status", "words"),
    [
        (("--endpoint-url", "http://127.0.0.1:9", *REGIONS), KEYS, 1, "--endpoint-url"),
        (("--endpoint-url", "http://127.0.0.1:9", *REGIONS), {}, 1, "(--profile on the command line)"),
        (("--region", "nowhere!"), KEYS, 2, "`regions`"),
        ((), KEYS, 2, "give at least one region, on the command line --region"),
        (("--region", "us-east-1", "--profile", "nobody"), {}, 2, "`profile_name`"),
        (("--config", "/dev/null"), KEYS, 2, "not a configuration"),
        (("--name", "("), KEYS, 2, "`--name`"),
        (("--status", "odd"), KEYS, 2, "`--status`"),
        (("--interval", "4"), KEYS, 2, "--interval"),
        (("--since", "yesterday"), KEYS, 2, "`--since` is 'yesterday': give minutes, hours or days"),
        (("--since", "0h"), KEYS, 2, "`--since`"),
        (("--since", "9999d"), KEYS, 2, "`--since`"),
        (("--instance", "1"), KEYS, 2, "add --config"),
    ],
)
def test_errors_are_one_line(run, arguments, environment, status, words):
    ended = run("watch", *arguments, **environment)
    assert (ended.returncode, ended.stdout) == (status, "")
    assert ended.stderr.startswith("optimizationjob: ")
    assert ended.stderr.count("\n") == 1
    assert words in ended.stderr
