"""What commands write to a terminal: hostile text from anywhere is shown, and is no command to the terminal."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from optimizationjob.cli import terminal_output as guard
from optimizationjob.cli.app import COMMANDS
from optimizationjob.cli.terminal_output import GuardedStream
from optimizationjob.clock import SystemClock
from optimizationjob.simulator import Places, Simulator
from optimizationjob.simulator.error_answers import error
from tests.cli.same_fleet import same_fleet
from tools.datadog_api.stand_in_account import API_KEY, APP_KEY, StandInAccount
from tools.datadog_api.stand_in_server import serve

EVIL = (
    "evil\x1b[31;5;7m\x1b[2J\x1b]0;title\x07\x1b]8;;http://evil\x1b\\x\x1b]52;c;cm0=\x07\x9b31m\x9d52;c;cm0=\x9c"
    "\x08\x7f\r\u202eowt\u2066\u200b\u2028\x85\x00end"
)
IN_XML = "evil\x7f\x9b31;5;7m\u202eowt\u200b\u2028end"
STYLING = re.compile(r"\x1b\[(?:[0-9;]*m|[0-9]*[ABCDGHJK]|\?25[lh])")
TABLE = "aws_sagemaker_optimizationjob"
KEPT = {"OptimizationJobArn", "OptimizationJobStatus", "ResourceARN", "NextToken", "Account", "OptimizationJobName"}


def spoiled(value):
    if isinstance(value, dict):
        return {key: item if key in KEPT else spoiled(item) for key, item in value.items()}
    if isinstance(value, list):
        return [spoiled(item) for item in value]
    return value + EVIL if isinstance(value, str) else value


def tampered(operation, answer):
    if operation == "ListTags":
        raise error(("AccessDeniedException", 400), EVIL)
    if operation == "GetCallerIdentity":
        return {**answer, "Arn": answer["Arn"] + IN_XML}
    return spoiled(answer)


@pytest.fixture(scope="module")
def hostile_aws():
    with Simulator(clock=SystemClock()) as simulator:
        simulator.load(same_fleet(12, Places()))
        simulator.tamper(tampered)
        places = {"AWS_ACCESS_KEY_ID": "AKIA111111111111", "AWS_SECRET_ACCESS_KEY": "simulated"}
        yield {"AWS_ENDPOINT_URL": simulator.url, **places}


@pytest.fixture
def shown(written_at):
    """Run a command in a terminal and return what that got, as text."""
    return partial(written_at, 80)


def is_harmless(text):
    assert "31;5;7m" not in STYLING.findall(text)
    assert "\x1b[31;5;7m" not in text
    rest = STYLING.sub("", text)
    bad = {character for character in rest if not character.isprintable() and character not in "\r\n\t"}
    assert not bad, (bad, rest)
    # Line ends and progress have a carriage return of their own.
    assert not re.search(r"\r ?owt", rest)
    return rest


WALK = {
    "check": ("check", "--region", "us-east-1", "--all"),
    "check, JSON": ("check", "--region", "us-east-1", "--json"),
    "doctor": ("doctor", "--region", "us-east-1"),
    "doctor, JSON": ("doctor", "--region", "us-east-1", "--json"),
    "doctor, policy": ("doctor", "--region", "us-east-1", "--policy"),
    "query": ("query", "--region", "us-east-1", "--api-rate-limit", "500", f"SELECT tags FROM {TABLE}"),
    "query, CSV": ("query", "--region", "us-east-1", "--api-rate-limit", "500", "--format", "csv", f"FROM {TABLE}"),
    "query, JSON": ("query", "--region", "us-east-1", "--api-rate-limit", "500", "--format", "json", f"FROM {TABLE}"),
    "query, error": ("query", "--region", "us-east-1", f'SELECT "{EVIL}" FROM {TABLE}'.replace("\x00", "")),
    "query, error of a value": ("query", "--region", "us-east-1", f"SELECT CAST('{EVIL[:-4]}' AS INT)"),
}
SLOW = ("query", "query, JSON", "query, error of a value", "doctor, JSON")
REFUSED = {
    "assets": ("assets", "export", "--output", "/nonexistent/x", EVIL),
    "assets, site": ("assets", "push", "--site", EVIL),
    "check": ("check", "--config", f"/nonexistent/{EVIL}"),
    "configure": ("configure", f"/nonexistent/{EVIL}"),
    "demo": ("demo", f"--{EVIL}"),
    "doctor": ("doctor", "--region", EVIL),
    "query": ("query", "--from", f"/nonexistent/{EVIL}", "SELECT 1"),
    "query, format": ("query", "--format", EVIL, "SELECT 1"),
    "simulate": ("simulate", f"--{EVIL}"),
    "watch": ("watch", "--status", EVIL),
    "no command": (EVIL,),
}


@pytest.mark.slow
@pytest.mark.parametrize(
    "case", [pytest.param(case, marks=pytest.mark.slow) if case in SLOW else case for case in WALK]
)
def test_what_aws_says_is_no_command_to_a_terminal(shown, hostile_aws, case):
    text = shown(*WALK[case], **hostile_aws)
    assert "evil" in is_harmless(text) or case == "doctor, policy"
    assert "Traceback" not in text
    if "JSON" in case:
        plain = STYLING.sub("", text)
        document, _ = json.JSONDecoder().raw_decode(plain[re.search(r"\[\s*\{|\{\s*\"", plain).start() :])
        assert "evil" in json.dumps(document)


@pytest.mark.parametrize("case", REFUSED)
def test_what_a_usage_error_quotes_is_no_command_to_a_terminal(shown, case):
    arguments = [part.replace("\x00", "") for part in REFUSED[case]]
    text = is_harmless(shown(*arguments, DD_API_KEY=API_KEY, DD_APP_KEY=APP_KEY))
    assert text.startswith("optimizationjob: ")
    assert "evil" in text
    assert text.count("\n") == 1


def test_every_command_is_walked():
    assert {case.partition(",")[0] for case in (*WALK, *REFUSED)} - {"no command"} == set(COMMANDS) | {"query"}


def test_what_datadog_answers_is_no_command_to_a_terminal(shown):
    datadog = StandInAccount()
    datadog.fail("POST", "/dashboard", 400, EVIL, times=50)
    datadog.fail("POST", "/monitor", 400, EVIL, times=50)
    with serve(datadog) as server:
        url = f"http://127.0.0.1:{server.server_address[1]}"
        text = shown("assets", "push", "--api-url", url, DD_API_KEY=API_KEY, DD_APP_KEY=APP_KEY)
        server.shutdown()
    assert "evil" in is_harmless(text)


def test_a_list_of_accounts_is_no_command_to_a_terminal(shown, tmp_path):
    path = tmp_path / "accounts.json"
    path.write_text(json.dumps([{"account_id": EVIL}, {EVIL: 1}]), encoding="utf-8")
    assert "evil" in is_harmless(shown("configure", str(path)))


RAISES = """
import logging, sys, threading, warnings
import rich.console
from optimizationjob.cli import app, main
evil = {evil!r}
def run():
    logging.getLogger("other").error(evil)
    warnings.warn(evil)
    threading.Thread(target=lambda: [][evil]).start()
    print(evil, file=sys.stderr)
    rich.console.Console().print(evil)
    raise RuntimeError(evil)
