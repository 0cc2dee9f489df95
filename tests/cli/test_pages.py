"""Every command line and every query in the pages about `check` and `query` works.

The blocks of a page that are marked as shell run in order, in one folder with a `conf.yaml`, by a bash that stops at
the first failure. The pages name no endpoint and no credentials: these are in the environment, as for AWS's own tools.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from optimizationjob.clock import SystemClock
from optimizationjob.simulator import Places, Simulator, fleet
from optimizationjob.sql.table import opened

DOCS = Path(__file__).parents[2] / "docs"
PATIENCE = 150
# What only a shell understands; a text over several lines is left to it, too.
SHELL = re.compile(r"""[|&;$`<\\]|> |^[^"\n]*"[^"\n]*$""", re.MULTILINE)
QUERIES = re.findall(r"### (.+?)\n.*?```sql\n(.*?)```", (DOCS / "query.md").read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture(scope="module")
def jobs(run, aws, tmp_path_factory):
    path = tmp_path_factory.mktemp("jobs") / "jobs.duckdb"
    ended = run(
        *("query", "--region", "us-east-1", "--region", "eu-west-1", "--api-rate-limit", "500", "--save", str(path)),
        **aws,
    )
    assert ended.returncode == 0, ended.stderr
    return path


@pytest.fixture(scope="module")
def few_jobs():
    """A simulated AWS with so few jobs that no command waits for its request budget."""
    clock = SystemClock()
    places = Places(accounts=("111111111111", "222222222222"), regions=("us-east-1", "eu-west-1"))
    with Simulator(clock=clock) as simulator:
        simulator.load(fleet(3, 12, clock.now(), places=places, ahead=timedelta(0)))
        yield {
            "AWS_ENDPOINT_URL": simulator.url,
            "AWS_ACCESS_KEY_ID": "AKIA111111111111",
            "AWS_SECRET_ACCESS_KEY": "simulated",
        }


@pytest.mark.timeout(PATIENCE)
@pytest.mark.parametrize("page", ["check.md", "query.md"])
def test_every_command_line_of_a_page_works(page, few_jobs, conf, run, monkeypatch):
    monkeypatch.chdir(conf.parent)
    blocks = re.findall(r"```shell\n(.*?)```", (DOCS / page).read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) >= 4
    for block in blocks:
        ended = in_shell(block, few_jobs, conf) if SHELL.search(block) else None
        for line in block.splitlines() if ended is None else ():
            program, *arguments = shlex.split(line, comments=True)
            assert program == "optimizationjob"
            ended = run(*arguments, **few_jobs)
            assert ended.returncode == 0, ended.stderr
        assert ended.returncode == 0, ended.stderr
        assert "Traceback" not in ended.stderr


def in_shell(block, environment, conf):
    return subprocess.run(
        ["bash", "-euxo", "pipefail", "-c", block],
        check=False,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        cwd=conf.parent,
        env={**os.environ, **environment, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
    )


@pytest.mark.parametrize(("title", "sql"), QUERIES, ids=[title for title, _ in QUERIES])
def test_every_query_gives_rows(title, sql, jobs):
    with opened(jobs, is_read_only=True) as table:
        answer = table.answer(sql)
    assert answer.rows
    assert all(any(value is not None for value in row) for row in answer.rows)


def test_there_are_ten_queries():
    assert len(QUERIES) == 10
