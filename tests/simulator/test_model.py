from __future__ import annotations

import re

import cbor2
import pytest

from optimizationjob.simulator import sagemaker_operations as operations
from optimizationjob.simulator.shapes import translated

ACCOUNT = "111111111111"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
NAME_PATTERN = "[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}"


@pytest.fixture
def breaches(simulator):
    """Collect the breaches that a test causes on purpose."""
    yield lambda: simulator.breaches
    assert simulator.breaches
    simulator.clear_breaches()


LIST, DESCRIBE = "ListOptimizationJobs", "DescribeOptimizationJob"
STATUSES = "INPROGRESS, COMPLETED, FAILED, STARTING, STOPPING, STOPPED"
LONG = "n" * 64
PATTERN = "Member must satisfy regular expression pattern:"
BAD_VALUES = [
    (
        DESCRIBE,
        {"OptimizationJobName": "no_line"},
        f"Value 'no_line' at 'optimizationJobName' {PATTERN} {NAME_PATTERN}",
    ),
    (
        DESCRIBE,
        {"OptimizationJobName": LONG},
        f"Value '{LONG}' at 'optimizationJobName' Member must have length less than or equal to 63",
    ),
    (LIST, {"MaxResults": 101}, "Value '101' at 'maxResults' Member must have value less than or equal to 100"),
    (LIST, {"MaxResults": 0}, "Value '0' at 'maxResults' Member must have value greater than or equal to 1"),
    (
        LIST,
        {"StatusEquals": "Completed"},
        f"Value 'Completed' at 'statusEquals' Member must satisfy enum value set: [{STATUSES}]",
    ),
    (LIST, {"NameContains": "a_b"}, rf"Value 'a_b' at 'nameContains' {PATTERN} [a-zA-Z0-9\-]+"),
]


@pytest.mark.parametrize(("operation", "body", "failure"), BAD_VALUES)
def test_invalid_value_is_rejected_with_the_aws_message(call, operation, body, failure):
    status, answer = call(operation, body)
    assert (status, answer["__type"]) == (400, "ValidationException")
    # An older model writes patterns with ^ and $.
    failures = answer["message"].translate(str.maketrans("", "", "^$")).split(" detected: ")[1].split("; ")
    assert failure in [text.replace("failed to satisfy constraint: ", "") for text in failures]


def test_bad_values_are_counted(call):
    _, answer = call("ListOptimizationJobs", {"MaxResults": 0, "SortBy": "Size", "SortOrder": "Up"})
    assert answer["message"].startswith("3 validation errors detected: Value '0' at 'maxResults'")


def test_nested_invalid_values_are_found(call):
    body = {
        "OptimizationJobName": "job",
        "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/Execution",
        "ModelSource": {"S3": {"S3Uri": "ftp://models"}},
        "DeploymentInstanceType": "ml.g5.xlarge",
        "OptimizationConfigs": [{"ModelQuantizationConfig": {"Image": "a b"}}],
        "OptimizationEnvironment": {f"KEY_{index}": "x" for index in range(26)},
        "OutputConfig": {"S3OutputLocation": "s3://out"},
        "StoppingCondition": {"MaxPendingTimeInSeconds": 1799},
        "Tags": [{"Key": "fine \u00e9\u4e2d\u0664:/=+-@", "Value": "bad;"}],
    }
    status, answer = call("CreateOptimizationJob", body)
    assert (status, answer["__type"]) == (400, "ValidationException")
    places = set(re.findall(r" at '([^']+)' failed", answer["message"]))
    assert places == {
        "modelSource.s3.s3Uri",
        "optimizationConfigs.1.member.modelQuantizationConfig.image",
        "optimizationEnvironment",
        "stoppingCondition.maxPendingTimeInSeconds",
        "tags.1.member.value",
    }


@pytest.mark.parametrize(
    ("operation", "body", "answered"),
    [
        ("ListOptimizationJobs", {"Colour": "red"}, ("SerializationException", "unknown member 'Colour'")),
        ("ListOptimizationJobs", {"MaxResults": "10"}, ("SerializationException", "not of type integer")),
        ("ListOptimizationJobs", {"MaxResults": True}, ("SerializationException", "not of type integer")),
        (
            "ListOptimizationJobs",
            {"CreationTimeAfter": "2026-01-01"},
            ("SerializationException", "not of type timestamp"),
        ),
        ("ListOptimizationJobs", {"StatusEquals": None}, ("SerializationException", "not of type string")),
        ("ListOptimizationJobs", b"{", ("SerializationException", "cannot be read")),
        ("ListOptimizationJobs", b"[]", ("SerializationException", "not a structure")),
        ("DescribeOptimizationJob", {}, ("ValidationException", "'optimizationJobName'")),
        ("DeleteTags", {"ResourceArn": "x", "TagKeys": "k"}, ("SerializationException", "not a list")),
        ("CreateOptimizationJob", {"OptimizationEnvironment": []}, ("SerializationException", "not a map")),
        ("CreateOptimizationJob", {"ModelSource": []}, ("SerializationException", "not a structure")),
    ],
)
def test_invalid_shape_is_rejected_and_recorded(call, breaches, operation, body, answered):
    code, words = answered
    status, answer = call(operation, body)
    assert (status, answer["__type"]) == (400, code)
    assert any(text.startswith(f"{operation} request: ") and words in text for text in breaches())


