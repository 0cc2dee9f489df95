"""The members of a job that do not change over its lifetime, from a minimal to a complete set."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Literal, TypedDict

from optimizationjob.simulator.error_answers import SimulatorError
from optimizationjob.simulator.job_life import StoppingLimits
from optimizationjob.simulator.service_model import partition

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from optimizationjob.simulator.job_life import Plan

Fill = Literal["usual", "everything", "bare"]

CONFIG_MEMBERS = {
    "Quantization": "ModelQuantizationConfig",
    "Compilation": "ModelCompilationConfig",
    "Sharding": "ModelShardingConfig",
    "SpeculativeDecoding": "ModelSpeculativeDecodingConfig",
}
TECHNIQUES = {member: technique for technique, member in CONFIG_MEMBERS.items()}
FAKE_TOKEN = "hf_simulatedFakeTokenDoNotUse0123456789"  # noqa: S105 - a fake secret that must never be reported
USUAL_RUNTIME = 36_000
LIMIT_MEMBERS = {
    "max_runtime": "MaxRuntimeInSeconds",
    "max_pending": "MaxPendingTimeInSeconds",
    "max_wait": "MaxWaitTimeInSeconds",
}


class MemberFields(TypedDict, total=False):
    """Job fields accepted by `add_job`, `put_job` and `update_job`; absent fields get a typical value.

    `fill` selects the members to start from: "usual", "everything" (every member of Describe) or "bare" (no optional
    member, an empty stopping condition). `members` adds further members of Describe under their AWS names. `detail`
    and `summary` override members in the responses of Describe and List only; None removes a member. `odd=True`
    allows values and members that violate the model.
    """

    instance_type: str
    techniques: Sequence[str]
    max_runtime: int
    max_pending: int
    max_wait: int
    environment: Mapping[str, str]
    tags: Mapping[str, str] | None
    fill: Fill
    members: Mapping[str, Any]
    detail: Mapping[str, Any]
    summary: Mapping[str, Any]
    odd: bool


class PlannedFields(MemberFields, total=False):
    """A job that follows a plan or a story; it is created now by default and may be created in the future."""

    plan: Plan
    story: str
    created_at: datetime


class JobFields(MemberFields, total=False):
    """A job in a fixed state; times are aware, and AWS omits a member that is None or absent.

    `created_at` defaults to now, `modified_at` to the latest of the other times.
    """

    status: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    modified_at: datetime
    failure_reason: str | None


def arn(account: str, region: str, name: str) -> str:
    """Return the ARN of a job."""
    return f"arn:{partition(region)}:sagemaker:{region}:{account}:optimization-job/{name}"


def filled(account: str, region: str, name: str, fill: Fill = "usual") -> dict[str, Any]:
    """Return the members of a job before its own fields are applied."""
    bare = {
        "ModelSource": {"S3": {"S3Uri": f"s3://models-{account}-{region}/llama-3-1-8b-instruct/"}},
        "DeploymentInstanceType": "ml.g5.12xlarge",
        "OptimizationConfigs": [config("Quantization", account, region)],
        "OutputConfig": {"S3OutputLocation": f"s3://optimized-{account}-{region}/{name}/"},
        "RoleArn": f"arn:{partition(region)}:iam::{account}:role/service-role/SageMakerExecution",
        "StoppingCondition": {},
    }
    if fill == "bare":
        return bare
    if fill == "usual":
        return {**bare, "StoppingCondition": {"MaxRuntimeInSeconds": USUAL_RUNTIME}}
    return {**bare, **_everything(account, region, name)}


def _everything(account: str, region: str, name: str) -> dict[str, Any]:
    where = f"{partition(region)}:sagemaker:{region}:{account}"
    return {
        "ModelSource": {
            "S3": {
                "S3Uri": f"s3://models-{account}-{region}/llama-3-1-70b-instruct/",
                "ModelAccessConfig": {"AcceptEula": True},
            },
            "SageMakerModel": {"ModelName": "llama-3-1-70b-instruct"},
        },
        "OptimizationEnvironment": {"OPTION_TENSOR_PARALLEL_DEGREE": "8", "HUGGING_FACE_HUB_TOKEN": FAKE_TOKEN},
        "DeploymentInstanceType": "ml.p5.48xlarge",
        "MaxInstanceCount": 4,
        "OptimizationConfigs": [config(technique, account, region) for technique in CONFIG_MEMBERS],
        "OutputConfig": {
            "KmsKeyId": f"arn:{partition(region)}:kms:{region}:{account}:key/11111111-2222-3333-4444-555555555555",
            "S3OutputLocation": f"s3://optimized-{account}-{region}/{name}/",
            "SageMakerModel": {"ModelName": f"{name}-optimized"[:63].rstrip("-")},
        },
        "OptimizationOutput": {"RecommendedInferenceImage": image(region)},
        "StoppingCondition": {
            "MaxRuntimeInSeconds": USUAL_RUNTIME,
            "MaxWaitTimeInSeconds": 2 * USUAL_RUNTIME,
            "MaxPendingTimeInSeconds": 7_200,
        },
        "VpcConfig": {
            "SecurityGroupIds": ["sg-0a1b2c3d4e5f60718"],
            "Subnets": ["subnet-0a1b2c3d4e5f60718", "subnet-1a2b3c4d5e6f70819"],
        },
        "TrainingPlanArns": [f"arn:{where}:training-plan/optimization-reserve"],
    }


def image(region: str) -> str:
    """Return the name of an inference image in the region."""
    return f"763104351884.dkr.ecr.{region}.amazonaws.com/djl-inference:0.33.0-lmi15.0.0-cu128"


@cache
def config(technique: str, account: str, region: str) -> dict[str, Any]:
    """Return the configuration of one technique, a union with one member; an unknown technique gets an unknown member.

    All jobs share these objects so that 100,000 jobs fit in memory; do not modify them in place.
    """
    if technique == "SpeculativeDecoding":
        source = {"S3Uri": f"s3://datasets-{account}-{region}/ultrachat/", "S3DataType": "S3Prefix"}
        return {CONFIG_MEMBERS[technique]: {"Technique": "EAGLE", "TrainingDataSource": source}}
    options = {
        "Quantization": {"OPTION_QUANTIZE": "awq"},
        "Compilation": {"OPTION_TENSOR_PARALLEL_DEGREE": "8", "OPTION_ROLLING_BATCH": "vllm"},
        "Sharding": {"OPTION_TENSOR_PARALLEL_DEGREE": "8"},
    }.get(technique, {})
    member = CONFIG_MEMBERS.get(technique, f"Model{technique}Config")
    return {member: {"Image": image(region), "OverrideEnvironment": options}}


def described(members: Mapping[str, Any], fields: Mapping[str, Any], account: str, region: str) -> dict[str, Any]:
    """Return the members with the fields of a `MemberFields` applied."""
    changed = dict(members)
    if "instance_type" in fields:
        changed["DeploymentInstanceType"] = fields["instance_type"]
    if "techniques" in fields:
        changed["OptimizationConfigs"] = [config(technique, account, region) for technique in fields["techniques"]]
    limits = {member: fields[name] for name, member in LIMIT_MEMBERS.items() if name in fields}
    if limits:
        changed["StoppingCondition"] = {**changed["StoppingCondition"], **limits}
    if "environment" in fields:
        changed["OptimizationEnvironment"] = dict(fields["environment"])
    return {**changed, **fields.get("members", {})}


def limits_of(members: Mapping[str, Any]) -> StoppingLimits:
    """Return the limits of the stopping condition."""
    condition = members.get("StoppingCondition", {})
    return StoppingLimits(**{name: condition.get(member) for name, member in LIMIT_MEMBERS.items()})


def types_of(members: Mapping[str, Any]) -> list[str]:
    """Return the distinct techniques under the names used by List, in the order of the configurations."""
    names = [member for union in members.get("OptimizationConfigs", []) for member in union]
    types = [TECHNIQUES.get(name, name.removeprefix("Model").removesuffix("Config")) for name in names]
    return list(dict.fromkeys(types))


def refuse_unknown(fields: Mapping[str, Any], known: type) -> None:
    """Reject fields that `known`, a TypedDict, does not define.

    Raises:
        SimulatorError: a field is unknown; the message names it.
    """
    unknown = sorted(set(fields) - set(known.__annotations__))
    if unknown:
        raise SimulatorError(
            f"unknown job field: {', '.join(unknown)}; known: {', '.join(sorted(known.__annotations__))}"
        )
