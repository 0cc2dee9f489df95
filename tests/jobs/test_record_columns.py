"""The record of a job, held to AWS's model, to the Agent's base class and to its own documentation."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime, timedelta, timezone

import botocore.session
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizationjob.jobs.record_columns import COLUMN_NAMES, COLUMNS, MAX_RECORD_BYTES, allow_list, record
from optimizationjob.jobs.record_columns import violations as violations_of
from optimizationjob.jobs.redaction import MASK
from optimizationjob.simulator.shapes import NEWER_MEMBERS

ARN = "arn:aws:sagemaker:us-east-1:123456789012:optimization-job/llama"
AT = datetime(2026, 11, 2, 8, 30, tzinfo=UTC)
QUANTIZATION = {"Image": "1.dkr.ecr.us-east-1.amazonaws.com/q:1", "OverrideEnvironment": {"Q": "awq"}}
TRAINING_DATA = {"S3Uri": "s3://data/", "S3DataType": "S3Prefix"}
MODEL = {"ModelName": "llama"}
DETAIL = {
    "OptimizationJobArn": ARN,
    "OptimizationJobName": "llama",
    "OptimizationJobStatus": "FAILED",
    "CreationTime": AT,
    "LastModifiedTime": AT + timedelta(hours=2),
    "OptimizationStartTime": AT + timedelta(minutes=5),
    "OptimizationEndTime": AT + timedelta(hours=2),
    "FailureReason": "ClientError: 401 for https://huggingface.co with token=abcdef",
    "DeploymentInstanceType": "ml.g5.48xlarge",
    "MaxInstanceCount": 2,
    "ModelSource": {"S3": {"S3Uri": "s3://m/", "ModelAccessConfig": {"AcceptEula": False}}, "SageMakerModel": MODEL},
    "OptimizationEnvironment": {"HF_TOKEN": "abcdef", "OPTION_TP": "8"},
    "OptimizationConfigs": [
        {"ModelQuantizationConfig": QUANTIZATION},
        {"ModelCompilationConfig": {"Image": "c:1", "OverrideEnvironment": {"C": "1"}}},
        {"ModelShardingConfig": {"Image": "s:1", "OverrideEnvironment": {"S": "1"}}},
        {"ModelSpeculativeDecodingConfig": {"Technique": "EAGLE", "TrainingDataSource": TRAINING_DATA}},
    ],
    "OutputConfig": {"KmsKeyId": "alias/models", "S3OutputLocation": "s3://out/", "SageMakerModel": MODEL},
    "OptimizationOutput": {"RecommendedInferenceImage": "djl:1"},
    "RoleArn": "arn:aws:iam::123456789012:role/optimizer",
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600, "MaxWaitTimeInSeconds": 7200, "MaxPendingTimeInSeconds": 1800},
    "VpcConfig": {"SecurityGroupIds": ["sg-2", "sg-1"], "Subnets": ["subnet-1"]},
    "TrainingPlanArns": ["arn:aws:sagemaker:us-east-1:123456789012:training-plan/p"],
    "ResponseMetadata": {"HTTPStatusCode": 200},
}


def full(**changes):
    return record({**DETAIL, **changes}, account_id="123456789012", tags=["team:ml", "env:prod"])


@pytest.fixture
def genresources():
    """The Agent's side of it."""
    reason = "this base package takes no resource records"
    return pytest.importorskip("datadog_checks.base.utils.genresources", reason=reason)


def test_a_full_answer_fits():
    assert violations_of(full()) == []


def test_a_full_answer_fills_every_column(genresources):
    for path in (*allow_list()["paths"], *allow_list()["map_paths"]):
        assert genresources.apply_allow_list(full(), paths=[path], map_paths=[], annotation_keys=[]), path


def test_a_record_carries_the_values_of_the_answer():
    fields = full()
    assert fields["account_id"] == "123456789012"
    assert fields["optimization_job_status"] == "FAILED"
    assert fields["creation_time"] == "2026-11-02T08:30:00Z"
    assert fields["model_source"]["s3"]["model_access_config"] == {"accept_eula": False}
    assert fields["optimization_configs"][3]["model_speculative_decoding_config"]["technique"] == "EAGLE"
    assert fields["stopping_condition"]["max_runtime_in_seconds"] == 3600
    assert fields["vpc_config"]["security_group_ids"] == ["sg-1", "sg-2"]
    assert fields["tags"] == ["env:prod", "team:ml"]


