"""Findings as tables for a terminal, as lines for a pipe, and as a JSON document."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from optimizationjob.cli.console_output import HarmlessConsole
from optimizationjob.cli.status_styles import VERDICT_STYLES
from optimizationjob.cli.terminal_text import harmless
from optimizationjob.diagnosis import Finding, Verdict, worst

VERSION: Final = 1
"""The version of the document, incremented when a member is removed or changes its meaning."""
LEAST_WIDTH: Final = 50
"""Columns that a table needs."""


def document(findings: Sequence[Finding]) -> dict[str, Any]:
    """Return the findings as a JSON document."""
    return {"version": VERSION, "verdict": worst(findings), "findings": [asdict(finding) for finding in findings]}


def show(findings: Sequence[Finding]) -> None:
    """Print the findings: a table per account and region, or lines without a terminal that has room for a table."""
    console = HarmlessConsole()
    if not sys.stdout.isatty() or console.width < LEAST_WIDTH:
        sys.stdout.writelines(f"{line}\n" for finding in findings for line in _lines(finding))
        sys.stdout.write(f"{_total(findings)}\n")
        return
    console.print(tables(findings))


def tables(findings: Sequence[Finding]) -> Group:
    """Return the findings as a table per account and region, and a line with the totals."""
    parts: list[RenderableType] = []
    for place, group in groupby(findings, key=_place):
        parts += (Rule(Text(place, style="bold"), align="left", style="dim"), _table(group))
    return Group(*parts, Text(_total(findings), style=VERDICT_STYLES[worst(findings)]))


def _table(findings: Iterable[Finding]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True, min_width=7)
    table.add_column(no_wrap=True, min_width=9)
    table.add_column(overflow="fold")
    for finding in findings:
        words = Text(harmless(finding.text))
        if finding.cause:
            words.append(f"\n{harmless(finding.cause)}", style="dim")
        if finding.remedy:
            words.append(f"\n-> {finding.remedy}", style="bold")
        table.add_row(Text(finding.verdict, style=VERDICT_STYLES[finding.verdict]), finding.name, words)
    return table


def _lines(finding: Finding) -> Iterable[str]:
    where = " ".join(part for part in (finding.account, finding.region) if part) or "-"
    yield f"{finding.verdict} {where} {finding.name}: {harmless(finding.text)}"
    if finding.cause:
        yield f"  {harmless(finding.cause)}"
    if finding.remedy:
        yield f"  -> {finding.remedy}"


def _place(finding: Finding) -> str:
    if finding.name == "events":
        return "Datadog"
    if finding.region:
        return f"{finding.account or 'unknown account'}  {finding.region}"
    return f"{finding.account}  all regions" if finding.account else "this machine"


def _total(findings: Sequence[Finding]) -> str:
    numbers = {verdict: sum(finding.verdict is verdict for finding in findings) for verdict in Verdict}
    return f"{', '.join(f'{number} {verdict}' for verdict, number in numbers.items())}."
