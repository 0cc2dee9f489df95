"""Query results and table columns as text for a terminal."""

from __future__ import annotations

from rich.table import Table
from rich.text import Text

from optimizationjob.cli.console_output import print_lines
from optimizationjob.cli.demo.demo_status_tables import grid
from optimizationjob.cli.terminal_text import harmless
from optimizationjob.sql.column_types import SqlColumn
from optimizationjob.sql.job_table import Answer

NUMBERS = ("INTEGER", "BIGINT", "HUGEINT", "DOUBLE", "FLOAT", "DECIMAL", "SMALLINT", "TINYINT", "UBIGINT")


def print_answer(answer: Answer) -> None:
    """Print rows."""
    print_lines(answer_table(answer))


def answer_table(answer: Answer) -> Table:
    """Return rows as a table; long text is wrapped."""
    table = grid(gap=2)
    table.show_header = True
    for name, kind in zip(answer.columns, answer.types, strict=True):
        table.add_column(
            Text(harmless(name), style="bold"),
            justify="right" if kind.startswith(NUMBERS) else "left",
            overflow="fold",
        )
    for row in answer.rows:
        table.add_row(*(Text("-", style="dim") if value is None else Text(harmless(value)) for value in row))
    return table


def print_columns(columns: tuple[SqlColumn, ...]) -> None:
    """Print the table's columns with their types, AWS names and meanings."""
    table = grid(gap=2)
    table.show_header = True
    for title in ("Column", "Type", "AWS", "Meaning"):
        table.add_column(Text(title, style="bold"), overflow="fold", no_wrap=title == "Column")
    for column in columns:
        table.add_row(column.name, Text(column.type, style="dim"), column.aws or "-", column.meaning)
    print_lines(table)
