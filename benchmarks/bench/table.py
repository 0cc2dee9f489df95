"""The results table: rows with bounds and verdicts, for a terminal, a pipe and a page."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

HEADERS: Final = ("case", "measured", "bound", "verdict", "plain boto3 sweep", "sagemaker-core `get_all()`")
BEGIN: Final = "<!-- table: begin, written by {} --write -->"
END: Final = "<!-- table: end -->"
STYLES: Final = {"PASS": "green", "FAIL": "bold red"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One measurement.

    Attributes:
        case: what was measured.
        measured: the measured value.
        bound: the allowed value; empty if there is none.
        is_met: whether it is within the bound; None if there is none.
        boto3: cost of a plain boto3 sweep of the same fleet.
        core: cost of sagemaker-core for the same fleet.
    """

    case: str
    measured: str
    bound: str = ""
    is_met: bool | None = None
    boto3: str = ""
    core: str = ""

    @property
    def verdict(self) -> str:
        """PASS, FAIL, or empty if there is no bound."""
        return "" if self.is_met is None else "PASS" if self.is_met else "FAIL"

    def cells(self) -> tuple[str, ...]:
        """Return the row in the order of the headers."""
        return (self.case, self.measured, self.bound, self.verdict, self.boto3, self.core)


def markdown(rows: Sequence[Row], headers: Sequence[str] = HEADERS) -> str:
    """Return the table, or its first columns, as Markdown."""
    lines = [headers, ("---",) * len(headers), *(row.cells()[: len(headers)] for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def show(rows: Sequence[Row], headers: Sequence[str] = HEADERS) -> None:
    """Print the table, or its first columns: with colors in a terminal, otherwise as Markdown."""
    if not sys.stdout.isatty():
        print(markdown(rows, headers))
        return
    table = Table(*(header.replace("`", "") for header in headers), show_lines=True)
    for row in rows:
        table.add_row(*row.cells()[: len(headers)], style=STYLES.get(row.verdict, "dim"))
    Console().print(table)


def write(rows: Sequence[Row], page: Path, headers: Sequence[str] = HEADERS, *, by: str = "benchmarks/run.py") -> None:
    """Write the table, or its first columns, between the two marker comments of a page.

    Args:
        rows: rows of the table.
        page: page with the markers.
        headers: column headers.
        by: the command named in the first marker.

    Raises:
        ValueError: the page lacks the markers.
    """
    text = page.read_text(encoding="utf-8")
    mark = BEGIN.format(by)
    before, begin, rest = text.partition(mark)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page} lacks the markers {mark} and {END}")
    page.write_text(f"{before}{mark}\n\n{markdown(rows, headers)}\n\n{END}{after}", encoding="utf-8")
