"""Runs every command line of the pages unchanged: lines and blocks in order, in one folder per page.

The pages contain no credentials and few endpoints: these are in the environment, as for AWS's own tools. Commands that
the user ends with Ctrl-C run in a terminal until they show their purpose, and are then ended the same way.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from optimizationjob.clock import SystemClock
from optimizationjob.simulator import Simulator
from tests.cli.pages import HELPERS, PROGRAM, ROOT, commands, pages, pieces
from tests.cli.same_fleet import same_fleet
from tests.cli.terminal import Terminal
from tools.datadog_api.stand_in_account import API_KEY, APP_KEY, StandInAccount
from tools.datadog_api.stand_in_server import serve

pytestmark = pytest.mark.slow

PATIENCE = 150
SHELL = ("bash", "-euo", "pipefail", "-c")

# Text of the pages and its replacement in the tests.
REWRITTEN = {
    "uv run optimizationjob": "optimizationjob",  # the tests already run in uv's environment
    "./run": "optimizationjob",  # tests/test_run_script.py has the script
    "/etc/datadog-agent/conf.d/optimizationjob.d/conf.yaml": "{folder}/conf.yaml",
    "4566": "{port}",  # several tests may run in parallel
    "sleep 10": "until (: > /dev/tcp/127.0.0.1/{port}) 2> {folder}/tries; do sleep 0.05; done",
    "assets push --api-url http://127.0.0.1:8126": "assets push --api-url {datadog}",
    "assets push": "assets push --api-url {datadog}",
    "DD_API_KEY=...": f"DD_API_KEY={API_KEY}",
    "DD_APP_KEY=...": f"DD_APP_KEY={APP_KEY}",
}
PROFILES = """
[profile research]
aws_access_key_id = AKIA111111111111
aws_secret_access_key = simulated
[profile audit]
aws_access_key_id = AKIA222222222222
aws_secret_access_key = simulated
"""

AN_AGENT = (
    "takes an Agent; .ci/wheel installs the wheel as an Agent does and runs the check, tests/agent plays the rest"
)
NOT_RUN = {
    "sudo -u dd-agent datadog-agent": AN_AGENT,
    "sudo datadog-agent": AN_AGENT,
    "sudo install": AN_AGENT,
    "/opt/datadog-agent/embedded/bin/python": AN_AGENT,
    "sudo bash deploy/host/install.sh": "tests/deploy/test_install.py runs it, with programs in place of the Agent's",
    "sudo bash install.sh": "the same",
    "sudo systemctl restart datadog-agent": AN_AGENT,
    "python3 -m pip wheel": ".ci/wheel builds the wheel, and looks into it",
    "uv tool install": "takes the network; .ci/wheel installs the wheel, and looks into it",
    "./run test": "these are the tests",
    "uv run python -m timeit": "measures the machine and shows nothing of ours",
    "kubectl": "takes a cluster; .ci/deploy and tests/deploy look at the files",
    "helm": "takes a cluster and Datadog's chart from the network; tests/deploy looks at the values",
    "aws cloudformation": "takes an account; .ci/deploy looks at the template",
    "aws iam": "takes an account; .ci/deploy and tests/tools look at the policies",
    "aws secretsmanager": "takes an account; tests/deploy compares the secret's name with the handles in the files",
    "aws eks": "takes a cluster; tests/deploy fills what it prints into the trust policy",
    "python3 -c": "prints a random text, by the standard library alone",
    "sed -i": "changes files of the checkout; tests/tools looks at the policies of other partitions",
    "docker": "takes Docker and an image of the Agent from the network",
    "ddev -x validate": ".ci/validate runs both, in a checkout of the name that ddev wants",
    "ddev env": "takes Docker and an image of the Agent; tests/e2e plays what can be played without",
    "uv build --wheel": ".ci/wheel builds the wheel, and looks into it",
    "uv run pytest": "these are the tests, or a longer play of them",
    "bash .ci/matrix": "takes minutes and the network; .ci/run does the shorter one",
    "uv run python benchmarks/run.py": "takes minutes; its options are compared below",
    "uv run --group fuzz python fuzz/run.py": "goes on until it is stopped; the tests play the same properties",
    "uv run python benchmarks/hostile.py": "takes minutes; tests/hostile/test_transport.py plays what it measures",
    "'(' sed": "with the next; tests/deploy makes the list of roles with both",
    "paste": "see the one before",
    "uv run python benchmarks/soak.py": "takes minutes; its options are compared below",
    "uv run python -m tools.record_table": ".ci/generated runs it on a copy of the page",
    "uv run python -m tools.upstream": "tests/tools/test_extras_folder.py looks at what it writes",
    "uv run python -m tools.datadog_api": "goes on until Ctrl-C; tests/tools/test_datadog_api.py runs it",
    "uv run python -m tools.preview": "takes half a minute; tests/tools/preview draws a short day",
}

# Output that shows that a command ended by Ctrl-C works.
LIVE = {"demo": "4 of 4 regions ok", "simulate": r"Stop with Ctrl-C\.", "watch": r"([1-9]\d*) of \1 regions ok"}


def is_live(command):
    """Whether the user must end the command."""
    name, *options = command.ours or [""]
    return name in LIVE and not command.is_in_pipe and not {"--once", "--format"} & set(options)


def why_not(command):
    """Why another program is not run here; None if there is no reason."""
    return next((reason for words, reason in NOT_RUN.items() if f"{command} ".startswith(f"{words} ")), None)


def ours(page):
    """The lines and blocks of a page that start the console script."""
    return [piece for piece in pieces(page) if any(command.ours for command in commands(piece))]


WITH_LINES = [page for page in pages() if ours(page)]


@pytest.fixture(scope="module")
def few_jobs():
    """A simulated AWS with so few jobs that no command waits for its rate limit."""
    with Simulator(clock=SystemClock()) as simulator:
        simulator.load(same_fleet(12))
        yield {
            "AWS_ENDPOINT_URL": simulator.url,
            "AWS_ACCESS_KEY_ID": "AKIA111111111111",
            "AWS_SECRET_ACCESS_KEY": "simulated",
        }


@pytest.fixture
def written(tmp_path):
    """Replace the placeholders of a page."""
    shutil.copytree(ROOT / "deploy", tmp_path / "deploy")
    server = serve(StandInAccount(takes_any_key=True))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    found = {"folder": tmp_path, "port": port, "datadog": server.url}

    def rewrite(text):
        return re.sub("|".join(map(re.escape, REWRITTEN)), lambda there: REWRITTEN[there[0]].format(**found), text)

    yield rewrite
    server.stop()


@pytest.fixture
def at_hand(tmp_path, warm, few_jobs):
    """The environment of a user who has installed the console script."""
    folder = tmp_path / "bin"
    folder.mkdir()
    script = folder / PROGRAM
    played = Path(__file__).with_name("played.py")
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -IS "{played}" "{warm}" "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    (tmp_path / "aws_config").write_text(PROFILES, encoding="utf-8")
    return {**os.environ, **few_jobs, "HOME": str(tmp_path), "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


@pytest.fixture
def live(tmp_path, at_hand):
    """Run a piece in a terminal until Ctrl-C; a simulator runs until the page is done."""
    going = []

    def end(terminal):
        os.killpg(terminal.process.pid, signal.SIGINT)
        status = terminal.ends(10.0)
        terminal.process.kill()
        terminal.process.wait()
        assert (status, b"Traceback" in terminal.written) == (0, False), terminal.written
        terminal.close()

    def run_live(piece, name):
        going.append(Terminal(partial(subprocess.Popen, [*SHELL, piece], cwd=tmp_path), at_hand))
        assert going[-1].shows(LIVE[name]), going[-1].written
        if name != "simulate":
            end(going.pop())

    yield run_live
    for terminal in going:
        end(terminal)


@pytest.fixture
def run_piece(tmp_path, at_hand, live, monkeypatch):
    """Run a piece of a page and check that it succeeds."""
    monkeypatch.chdir(tmp_path)

    def to_the_end(piece):
        *_, last = commands(piece)
        if is_live(last):
            live(piece, last.ours[0])
        else:
            ended = subprocess.run(
                [*SHELL, piece], check=False, capture_output=True, text=True, timeout=PATIENCE, env=at_hand
            )
            assert ended.returncode == 0, ended.stdout + ended.stderr
            assert "Traceback" not in ended.stderr

    return to_the_end


@pytest.mark.timeout(PATIENCE)
@pytest.mark.parametrize("page", WITH_LINES)
def test_every_command_line_of_a_page_works(page, written, conf, run_piece):
    for piece in ours(page):
        run_piece(written(piece))


def test_every_replacement_is_used():
    text = "\n".join(piece for page in WITH_LINES for piece in ours(page))
    assert [there for there in REWRITTEN if there not in text] == []


def test_other_programs_are_known_and_tested_elsewhere():
    others = []
    for page in pages():
        for piece in pieces(page):
            run = commands(piece)
            # Programs that process our output, or are between our lines, run with them.
            known = HELPERS if any(command.ours for command in run) else set()
            # After another program in a pipe, only that program needs a reason.
            known = known or (HELPERS if run[0].is_in_pipe else set())
            others += [(page, command) for command in run if not command.ours and command.words[0] not in known]
    assert [(page, str(command)) for page, command in others if why_not(command) is None] == []
    unused = [words for words in NOT_RUN if not any(f"{command} ".startswith(f"{words} ") for _, command in others)]
    assert unused == []


BENCHMARKS = {"docs/performance.md": "bench/suite.py", "docs/reliability.md": "bench/soak/month.py"}


@pytest.mark.parametrize("page", BENCHMARKS)
def test_benchmark_options_exist(page):
    lines = [line for piece in pieces(page) for line in piece.splitlines() if "benchmarks/" in line]
    shown = {word for line in lines for word in line.split() if word.startswith("--")}
    script = (ROOT / "benchmarks" / BENCHMARKS[page]).read_text(encoding="utf-8")
    assert shown
    assert [option for option in sorted(shown) if f'add_argument("{option}"' not in script] == []