@pytest.mark.parametrize("union", [{}, {"ModelQuantizationConfig": {}, "ModelCompilationConfig": {}}])
def test_a_union_has_exactly_one_member(call, breaches, union):
    status, answer = call("CreateOptimizationJob", {"OptimizationConfigs": [union]})
    assert (status, answer["__type"]) == (400, "ValidationException")
    assert any("must have exactly one member" in text for text in breaches())


def test_the_shape_of_cbor_and_of_queries_is_checked_too(raw, breaches):
    path = "/service/ResourceGroupsTaggingAPI_20170126/operation/GetResources"
    smithy = {"smithy-protocol": "rpc-v2-cbor"}
    status, _, body = raw(path, smithy, cbor2.dumps({"Colour": "red"}), service="tagging")
    assert (status, cbor2.loads(body)["__type"]) == (400, "SerializationException")
    status, _, body = raw(path, smithy, b"\xff", service="tagging")
    assert (status, cbor2.loads(body)["__type"]) == (400, "SerializationException")
    for wrong in (b"Colour=red", b"Tags.1.Key=k", b"DurationSeconds=long"):
        query = b"Action=AssumeRole&RoleArn=arn:aws:iam::111111111111:role/r&RoleSessionName=me&" + wrong
        status, _, body = raw("/", FORM, query, service="sts")
        assert status == 400
        assert b"<Code>MalformedInput</Code>" in body
    assert len(breaches()) == 5


def test_query_lists_keep_their_order(simulator, sts):
    simulator.add_role("arn:aws:iam::222222222222:role/r")
    tags = [{"Key": f"key {index}", "Value": "a b"} for index in range(12)]
    assert sts.assume_role(RoleArn="arn:aws:iam::222222222222:role/r", RoleSessionName="me", Tags=tags)["Credentials"]


@pytest.mark.parametrize("wrong", [{}, {"OptimizationJobArn": 7}, {"OptimizationJobArn": "arn", "Mood": "calm"}])
def test_invalid_simulator_response_is_an_error_and_recorded(call, breaches, monkeypatch, wrong):
    monkeypatch.setitem(operations.OPERATIONS, "StopOptimizationJob", lambda _context, _body: {"Mood": "calm"})
    monkeypatch.setitem(operations.OPERATIONS, "ListOptimizationJobs", lambda _context, _body: wrong)
    for operation, body in (("StopOptimizationJob", {"OptimizationJobName": "job"}), ("ListOptimizationJobs", {})):
        status, answer = call(operation, body)
        assert (status, answer["__type"]) == (500, "InternalFailure")
        assert any(text.startswith(f"{operation} answer: ") for text in breaches())


def test_internal_simulator_error_is_recorded(call, breaches, monkeypatch):
    monkeypatch.setitem(operations.OPERATIONS, "ListOptimizationJobs", lambda _context, _body: 1 // 0)
    status, answer = call("ListOptimizationJobs", {})
    assert (status, answer["__type"]) == (500, "InternalFailure")
    assert breaches() == [
        "ListOptimizationJobs: the simulator failed: ZeroDivisionError('integer division or modulo by zero')"
    ]


@pytest.mark.parametrize("operation", ["ListTrainingJobs", "NoSuchThing"])
def test_unsupported_operation_is_unknown(call, operation):
    status, answer = call(operation, {})
    assert (status, answer["__type"]) == (400, "UnknownOperationException")


def test_other_operations_of_the_other_services_are_unknown(connect, refused):
    with refused("InvalidAction"):
        connect("sts").get_session_token()
    with refused("UnknownOperationException"):
        connect("resourcegroupstaggingapi").get_tag_keys()


def test_request_without_an_operation_is_unknown(raw):
    for path, headers in (("/", {}), ("/x", {"smithy-protocol": "rpc-v2-cbor"}), ("/", FORM)):
        status, _, body = raw(path, headers, b"")
        assert status == 404
        assert b"UnknownOperationException" in body


@pytest.mark.parametrize(
    ("pattern", "good", "bad"),
    [
        (r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)", ["Gr\u00fc\u00dfe \u4e16\u754c_\u0663", ""], ["a;b", "a\tb"]),
        (r"[\u0009\u0020-\u007E\uE000-\uFFFD\u10000-\u10FFFF]+", ["arn", "\U0001f600"], ["\u0000", ""]),
        (r"(?!\s*$).+", ["x"], ["", "  "]),
        (r"[-0-9a-zA-Z]+", ["sg-1"], ["sg_1", "sg-1\n"]),
    ],
)
def test_java_patterns_work_in_python(pattern, good, bad):
    assert all(translated(pattern).fullmatch(text) for text in good)
    assert not any(translated(pattern).fullmatch(text) for text in bad)
