"""Query results as text for a terminal: a table, or one column a line where a table does not fit."""

from __future__ import annotations

from typing import Final

from rich.console import Group
from rich.table import Table
from rich.text import Text

from optimizationjob.cli.console_output import HarmlessConsole, print_lines
from optimizationjob.cli.demo.demo_status_tables import grid
from optimizationjob.cli.terminal_text import harmless
from optimizationjob.sql.job_table import Answer

NUMBERS: Final = ("INTEGER", "BIGINT", "HUGEINT", "DOUBLE", "FLOAT", "DECIMAL", "SMALLINT", "TINYINT", "UBIGINT")
GAP: Final = 2
LEAST_WIDTH: Final = 20
"""A column with longer values is still readable where they are wrapped at this width."""


def print_answer(answer: Answer, *, is_expanded: bool | None) -> None:
    """Print rows.

    Args:
        answer: the rows.
        is_expanded: whether to print one column a line; None for what fits into the terminal.
    """
    if is_expanded is None:
        console = HarmlessConsole()
        is_expanded = console.is_terminal and width_of(answer) > console.width
    print_lines(expanded(answer) if is_expanded else answer_table(answer))


def width_of(answer: Answer) -> int:
    """Return the width that a readable table of the rows needs."""
    longest = [
        max(len(name), *(min(LEAST_WIDTH, len(row[place] or "-")) for row in answer.rows), 0)
        for place, name in enumerate(answer.columns)
    ]
    return sum(longest) + GAP * (len(longest) - 1)


def answer_table(answer: Answer) -> Table:
    """Return rows as a table; long text is wrapped."""
    table = grid(gap=GAP)
    table.show_header = True
    for name, kind in zip(answer.columns, answer.types, strict=True):
        table.add_column(
            Text(harmless(name), style="bold"),
            justify="right" if kind.startswith(NUMBERS) else "left",
            overflow="fold",
        )
    for row in answer.rows:
        table.add_row(*map(_cell, row))
    return table


def expanded(answer: Answer) -> Group:
    """Return each row as a block with one column a line."""
    number = len(answer.rows)
    if not number:
        return Group(Text("no rows", style="dim"))
    blocks: list[Text | Table] = []
    for place, row in enumerate(answer.rows, 1):
        block = grid(gap=GAP)
        block.add_column(style="bold", overflow="fold", max_width=max(map(len, answer.columns)))
        block.add_column(overflow="fold")
        for name, value in zip(answer.columns, row, strict=True):
            block.add_row(harmless(name), _cell(value))
        blocks += [Text(f"{chr(10) * (place > 1)}row {place:,} of {number:,}", style="dim"), block]
    return Group(*blocks)


def _cell(value: str | None) -> Text:
    return Text("-", style="dim") if value is None else Text(harmless(value))
