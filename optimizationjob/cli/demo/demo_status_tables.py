"""Names and styles of statuses, and tables of what was sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from rich.table import Table
from rich.text import Text

from optimizationjob.cli.demo.demo_screen_data import View
from optimizationjob.telemetry.signals import ServiceCheckStatus

SHORT_HEALTH: Final = {
    ServiceCheckStatus.OK: "ok",
    ServiceCheckStatus.WARNING: "warn",
    ServiceCheckStatus.CRITICAL: "crit",
}
TITLES: Final[Mapping[str, str]] = {"inprogress": "Running"}
OPERATION_GROUPS: Final[Mapping[str, str]] = {
    "list_optimization_jobs": "List",
    "describe_optimization_job": "Describe",
    "get_resources": "Tags",
    "list_tags": "Tags",
    "assume_role": "STS",
    "get_caller_identity": "STS",
}
OTHER_GROUP: Final = "Other"


def grid(*, gap: int = 1) -> Table:
    """Return a table without lines."""
    return Table(
        box=None, show_header=False, show_edge=False, pad_edge=False, padding=(0, gap, 0, 0), header_style="dim"
    )


def title_of(status: str) -> str:
    """Return the column title of a status."""
    return TITLES.get(status, status.capitalize())


def sent_table(view: View) -> Table:
    """Return what was sent and the calls to AWS, as one column per kind and two rows."""
    groups = list(dict.fromkeys([*OPERATION_GROUPS.values(), *map(_group, view.total.calls)]))
    table = grid(gap=1 if OTHER_GROUP in groups else 2)
    table.show_header = True
    table.add_column(f"Poll {view.polls}", no_wrap=True)
    for title in ("Metrics", "Events", "Checks", "Records", *groups, "Errors"):
        table.add_column(title, justify="right", no_wrap=True)
    for title, sent in (("this poll", view.last), ("total", view.total)):
        calls = [sum(number for name, number in sent.calls.items() if _group(name) == group) for group in groups]
        numbers = (sent.metrics, sent.events, sent.service_checks, sent.records, *calls)
        table.add_row(title, *map(_number, numbers), _number(sent.failed_calls, "red"))
    return table


def sent_list(view: View) -> Table:
    """Return what was sent and the calls to AWS, as one row per kind and two columns."""
    last, total = view.last, view.total
    table = grid(gap=2)
    table.show_header = True
    table.add_column("Sent to Datadog", no_wrap=True)
    for title in (f"Poll {view.polls}", "Total"):
        table.add_column(title, justify="right", no_wrap=True, min_width=8)
    for title, one, all_of_them in (
        ("Metrics", last.metrics, total.metrics),
        ("Events", last.events, total.events),
        ("Service checks", last.service_checks, total.service_checks),
        ("Resource records", last.records, total.records),
    ):
        table.add_row(title, _number(one), _number(all_of_them))
    table.add_row(Text("Calls to AWS", style="dim"))
    for operation in operations(view):
        table.add_row(camel(operation), _number(last.calls.get(operation, 0)), _number(total.calls[operation]))
    table.add_row("not successful", _number(last.failed_calls, "red"), _number(total.failed_calls, "red"))
    return table


def operations(view: View) -> list[str]:
    """Return the operations called so far, known ones first."""
    known = list(OPERATION_GROUPS)
    return sorted(view.total.calls, key=lambda name: (known.index(name) if name in known else len(known), name))


def camel(operation: str) -> str:
    """Return the AWS name of an operation."""
    return "".join(part.capitalize() for part in operation.split("_"))


def _group(operation: str) -> str:
    return OPERATION_GROUPS.get(operation, OTHER_GROUP)


def _number(number: int, style: str = "") -> Text:
    return Text(f"{number:,}", style=style if number else "dim")
