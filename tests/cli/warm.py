"""A process that has loaded the console script and runs it on request, because startup is mostly imports.

Each run is a fork with its own arguments, environment, folder and streams. Requests come through a socket (see
`played.py`), and several runs may be active at a time.
"""

from __future__ import annotations

import json
import os
import select
import socket
import sys
import traceback
from contextlib import suppress

import boto3  # noqa: F401 - loaded for the forks, as are the next ones
import duckdb  # noqa: F401
import rich.live
import rich.table  # noqa: F401

import datadog_checks.base.checks.base  # noqa: F401
import tools.terminal_pictures.draw_terminals  # noqa: F401 - most are loaded for the forks alone
from optimizationjob.assets import asset_validation  # noqa: F401
from optimizationjob.cli import (  # noqa: F401 - most are loaded for the forks alone
    agentless_check,
    app,
    main,
    simulate_command,
)
from optimizationjob.cli.assets import push_command  # noqa: F401 - most are loaded for the forks alone
from optimizationjob.cli.configure import configure_command  # noqa: F401 - most are loaded for the forks alone
from optimizationjob.cli.demo import demo_command  # noqa: F401 - most are loaded for the forks alone
from optimizationjob.cli.doctor import doctor_command  # noqa: F401 - most are loaded for the forks alone
from optimizationjob.cli.query import query_command  # noqa: F401 - most are loaded for the forks alone
from optimizationjob.cli.watch import watch_command  # noqa: F401 - most are loaded for the forks alone
from optimizationjob.clock import SystemClock
from optimizationjob.simulator import Simulator

MOST = 65536

# As tests/versions.py does for the tests: the console script itself does not load the base package for all it does.
with suppress(ImportError):
    from datadog_checks.base.ddyaml import monkey_patch_pyyaml_reverse

    monkey_patch_pyyaml_reverse()


def play(asked, streams):
    """Act as the console script."""
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(asked["folder"])
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    # Created again, because stream objects keep properties of the previous files.
    sys.stdin, sys.stdout = (
        os.fdopen(0, "r", closefd=False),
        os.fdopen(1, "w", 1 if os.isatty(1) else -1, closefd=False),
    )
    sys.stderr = os.fdopen(2, "w", 1, closefd=False)
    sys.argv = ["optimizationjob", *asked["arguments"]]
    status = 1
    try:
        main()
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except BaseException:  # noqa: BLE001 - as the interpreter does at exit
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(status)


def attend(caller):
    """Start a run, forward signals, end it if the caller disconnects, and return its exit status."""
    text, streams, _, _ = socket.recv_fds(caller, MOST, 3)
    while not text.endswith(b"\n"):
        text += caller.recv(MOST)
    player = os.fork()
    if player == 0:
        caller.close()
        play(json.loads(text), streams)
    for stream in streams:
        os.close(stream)
    end = os.pidfd_open(player)
    while end not in (ready := select.select([caller, end], [], [])[0]):
        assert ready == [caller]
        for number in caller.recv(MOST) or b"\x09":
            os.kill(player, number)
    _, status = os.waitpid(player, 0)
    caller.sendall(str(os.waitstatus_to_exitcode(status)).encode())


def serve(path):
    """Serve each caller in a separate process until standard input closes."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(path)
        listening.listen()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        attending = set()
        while sys.stdin not in select.select([listening, sys.stdin], [], [])[0]:
            caller, _ = listening.accept()
            child = os.fork()
            if child == 0:
                try:
                    listening.close()
                    attend(caller)
                finally:
                    os._exit(0)
            caller.close()
            attending.add(child)
            attending -= {each for each in attending if os.waitpid(each, os.WNOHANG)[0]}


def warm_up():
    """Run the check once, because botocore, the check and the simulator load their models on first use."""
    with Simulator(clock=SystemClock()) as simulator:
        instance = {
            "regions": ["us-east-1"],
            "endpoint_url": simulator.url,
            "aws_access_key_id": "AKIA000000000000",
            "aws_secret_access_key": "simulated",
        }
        simulator.put_job("000000000000", "us-east-1", "any", status="INPROGRESS", created_at=SystemClock().now())
        told = agentless_check.AgentlessCheck(instance, SystemClock()).run()
    assert [health.status for health in told.healths] == ["ok"]


if __name__ == "__main__":
    warm_up()
    serve(sys.argv[1])
