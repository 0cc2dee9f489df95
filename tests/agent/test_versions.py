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

from optimizationjob.diagnosis import Verdict
from optimizationjob.diagnosis.version_findings import versions_finding
from optimizationjob.jobs.record_columns import COLUMN_NAMES
from optimizationjob.package_versions import LACKS, installed
from tests.versions import TAKES_RECORDS, known_members

NEWER = {
    "MaxInstanceCount": "MaxInstanceCount and speculative decoding",
    "ModelSpeculativeDecodingConfig": "MaxInstanceCount and speculative decoding",
    "TrainingPlanArns": "TrainingPlanArns",
}
PLACEHOLDER = "sdk_unknown_member"


def release(text):
    return tuple(int(part) for part in text.split(".")[:3])


def described_calls(reported):
    return reported.calls["DescribeOptimizationJob"]


@pytest.mark.parametrize("member", sorted(NEWER))
def test_the_table_of_what_is_lacking_is_what_botocore_lacks(member):
    (since,) = [lack.since for lack in LACKS if lack.what == NEWER[member]]
    assert (member in known_members()) == (release(version("botocore")) >= release(since))


def test_the_table_of_what_is_lacking_is_what_the_base_package_lacks():
    (since,) = [lack.since for lack in LACKS if lack.what == "resource records"]
    has_them = release(version("datadog-checks-base")) >= release(since)
    assert has_them == TAKES_RECORDS


def test_the_doctor_warns_of_these_versions_only_where_they_lack_something():
    lacks_something = not (TAKES_RECORDS and set(NEWER) <= known_members())
    assert versions_finding(installed()).verdict == (Verdict.WARNING if lacks_something else Verdict.OK)


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
    said = [record for record in caplog.records if "does not take resource records" in record.getMessage()]
    assert [record.levelname for record in said] == ["WARNING"] * collects


def test_the_console_script_runs_the_check_with_this_base_package(agent, put, clock):
    console = pytest.importorskip("optimizationjob.cli.agentless_check")
    put("one")
    reported = console.AgentlessCheck(agent().instance, clock).run()
    assert reported.error == ""
    assert json.dumps([key.rpartition("/")[2] for key in reported.records]) == ('["one"]' if TAKES_RECORDS else "[]")
    assert any("does not take resource records" in line for line in reported.warnings) is not TAKES_RECORDS
