"""The Agents that the check runs on are the same wherever they are named: as in optimizationjob/package_versions.py."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from optimizationjob.package_versions import FLOORS, LACKS, OLDEST_BASE, OLDEST_BOTOCORE

ROOT = Path(__file__).parents[1]
AGENT, BASE, BOTOCORE = OLDEST_BASE.agent, OLDEST_BASE.since, OLDEST_BOTOCORE.since
README = (ROOT / "README.md").read_text(encoding="utf-8")
INSTALL = (ROOT / "docs/install.md").read_text(encoding="utf-8")
TABLE = INSTALL.partition("| Before Agent |")[2].partition("\n\n")[0]


def release(text):
    return tuple(map(int, text.split(".")))


def test_the_floor_is_the_same_everywhere():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["dependencies"] == [f"datadog-checks-base>={BASE}"]
    assert project["optional-dependencies"]["deps"] == [f"boto3>={BOTOCORE}"]
    (described,) = json.loads((ROOT / "assets/service_checks.json").read_text(encoding="utf-8"))
    assert described["agent_version"] == f"{AGENT}.0"
    script = (ROOT / "deploy/host/install.sh").read_text(encoding="utf-8")
    assert script.count(BASE) == 2
    assert f"Agent {AGENT} or newer is needed" in script
    assert f"**{AGENT} or newer**" in README[:1000], "on the first screen"
    assert f"`datadog-agent version` must show {AGENT} or newer" in README
    assert f"needs Agent {AGENT} " in INSTALL
    assert f"Before Agent {AGENT} the check does not run" in (ROOT / "docs/doctor.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("lack", [lack for lack in LACKS if lack not in FLOORS], ids=lambda lack: lack.what)
def test_the_table_of_the_page_has_what_an_agent_lacks(lack):
    row = rf"^\| {lack.agent} \| .+ \| `{lack.package}` {lack.since} \|$"
    assert len(re.findall(row, TABLE, re.MULTILINE)) == 1


def test_the_table_of_the_page_has_nothing_else():
    assert TABLE.count("\n| 7.") == len(LACKS) - len(FLOORS)


def test_the_agents_that_are_played_are_as_the_table_knows_them():
    text = (ROOT / ".ci/matrix").read_text(encoding="utf-8")
    rows = re.findall(r"'(7\.\d+) (3\.\d+) (\d+\.\d+\.\d+) (\d+\.\d+\.\d+) \d+\.\d+\.\d+'", text)
    assert rows
    for agent, _, base, botocore in rows:
        has = {OLDEST_BASE.package: release(base), OLDEST_BOTOCORE.package: release(botocore)}
        for lack in LACKS:
            is_there = has[lack.package] >= release(lack.since)
            assert is_there == (release(agent) >= release(lack.agent)), (agent, lack)
    played = [agent for agent, *_ in rows]
    assert played[0] == AGENT
    assert release(played[-1]) < release(AGENT), "one that is refused"
