"""Fixtures that run the console script as a program, and sample data for the demo's screen."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryFile

import pytest

from optimizationjob.cli.demo.demo_screen_data import View
from optimizationjob.cli.submitted_data import Delivery
from optimizationjob.clock import SystemClock
from optimizationjob.simulator import Simulator
from optimizationjob.telemetry.signals import Event, Sample, ServiceCheck, ServiceCheckStatus
from tests.cli.played import play
from tests.cli.same_fleet import same_fleet

PROGRAM = "from optimizationjob.cli import main; main()"
PATIENCE = 50
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)
EAST = ("region:us-east-1", "aws_account:111111111111")
CONF = """
init_config:
  min_collection_interval: 1
instances:
  - regions: [us-east-1, eu-west-1]
    api_rate_limit: 500
    tags: [account_name:research]
  - regions: [eu-west-1]
    aws_access_key_id: AKIA222222222222
    aws_secret_access_key: planted-secret-key
    api_rate_limit: 500
"""
WEST = ("region:eu-west-1", "aws_account:222222222222")


@pytest.fixture(scope="session")
def warm(tmp_path_factory):
    """The socket of a warm process that runs the console script in forks."""
    path = str(tmp_path_factory.mktemp("warm") / "socket")
    command = [sys.executable, str(Path(__file__).with_name("warm.py")), path]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout.readline() == "ready\n"
        yield path
        server.stdin.close()


def text_of(stream):
    stream.seek(0)
    return stream.read().decode(errors="replace")


@pytest.fixture(scope="session")
def run(warm):
    """Run the console script without a terminal and wait for it."""

    def played(arguments, environment):
        with open(os.devnull, "rb") as nothing, TemporaryFile() as out, TemporaryFile() as err:  # noqa: PTH123 - a device file
            status = play(warm, arguments, environment, [stream.fileno() for stream in (nothing, out, err)])
            return subprocess.CompletedProcess(arguments, status, *(text_of(stream) for stream in (out, err)))

    def run_to_the_end(*arguments, program=PROGRAM, **environment):
        # The user's terminal may have set a width; a pipe has none.
        around = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
        # Variables that the interpreter reads at startup require a new process.
        if program == PROGRAM and not any(name.startswith(("PYTHON", "LC_", "LANG")) for name in environment):
            return played(arguments, {**around, **environment})
        return subprocess.run(
            [sys.executable, "-c", program, *arguments],
            check=False,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=PATIENCE,
            env={**around, **environment},
        )

    return run_to_the_end


def of_job(place, name, status, **values):
    tags = (*place, f"optimization_job_name:{name}", f"optimization_job_status:{status}", "optimization_type:sharding")
    return [Sample(f"job.{metric}", "gauge", float(value), tags) for metric, value in values.items()]


def of_fleet(place, **counts):
    kind = (*place, "optimization_type:sharding", "optimization_type:quantization")
    return [Sample("jobs", "gauge", n, (*kind, f"optimization_job_status:{status}")) for status, n in counts.items()]


def of_call(place, operation, outcome, number):
    return Sample("api.calls", "count", number, (*place, f"operation:{operation}", f"outcome:{outcome}"))


def of_end(place, status, category):
    tags = (*place, f"optimization_job_status:{status}", f"failure_category:{category}")
    return Sample("job.finished", "count", 1.0, tags)


def an_event(place, name, status, category, text, *, minute):
    tags = (
        *place,
        f"optimization_job_name:{name}",
        f"optimization_job_status:{status}",
        f"failure_category:{category}",
    )
    return Event(
        event_type=f"optimizationjob.job_{status}",
        alert_type="info",
        title=name,
        text=text,
        timestamp=int(NOON.timestamp()) + 60 * minute,
        aggregation_key=name,
        tags=tags,
    )


@pytest.fixture(scope="session")
def demo(run):
    """The demo's output without a terminal, shared by all tests."""
    # Neither the profile nor the proxy exists: the demo must ignore the machine's AWS settings.
    return run("demo", "--once", "--jobs", "0", AWS_PROFILE="nobody", HTTP_PROXY="http://127.0.0.1:9")


@pytest.fixture
def begin(warm):
    """Start the console script and end it after the test in any case."""
    begun = []

    def begin_now(*arguments, start_new_session=False, **streams):
        # A controlling terminal requires its own session, which a fork of another process cannot have.
        own, played = ["-c", PROGRAM], ["-IS", str(Path(__file__).with_name("played.py")), warm]
        command = [sys.executable, *(own if start_new_session else played), *arguments]
        begun.append(subprocess.Popen(command, start_new_session=start_new_session, **streams))
        return begun[-1]

    yield begin_now
    for process in begun:
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


