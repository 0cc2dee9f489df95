"""What an older botocore or base package cannot see or take is missing under its own name, and nothing else is.

`bash .ci/matrix` runs these tests with the versions that Agents carry.
"""

from __future__ import annotations

import json
import logging
from importlib.metadata import version

import pytest

from datadog_checks.base import AgentCheck
from datadog_checks.base.stubs import datadog_agent as agent_stub
from datadog_checks.optimizationjob import check
from optimizationjob import package_versions as table
from optimizationjob.diagnosis import Verdict
from optimizationjob.diagnosis.version_findings import versions_finding
from optimizationjob.jobs.record_columns import COLUMN_NAMES
from optimizationjob.simulator import Fault
from tests.versions import TAKES_ISSUES, TAKES_RECORDS, known_members

MEMBERS = {
    table.SHARDING: {"ModelShardingConfig"},
    table.INSTANCE_COUNT: {"MaxInstanceCount", "ModelSpeculativeDecodingConfig"},
    table.TRAINING_PLANS: {"TrainingPlanArns"},
}
FEATURES = {
    table.SOURCE_RULE: hasattr(AgentCheck, "security_config"),
    table.RECORDS: TAKES_RECORDS,
    table.ISSUES: TAKES_ISSUES,
}
PLACEHOLDER = "sdk_unknown_member"


def release(text):
    return tuple(int(part) for part in text.split(".")[:3])


def described_calls(reported):
    return reported.calls["DescribeOptimizationJob"]


@pytest.mark.parametrize("lack", [*MEMBERS, *FEATURES], ids=lambda lack: lack.what)
def test_the_table_says_what_is_here(lack):
    is_here = FEATURES[lack] if lack in FEATURES else MEMBERS[lack] <= known_members()
    assert (release(version(lack.package)) >= release(lack.since)) == is_here


def test_each_row_of_the_table_is_looked_at():
    assert {*MEMBERS, *FEATURES, *table.FLOORS} == set(table.LACKS)


def test_the_doctor_warns_of_these_versions_only_where_they_lack_something():
    has_all = all(FEATURES.values()) and set().union(*MEMBERS.values()) <= known_members()
    assert versions_finding(table.installed()).verdict == (Verdict.OK if has_all else Verdict.WARNING)


@pytest.mark.parametrize(
    ("base", "level", "words"),
    [
        ("37.39.1", "WARNING", "Agent 7.81 (datadog-checks-base 37.40.0) for resource records"),
        ("38.0.0", "INFO", "Agent 7.85 (datadog-checks-base 38.3.0) for the Agent's own list of issues"),
        ("99.0.0", "WARNING", "another base package for resource records, which 99.0.0 does not take"),
    ],
)
def test_what_the_agent_lacks_is_logged_once_by_name(agent, caplog, monkeypatch, base, level, words):
    caplog.set_level(logging.INFO)
    found = {"botocore": "1.44.5", "datadog-checks-base": base}
    monkeypatch.setattr(check, "installed", lambda: found)
    monkeypatch.setattr(check, "takes_resources", lambda: base == "38.0.0" and TAKES_RECORDS)
    wants_records = base != "38.0.0" or TAKES_RECORDS
    for tag in ("a:1", "a:2"):
        assert agent(tags=[tag], collect_resources=wants_records).run().error == ""
    assert [record.levelname for record in missing_features(caplog)] == [level]
    assert words in caplog.text


def missing_features(caplog):
    return [record for record in caplog.records if "lacks some features" in record.getMessage()]


def test_a_list_of_issues_without_their_types_is_not_used(agent, put, simulator, monkeypatch, caplog):
    def report_issue(self, id, issue_name):  # noqa: A002 - as the base class has it
        raise AssertionError

    monkeypatch.setattr(AgentCheck, "report_issue", report_issue, raising=False)
    monkeypatch.setattr("datadog_checks.base.checks.base.datadog_agent.report_issue", print, raising=False)
    put("one")
    simulator.fault(Fault.DENIED, operation="DescribeOptimizationJob")
    assert agent().run().error == ""
    assert "list of issues" not in caplog.text.replace("own list of issues", "")


def test_an_update_of_the_agent_forgets_nothing(agent, put):
    put("one")
    one = agent()
    one.run()
    keys = list(agent_stub._cache)
    # As each base package names them: those before 37.20 ask for a whole name, newer ones for the id in it.
    expected = f"optimizationjob:{one.check.persistent_cache_id()}_111111111111_us-east-1_"
    assert [key[:-1] for key in keys] == [expected] * len(keys)
    assert one.check._persistent_cache_id("111111111111_us-east-1_") == expected


