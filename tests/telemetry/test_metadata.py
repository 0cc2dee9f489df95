"""metadata.csv, the table of metrics and the names that users' dashboards are built on are the same."""

from __future__ import annotations

import csv
from pathlib import Path

from optimizationjob.assets.metric_metadata import SCOPE_TAGS, MetadataRow, rows
from optimizationjob.telemetry.metric_table import METRICS, NAMESPACE

FILE = Path(__file__).parents[2] / "metadata.csv"
COLUMNS = (
    *("metric_name", "metric_type", "interval", "unit_name", "per_unit_name", "description", "orientation"),
    *("integration", "short_name", "curated_metric", "sample_tags"),
)
# Dashboards and monitors of users name these: written by hand, and never changed with the table.
CONTRACT = {
    ("jobs", "gauge", "job"),
    ("job.created", "count", "job"),
    ("job.finished", "count", "job"),
    ("job.finished.runtime_seconds", "count", "second"),
    ("job.finished.pending_seconds", "count", "second"),
    ("job.pending_seconds", "gauge", "second"),
    ("job.runtime_seconds", "gauge", "second"),
    ("job.total_seconds", "gauge", "second"),
    ("job.max_pending_seconds", "gauge", "second"),
    ("job.max_runtime_seconds", "gauge", "second"),
    ("job.max_wait_seconds", "gauge", "second"),
    ("job.pending_utilization", "gauge", "percent"),
    ("job.runtime_utilization", "gauge", "percent"),
    ("job.pending_remaining_seconds", "gauge", "second"),
    ("job.runtime_remaining_seconds", "gauge", "second"),
    ("job.duration", "histogram", "second"),
    ("job.queue_duration", "histogram", "second"),
    ("job.stuck", "gauge", "job"),
    ("api.up", "gauge", ""),
    ("api.calls", "count", "request"),
    ("poll.duration_seconds", "gauge", "second"),
    ("poll.data_age_seconds", "gauge", "second"),
    ("poll.backlog", "gauge", "job"),
    ("poll.truncated", "gauge", ""),
    ("poll.jobs", "gauge", "job"),
    ("resource.submitted", "count", ""),
    ("resource.dropped", "count", ""),
}
# What the Agent makes of a histogram unless it is told otherwise.
HISTOGRAM = {
    ("avg", "gauge", "second", ""),
    ("max", "gauge", "second", ""),
    ("median", "gauge", "second", ""),
    ("95percentile", "gauge", "second", ""),
    ("count", "rate", "job", "second"),
}


def test_the_table_holds_the_names_that_users_build_on():
    assert {(metric.name, metric.kind, metric.unit) for metric in METRICS} == CONTRACT
    assert len(METRICS) == len(CONTRACT)
    assert NAMESPACE == "optimizationjob"


def test_every_series_that_arrives_at_datadog_has_one_row():
    plain = {(f"optimizationjob.{n}", k, u, "") for n, k, u in CONTRACT if k != "histogram"}
    made = {
        (f"optimizationjob.{name}.{suffix}", kind, unit, per_unit)
        for name in ("job.duration", "job.queue_duration")
        for suffix, kind, unit, per_unit in HISTOGRAM
    }
    assert {(r.metric_name, r.metric_type, r.unit_name, r.per_unit_name) for r in rows()} == plain | made
    assert len(rows()) == len(plain | made)


def test_the_file_has_datadogs_columns_and_is_sorted():
    with FILE.open(encoding="ascii", newline="") as file:
        header, *lines = csv.reader(file)
    assert tuple(header) == COLUMNS == MetadataRow._fields
    assert [line[0] for line in lines] == sorted(line[0] for line in lines)


def test_descriptions_are_sentences_that_fit():
    for row in rows():
        assert 0 < len(row.description) <= 400, row.metric_name
        assert row.description.endswith("."), row.metric_name
        assert not row.description.endswith(".."), row.metric_name
        assert "|" not in row.description, row.metric_name
    assert len({row.description for row in rows()}) == len(rows())
    assert len({row.short_name for row in rows()}) == len(rows())


def test_orientation_and_integration_are_those_datadog_knows():
    assert {row.orientation for row in rows()} <= {"-1", "0", "1"}
    assert {row.integration for row in rows()} == {"sagemaker_optimization_jobs"}


def test_every_scope_has_sample_tags():
    assert {metric.scope for metric in METRICS} == set(SCOPE_TAGS)
    tags = {row.metric_name: row.sample_tags for row in rows()}
    assert tags["optimizationjob.api.up"] == "region,aws_account"
    assert "optimization_job_status" in tags["optimizationjob.jobs"]
    assert "optimization_job_status" not in tags["optimizationjob.job.created"]
