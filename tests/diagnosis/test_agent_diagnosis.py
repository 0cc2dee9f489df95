"""`datadog-agent diagnose` shows the same findings."""

from __future__ import annotations

import json
import subprocess
import sys

from optimizationjob.diagnosis import SUBJECTS
from optimizationjob.simulator import Fault

SUCCESS, FAIL, WARNING = 0, 1, 2


def diagnoses(agent):
    return json.loads(agent.check.get_diagnoses())


def test_the_agent_s_diagnosis_has_the_same_findings(agent, look, simulator, job):
    simulator.fault(Fault.DENIED, operation="DescribeOptimizationJob")
    simulator.fault(Fault.DENIED, operation="GetResources")
    reported = diagnoses(agent())
    found = look().findings
    assert [one["name"] for one in reported] == [finding.name for finding in found]
    assert {one["result"] for one in reported} == {SUCCESS, FAIL, WARNING}
    (describe,) = [one for one in reported if one["result"] == FAIL]
    assert describe["name"] == "describe"
    assert describe["category"] == "optimizationjob"
    assert describe["description"] == SUBJECTS["describe"]
    assert describe["diagnosis"] == ("111111111111 us-east-1: sagemaker:DescribeOptimizationJob: access is denied.")
    assert describe["remediation"].startswith("Allow `sagemaker:DescribeOptimizationJob`")
    assert "is not authorized to perform" in describe["rawerror"]


def test_a_diagnosis_leaves_the_check_as_it_was(agent, job):
    one = agent()
    before = diagnoses(one)
    assert one.run().service_check() == ("ok", "")
    assert [reported["name"] for reported in diagnoses(one)] == [reported["name"] for reported in before]


def test_a_wrong_option_is_a_finding_of_its_own(agent):
    (reported,) = diagnoses(agent(lookback=-1))
    assert (reported["result"], reported["name"]) == (FAIL, "configuration")
    assert "`lookback` is -1" in reported["diagnosis"]


def test_the_check_is_loaded_without_what_only_a_diagnosis_needs():
    program = (
        "import sys, datadog_checks.optimizationjob.check\n"
        "sys.exit(any(name.startswith('optimizationjob.diagnosis') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_the_proxy_of_the_agent_counts(agent, simulator):
    reported = diagnoses(agent(init_config={"proxy": {"http": "http://planted:planted-password@127.0.0.1:9"}}))
    text = json.dumps(reported)
    assert "through the proxy http://********@127.0.0.1:9" in text
    assert "planted" not in text
