"""The full screen of the watch. Pure: depends only on picture, state, time and size."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from optimizationjob.cli.demo.demo_screen_data import STATUS_NAMES
from optimizationjob.cli.demo.demo_status_tables import STATUS_STYLES, title_of
from optimizationjob.cli.terminal_text import harmless, short_duration
from optimizationjob.cli.watch import watch_words as wording
from optimizationjob.cli.watch.watch_cells import fitted, line
from optimizationjob.cli.watch.watch_job_detail import detail_lines, help_lines
from optimizationjob.cli.watch.watch_picture import Picture
from optimizationjob.cli.watch.watch_region_errors import troubles
from optimizationjob.cli.watch.watch_state import WatchState, bounded, rows, settle
from optimizationjob.cli.watch.watch_table import Columns, active_head, active_row, ended_row, window
from optimizationjob.cli.watch.watched_job import WatchedJob

HEAD_LINES = 3
FOOT_LINES = 1
LONGEST_BANNER = 4
WIDE = 170
"""Minimum width in columns to show the detail next to the list."""

DETAIL_WIDTH = 66


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """The size of a terminal."""

    width: int
    height: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The input of one screen.

    Attributes:
        picture: the jobs and regions.
        state: the user's selections.
        now: the time in monotonic seconds.
        size: size of the terminal.
    """

    picture: Picture
    state: WatchState
    now: float
    size: Size

    @property
    def shown(self) -> tuple[WatchedJob, ...]:
        """The listed jobs, active ones first."""
        return rows(self.picture.jobs, self.state)

    @property
    def body(self) -> int:
        """The number of lines for the jobs."""
        return max(0, self.size.height - HEAD_LINES - FOOT_LINES - len(self._banner))

    @property
    def _banner(self) -> list[Text]:
        return banner(self.picture, self.size.width)

    def settled(self) -> WatchState:
        """Return the state with selection and scrolling in range."""
        state = settle(self.state, self.shown, page=self.body - 2)
        job = self._chosen(state)
        if state.pane != "detail" or job is None:
            return state
        return bounded(state, len(detail_lines(job, self._detail_width)), self.body)

    @property
    def _is_wide(self) -> bool:
        return self.size.width >= WIDE

    @property
    def _detail_width(self) -> int:
        return DETAIL_WIDTH if self._is_wide else self.size.width

    def _chosen(self, state: WatchState) -> WatchedJob | None:
        return next((job for job in self.shown if job.key == state.current), None)

    def lines(self) -> list[Text]:
        """Return the full screen, at most as many lines as the terminal has."""
        width = self.size.width
        top = [
            headline(self.picture, self.now, width),
            totals(self.picture, width),
            choices(self.state, len(self.shown), width),
        ]
        body = self._body()[: self.body]
        body += [Text("", end="")] * (self.body - len(body))
        foot = line((wording.FOOT_OF_DETAIL if self.state.pane == "detail" else wording.FOOT, "dim"), width=width)
        return [*top, *self._banner, *body, foot][: self.size.height]

    def _body(self) -> list[Text]:
        width, state = self.size.width, self.state
        if state.pane == "help":
            return [line(text, width=width) for text in help_lines(width)]
        job = self._chosen(state) if state.pane == "detail" else None
        if job is None:
            return self._lists(width)
        detail = detail_lines(job, self._detail_width)[state.scroll : state.scroll + self.body]
        if not self._is_wide:
            return [line(text, width=width) for text in detail]
        left = width - DETAIL_WIDTH - 3
        pairs = _beside(self._lists(left), detail, left)
        return [line(text, width=width) for text in pairs]

    def _lists(self, width: int) -> list[Text]:
        shown = self.shown
        active = [job for job in shown if not job.is_over]
        ended = [job for job in shown if job.is_over]
        # Two lines are titles. Ended jobs get a third of the rest if active jobs fill the remainder.
        room = max(0, self.body - 2)
        for_ends = min(len(ended), max(room // 3, room - max(1, len(active))))
        columns, chosen = Columns.of(width), self.state.current
        index = self.state.index
        active_rows = [
            active_row(active[number], columns, width, is_selected=active[number].key == chosen)
            for number in window(len(active), room - for_ends, index)
        ]
        ended_rows = [
            ended_row(ended[number], width, is_selected=ended[number].key == chosen)
            for number in window(len(ended), for_ends, max(0, index - len(active)))
        ]
        nothing = line((_nothing(self.picture, self.state), "dim"), width=width)
        title = line((f"  {wording.ENDED_JOBS}", "bold"), (f"  {len(ended)}", "dim"), width=width)
        return [active_head(columns, width), *(active_rows or [nothing]), title, *ended_rows]


@dataclass(frozen=True, slots=True)
class WatchScreen:
    """A frame for rich to print."""

    frame: Frame

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        lines = self.frame.lines()
        for number, text in enumerate(lines):
            if number:
                yield Text("", end="\n")
            yield Text.assemble(text, " " * max(0, self.frame.size.width - text.cell_len), no_wrap=True, end="")


def headline(picture: Picture, now: float, width: int) -> Text:
    """Return the state of the watch itself: regions, calls and age of the data."""
    bad, number = picture.ill, len(picture.regions)
    parts: list[tuple[str, str]] = [(wording.TITLE, "bold"), ("  ", "")]
    if picture.error:
        parts.append((f"{wording.POLL_FAILED}: {harmless(picture.error)}", "red"))
    elif not picture.polls:
        parts.append((wording.FIRST_POLL, "dim"))
    else:
        parts.append((f"{number - bad} of {number} {wording.REGIONS_OK}", "green" if not bad else "yellow"))
        age = picture.data_age(now)
        is_old = age is not None and age > 3 * picture.interval
        words = wording.NO_DATA if age is None else f"data {short_duration(age)} old"
        parts.append((f"  {words}", "yellow" if is_old or age is None else ""))
        parts.append((f"  {picture.calls_per_minute(now):.0f} {wording.CALLS_PER_MINUTE}", ""))
        parts.append(("" if picture.is_complete else f"  {wording.STILL_READING}", "dim"))
    return line(*parts, width=width)


def totals(picture: Picture, width: int) -> Text:
    """Return the jobs by status."""
    parts: list[tuple[str, str]] = []
    for status in STATUS_NAMES:
        number = picture.totals.get(status, 0 if picture.is_counted else None)
        style = STATUS_STYLES.get(status, "bold") if number else "dim"
        parts += [(f"{title_of(status)} ", "dim"), (f"{'-' if number is None else number}  ", style)]
    return line(*parts, width=width)


def choices(state: WatchState, number: int, width: int) -> Text:
    """Return the active filters and the sort order."""
    if state.typed is not None:
        return line(
            (wording.NAME_PROMPT, "bold"),
            (harmless(state.typed), ""),
            ("_", "blink"),
            (f"  {_jobs(number)}", "dim"),
            width=width,
        )
    statuses = ", ".join(title_of(status).lower() for status in state.statuses) or wording.ALL_JOBS
    name = f"/{harmless(state.name)}/" if state.name else wording.ALL_JOBS
    return line(
        *((_jobs(number), "bold"), (f"  {wording.STATUS} ", "dim"), (statuses, "cyan" if state.statuses else "")),
        *(
            (f"  {wording.NAME} ", "dim"),
            (name, "cyan" if state.name else ""),
            (f"  {wording.ORDER} ", "dim"),
            (wording.ORDER_WORDS[state.order], ""),
        ),
        (f"  {wording.PAUSED}" if state.is_paused else "", "bold yellow"),
        width=width,
    )


def _jobs(number: int) -> str:
    return f"{number:,} job{'s' * (number != 1)}"


def banner(picture: Picture, width: int) -> list[Text]:
    """Return the regions that cannot be read, with cause and remedy, in a few lines, worst first."""
    texts: list[Text] = []
    found = troubles(picture)
    for number, trouble in enumerate(found, 1):
        is_last = number == len(found)
        room = LONGEST_BANNER - len(texts) - (not is_last)
        style = "red" if trouble.is_unread else "yellow"
        wrapped = textwrap.wrap(str(trouble), max(20, width - 1), max_lines=room, placeholder=" ...")
        texts += [line((text, style), width=width) for text in wrapped]
        if not is_last and len(texts) >= LONGEST_BANNER - 1:
            more = sum(len(trouble.regions) for trouble in found[number:])
            return [*texts, line((f"and {more} {wording.MORE_REGIONS}", "yellow"), width=width)]
    return texts


def _nothing(picture: Picture, state: WatchState) -> str:
    if not picture.polls:
        return f"  {wording.NOTHING_YET}"
    return f"  {wording.NO_MATCH if state.statuses or state.sought else wording.NO_JOB}"


def _beside(left: Sequence[Text], right: Sequence[Text], width: int) -> Iterator[Text]:
    for number in range(max(len(left), len(right))):
        first = left[number] if number < len(left) else Text()
        second = right[number] if number < len(right) else Text()
        yield Text.assemble(
            first, fitted("", width - first.cell_len), (" \u2502 ", "dim"), second, no_wrap=True, end=""
        )