@pytest.fixture
def delivery():
    """One poll that sent every kind of data."""
    quoted = "Failure reason: `AlgorithmError: CUDA out of memory,   badly`\n\n- Ran: 1 min"
    return Delivery(
        samples=(
            *of_fleet(EAST, starting=1, inprogress=2, completed=30, failed=4),
            *of_fleet(WEST, stopping=1, completed=12),
            *of_job(EAST, "waits", "starting", pending_seconds=5400, max_pending_seconds=7200, pending_utilization=75),
            *of_job(EAST, "runs", "inprogress", pending_seconds=60, runtime_seconds=90, stuck=0),
            *of_job(
                EAST,
                "a-job-with-a-name-of-sixty-three-characters-which-is-the-longest",
                "inprogress",
                runtime_seconds=3420,
                max_runtime_seconds=3600,
                runtime_utilization=95,
            ),
            *of_job(WEST, "hangs", "stopping", runtime_seconds=10, stuck=1),
            *of_job(EAST, "ended", "failed", runtime_seconds=10, max_runtime_seconds=20, runtime_utilization=50),
            of_end(EAST, "failed", "memory"),
            of_end(EAST, "failed", "unknown"),
            of_end(WEST, "completed", "none"),
            of_call(EAST, "list_optimization_jobs", "ok", 1),
            of_call(EAST, "describe_optimization_job", "ok", 3),
            of_call(EAST, "describe_optimization_job", "throttled", 2),
            of_call(WEST, "invent_something", "ok", 1),
        ),
        events=(
            an_event(EAST, "ended", "failed", "memory", quoted, minute=1),
            an_event(EAST, "lost", "failed", "unknown", "Failure reason: reason unavailable (Throttled)\n", minute=3),
            an_event(WEST, "done", "completed", "none", "`done` is COMPLETED\n\n- Ran: 5 min", minute=2),
        ),
        healths=(
            ServiceCheck(status=ServiceCheckStatus.OK, tags=EAST),
            ServiceCheck(
                status=ServiceCheckStatus.WARNING, tags=WEST, message="Tags are denied. Allow tag:GetResources."
            ),
        ),
        records=("one", "two"),
    )


@pytest.fixture
def view(delivery):
    return View().after(delivery, NOON)


@pytest.fixture(scope="session")
def aws():
    """Environment variables for a simulated AWS with 2 accounts, 2 regions and 60 jobs."""
    with Simulator(clock=SystemClock()) as simulator:
        simulator.load(same_fleet(60))
        yield {
            "AWS_ENDPOINT_URL": simulator.url,
            "AWS_ACCESS_KEY_ID": "AKIA111111111111",
            "AWS_SECRET_ACCESS_KEY": "simulated",
        }


@pytest.fixture
def conf(tmp_path):
    """A conf.yaml for two accounts with a high rate limit."""
    path = tmp_path / "conf.yaml"
    path.write_text(CONF, encoding="utf-8")
    return path


@pytest.fixture
def written_at(begin):
    """Run a command in a terminal of so many columns, and return all that it wrote there."""

    def run_in_terminal(columns, *arguments, **environment):
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        own = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES", "NO_COLOR"}}
        streams = dict.fromkeys(("stdin", "stdout", "stderr"), theirs)
        process = begin(*arguments, env={**own, "TERM": "xterm-256color", **environment}, **streams)
        written = b""
        while process.poll() is None or select.select([ours], [], [], 0)[0]:
            if select.select([ours], [], [], 0.02)[0]:
                written += os.read(ours, 65536)
        os.close(theirs)
        os.close(ours)
        return written.decode()

    return run_in_terminal


@pytest.fixture
def shown_at(written_at):
    """The same, as the plain text that is seen in the end."""
    return lambda *arguments, **environment: plain(written_at(*arguments, **environment))


def plain(text):
    """What a terminal shows in the end: without styles, and without lines that were taken back."""
    # All sequences but those that go up a line and clear it.
    text = re.sub(r"\x1b\[[0-9;?]*[B-JL-Zb-z]", "", text.replace("\r\n", "\n"))
    lines = [""]
    for piece in re.split(r"(\n|\r|\x1b\[1A|\x1b\[2K)", text):
        match piece:
            case "\n":
                lines.append("")
            case "\x1b[1A":
                lines.pop()
            case "\r" | "\x1b[2K":
                lines[-1] = ""
            case _:
                lines[-1] += piece
    return "\n".join(line.rstrip() for line in lines)