app.run = run
main()
"""


def test_logs_warnings_and_tracebacks_are_no_commands_to_a_terminal():
    ours, theirs = pty.openpty()
    program = RAISES.format(evil=EVIL.replace("\x00", ""))
    with subprocess.Popen([sys.executable, "-c", program], stdin=theirs, stdout=theirs, stderr=theirs) as process:
        written = b""
        while process.poll() is None or select.select([ours], [], [], 0)[0]:
            if select.select([ours], [], [], 0.02)[0]:
                written += os.read(ours, 65536)
    os.close(theirs)
    os.close(ours)
    text = written.decode()
    assert text.count("evil") >= 6
    assert "RuntimeError" in text
    is_harmless(text)


def test_a_file_gets_csv_byte_for_byte_and_a_device_does_not(run, shown, tmp_path):
    path = tmp_path / "jobs.json"
    path.write_text(json.dumps([{"optimization_job_name": "=1+1\x1b[31m\u202e"}]), encoding="utf-8")
    ask = ("query", "--from", str(path), "--format", "csv", f"SELECT optimization_job_name AS n FROM {TABLE}")
    assert run(*ask).stdout == "n\n=1+1\x1b[31m\u202e\n"
    assert "=1+1" in is_harmless(shown(*ask))
    assert "=1+1" in is_harmless(shown(*ask, "--output", "/dev/stdout", "--overwrite"))


def test_a_guarded_stream_offers_no_way_around():
    assert not hasattr(GuardedStream(sys.__stdout__), "buffer")


def test_no_module_of_the_command_line_writes_past_the_guard():
    """Another console, or the bytes of a stream, would pass it."""
    past = re.compile(r"(?<!Harmless)\bConsole\((?!\)\.is_dumb)|sys\.__std|(?<!stdin)\.buffer\b|os\.write\(")
    folder = Path(guard.__file__).parent
    found = {
        path.name
        for path in folder.rglob("*.py")
        if past.search(path.read_text(encoding="utf-8").replace("class HarmlessConsole(Console)", ""))
    }
    assert found == {Path(guard.__file__).name}
