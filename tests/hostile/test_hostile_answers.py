"""Whatever AWS answers: no run breaks, no failure passes for no jobs, and a good job is told beside a bad one."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hostile_world import BAD, GOOD, T0, deep, numbers, run, scalars, shapes, tampered, texts, whole_runs
from hypothesis import example, given
from hypothesis import strategies as st

from optimizationjob.aws.sagemaker_api import date_of

ROW = ("OptimizationJobName", "OptimizationJobArn", "CreationTime", "OptimizationJobStatus", "LastModifiedTime")
ROW += ("OptimizationStartTime", "OptimizationEndTime", "DeploymentInstanceType", "MaxInstanceCount", "Unknown")
DETAIL = (*ROW, "FailureReason", "ModelSource", "OptimizationConfigs", "OutputConfig", "StoppingCondition", "RoleArn")
DETAIL += ("OptimizationEnvironment", "OptimizationOutput", "VpcConfig", "TrainingPlanArns")
OPERATIONS = {
    "ListOptimizationJobs": ("OptimizationJobSummaries", "NextToken"),
    "DescribeOptimizationJob": DETAIL,
    "GetResources": ("ResourceTagMappingList", "PaginationToken"),
    "GetCallerIdentity": ("Account", "Arn"),
}

bad_members = st.dictionaries(st.sampled_from(ROW), scalars, max_size=4)
bad_details = st.dictionaries(st.sampled_from(DETAIL), shapes, max_size=4)
bad_tags = st.lists(
    st.fixed_dictionaries({}, optional={"Key": texts | scalars, "Value": texts | scalars, "More": shapes}), max_size=4
)
repeats = st.integers(1, 3)


@whole_runs
@given(st.tuples(bad_members, bad_members, bad_members), bad_details, bad_tags, repeats)
@example(({"CreationTime": "soon"}, {}, {}), {}, [], 1)
@example(
    ({"CreationTime": "2026-11-02T11:00:00+9999"}, {"OptimizationEndTime": "2026-11-02T11:59:00 UTC+25"}, {}), {}, [], 1
)
@example(({"CreationTime": float("nan")}, {"LastModifiedTime": 10**30}, {"OptimizationEndTime": []}), {}, [], 1)
@example(({"OptimizationJobName": "x" * 70_000}, {"OptimizationJobArn": "a:b:c:d:e:f/" + "x" * 70_000}, {}), {}, [], 1)
@example(({"OptimizationJobStatus": "\ud800"}, {}, {}), {"DeploymentInstanceType": "\ud800"}, [{"Key": "\ud800"}], 2)
@example(({}, {}, {}), {"FailureReason": "{{ @all ``` %%%\n" * 100_000}, [{"Key": "k" * 5000, "Value": "v" * 5000}], 1)
@example(
    ({}, {}, {}), {"ModelSource": {"SDK_UNKNOWN_MEMBER": {"name": "New"}}, "OptimizationConfigs": [{"New": {}}]}, [], 1
)
@example(({}, {}, {}), {"OptimizationEnvironment": {"A": "\ud800", "B": "x" * 70_000, "": None}}, [], 1)
def test_a_good_job_is_reported_among_bad_ones(rows, detail, tags, times):
    changes = dict(zip(BAD, rows, strict=True))

    def change(operation: str, answer: dict[str, Any]) -> dict[str, Any]:
        answer = deepcopy(answer)
        if operation == "ListOptimizationJobs":
            found = answer["OptimizationJobSummaries"]
            for row in found:
                row.update(changes.get(row["OptimizationJobName"], {}))
            answer["OptimizationJobSummaries"] = [row for row in found for _ in range(times)]
        elif operation == "DescribeOptimizationJob" and answer["OptimizationJobName"] in BAD:
            answer.update(detail)
        elif operation == "GetResources":
            for mapping in answer["ResourceTagMappingList"]:
                if not mapping["ResourceARN"].endswith(f"/{GOOD}"):
                    mapping["Tags"] = cborable(tags)
        return answer

    with tampered(change) as here:
        check = here.check()
        reported = run(check)["titles"] + run(check)["titles"]
    assert reported.count(f"Optimization job {GOOD} FAILED") == 1


@whole_runs
@given(st.sampled_from(sorted(OPERATIONS)), st.data())
def test_no_answer_breaks_a_run_or_passes_for_no_jobs(operation, data):
    members = st.dictionaries(st.sampled_from(OPERATIONS[operation]), shapes | numbers, min_size=1, max_size=3)
    broken = data.draw(members)

    def change(asked: str, answer: dict[str, Any]) -> dict[str, Any]:
        return {**answer, **cborable(broken)} if asked == operation else answer

    with tampered(change) as here:
        reported = run(here.check())
    no_jobs = operation == "ListOptimizationJobs" and broken.get("OptimizationJobSummaries") in ([], {}, "")
    assert f"Optimization job {GOOD} FAILED" in reported["titles"] or reported["health"] or no_jobs


def test_an_endless_shape_costs_no_more_than_its_job():
    def change(operation: str, answer: dict[str, Any]) -> dict[str, Any]:
        is_bad = operation == "DescribeOptimizationJob" and answer["OptimizationJobName"] in BAD
        return {**answer, "ModelSource": deep(), "VpcConfig": {"Subnets": [[], {}, None]}} if is_bad else answer

    with tampered(change) as here:
        assert f"Optimization job {GOOD} FAILED" in run(here.check())["titles"]


def test_a_tag_mapping_of_no_arn_is_passed_over():
    def change(operation: str, answer: dict[str, Any]) -> dict[str, Any]:
        mappings = [
            {"ResourceARN": ["x"]},
            {"ResourceARN": {}},
            {"Tags": None},
            *answer.get("ResourceTagMappingList", []),
        ]
        return {**answer, "ResourceTagMappingList": mappings} if operation == "GetResources" else answer

    with tampered(change) as here:
        reported = run(here.check())
    assert f"Optimization job {GOOD} FAILED" in reported["titles"]
    assert reported["health"] == 0


def test_an_account_that_is_none_is_not_learned():
    with tampered(lambda asked, answer: {**answer, "Account": {}} if asked == "GetCallerIdentity" else answer) as here:
        assert f"Optimization job {GOOD} FAILED" in run(here.check())["titles"]


def cborable(value: Any) -> Any:
    """Return a value that CBOR can carry as well as JSON: it has no lone surrogates."""
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [cborable(item) for item in value]
    if isinstance(value, dict):
        return {cborable(key): cborable(item) for key, item in value.items()}
    return value


@pytest.mark.parametrize(
    "date",
    [
        "Fri, 31 Dec 9999 23:59:59 GMT",
        "Fri, 01 Jan 100 00:00:00 GMT",
        "soon",
        "",
        "x" * 70_000,
        "1, 1 1 1 99:99:99 +99",
    ],
)
def test_a_date_header_that_cannot_be_moves_no_clock(date):
    assert date_of({"ResponseMetadata": {"HTTPHeaders": {"date": date}}}) is None


def test_a_date_header_that_can_be_is_read():
    reported = date_of({"ResponseMetadata": {"HTTPHeaders": {"date": "Mon, 02 Nov 2026 12:00:00 -0000"}}})
    assert reported == T0
