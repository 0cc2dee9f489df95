"""An Agent that is too old, or newer than the check can know, gets one line that says what it must have."""

from __future__ import annotations

import subprocess
import sys

import pytest

from optimizationjob.package_versions import refusal

GOOD = {"botocore": "1.34.142", "datadog-checks-base": "36.13.0"}
# A base package from which a name has gone.
NEWER = """
import sys, types, datadog_checks.base as base
newer = types.ModuleType("datadog_checks.base")
newer.AgentCheck, newer.__path__ = base.AgentCheck, base.__path__
sys.modules["datadog_checks.base"] = newer
"""
RUN = """
import json, sys
from datadog_checks.optimizationjob import OptimizationJobCheck
check = OptimizationJobCheck("optimizationjob", {}, [{"regions": ["us-east-1"]}])
sys.stdout.write(json.loads(check.run())[0]["message"])
"""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            "import importlib.metadata as m; m.version = lambda name: {'datadog-checks-base': '35.0.1'}.get(name, '9')",
            "optimizationjob needs Agent 7.57 or newer, which has datadog-checks-base 36.13.0. This one: Python ",
        ),
        (
            "import importlib.metadata as m; m.version = lambda name: {'botocore': '1.34.136'}.get(name, '99')",
            "optimizationjob needs Agent 7.57 or newer, which has botocore 1.34.142. This one: Python ",
        ),
        (NEWER, "cannot import name 'ConfigurationError' from 'datadog_checks.base' (unknown location). Update optim"),
    ],
    ids=["base", "botocore", "newer"],
)
def test_each_run_and_one_line_of_the_log_say_what_is_needed(change, words):
    program = [sys.executable, "-W", "ignore", "-c", change + RUN]
    ended = subprocess.run(program, capture_output=True, text=True, check=True)
    assert ended.stdout.startswith(words)
    assert ended.stderr.splitlines() == [f"The check cannot run: {ended.stdout}"]


def test_the_floor_is_enough():
    assert refusal(GOOD) == ""
    assert refusal({**GOOD, "datadog-checks-base": "99.1.0"}) == ""
    assert refusal({}) == "", "nothing is said of a package whose version is not known"


def test_the_line_is_for_the_status_page():
    line = refusal({**GOOD, "datadog-checks-base": "36.12.0", "botocore": "1.34.141"})
    assert "datadog-checks-base 36.13.0 and botocore 1.34.142" in line
    assert line == " ".join(line.split())
