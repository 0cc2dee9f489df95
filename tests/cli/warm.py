"""A program that has loaded the console script, and plays it as often as it is asked: most of a start is loading.

Each play is a fork of it, with arguments, environment, folder and streams of its own.
"""

from __future__ import annotations

import json
import os
import sys

import boto3  # noqa: F401 - loaded for the forks, as are the next ones
import datadog_checks.base.checks.base  # noqa: F401
import duckdb  # noqa: F401
import rich.live
import rich.table  # noqa: F401

from optimizationjob.cli import agent, app, demo, doctor, main, query, simulate, watch  # noqa: F401


def play(asked):
    """Become the console script."""
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.chdir(asked["folder"])
    for number, path in ((0, os.devnull), (1, asked["out"]), (2, asked["err"])):
        os.dup2(os.open(path, os.O_RDONLY if number == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    sys.argv = ["optimizationjob", *asked["arguments"]]
    status = 1
    try:
        main()
        status = 0
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(status)


def serve():
    """Read a line of JSON for each play, and answer with its exit status."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            play(json.loads(line))
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
