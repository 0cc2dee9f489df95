"""Tables of dashboards and monitors, and the differences between files and Datadog."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from optimizationjob.assets.asset_files import Asset, part
from optimizationjob.assets.asset_push import Outcome, PushResult

WIDEST: Final = 400
"""How wide a table may be where nobody looks at it in a terminal: nothing is cut off."""

COLUMNS: Final = ("kind", "name", "title", "type", "threshold")
STYLES: Final[Mapping[Outcome, str]] = {
    Outcome.CREATED: "green",
    Outcome.UPDATED: "green",
    Outcome.SAME: "dim",
    Outcome.KEPT: "yellow",
    Outcome.FAILED: "red",
    Outcome.NOT_TRIED: "yellow",
}
REHEARSED: Final[Mapping[Outcome, str]] = {
    Outcome.CREATED: "would be created",
    Outcome.UPDATED: "would be updated",
    Outcome.KEPT: "edited by hand (would be kept)",
}


def row(asset: Asset) -> dict[str, object]:
    """Return what there is to say about an asset, by the name of the column."""
    told: dict[str, object] = {"kind": asset.kind, "name": asset.name, "title": asset.title}
    if asset.kind == "monitor":
        told |= {"type": asset.body["type"], "threshold": part(asset.body, "options", "thresholds", "critical")}
    return told


def print_list(rows: Iterable[Mapping[str, object]]) -> None:
    """Print what there is."""
    table = _table(COLUMNS)
    for told in rows:
        table.add_row(*(str(told[column]) if column in told else "" for column in COLUMNS))
    console().print(table)


def print_results(results: Sequence[PushResult], *, is_rehearsal: bool) -> None:
    """Print how it went with each asset, and in all."""
    table = _table(("kind", "name", "result"))
    words = {outcome: outcome.value for outcome in Outcome}
    words.update(REHEARSED if is_rehearsal else {})
    for result in results:
        outcome = result.outcome
        table.add_row(result.asset.kind, result.asset.name, Text(words[outcome], style=STYLES[outcome]))
    counts = Counter(result.outcome for result in results)
    told = ", ".join(f"{counts[outcome]} {words[outcome]}" for outcome in Outcome if counts[outcome])
    to_terminal = console()
    to_terminal.print(table)
    to_terminal.print(f"{told}.", soft_wrap=True)


def print_difference(lines: Iterable[str]) -> None:
    """Print the lines of a unified diff."""
    to_terminal = console()
    for line in lines:
        to_terminal.print(Text(line, style=_style(line)), soft_wrap=True)


def console(*, stderr: bool = False) -> Console:
    """Return where to print; what is no terminal gets plain text whose lines are not cut."""
    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, highlight=False, markup=False, width=None if stream.isatty() else WIDEST)


def _table(columns: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(column, no_wrap=True, overflow="ellipsis")
    return table


def _style(line: str) -> str:
    if line.startswith(("+++", "---")):
        return "bold"
    return {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "")
