"""The rows of metadata.csv, one per series that the Agent sends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from optimizationjob.telemetry.metric_table import JOBS, METRICS, NAMESPACE, Metric, Scope

# `source_type_name` of manifest.json, as Datadog writes it here.
INTEGRATION: Final = "sagemaker_optimization_jobs"
COMMON_TAGS: Final = ("region", "aws_account")
KIND_TAGS: Final = ("deployment_instance_type", "optimization_type")
SCOPE_TAGS: Final[Mapping[Scope, tuple[str, ...]]] = {
    "region": (),
    "group": KIND_TAGS,
    "finished": ("optimization_job_status", *KIND_TAGS, "failure_category"),
    "job": ("optimization_job_name", "optimization_job_status", *KIND_TAGS, "max_instance_count"),
    "call": ("operation", "outcome"),
}
PER_FLUSH: Final = "of the values in one flush of the Agent"


class MetadataRow(NamedTuple):
    """One row of metadata.csv; the fields are its columns in order."""

    metric_name: str
    metric_type: str
    interval: str
    unit_name: str
    per_unit_name: str
    description: str
    orientation: str
    integration: str
    short_name: str
    curated_metric: str
    sample_tags: str


def rows() -> tuple[MetadataRow, ...]:
    """Return the rows of metadata.csv, sorted by name."""
    return tuple(sorted(row for metric in METRICS for row in _rows(metric)))


def _rows(metric: Metric) -> Iterator[MetadataRow]:
    """Yield the rows of a metric: one, or for a histogram one per series that the Agent derives from it."""
    if metric.kind != "histogram":
        yield _row(metric, metric.name, metric.kind, metric.help)
        return
    for suffix, meaning in (
        ("avg", "the average"),
        ("max", "the greatest"),
        ("median", "the median"),
        ("95percentile", "the 95th percentile"),
    ):
        yield _row(metric, f"{metric.name}.{suffix}", "gauge", f"{metric.help}, {meaning} {PER_FLUSH}.")
    number = _row(metric, f"{metric.name}.count", "rate", f"{metric.help}, the number of values in a second.")
    yield number._replace(unit_name="job", per_unit_name="second", orientation="0")


def _row(metric: Metric, name: str, metric_type: str, description: str) -> MetadataRow:
    status = ("optimization_job_status",) if metric is JOBS else ()
    return MetadataRow(
        metric_name=f"{NAMESPACE}.{name}",
        metric_type=metric_type,
        interval="",
        unit_name=metric.unit,
        per_unit_name="",
        description=description,
        orientation=str(metric.orientation),
        integration=INTEGRATION,
        short_name=name.replace(".", " ").replace("_", " "),
        curated_metric="",
        sample_tags=",".join((*COMMON_TAGS, *status, *SCOPE_TAGS[metric.scope])),
    )