def test_no_secret_is_in_a_record():
    assert "abcdef" not in json.dumps(full())
    assert full()["optimization_environment"] == {"HF_TOKEN": MASK, "OPTION_TP": MASK}
    assert full()["optimization_configs"][0]["model_quantization_config"]["override_environment"] == {"Q": MASK}
    assert full()["failure_reason"] == f"ClientError: 401 for https://huggingface.co with token={MASK}"


def test_revealed_values_stay_masked_where_they_are_secret():
    fields = record(DETAIL, environment_values=True)
    assert fields["optimization_environment"] == {"HF_TOKEN": MASK, "OPTION_TP": "8"}


def test_urls_lose_what_may_be_secret():
    fields = full(ModelSource={"S3": {"S3Uri": "https://u:p@b.s3.amazonaws.com/llama?X-Amz-Signature=abc"}})
    assert fields["model_source"] == {"s3": {"s3_uri": "https://b.s3.amazonaws.com/llama"}}


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (datetime(2026, 11, 2, 10, 30, tzinfo=timezone(timedelta(hours=2))), "2026-11-02T08:30:00Z"),
        (datetime(2026, 11, 2, 8, 30, 1, 250_900, tzinfo=UTC), "2026-11-02T08:30:01.250Z"),
        (datetime(2026, 11, 2, 8, 30, 1, 999, tzinfo=UTC), "2026-11-02T08:30:01Z"),
        (datetime(2026, 11, 2, 8, 30), "2026-11-02T08:30:00Z"),  # noqa: DTZ001 - a naive time is what it is about
        (datetime.min.replace(tzinfo=timezone(timedelta(hours=2))), None),
    ],
)
def test_times_are_utc_with_milliseconds_only_where_there_are_some(moment, expected):
    assert full(CreationTime=moment).get("creation_time") == expected


WRONG = [None, "", "text", 3, 2**31, True, 1.5, float("nan"), [], ["x"], [None], {}, {"a": 1}, {1: "a"}, AT, b"x"]


@pytest.mark.parametrize("member", sorted(DETAIL))
@pytest.mark.parametrize("wrong", WRONG)
def test_a_value_of_a_wrong_type_is_left_out_and_harms_nothing(member, wrong):
    fields = full(**{member: wrong})
    assert violations_of(fields) == []
    others = {c.name for c in COLUMNS if c.provider_name != member}
    assert {name: fields.get(name) for name in others} == {name: full().get(name) for name in others}


@pytest.mark.parametrize(
    ("member", "wrong"),
    [
        ("MaxInstanceCount", True),
        ("MaxInstanceCount", 2**31),
        ("MaxInstanceCount", 1.0),
        ("MaxInstanceCount", float("nan")),
        ("OptimizationEnvironment", "HF_TOKEN=abc"),
        ("OptimizationEnvironment", {"N": 1}),
        ("CreationTime", "2026-11-02T08:30:00Z"),
        ("OptimizationJobName", 3),
        ("VpcConfig", {"Subnets": "subnet-1"}),
        ("ModelSource", {"SDK_UNKNOWN_MEMBER": {"name": "New"}}),
        ("OptimizationConfigs", [{"SDK_UNKNOWN_MEMBER": {"name": "New"}}]),
        ("OptimizationConfigs", [{"ModelShardingConfig": {}}]),
        ("OptimizationConfigs", {"ModelShardingConfig": {"Image": "s:1"}}),
    ],
)
def test_what_does_not_fit_or_says_nothing_is_left_out(member, wrong):
    (name,) = (column.name for column in COLUMNS if column.provider_name == member)
    assert name not in full(**{member: wrong})


plain = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.datetimes(timezones=st.timezones())
names = st.text() | st.sampled_from(["S3", "Image", "S3Uri"])
json_like = st.recursive(plain, lambda inner: st.lists(inner) | st.dictionaries(names, inner), max_leaves=8)


@given(st.dictionaries(st.sampled_from(sorted(DETAIL)), json_like), st.none() | st.lists(st.text()))
def test_whatever_aws_answers_the_record_fits(detail, tags):
    before = copy.deepcopy(detail)
    fields = record(detail, tags=tags)
    assert [found for found in violations_of(fields) if found != "record: empty"] == []
    assert repr(detail) == repr(before)


