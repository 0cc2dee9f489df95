"""The columns of an optimization job's resource record, and everything that is derived from them.

Names and types are those of the Resource Catalog type, the AWS members those of DescribeOptimizationJob; nothing else
lists columns. `python -m tools.record_table --write docs/resource-records.md` renews the documentation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Final, Literal, TypeAlias, cast

from optimizationjob.jobs import redaction
from optimizationjob.jobs.printable_text import printable

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"
_Plain: TypeAlias = Literal["STRING", "TIMESTAMP", "BOOLEAN", "INT32"]
_Nested: TypeAlias = Literal["STRUCT", "UNORDERED_LIST_STRUCT", "UNORDERED_LIST_STRING", "MAP_STRING_STRING"]
ColumnType: TypeAlias = _Plain | _Nested


@dataclass(frozen=True, slots=True)
class Column:
    """One column, or one field of a STRUCT column.

    Attributes:
        name: The name in a record and in SQL, snake case.
        type: The type as the Resource Catalog spells it.
        provider_name: The member of DescribeOptimizationJob; None where the value comes from elsewhere.
        help: The meaning in one phrase, units included.
        fields: What a STRUCT, or each item of a list of them, holds.
        sensitive: Whether values are masked unless the user reveals them.
        beyond: Whether only newer AWS models have it, and the published table does not.
        free_text: Whether it is prose that may quote secrets, and so is scrubbed of them.
    """

    name: str
    type: ColumnType
    provider_name: str | None
    help: str
    fields: tuple[Column, ...] = ()
    sensitive: bool = False
    beyond: bool = False
    free_text: bool = False


_S3_URI: Final = Column("s3_uri", "STRING", "S3Uri", "Location in S3.")
_MODEL_NAME: Final = Column("model_name", "STRING", "ModelName", "Name of the SageMaker model.")
_VARIABLES: Final = "Environment variables of the container."
_CONTAINER: Final = (
    Column("image", "STRING", "Image", "Container image of the technique."),
    Column("override_environment", "MAP_STRING_STRING", "OverrideEnvironment", _VARIABLES, sensitive=True),
)
_EULA: Final = (Column("accept_eula", "BOOLEAN", "AcceptEula", "Whether the model's license was accepted."),)
_MODEL_ACCESS: Final = Column("model_access_config", "STRUCT", "ModelAccessConfig", "Terms of access.", _EULA)
_MODEL: Final = Column("sage_maker_model", "STRUCT", "SageMakerModel", "A named model.", (_MODEL_NAME,), beyond=True)
_MODEL_SOURCE: Final = (Column("s3", "STRUCT", "S3", "A model in S3.", (_MODEL_ACCESS, _S3_URI)), _MODEL)
_TRAINING_DATA: Final = (_S3_URI, Column("s3_data_type", "STRING", "S3DataType", "What the location names."))
_TECHNIQUE: Final = Column("technique", "STRING", "Technique", "Kind of speculative decoding, such as EAGLE.")
_DATA: Final = Column("training_data_source", "STRUCT", "TrainingDataSource", "Data to train on.", _TRAINING_DATA)
_DRAFT: Final = (_TECHNIQUE, _DATA)
_SPECULATION: Final = Column(
    "model_speculative_decoding_config", "STRUCT", "ModelSpeculativeDecodingConfig", "Draft model.", _DRAFT, beyond=True
)
_CONFIGS: Final = (
    Column("model_compilation_config", "STRUCT", "ModelCompilationConfig", "Compilation.", _CONTAINER),
    Column("model_quantization_config", "STRUCT", "ModelQuantizationConfig", "Quantization.", _CONTAINER),
    Column("model_sharding_config", "STRUCT", "ModelShardingConfig", "Sharding.", _CONTAINER),
    _SPECULATION,
)
_OUTPUT: Final = (Column("recommended_inference_image", "STRING", "RecommendedInferenceImage", "Image to serve with."),)
_OUTPUT_CONFIG: Final = (
    Column("kms_key_id", "STRING", "KmsKeyId", "KMS key that encrypts the output."),
    Column("s3_output_location", "STRING", "S3OutputLocation", "Where the optimized model is put."),
    _MODEL,
)
_STOPPING_CONDITION: Final = (
    Column("max_pending_time_in_seconds", "INT32", "MaxPendingTimeInSeconds", "Most seconds to wait for capacity."),
    Column("max_runtime_in_seconds", "INT32", "MaxRuntimeInSeconds", "Most seconds to run."),
    Column("max_wait_time_in_seconds", "INT32", "MaxWaitTimeInSeconds", "Most seconds to wait and run together."),
)
_VPC_CONFIG: Final = (
    Column("security_group_ids", "UNORDERED_LIST_STRING", "SecurityGroupIds", "Security groups of the job."),
    Column("subnets", "UNORDERED_LIST_STRING", "Subnets", "Subnets of the job."),
)

#: The table, in its order.
COLUMNS: Final[tuple[Column, ...]] = (
    Column("account_id", "STRING", None, "AWS account, from the job's ARN."),
    Column("creation_time", "TIMESTAMP", "CreationTime", "When the job was created."),
    Column("deployment_instance_type", "STRING", "DeploymentInstanceType", "Instance type the model is meant for."),
    Column("failure_reason", "STRING", "FailureReason", "Why the job failed, in AWS's words.", free_text=True),
    Column("last_modified_time", "TIMESTAMP", "LastModifiedTime", "When the job last changed."),
    Column("model_source", "STRUCT", "ModelSource", "The model to optimize.", _MODEL_SOURCE),
    Column("optimization_configs", "UNORDERED_LIST_STRUCT", "OptimizationConfigs", "The techniques.", _CONFIGS),
    Column("optimization_end_time", "TIMESTAMP", "OptimizationEndTime", "When the job ended."),
    Column("optimization_environment", "MAP_STRING_STRING", "OptimizationEnvironment", _VARIABLES, sensitive=True),
    Column("optimization_job_arn", "STRING", "OptimizationJobArn", "ARN of the job, and key of its record."),
    Column("optimization_job_name", "STRING", "OptimizationJobName", "Name of the job."),
    Column("optimization_job_status", "STRING", "OptimizationJobStatus", "Status, upper case as AWS spells it."),
    Column("optimization_output", "STRUCT", "OptimizationOutput", "What the job recommends.", _OUTPUT),
    Column("optimization_start_time", "TIMESTAMP", "OptimizationStartTime", "When the job began to run."),
    Column("output_config", "STRUCT", "OutputConfig", "Where the result goes.", _OUTPUT_CONFIG),
    Column("role_arn", "STRING", "RoleArn", "IAM role the job acts as."),
    Column("stopping_condition", "STRUCT", "StoppingCondition", "Limits that end the job.", _STOPPING_CONDITION),
    Column("tags", "UNORDERED_LIST_STRING", None, "AWS tags as key:value, from the tagging API or ListTags."),
    Column("vpc_config", "STRUCT", "VpcConfig", "Network of the job.", _VPC_CONFIG),
    Column("max_instance_count", "INT32", "MaxInstanceCount", "Most instances the job may use.", beyond=True),
    Column("training_plan_arns", "UNORDERED_LIST_STRING", "TrainingPlanArns", "Training plans.", beyond=True),
)
COLUMN_NAMES: Final[tuple[str, ...]] = tuple(column.name for column in COLUMNS)  # top level, in the table's order
RESOURCE_TYPE: Final = "aws_sagemaker_optimizationjob"  # as the Resource Catalog names it
LONGEST_TEXT: Final = 1024
"""Characters of a text; AWS has no longer ones."""
MOST_ITEMS: Final = 50
"""Members of a list or a map: the tags of a job are the most that AWS has."""
LARGEST_RECORD: Final = 2**16
"""Characters of a record. AWS's limits allow for about half of that; the details of live jobs stay in memory."""
MAX_RECORD_BYTES: Final = 1_000_000  # of compact JSON; the Agent's base class takes no more

