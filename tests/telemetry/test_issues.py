"""What lasts until somebody mends it stands in the Agent's own list of issues, and goes when it is mended."""

from __future__ import annotations

import json

import pytest

from datadog_checks.optimizationjob import agent_sink as sink
from optimizationjob.package_versions import ISSUES, installed
from optimizationjob.simulator import Fault
from optimizationjob.telemetry import issues
from tests.versions import TAKES_ISSUES

LIST, DESCRIBE, TAGS, TAGS_OF_ONE = (
    "ListOptimizationJobs",
    "DescribeOptimizationJob",
    "GetResources",
    "ListTags",
)
NEW = {"Python": "3.13.7", "botocore": "1.44.5", "datadog-checks-base": "38.5.0"}

pytestmark = pytest.mark.skipif(not TAKES_ISSUES, reason=str(ISSUES))


class Listed:
    """The Agent's list, as it stands after what the check told so far."""

    def __init__(self):
        self.open = {}
        self.reported = []

    def report_issue(self, check_name, text):
        issue = json.loads(text)
        self.reported.append(issue["id"])
        self.open[issue["id"]] = issue

    def resolve_issue(self, issue_id):
        self.reported.append(issue_id)
        self.open.pop(issue_id, None)

    @property
    def abilities(self):
        return {issue_id.split(":")[1] for issue_id in self.open}


@pytest.fixture(autouse=True)
def listed(monkeypatch):
    found = Listed()
    monkeypatch.setattr("datadog_checks.base.checks.base.datadog_agent.report_issue", found.report_issue)
    monkeypatch.setattr("datadog_checks.base.checks.base.datadog_agent.resolve_issue", found.resolve_issue)
    # What is installed here is no part of the story.
    monkeypatch.setattr("optimizationjob.run.instance_run.installed", lambda: NEW)
    return found


@pytest.mark.parametrize(
    ("operations", "ability", "severity"),
    [((LIST,), "list", 3), ((DESCRIBE,), "describe", 2), ((TAGS, TAGS_OF_ONE), "tags", 1)],
)
def test_a_missing_permission_comes_once_and_goes_when_it_is_mended(
    agent, simulator, running, listed, operations, ability, severity
):
    for operation in operations:
        simulator.fault(Fault.DENIED, operation=operation)
    one = agent()
    one.run()
    (issue,) = listed.open.values()
    assert issue["id"].startswith(f"optimizationjob:{ability}:us-east-1:")
    assert (issue["severity"], issue["category"]) == (severity, "permissions")
    assert "us-east-1" in issue["title"]
    assert operations[0] in issue["description"]
    assert operations[0] in issue["remediation"]["steps"][0]["text"]
    before = len(listed.reported)
    one.run(after=60)
    assert [reported for reported in listed.reported[before:] if f":{ability}:" in reported] == [], "told once"
    simulator.clear_faults()
    one.run(after=3700)
    assert listed.open == {}


def test_a_run_that_did_not_try_tells_nothing(agent, simulator, running, listed):
    simulator.fault(Fault.DENIED, operation=DESCRIBE)
    one = agent()
    one.run()
    simulator.clear_faults()
    simulator.fault(Fault.SERVER_ERROR, operation=LIST)
    one.run(after=60)
    assert listed.abilities == {"describe"}


def test_an_issue_of_an_earlier_process_is_resolved(agent, simulator, running, listed):
    simulator.fault(Fault.DENIED, operation=LIST)
    one = agent()
    one.run()
    simulator.clear_faults()
    one.restart()
    one.run(after=60)
    assert listed.open == {}


def test_a_region_that_is_not_enabled_is_an_issue_once(agent, simulator, running, listed):
    simulator.disable_region("111111111111", "ap-east-1")
    one = agent(regions=["ap-east-1", "us-east-1"])
    for _ in range(4):
        one.run(after=60)
    (issue,) = listed.open.values()
    assert "Enable ap-east-1 in the account's settings" in issue["remediation"]["steps"][0]["text"]
    assert listed.reported.count(issue["id"]) == 1
    simulator.enable_region("111111111111", "ap-east-1")
    one.run(after=60)
    assert listed.open == {}


def test_bulk_tags_alone_are_not_missed(agent, simulator, running, listed):
    simulator.fault(Fault.DENIED, operation=TAGS)
    agent().run()
    assert listed.open == {}


@pytest.mark.parametrize("fault", [Fault.EXPIRED_TOKEN, Fault.DENIED_BY_POLICY, Fault.UNKNOWN_OPERATION])
def test_what_an_operator_must_mend_is_an_issue(agent, simulator, running, listed, fault):
    simulator.fault(fault)
    agent().run()
    assert listed.abilities == {"list"}


@pytest.mark.parametrize("fault", [Fault.THROTTLED, Fault.SERVER_ERROR, Fault.RESET, Fault.EMPTY_OBJECT])
def test_what_passes_by_itself_is_none(agent, simulator, running, listed, fault):
    simulator.fault(fault)
    agent().run()
    assert listed.open == {}


def test_old_packages_are_an_issue_until_they_are_new(agent, running, listed, monkeypatch):
    monkeypatch.setattr("optimizationjob.run.instance_run.installed", lambda: {**NEW, "botocore": "1.40.21"})
    one = agent()
    one.run()
    (issue,) = listed.open.values()
    assert issue["issue_type"] == "optimizationjob_unsupported_version"
    assert "Agent 7.78 (botocore 1.41.2)" in issue["description"]
    one.run(after=60)
    assert listed.reported.count(issue["id"]) == 1
    monkeypatch.setattr("optimizationjob.run.instance_run.installed", lambda: NEW)
    one.restart()
    one.run(after=60)
    assert listed.open == {}


def test_what_an_agent_has_is_judged_by_versions_alone():
    assert not issues.version_issue({**NEW, "datadog-checks-base": "37.37.0"}).is_resolved
    assert issues.version_issue(NEW).is_resolved
    assert installed()["botocore"]


def test_a_list_that_takes_none_costs_nothing_else(agent, simulator, running, listed, monkeypatch, caplog):
    def broken(*_):
        raise RuntimeError("not yet")

    monkeypatch.setattr("datadog_checks.base.checks.base.datadog_agent.report_issue", broken)
    monkeypatch.setattr("datadog_checks.base.checks.base.datadog_agent.resolve_issue", broken)
    simulator.fault(Fault.DENIED, operation=DESCRIBE)
    one = agent()
    for _ in range(2):
        reported = one.run(after=60)
        assert reported.error == ""
        assert reported.value("api.up") == 1
    assert caplog.text.count("list of issues takes none") == 1


def test_an_agent_without_a_list_is_told_nothing(agent, simulator, running, listed, monkeypatch):
    monkeypatch.setattr(sink, "takes_issues", lambda: False)
    simulator.fault(Fault.DENIED, operation=LIST)
    reported = agent().run()
    assert reported.error == ""
    assert listed.reported == []


def test_no_secret_is_in_an_issue(agent, simulator, running, listed):
    simulator.fault(Fault.DENIED)
    agent(aws_secret_access_key="planted-secret-key", aws_access_key_id="AKIA111111111111").run()
    assert listed.open
    assert "planted" not in str(listed.open)
    assert "AKIA111111111111" not in str(listed.open)