def test_excluded_columns_are_neither_built_nor_allowed():
    excluded = ("tags", "vpc_config")
    fields = record(DETAIL, tags=["a:b"], exclude_columns=excluded)
    assert set(excluded).isdisjoint(fields)
    assert not [path for path in allow_list(excluded)["paths"] if path.startswith(excluded)]
    assert not [path for path in allow_list(excluded)["map_paths"] if path.startswith(excluded)]


def test_what_is_not_known_of_account_and_tags_is_left_out():
    assert {"account_id", "tags"}.isdisjoint(record(DETAIL))


def test_the_agent_takes_a_full_record_whole_but_for_what_is_excluded(genresources):
    include = allow_list()
    assert genresources.find_invalid_include(full(), include["paths"], include["map_paths"]) is None
    assert genresources.apply_allow_list(full(), **include) == full()
    excluded = ("tags", "vpc_config")
    left = genresources.apply_allow_list(full(), **allow_list(excluded))
    assert left.keys() == set(COLUMN_NAMES) - set(excluded)
    assert MAX_RECORD_BYTES == genresources.MAX_FIELDS_JSON_BYTES


def test_the_allow_list_names_fields_inside_lists():
    assert "optimization_configs[*].model_quantization_config.image" in allow_list()["paths"]
    assert "optimization_configs[*].model_quantization_config.override_environment" in allow_list()["map_paths"]
    assert allow_list()["annotation_keys"] == []


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, ["record: empty"]),
        ({"colour": "red"}, ["colour: unknown column"]),
        ({"creation_time": AT}, ["creation_time: datetime is no TIMESTAMP", "record: not JSON"]),
        ({"creation_time": "2026-11-02 08:30:00"}, ["creation_time: str is no TIMESTAMP"]),
        ({"max_instance_count": float("nan")}, ["max_instance_count: float is no INT32", "record: not JSON"]),
        ({"max_instance_count": True}, ["max_instance_count: bool is no INT32"]),
        ({"account_id": None}, ["account_id: NoneType is no STRING"]),
        ({"tags": [1]}, ["tags: list is no UNORDERED_LIST_STRING"]),
        ({"optimization_environment": {"A": 1}}, ["optimization_environment: dict is no MAP_STRING_STRING"]),
        ({"optimization_configs": ["x"]}, ["optimization_configs: list is no UNORDERED_LIST_STRUCT"]),
        ({"vpc_config": {"zone": "a"}}, ["vpc_config.zone: unknown column"]),
        ({"failure_reason": "x" * 1_000_000}, ["record: 1000021 bytes, above 1000000"]),
        ({"failure_reason": "\u00e9" * 170_000}, ["record: 1020021 bytes, above 1000000"]),
    ],
)
def test_violations_name_what_does_not_fit_and_no_value(fields, expected):
    assert violations_of(fields) == expected


SHAPES = {"INT32": "integer", "STRUCT": "structure", "UNORDERED_LIST_STRUCT": "list", "UNORDERED_LIST_STRING": "list"}


def assert_as_aws_says(columns, shape):
    for column in columns:
        is_newer = column.beyond or column.provider_name in NEWER_MEMBERS
        if column.provider_name is None or (is_newer and column.provider_name not in shape.members):
            continue
        member = shape.members[column.provider_name]
        assert member.type_name == SHAPES.get(column.type, column.type.split("_")[0].lower()), column
        if column.type == "UNORDERED_LIST_STRING":
            assert member.member.type_name == "string", column
        if column.type == "MAP_STRING_STRING":
            assert {member.key.type_name, member.value.type_name} == {"string"}, column
        assert_as_aws_says(column.fields, member.member if column.type == "UNORDERED_LIST_STRUCT" else member)


def test_the_declaration_is_what_aws_declares():
    model = botocore.session.get_session().get_service_model("sagemaker")
    assert_as_aws_says(COLUMNS, model.operation_model("DescribeOptimizationJob").output_shape)


def test_names_are_aws_names_in_snake_case_and_come_once():
    assert len(set(COLUMN_NAMES)) == len(COLUMN_NAMES)

    def check(columns):
        for column in columns:
            assert column.help.endswith(".")
            assert column.provider_name in {None, "".join(part.capitalize() for part in column.name.split("_"))}
            assert bool(column.fields) == column.type.endswith("STRUCT")
            assert column.sensitive == (column.type == "MAP_STRING_STRING")
            check(column.fields)

    check(COLUMNS)
