"""The full screen of the demo. Pure: depends only on the view and the size.

The position of a block depends only on the terminal size, so that blocks do not move when jobs come and go.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.layout import Layout
from rich.table import Table
from rich.text import Text

from optimizationjob.cli.demo.demo_jobs_and_events import Events, Jobs
from optimizationjob.cli.demo.demo_screen_data import View
from optimizationjob.cli.demo.demo_status_tables import (
    endings,
    grid,
    health_words,
    sent_list,
    sent_table,
    status_table,
)

WIDE = 136
"""Minimum width in columns for both meters of a job and full operation names."""

ROOMY = 30
"""Minimum height in lines for empty lines between blocks."""

SHORT = 14
"""Below this number of lines, only jobs and events are shown."""

PLACES = 4
"""Number of rows reserved for accounts and regions."""

OPERATIONS = 5
"""Number of rows reserved for AWS operations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoMoment:
    """The time that the screen shows.

    Attributes:
        now: the simulated time; None before the simulator runs.
        speed: simulated seconds per real second.
    """

    now: datetime | None
    speed: float

    def __str__(self) -> str:
        if self.now is None:
            return "starting ..."
        # At high speed, seconds change too fast to read.
        form = "%Y-%m-%d %H:%M:%S UTC" if self.speed < 10 else "%Y-%m-%d %H:%M UTC"
        return f"{self.now.strftime(form)}  {self.speed:g}x"


@dataclass(frozen=True, slots=True)
class DemoScreen:
    """One screen, laid out for the size of the console at each rendering."""

    view: View
    moment: DemoMoment

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width, height = options.max_width, options.height or console.height
        is_wide, is_roomy = width >= WIDE, height >= ROOMY
        layout = Layout()
        parts = [Layout(self._headline(is_wide=is_wide), size=1), *self._parts(height, is_wide=is_wide)]
        layout.split_column(*_apart(parts) if is_roomy else parts)
        yield from console.render(layout, options.update(width=width, height=height))

    def _parts(self, height: int, *, is_wide: bool) -> Iterator[Layout]:
        view = self.view
        lists = Layout(Jobs(view, is_wide=is_wide)), Layout(Events(view, is_wide=is_wide))
        if is_wide and height >= ROOMY:
            sides = grid(gap=4)
            title = Text("\nEnded since the start", style="dim")
            sides.add_row(Group(status_table(view, is_wide=True), title, endings(view)), sent_list(view))
            yield Layout(sides, size=7 + max(OPERATIONS, len(view.total.calls)))
            yield from lists
            return
        if height >= SHORT:
            yield Layout(status_table(view, is_wide=is_wide), size=PLACES + 2)
        yield from lists
        if height >= SHORT + 6:
            yield Layout(sent_table(view), size=4)

    def _headline(self, *, is_wide: bool) -> RenderableType:
        stamp = str(self.moment)
        line = Table.grid(expand=True, padding=(0, 1, 0, 0))
        line.add_column(ratio=1, no_wrap=True, overflow="ellipsis")
        line.add_column(width=len(stamp), no_wrap=True)
        left = Text.assemble(("optimizationjob demo", "bold"), "  ", health_words(self.view))
        hint = "the real check on a simulated AWS; Ctrl-C ends it" if is_wide else "Ctrl-C ends"
        left.append(f"  {hint}", style="dim")
        line.add_row(left, Text(stamp, style="bold"))
        return line


def _apart(parts: list[Layout]) -> Iterator[Layout]:
    """Put an empty line between parts."""
    for number, part in enumerate(parts):
        if number:
            # Not an empty text, for which rich shows a placeholder panel.
            yield Layout(Text(" "), size=1)
        yield part
