"""The columns of the records as DuckDB has them, all derived from their one declaration. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from optimizationjob.jobs.record_columns import COLUMNS, RESOURCE_TYPE, Column, ColumnType

TABLE: Final = RESOURCE_TYPE
PLAIN: Final[Mapping[ColumnType, str]] = {
    "STRING": "VARCHAR",
    "TIMESTAMP": "TIMESTAMP WITH TIME ZONE",
    "BOOLEAN": "BOOLEAN",
    "INT32": "INTEGER",
    "UNORDERED_LIST_STRING": "VARCHAR[]",
    "MAP_STRING_STRING": "MAP(VARCHAR, VARCHAR)",
}


@dataclass(frozen=True, slots=True)
class SqlColumn:
    """One column of the table."""

    name: str
    type: str


def type_of(column: Column) -> str:
    """Return the type of a column, with all that is nested in it."""
    if column.type not in ("STRUCT", "UNORDERED_LIST_STRUCT"):
        return PLAIN[column.type]
    fields = ", ".join(f"{field.name} {type_of(field)}" for field in column.fields)
    return f"STRUCT({fields}){'[]' if column.type == 'UNORDERED_LIST_STRUCT' else ''}"


def columns() -> tuple[SqlColumn, ...]:
    """Return the columns in the table's order."""
    return tuple(SqlColumn(c.name, type_of(c)) for c in COLUMNS)


def definition() -> str:
    """Return the statement that makes the empty table."""
    lines = ", ".join(f"{column.name} {column.type}" for column in columns())
    return f"CREATE TABLE {TABLE} ({lines})"


def structure() -> str:
    """Return what DuckDB's `from_json` needs to read a list of records."""
    return json.dumps([{column.name: column.type for column in columns()}])