_RFC_3339: Final = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{3})?Z")
_FITS: Final[Mapping[ColumnType, Callable[[object], bool]]] = {
    "STRING": lambda value: isinstance(value, str),
    "TIMESTAMP": lambda value: isinstance(value, str) and _RFC_3339.fullmatch(value) is not None,
    "BOOLEAN": lambda value: isinstance(value, bool),
    "INT32": lambda value: isinstance(value, int) and not isinstance(value, bool) and -(2**31) <= value < 2**31,
    "STRUCT": lambda value: isinstance(value, dict),
    "UNORDERED_LIST_STRUCT": lambda value: isinstance(value, list) and all(isinstance(item, dict) for item in value),
    "UNORDERED_LIST_STRING": lambda value: isinstance(value, list) and all(isinstance(item, str) for item in value),
    "MAP_STRING_STRING": lambda v: isinstance(v, dict) and all(isinstance(s, str) for kv in v.items() for s in kv),
}


def record(
    detail: Mapping[str, object],
    *,
    account_id: str | None = None,
    tags: Sequence[str] | None = None,
    exclude_columns: Collection[str] = (),
    environment_values: bool = False,
) -> dict[str, Json]:
    """Return the record of one job; what is missing, empty, unknown, of a wrong type or too large is left out.

    A technique whose configuration is `{}` is left out too: the Agent prunes empty objects, and to fill them would lie.

    Args:
        detail: The answer of DescribeOptimizationJob as boto3 gives it.
        account_id: The AWS account in the job's ARN.
        tags: The job's AWS tags as `key:value`; None where they are not known.
        exclude_columns: Top-level columns the user does not want to send.
        environment_values: Whether to reveal environment values that do not look secret.
    """
    columns = [column for column in COLUMNS if column.name not in exclude_columns]
    made = _struct(columns, {**detail, "account_id": account_id, "tags": tags}, reveal=environment_values)
    while len(json.dumps(made)) > LARGEST_RECORD:
        del made[max(made, key=lambda name: len(json.dumps(made[name])))]
    return made


