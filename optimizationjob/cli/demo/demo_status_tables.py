"""The fixed-size blocks of the demo screen: jobs by status, and what was sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from rich.console import Group, RenderableType
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from optimizationjob.cli.demo.demo_screen_data import STATUS_NAMES, DemoRegion, View
from optimizationjob.telemetry.signals import ServiceCheckStatus

# Red: failed. Yellow: needs attention. Green: ok. Nothing else is colored.
STATUS_STYLES: Final[Mapping[str, str]] = {
    "completed": "green",
    "failed": "red",
    "stopped": "yellow",
    "stopping": "yellow",
    "deleted": "yellow",
}
HEALTH_STYLES: Final = {
    ServiceCheckStatus.OK: "green",
    ServiceCheckStatus.WARNING: "yellow",
    ServiceCheckStatus.CRITICAL: "red",
}
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


def rule(title: str, note: str) -> RenderableType:
    """Return the heading of a block."""
    return Rule(Text.assemble((title, "bold"), (f"  {note}", "dim")), align="left", style="dim")


def title_of(status: str) -> str:
    """Return the column title of a status."""
    return TITLES.get(status, status.capitalize())


def health_words(view: View) -> Text:
    """Return the number of service checks by status."""
    if view.error:
        return Text(f"the check failed: {view.error}", style="red")
    if not view.healths:
        return Text("first poll under way ...", style="dim")
    words = Text("can_connect")
    statuses = [health.status for health in view.healths.values()]
    for status in (status for status in ServiceCheckStatus if status in statuses):
        words.append(f" {statuses.count(status)} {status}", style=HEALTH_STYLES[status])
    return words


def status_table(view: View, *, is_wide: bool) -> Table:
    """Return the jobs by account, region and status, with the service check of each region."""
    table = grid()
    table.show_header = True
    for title in ("Account", "Region", "Check"):
        table.add_column(title, no_wrap=True)
    for status in STATUS_NAMES:
        table.add_column(title_of(status), justify="right", no_wrap=True)
    if is_wide:
        table.add_column("All", justify="right", no_wrap=True)
    for place in view.places:
        table.add_row(
            place.account,
            place.region,
            _health(view, place, is_wide=is_wide),
            *_counts(view.counts.get(place, {}), is_wide=is_wide),
        )
    table.add_row("all", "", "", *_counts(view.by_status, is_wide=is_wide), style="bold")
    return table


def _health(view: View, place: DemoRegion, *, is_wide: bool) -> Text:
    health = view.healths.get(place)
    if health is None:
        return Text()
    return Text(str(health.status) if is_wide else SHORT_HEALTH[health.status], style=HEALTH_STYLES[health.status])


def _counts(counts: Mapping[str, int], *, is_wide: bool) -> Iterable[Text]:
    for status in STATUS_NAMES:
        number = counts.get(status, 0)
        yield Text(str(number), style=STATUS_STYLES.get(status, "") if number else "dim")
    if is_wide:
        yield Text(str(sum(counts.values())))


def endings(view: View) -> Table:
    """Return the jobs that ended since the start by status and cause."""
    table = grid(gap=2)
    table.add_column("Number", justify="right", no_wrap=True)
    table.add_column("Status", no_wrap=True)
    table.add_column("Of what", style="dim")
    for status in STATUS_NAMES:
        causes = {cause: number for (ended_as, cause), number in view.finished.items() if ended_as == status}
        if causes:
            ranked = sorted((-number, cause) for cause, number in causes.items() if cause != "none")
            words = ", ".join(f"{cause} {-number}" for number, cause in ranked)
            style = STATUS_STYLES.get(status, "")
            table.add_row(Text(str(sum(causes.values())), style=style), Text(status, style=style), words)
    return table


def sent_table(view: View) -> Group:
    """Return what was sent and the calls to AWS, as one column per kind and two rows."""
    groups = list(dict.fromkeys([*OPERATION_GROUPS.values(), *map(_group, view.total.calls)]))
    table = grid(gap=1 if OTHER_GROUP in groups else 2)
    table.show_header = True
    table.add_column("", no_wrap=True)
    for title in ("Metrics", "Events", "Checks", "Records", *groups, "Errors"):
        table.add_column(title, justify="right", no_wrap=True)
    for title, sent in (("this poll", view.last), ("total", view.total)):
        calls = [sum(number for name, number in sent.calls.items() if _group(name) == group) for group in groups]
        numbers = (sent.metrics, sent.events, sent.service_checks, sent.records, *calls)
        table.add_row(title, *map(_number, numbers), _number(sent.failed_calls, "red"))
    return Group(rule("Sent to Datadog, and calls to AWS", f"poll {view.polls}"), table)


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