# Pruning is what no botocore knows, speculative decoding what an older one does not.
@pytest.mark.parametrize(("technique", "odd"), [("SpeculativeDecoding", False), ("Pruning", True)])
def test_a_technique_keeps_its_name_whether_or_not_botocore_knows_it(agent, put, fail, caplog, technique, odd):
    caplog.set_level(logging.DEBUG)
    put("one", techniques=["Quantization", technique], odd=odd, tags={"team": "ml"})
    put("two", techniques=[technique], odd=odd, created=29)
    one = agent(event_statuses=["FAILED"])
    runs = [one.run()]
    fail()
    runs.append(one.run(after=60))
    assert runs[1].titles() == ["Optimization job one FAILED"]
    tag = f"optimization_type:{technique.lower()}"
    assert [len(reported.values("job.stuck", tag)) for reported in runs] == [2, 2]
    assert runs[0].total("jobs", tag) == 2
    assert runs[0].total("jobs", "optimization_type:quantization") == 1, "a technique more does not hide the other"
    is_known = f"Model{technique}Config" in known_members()
    for record in [record for reported in runs for record in reported.records]:
        names = {name for config in record["fields"].get("optimization_configs", []) for name in config}
        quantized = {"model_quantization_config"} if record["key"].endswith("/one") else set()
        assert names == quantized | ({"model_speculative_decoding_config"} if is_known else set())
    assert len([record for reported in runs for record in reported.records]) == (3 if TAKES_RECORDS else 0)
    left = repr(runs) + repr(agent_stub._cache)
    assert PLACEHOLDER not in left.lower()
    ours = [record for record in caplog.records if not record.name.startswith(("botocore", "boto3", "urllib3"))]
    assert PLACEHOLDER not in "\n".join(str(record.__dict__) for record in ours).lower()


def test_what_botocore_does_not_read_is_absent_and_the_rest_is_there(agent, put):
    put("one", fill="everything", tags={"team": "ml"})
    reported = agent().run()
    assert (reported.error, reported.service_check()) == ("", ("ok", ""))
    has_count = "MaxInstanceCount" in known_members()
    (tags,) = [m["tags"] for m in reported.metrics if m["name"] == "optimizationjob.job.stuck"]
    assert [tag for tag in tags if tag.startswith("max_instance_count")] == ["max_instance_count:4"] * has_count
    for metric in ("job.max_runtime_seconds", "job.max_pending_seconds", "job.max_wait_seconds"):
        assert len(reported.values(metric, "optimization_type:speculativedecoding", "team:ml")) == 1
    missing = {"failure_reason", "optimization_end_time"}  # it runs
    missing |= set() if has_count else {"max_instance_count"}
    missing |= set() if "TrainingPlanArns" in known_members() else {"training_plan_arns"}
    assert [set(record["fields"]) for record in reported.records] == [set(COLUMN_NAMES) - missing] * TAKES_RECORDS


@pytest.mark.parametrize("collects", [True, False])
def test_without_records_the_rest_works_and_it_is_said_once(agent, put, fail, monkeypatch, caplog, collects):
    monkeypatch.delattr(AgentCheck, "submit_generic_resource", raising=False)
    put("one", tags={"team": "ml"})
    for number in range(5):
        put(f"ended-{number}", "COMPLETED", created=300 + number, started=200, ended=100)
    one = agent(collect_resources=collects)
    reported = one.run()
    assert (reported.error, reported.service_check(), reported.total("jobs"), reported.value("poll.backlog")) == (
        "",
        ("ok", ""),
        6,
        0,
    )
    assert described_calls(reported) == 1, "none for the records of ended jobs"
    fail()
    later = one.run(after=60)
    assert later.titles() == ["Optimization job one FAILED"]
    assert described_calls(later) == 1, "for the reason"
    assert one.run(after=4 * 3600).error == ""
    for run in (reported, later):
        assert (run.records, [m for m in run.metrics if ".resource." in m["name"]]) == ([], [])
    (*logged,) = [record.levelname for record in missing_features(caplog)]
    assert logged == ["WARNING"] * collects


def test_the_console_script_runs_the_check_with_this_base_package(agent, put, clock):
    console = pytest.importorskip("optimizationjob.cli.agentless_check")
    put("one")
    reported = console.AgentlessCheck(agent().instance, clock).run()
    assert reported.error == ""
    assert json.dumps([key.rpartition("/")[2] for key in reported.records]) == ('["one"]' if TAKES_RECORDS else "[]")
    assert any("for resource records" in line for line in reported.warnings) is not TAKES_RECORDS
