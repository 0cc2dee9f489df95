"""The view `jobs`: what people ask about a job, one row each, computed from the table of records."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from optimizationjob.jobs.failure_categories import failure_category
from optimizationjob.jobs.record_columns import LONGEST_TEXT
from optimizationjob.sql import column_types

if TYPE_CHECKING:
    import duckdb

VIEW: Final = "jobs"
CATEGORIES: Final = "derived.categories"
"""A table with the failure category of each row that has one: they are decided by code, not by SQL."""
MEASURED: Final = "derived.measured"
"""A view of the table with the times and limits of each row in seconds."""


@dataclass(frozen=True, slots=True)
class ViewColumn:
    """One column of the view.

    Attributes:
        name: its name.
        type: its type in DuckDB.
        meaning: what it says, in one phrase.
        value: its expression over `MEASURED`, and over `CATEGORIES` where there is one.
    """

    name: str
    type: str
    meaning: str
    value: str


_TECHNIQUES: Final = {
    "compilation": "model_compilation_config",
    "quantization": "model_quantization_config",
    "sharding": "model_sharding_config",
    "speculativedecoding": "model_speculative_decoding_config",
}
"""As tags and metrics name them, in their order."""
_TECHNIQUE: Final = "nullif(concat_ws('+', {}), '')".format(
    ", ".join(
        f"CASE WHEN len([c FOR c IN optimization_configs IF c.{field} IS NOT NULL]) > 0 THEN '{name}' END"
        for name, field in _TECHNIQUES.items()
    )
)
_PERCENT: Final = """round(greatest(
    100.0 * CASE WHEN ran IS NULL THEN waited / nullif(max_pending, 0) ELSE ran / nullif(max_runtime, 0) END,
    100.0 * total / nullif(max_wait, 0)), 1)"""

COLUMNS: Final = (
    ViewColumn("name", "VARCHAR", "Name of the job.", "optimization_job_name"),
    ViewColumn("region", "VARCHAR", "AWS region.", "split_part(optimization_job_arn, ':', 4)"),
    ViewColumn("account", "VARCHAR", "AWS account.", "account_id"),
    ViewColumn("status", "VARCHAR", "Status, upper case as AWS spells it.", "optimization_job_status"),
    ViewColumn("category", "VARCHAR", "Why it failed or stopped, such as capacity.", "category"),
    ViewColumn("technique", "VARCHAR", "Techniques, joined by +.", _TECHNIQUE),
    ViewColumn("instance_type", "VARCHAR", "Instance type the model is meant for.", "deployment_instance_type"),
    ViewColumn("created", "TIMESTAMPTZ", "When it was created.", "date_trunc('second', creation_time)"),
    ViewColumn("started", "TIMESTAMPTZ", "When it began to run.", "date_trunc('second', optimization_start_time)"),
    ViewColumn("ended", "TIMESTAMPTZ", "When it ended.", "date_trunc('second', optimization_end_time)"),
    ViewColumn("waited_seconds", "BIGINT", "From its creation to its start, or until now.", "waited"),
    ViewColumn("ran_seconds", "BIGINT", "From its start to its end, or until now.", "ran"),
    ViewColumn("limit_percent", "DOUBLE", "Used share of the limit that can end it next.", _PERCENT),
    ViewColumn("tags", "VARCHAR[]", "AWS tags as key:value.", "tags"),
    ViewColumn("reason", "VARCHAR", "Why it failed, in AWS's words.", "failure_reason"),
)
_FACTS: Final = f"""
SELECT row, optimization_job_status::VARCHAR, left(failure_reason, {LONGEST_TEXT}), waited, ran,
    max_pending::DOUBLE, max_runtime::DOUBLE, max_wait::DOUBLE
FROM {MEASURED} WHERE optimization_job_status IN ('FAILED', 'STOPPED')"""  # noqa: S608 - constants


def add_to(connection: duckdb.DuckDBPyConnection, known: Collection[str], at: datetime) -> None:
    """Make the view over the table.

    Args:
        connection: has the table.
        known: the columns of the table; one of a file may have fewer.
        at: the time until which an active job waits or runs.

    Raises:
        duckdb.Error: the table has other columns under these names.
    """
    for statement in _definitions(known, at):
        connection.execute(statement)
    rows: list[int] = []
    categories: list[str] = []
    for row, status, reason, waited, ran, max_pending, max_runtime, max_wait in connection.execute(_FACTS).fetchall():
        category = failure_category(
            status,
            reason,
            pending_seconds=waited,
            runtime_seconds=ran,
            max_pending_seconds=max_pending,
            max_runtime_seconds=max_runtime,
            max_wait_seconds=max_wait,
        )
        rows.append(row)
        categories.append(category.value)
    connection.execute(f"INSERT INTO {CATEGORIES} SELECT unnest(?), unnest(?)", [rows, categories])


def _definitions(known: Collection[str], at: datetime) -> tuple[str, ...]:
    missing = [one for one in column_types.columns() if one.name not in known]
    added = "".join(f", NULL::{one.type} AS {one.name}" for one in missing)
    now = f"TIMESTAMPTZ '{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}+00'"
    # All that is put in are constants and a time.
    measured = f"""
CREATE VIEW {MEASURED} AS
WITH records AS (SELECT *{added}, rowid AS row FROM main.{column_types.TABLE}),
settled AS (
    SELECT *, CASE WHEN optimization_job_status IN ('COMPLETED', 'FAILED', 'STOPPED')
        THEN coalesce(optimization_end_time, last_modified_time) ELSE {now} END AS settled FROM records)
SELECT *,
    {_seconds("creation_time", "coalesce(optimization_start_time, settled)")} AS waited,
    {_seconds("optimization_start_time", "settled")} AS ran,
    {_seconds("creation_time", "settled")} AS total,
    stopping_condition.max_pending_time_in_seconds AS max_pending,
    stopping_condition.max_runtime_in_seconds AS max_runtime,
    stopping_condition.max_wait_time_in_seconds AS max_wait
FROM settled"""  # noqa: S608 - see above
    values = ", ".join(f"{column.value} AS {column.name}" for column in COLUMNS)
    view = f"CREATE VIEW main.{VIEW} AS SELECT {values} FROM {MEASURED} LEFT JOIN {CATEGORIES} USING (row)"  # noqa: S608 - see above
    return ("CREATE SCHEMA derived", f"CREATE TABLE {CATEGORIES} (row BIGINT, category VARCHAR)", measured, view)


def _seconds(start: str, end: str) -> str:
    """Return whole seconds from one moment to another; AWS's times and this clock may differ a little."""
    return f"CASE WHEN {end} < {start} THEN 0 ELSE date_sub('second', {start}, {end}) END"
