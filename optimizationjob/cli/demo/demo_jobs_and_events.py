"""The flexible blocks of the demo screen: active jobs and events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from optimizationjob.cli.demo.demo_screen_data import FeedRow, JobRow, Meter, View
from optimizationjob.cli.demo.demo_status_tables import STATUS_STYLES, grid, rule, title_of
from optimizationjob.cli.terminal_text import gist, short_duration

NEAR, VERY_NEAR = 75.0, 90.0
BAR_WIDTH = 14
ROOM_FOR_BARS = 72
"""Below this terminal width, bars are omitted to make room for job names."""


def nearness(percent: float) -> str:
    """Return the style of a bar for the used share of a limit."""
    if percent >= VERY_NEAR:
        return "bold dark_orange"
    return "yellow" if percent >= NEAR else "cyan"


@dataclass(frozen=True, slots=True)
class Jobs:
    """The active jobs, as many as fit, nearest to a limit first."""

    view: View
    is_wide: bool

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        room = (options.height or console.height) - 1 - self.is_wide
        jobs = self.view.jobs
        note = f"{room} of {len(jobs)}" if len(jobs) > room else f"{len(jobs)}"
        yield rule("Active jobs, nearest to a limit first", note)
        table = grid()
        table.add_column("Job", ratio=1, no_wrap=True)
        table.expand = True
        if self.is_wide:
            table.show_header = True
            table.add_column("Account", no_wrap=True)
        table.add_column("Region", no_wrap=True)
        table.add_column("Status", width=8, no_wrap=True)
        bar_width = BAR_WIDTH if options.max_width >= ROOM_FOR_BARS else 0
        for title in ("Waited", "Ran") if self.is_wide else ("",):
            _add_meter_columns(table, title, bar_width)
        for job in jobs[: max(0, room)]:
            table.add_row(*self._cells(job, bar_width))
        yield table

    def _cells(self, job: JobRow, bar_width: int) -> Iterator[RenderableType]:
        yield job.name
        if self.is_wide:
            yield job.place.account
        yield job.place.region
        is_odd = job.is_stuck or job.status == "stopping"
        yield Text("stuck" if job.is_stuck else title_of(job.status).lower(), style="yellow" if is_odd else "")
        if self.is_wide:
            yield from _meter_cells(job.waited, bar_width, is_over=job.ran is not None)
            yield from _meter_cells(job.ran, bar_width)
        else:
            yield from _meter_cells(job.current, bar_width)


def _add_meter_columns(table: Table, title: str, bar_width: int) -> None:
    if bar_width:
        table.add_column(title, width=bar_width, no_wrap=True)
    table.add_column("", width=4, justify="right", no_wrap=True)
    table.add_column("", width=6, justify="right", no_wrap=True)
    table.add_column("", width=9, no_wrap=True)


def _meter_cells(meter: Meter | None, bar_width: int, *, is_over: bool = False) -> Iterator[RenderableType]:
    """Show a meter as a bar, percentage, time used and limit; a finished one is dim."""
    bar: RenderableType = ""
    percent, used, limit = Text(), Text(), Text()
    if meter is not None:
        used = Text(short_duration(meter.seconds), style="dim" if is_over else "")
        if meter.percent is not None and meter.limit is not None:
            style = "dim" if is_over else nearness(meter.percent)
            done = min(100.0, meter.percent)
            bar = ProgressBar(
                completed=done, width=bar_width, style="bright_black", complete_style=style, finished_style=style
            )
            percent = Text(f"{meter.percent:.0f}%", style=style)
            limit = Text(f"of {short_duration(meter.limit)}", style="dim")
    if bar_width:
        yield bar
    yield from (percent, used, limit)


@dataclass(frozen=True, slots=True)
class Events:
    """The events, as many as fit, newest first."""

    view: View
    is_wide: bool

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        room = (options.height or console.height) - 1
        yield rule("Events, newest first", f"{self.view.total.events}")
        table = grid()
        table.expand = True
        table.add_column("Time", no_wrap=True, style="dim")
        table.add_column("Status", width=9, no_wrap=True)
        table.add_column("Job", ratio=2, no_wrap=True)
        if self.is_wide:
            table.add_column("Account", no_wrap=True)
            table.add_column("Region", no_wrap=True)
            table.add_column("Category", width=18, no_wrap=True)
        table.add_column("Why", ratio=3, no_wrap=True)
        for event in self.view.feed[: max(0, room)]:
            table.add_row(*self._cells(event))
        yield table

    def _cells(self, event: FeedRow) -> Iterator[RenderableType]:
        yield event.at.strftime("%H:%M:%S" if self.is_wide else "%H:%M")
        yield Text(event.status, style=STATUS_STYLES.get(event.status, ""))
        yield event.name
        if self.is_wide:
            yield from (event.place.account, event.place.region, event.category, Text(gist(event.reason), style="dim"))
        else:
            yield Text.assemble(event.category, " " if event.category else "", (gist(event.reason), "dim"))