def violations(fields: Mapping[str, object]) -> list[str]:
    """Return what in a record does not fit the declaration, by path and without values; empty for a good record.

    The Agent's base class drops a record that is empty, no JSON or above MAX_RECORD_BYTES with no more than a log line.
    """
    found = [*_misfits(COLUMNS, fields, "")] if fields else ["record: empty"]
    try:
        size = len(json.dumps(fields, sort_keys=True, separators=(",", ":"), allow_nan=False))
    except (TypeError, ValueError):
        return [*found, "record: not JSON"]
    return found if size <= MAX_RECORD_BYTES else [*found, f"record: {size} bytes, above {MAX_RECORD_BYTES}"]


def allow_list(exclude_columns: Collection[str] = ()) -> dict[str, list[str]]:
    """Return the columns in the form that `AgentCheck.submit_generic_resource` takes as `include`."""
    chosen: dict[str, list[str]] = {"paths": [], "map_paths": [], "annotation_keys": []}
    for path, _, column in walk([column for column in COLUMNS if column.name not in exclude_columns]):
        if not column.fields:
            chosen["map_paths" if column.type == "MAP_STRING_STRING" else "paths"].append(path)
    return chosen


def walk(columns: Sequence[Column], path: str = "", member: str = "") -> Iterator[tuple[str, str, Column]]:
    """Yield every column and field with its path in the record and in AWS's response."""
    for column in columns:
        many = "[*]" if column.type == "UNORDERED_LIST_STRUCT" else ""
        here, there = f"{path}{column.name}", f"{member}{column.provider_name or ''}"
        yield here, there, column
        yield from walk(column.fields, f"{here}{many}.", f"{there}{many}.")


def _struct(columns: Sequence[Column], source: Mapping[str, object], *, reveal: bool) -> dict[str, Json]:
    values = ((c.name, _value(c, source.get(c.provider_name or c.name), reveal=reveal)) for c in columns)
    return {name: value for name, value in values if value is not None and value not in ("", [], {})}


def _value(column: Column, raw: object, *, reveal: bool) -> Json:  # noqa: PLR0911 - one return a type
    """Return a value in the form of the record, or None if it has the wrong type."""
    match column.type, raw:
        case "TIMESTAMP", datetime():
            return _timestamp(raw)
        case "STRUCT", Mapping():
            return _struct(column.fields, raw, reveal=reveal)
        case "UNORDERED_LIST_STRUCT", list() | tuple():
            items = (
                _struct(column.fields, item, reveal=reveal) for item in raw[:MOST_ITEMS] if isinstance(item, Mapping)
            )
            return [item for item in items if item]
        case "UNORDERED_LIST_STRING", list() | tuple():
            return [
                *sorted({printable(item[:LONGEST_TEXT]) for item in raw[:MOST_ITEMS] if isinstance(item, str) and item})
            ]
        case "MAP_STRING_STRING", Mapping():
            pairs = ((k, v) for k, v in islice(raw.items(), MOST_ITEMS) if isinstance(k, str) and isinstance(v, str))
            texts = {_readable(k): _readable(v) for k, v in pairs}
            shown = redaction.environment(texts, reveal=reveal or not column.sensitive)
            return {k[:LONGEST_TEXT]: v[:LONGEST_TEXT] for k, v in shown.items()}
        case "STRING", str():
            text = _readable(raw)
            # Cut last: half a secret would not be recognized.
            return (redaction.scrub(text) if column.free_text else redaction.url(text))[:LONGEST_TEXT]
        case _:
            return raw if isinstance(raw, int) and _FITS[column.type](raw) else None


def _readable(text: str) -> str:
    return printable(text[: redaction.LONGEST_TEXT])


def _timestamp(moment: datetime) -> str | None:
    try:
        stamp = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC).replace(tzinfo=None)
    except OverflowError:
        return None
    return stamp.isoformat(timespec="milliseconds" if stamp.microsecond >= 1000 else "seconds") + "Z"


def _misfits(columns: Sequence[Column], fields: Mapping[str, object], path: str) -> Iterator[str]:
    declared = {column.name: column for column in columns}
    for name, value in fields.items():
        if (column := declared.get(name)) is None:
            yield f"{path}{name}: unknown column"
        elif not _FITS[column.type](value):
            yield f"{path}{name}: {type(value).__name__} is no {column.type}"
        elif column.fields:
            for item in value if isinstance(value, list) else [value]:
                yield from _misfits(column.fields, cast("Mapping[str, object]", item), f"{path}{name}.")
