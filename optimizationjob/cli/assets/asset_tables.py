"""Tables of dashboards and monitors, and the differences between files and Datadog."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from rich.table import Table
from rich.text import Text

from optimizationjob.assets.asset_files import Asset, part
from optimizationjob.assets.asset_push import Outcome, PushResult
from optimizationjob.cli.console_output import HarmlessConsole
from optimizationjob.cli.status_styles import ATTENTION, BAD, GOOD

WIDEST: Final = 400
"""Table width without a terminal, so that nothing is cut off."""

LEAST_WIDTH: Final = 60
"""Columns of a terminal in which names are not wrapped."""
COLUMNS: Final = ("kind", "name", "title", "type", "threshold")
OUTCOME_STYLES: Final[Mapping[Outcome, str]] = {
    Outcome.CREATED: GOOD,
    Outcome.UPDATED: GOOD,
    Outcome.SAME: "dim",
    Outcome.KEPT: ATTENTION,
    Outcome.FAILED: BAD,
    Outcome.NOT_TRIED: ATTENTION,
}
REHEARSED: Final[Mapping[Outcome, str]] = {
    Outcome.CREATED: "would be created",
    Outcome.UPDATED: "would be updated",
    Outcome.KEPT: "edited by hand (would be kept)",
}


def row(asset: Asset) -> dict[str, object]:
    """Return the columns of an asset."""
    values: dict[str, object] = {"kind": asset.kind, "name": asset.name, "title": asset.title}
    if asset.kind == "monitor":
        values |= {"type": asset.body["type"], "threshold": part(asset.body, "options", "thresholds", "critical")}
    if asset.kind == "slo":
        thresholds = asset.body.get("thresholds") or [{}]
        values |= {"type": asset.body["type"], "threshold": part(thresholds[0], "target")}
    return values


def print_list(rows: Iterable[Mapping[str, object]]) -> None:
    """Print the assets as a table."""
    table = _table(COLUMNS)
    for values in rows:
        table.add_row(*(str(values[column]) if column in values else "" for column in COLUMNS))
    console().print(table)


def print_results(results: Sequence[PushResult], *, is_rehearsal: bool) -> None:
    """Print the result of each asset, and the totals."""
    table = _table(("kind", "name", "result"))
    words = {outcome: outcome.value for outcome in Outcome}
    words.update(REHEARSED if is_rehearsal else {})
    for result in results:
        outcome = result.outcome
        table.add_row(result.asset.kind, result.asset.name, Text(words[outcome], style=OUTCOME_STYLES[outcome]))
    counts = Counter(result.outcome for result in results)
    totals = ", ".join(f"{counts[outcome]} {words[outcome]}" for outcome in Outcome if counts[outcome])
    to_terminal = console()
    to_terminal.print(table)
    to_terminal.print(f"{totals}.", soft_wrap=True)


def print_difference(lines: Iterable[str]) -> None:
    """Print the lines of a unified diff."""
    to_terminal = console()
    for line in lines:
        to_terminal.print(Text(line, style=_style(line)), soft_wrap=True)


def console(*, stderr: bool = False) -> HarmlessConsole:
    """Return a console; without a terminal it prints plain text with uncut lines."""
    stream = sys.stderr if stderr else sys.stdout
    return HarmlessConsole(stderr=stderr, width=None if stream.isatty() else WIDEST)


def _table(columns: Sequence[str]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        # Names can be copied; titles and types are wrapped where the terminal is narrow.
        table.add_column(column, no_wrap=column in {"kind", "name"} and console().width >= LEAST_WIDTH, overflow="fold")
    return table


def _style(line: str) -> str:
    if line.startswith(("+++", "---")):
        return "bold"
    return {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "")
