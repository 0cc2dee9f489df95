"""The columns that a statement can name, as text that fits into 80 columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from rich.console import Group
from rich.table import Table
from rich.text import Text

from optimizationjob.cli.console_output import HarmlessConsole, print_lines
from optimizationjob.cli.demo.demo_status_tables import grid
from optimizationjob.jobs.record_columns import COLUMNS, Column, ColumnType
from optimizationjob.sql import column_types, jobs_view

SHORT: Final[dict[ColumnType, str]] = {
    "TIMESTAMP": "TIMESTAMPTZ",
    "MAP_STRING_STRING": "MAP",
    "STRUCT": "STRUCT",
    "UNORDERED_LIST_STRUCT": "STRUCT[]",
}
"""In place of long names of types."""
USUAL_WIDTH: Final = 72
"""Columns that a table needs, with the longest name and type in one line."""
NOTES: Final = (
    "TIMESTAMPTZ is in UTC. MAP is MAP(VARCHAR, VARCHAR). A field of a STRUCT is named with a dot, as in "
    "stopping_condition.max_runtime_in_seconds; that of a STRUCT[] after unnest(...)."
)


def print_schema() -> None:
    """Print the columns of the view and of the table, with their types and meanings."""
    view = [(column.name, column.type, column.meaning) for column in jobs_view.COLUMNS]
    title = Text.assemble((jobs_view.VIEW, "bold"), ": what people ask about a job")
    records = Text.assemble((column_types.TABLE, "bold"), ": the records as the check sends them")
    print_lines(
        Group(title, _table(view), Text(), records, _table(list(_rows(COLUMNS))), Text(), Text(NOTES, style="dim"))
    )


def _rows(columns: Sequence[Column], indent: str = "") -> Iterator[tuple[str, str, str]]:
    for column in columns:
        kind = SHORT.get(column.type) or column_types.type_of(column)
        yield f"{indent}{column.name}", kind, column.help
        yield from _rows(column.fields, f"{indent}  ")


def _table(rows: Sequence[tuple[str, str, str]]) -> Table | Group:
    if HarmlessConsole().width < USUAL_WIDTH:
        return Group(*(Text(f"{name} {kind}: {meaning}") for name, kind, meaning in rows))
    table = grid(gap=2)
    table.add_column(no_wrap=True)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, kind, meaning in rows:
        table.add_row(f"  {name}", kind, meaning)
    return table
