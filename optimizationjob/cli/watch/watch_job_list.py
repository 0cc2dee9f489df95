"""The list of jobs as a widget. It makes only the lines on the screen, so that thousands of jobs stay quick.

textual's own table measures every cell after a change, which takes seconds for 5,000 jobs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.events import Click
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from optimizationjob.cli.watch import watch_words as wording
from optimizationjob.cli.watch.watch_columns import JobColumn, fitted
from optimizationjob.cli.watch.watched_job import WatchedJob

SHORTEST_NAME: Final = 14
SHOWN_BESIDE_NAME: Final = 6
"""How many columns a longer name does not push off the screen."""


class JobList(ScrollView, can_focus=True):
    """Jobs in rows below a line of titles, with a cursor."""

    HELP = wording.HELP
    COMPONENT_CLASSES: ClassVar[set[str]] = {"titles", "cursor"}
    DEFAULT_CSS = """
    JobList { height: 1fr; scrollbar-size-horizontal: 0; scrollbar-size-vertical: 1; }
    JobList > .titles { text-style: bold; color: $text-accent; background: $panel; }
    JobList > .cursor { text-style: bold; background: $primary-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Detail", key_display="Enter"),
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup,ctrl+b", "page(-1)", "Page up", show=False),
        Binding("pagedown,ctrl+f,space", "page(1)", "Page down", show=False),
        Binding("home,g", "move(-1000000)", "First", show=False),
        Binding("end,G", "move(1000000)", "Last", show=False),
        Binding("left,h", "scroll_left", "Columns to the left", show=False),
        Binding("right,l", "scroll_right", "Columns to the right", show=False),
    ]
    cursor = reactive(0)

    class Chosen(Message):
        """Another job is under the cursor."""

    class Opened(Message):
        """The detail of the job under the cursor is wanted."""

    @dataclass
    class TitleClicked(Message):
        """A column's title was clicked."""

        title: str

    def __init__(self) -> None:
        super().__init__()
        self.jobs: Sequence[WatchedJob] = ()
        self.nothing = ""
        """What to show in place of jobs."""
        self._columns: Sequence[JobColumn] = ()
        self._marked = ""
        self._longest = 0, 0
        """The length of the longest name and of the longest reason."""
        self._widths = [SHORTEST_NAME]

    @property
    def chosen(self) -> WatchedJob | None:
        """The job under the cursor; None in an empty list."""
        return self.jobs[self.cursor] if self.jobs else None

    def show(self, jobs: Sequence[WatchedJob], columns: Sequence[JobColumn], *, marked: str) -> None:
        """Show other jobs or other values of them; cursor and scroll position stay at their job.

        Args:
            jobs: the jobs in order.
            columns: the columns; the first is the name.
            marked: the title of the column by which they are sorted, with its direction; may be empty.
        """
        index, top = self._anchor(jobs), round(self.scroll_y)
        is_visible = top <= self.cursor < top + self._room
        self.jobs, self._columns, self._marked = jobs, columns, marked
        self._longest = (
            max((len(job.job.name) for job in jobs), default=0),
            max((len(job.reason) for job in jobs), default=0),
        )
        self._resize()
        self.set_reactive(JobList.cursor, index[0])
        self.scroll_to(y=top + index[1], animate=False)
        if is_visible:
            self._follow()
        self.refresh()
        self.post_message(self.Chosen())

    def _anchor(self, jobs: Sequence[WatchedJob]) -> tuple[int, int]:
        """Return where the cursor goes in other jobs, and by how many lines to scroll for that."""
        chosen = self.chosen
        at = min(self.cursor, max(0, len(jobs) - 1))
        # At the top, the cursor keeps the position rather than the job.
        if chosen is None or (not self.cursor and not round(self.scroll_y)):
            return at, 0
        index = next((number for number, job in enumerate(jobs) if job.key == chosen.key), at)
        return index, index - self.cursor

    @property
    def _room(self) -> int:
        return max(1, self.scrollable_content_region.height - 1)

    def _resize(self) -> None:
        """Set the widths of the columns; the name gets what the most important others leave."""
        name, reason = self._longest
        others = [*(column.width for column in self._columns[1:-1]), max(len("REASON"), reason)]
        room = self.scrollable_content_region.width - sum(width + 1 for width in others[:SHOWN_BESIDE_NAME])
        self._widths = [max(SHORTEST_NAME, min(name, room)), *others]
        self.virtual_size = Size(sum(self._widths) + len(self._widths), len(self.jobs) + 1)

    def on_resize(self) -> None:
        """Give the columns their new widths."""
        self._resize()
        self._follow()

    def watch_cursor(self) -> None:
        """Keep the cursor on the screen."""
        self._follow()
        self.refresh()
        self.post_message(self.Chosen())

    def _follow(self) -> None:
        top = round(self.scroll_y)
        wanted = min(self.cursor, max(top, self.cursor - self._room + 1))
        if wanted != top:
            self.scroll_to(y=wanted, animate=False)

    def action_move(self, rows: int) -> None:
        """Move the cursor by rows."""
        self.cursor = max(0, min(self.cursor + rows, len(self.jobs) - 1))

    def action_page(self, pages: int) -> None:
        """Move the cursor by pages."""
        self.action_move(pages * self._room)

    def action_open(self) -> None:
        """Ask for the detail of the job under the cursor."""
        self.post_message(self.Opened())

    def on_click(self, event: Click) -> None:
        """Choose a job, open it on a second click, or sort by a column."""
        if event.y:
            row = round(self.scroll_y) + event.y - 1
            if row < len(self.jobs):
                self.cursor = row
                if event.chain == 2:
                    self.action_open()
            return
        x, widths = event.x, self._widths
        for number, column in enumerate(self._columns):
            if x <= widths[number]:
                self.post_message(self.TitleClicked(column.title))
                return
            # The name stays where it is; the others are scrolled.
            x -= widths[number] + 1 - (0 if number else round(self.scroll_x))

    def render_line(self, y: int) -> Strip:
        """Return a line of the screen."""
        number = round(self.scroll_y) + y - 1
        if not y:
            cells = [Text(f"{column.title}{self._mark(column)}") for column in self._columns]
            return self._line(cells, "titles")
        if number < len(self.jobs):
            cells = [column.text(self.jobs[number]) for column in self._columns]
            return self._line(cells, "cursor" if number == self.cursor else "")
        return self._line([Text(self.nothing, style="dim")] if not self.jobs and y == 1 else [], "")

    def _mark(self, column: JobColumn) -> str:
        title, _, sign = self._marked.partition(" ")
        return sign if title == column.title else ""

    def _line(self, cells: Sequence[Text], component: str) -> Strip:
        widths, style, room = self._widths, self.rich_style, self.size.width
        if component:
            style += self.get_component_rich_style(component)
        if len(cells) < len(self._columns):
            text = cells[0] if cells else Text()
            return Strip(text.render(self.app.console)).apply_style(style).adjust_cell_length(room, style)
        name = Text(fitted(cells[0].plain, widths[0], is_name=True) + " ", style=cells[0].style)
        rest = Text()
        for cell, width in zip(cells[1:], widths[1:], strict=True):
            cell.truncate(width, overflow="ellipsis", pad=True)
            rest.append_text(cell).append(" ")
        first, left = Strip(name.render(self.app.console)), round(self.scroll_x)
        other = Strip(rest.render(self.app.console)).crop(left, left + max(0, room - widths[0] - 1))
        return Strip.join([first, other]).apply_style(style).adjust_cell_length(room, style)
