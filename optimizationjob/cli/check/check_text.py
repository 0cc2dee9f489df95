"""A run of the check as text for a terminal."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.rule import Rule
from rich.table import Table
from rich.text import Text

from optimizationjob.cli.check.check_json import Run, calls
from optimizationjob.cli.console_output import print_lines
from optimizationjob.cli.demo.demo_status_tables import camel, grid
from optimizationjob.cli.status_styles import ALERT_STYLES, BAD, GOOD, HEALTH_STYLES
from optimizationjob.cli.submitted_data import Delivery, tag_of
from optimizationjob.cli.terminal_text import harmless
from optimizationjob.telemetry import metric_table
from optimizationjob.telemetry.signals import Sample

SHOWN = 5
"""Maximum number of series per metric, of events and of records to show without --all."""


@dataclass(frozen=True, slots=True)
class RunText:
    """A printable run.

    Attributes:
        run: the run and what it submitted.
        title: title of the run.
        most: maximum number of items of each kind to show; None for all.
    """

    run: Run
    title: str
    most: int | None = SHOWN

    def __rich__(self) -> RenderableType:
        sent = self.run.delivery
        return Group(
            Text(f"{self.title}, {self.run.started_at:%H:%M:%S} UTC, {self.run.seconds:.1f} s", style="bold"),
            *(Text(f"error: {harmless(sent.error)}", style="red") for _ in range(bool(sent.error))),
            *(Text(f"warning: {harmless(line)}", style="yellow") for line in sent.warnings),
            *self._unread(),
            *_block(f"Service checks ({len(sent.healths)})", _healths(sent)),
            *(_block(f"Issues of the Agent ({len(sent.issues)})", _issues(sent)) if sent.issues else ()),
            *self._metrics(),
            *_block(f"Events ({len(sent.events)})", self._events()),
            *_block(f"Resource records ({len(sent.records)})", self._records()),
            *_block(f"Calls to AWS ({sum(row.number for row in calls(sent.samples))})", _calls(sent)),
        )

    def _unread(self) -> Iterator[Text]:
        """Name the regions whose window is not read yet, to explain why `jobs` is missing."""
        values = {(one.name, tag_of(one.tags, "region"), one.value) for one in self.run.delivery.samples}
        truncated = (region for name, region, value in values if name == metric_table.POLL_TRUNCATED.name and value)
        # Regions that cannot be listed have a service check with the error.
        regions = sorted(region for region in truncated if (metric_table.API_UP.name, region, 1) in values)
        if regions:
            words = f"The window of {', '.join(regions)} is not read in full yet:"
            rest = f"`{metric_table.JOBS.name}` is sent once it is. Further runs go on (--runs)."
            yield Text(f"{words} {rest}", style="yellow")

    def _metrics(self) -> Iterator[RenderableType]:
        samples = sorted(self.run.delivery.samples, key=lambda one: one.name)
        common = set(samples[0].tags).intersection(*(one.tags for one in samples)) if samples else set()
        groups = [list(found) for _, found in groupby(samples, lambda one: one.name)]
        yield from _block(f"Metrics ({len(groups)} names, {len(samples):,} series)", grid())
        for found in groups:
            title = Text.assemble((f"{metric_table.NAMESPACE}.{found[0].name}", "cyan"), (f"  {found[0].kind}", "dim"))
            if len(found) == 1 and common.issuperset(found[0].tags):
                yield title.append(f"  {_number(found[0])}", style="bold")
            else:
                yield title.append(f", {len(found):,} series" if len(found) > 1 else "", style="dim")
                yield Padding(self._series(found, common), (0, 0, 0, 4))

    def _series(self, found: Sequence[Sample], common: Collection[str]) -> Table:
        table = _table("Value", "Tags")
        table.columns[0].justify = "right"
        for sent, tags in list(zip(found, distinguishing(found, common), strict=True))[: self.most]:
            table.add_row(_number(sent), Text(harmless(" ".join(tags))))
        return self._with_rest(table, len(found))

    def _events(self) -> Table:
        table = _table("Alert", "Title")
        for event in self.run.delivery.events[: self.most]:
            table.add_row(Text(event.alert_type, style=ALERT_STYLES.get(event.alert_type, "")), harmless(event.title))
        return self._with_rest(table, len(self.run.delivery.events))

    def _records(self) -> Table:
        sent = self.run.delivery
        table = _table("Columns", "Key")
        table.columns[0].justify = "right"
        for key, fields in list(zip(sent.records, sent.fields, strict=True))[: self.most]:
            table.add_row(str(len(fields)), harmless(key))
        return self._with_rest(table, len(sent.records))

    def _with_rest(self, table: Table, number: int) -> Table:
        if self.most is not None and number > self.most:
            table.add_row("", Text(f"and {number - self.most:,} more", style="dim"))
        return table


def title_of_run(instance: int, number: int, runs: int) -> str:
    """Return the title of a run."""
    return f"Instance {instance}, run {number} of {runs}"


def distinguishing(samples: Sequence[Sample], common: Collection[str]) -> list[tuple[str, ...]]:
    """Return the tags that distinguish each series of a metric; of a single series, those not shared by all metrics.

    Args:
        samples: the series of one metric.
        common: the tags that all metrics have.
    """
    if len(samples) > 1:
        common = set(samples[0].tags).intersection(*(sample.tags for sample in samples))
    return [tuple(tag for tag in sample.tags if tag not in common) for sample in samples]


def print_run(text: RunText) -> None:
    """Print a run; without a terminal, lines are not wrapped."""
    print_lines(text)


@dataclass(frozen=True, slots=True)
class _Heading:
    """The title of a block: with a rule on a terminal, on a line of its own without one."""

    title: Text

    def __rich_console__(self, console: Console, _: ConsoleOptions) -> RenderResult:
        yield Text()
        yield Rule(self.title, align="left", style="dim") if console.is_terminal else self.title


def _block(title: str, table: Table) -> Iterator[RenderableType]:
    yield _Heading(Text(title, style="bold"))
    if table.row_count:
        yield table


def _table(*titles: str) -> Table:
    table = grid(gap=2)
    for title in titles[:-1]:
        table.add_column(title, no_wrap=True)
    table.add_column(titles[-1], overflow="fold")
    return table


def _healths(sent: Delivery) -> Table:
    table = _table("Status", "Account", "Region", "Message")
    for health in sent.healths:
        status = Text(str(health.status).upper(), style=HEALTH_STYLES[health.status])
        place = (tag_of(health.tags, "aws_account"), tag_of(health.tags, "region"))
        table.add_row(status, *place, Text(harmless(health.message)))
    return table


def _issues(sent: Delivery) -> Table:
    table = _table("Title")
    for issue in sent.issues:
        table.add_row(Text(harmless(str(issue["title"])), style="yellow"))
    return table


def _calls(sent: Delivery) -> Table:
    table = _table("Number", "Operation", "Outcome", "Region")
    table.columns[0].justify = "right"
    for row in calls(sent.samples):
        style = GOOD if row.outcome == "ok" else BAD
        table.add_row(f"{row.number:,}", camel(row.operation), Text(row.outcome, style=style), row.region)
    return table


def _number(sent: Sample) -> str:
    return f"{sent.value:,.0f}" if sent.value == int(sent.value) else f"{sent.value:,.2f}"
