"""The screen of the watch."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from dataclasses import replace

from rich.console import RenderableType
from textual.app import App, ComposeResult
from textual.containers import Container, VerticalScroll
from textual.filter import LineFilter
from textual.widgets import Footer, HelpPanel, Input, Static

from optimizationjob.cli.terminal_signals import HUNG_UP, on_stop, stop_all
from optimizationjob.cli.terminal_text import harmless
from optimizationjob.cli.watch.ascii_lines import AsciiOnly
from optimizationjob.cli.watch.watch_columns import JobColumn, columns
from optimizationjob.cli.watch.watch_head import WatchMoment, head, trouble_lines
from optimizationjob.cli.watch.watch_job_detail import detail
from optimizationjob.cli.watch.watch_job_list import JobList
from optimizationjob.cli.watch.watch_layout import CSS, KEYS, SentPane
from optimizationjob.cli.watch.watch_polls import AllPolls
from optimizationjob.cli.watch.watch_selection import Selection

TITLE = "optimizationjob watch"
LOOK_SECONDS = 0.2
"""How often the screen looks for news."""
ROOM_FOR_BARS = 100
"""Minimum width in columns for bars."""


class WatchApp(App[None]):
    """Jobs of all instances, with filter, order and detail.

    Args:
        polls: where the jobs come from.
        selection: what to show at first.
        asked: signals that ask the program to end; a key that does so adds SIGINT.
        is_ascii: whether the terminal cannot show Unicode.
        sent: what to show in a pane of what was sent; None for no pane.
    """

    ENABLE_COMMAND_PALETTE = False
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (150, "-wide")]  # noqa: RUF012 - textual declares it
    VERTICAL_BREAKPOINTS = [(0, "-short"), (16, "-tall")]  # noqa: RUF012 - the same
    CSS = CSS
    BINDINGS = KEYS

    def __init__(
        self,
        polls: AllPolls,
        selection: Selection,
        *,
        asked: list[int],
        is_ascii: bool = False,
        sent: SentPane | None = None,
    ) -> None:
        super().__init__()
        self._polls = polls
        self._overview = polls.overview()
        self._selection = selection
        self._asked = asked
        self._sent = sent
        self._filters_ascii = [AsciiOnly()] if is_ascii else []
        self._second = 0

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return the filters of every line."""
        return [*super().get_line_filters(), *self._filters_ascii]

    def compose(self) -> ComposeResult:
        """Make the widgets."""
        yield Static(id="head")
        yield Static(id="troubles")
        yield Input(id="filter", placeholder="words, !word", select_on_focus=False)
        with Container(id="body"):
            yield JobList()
            with VerticalScroll(classes="pane", id="detail"):
                yield Static()
            if self._sent:
                with VerticalScroll(classes="pane", id="sent"):
                    yield Static()
        yield Footer(compact=True)

    def on_mount(self) -> None:
        """Show what is known, and look for news from now on."""
        self.query_one(JobList).focus()
        self._show()
        self.set_interval(LOOK_SECONDS, self._look)
        if not self.is_headless:
            on_stop(self.action_suspend_process, self.refresh)

    def _look(self) -> None:
        """Show what is new, and the seconds that passed; end if a signal asks for it or the terminal is gone."""
        if not self.is_headless and not sys.stdin.isatty():
            self._asked.append(HUNG_UP)
        if self._asked:
            self.exit()
        if self._asked or not self.is_running:  # the latter while the screen is taken down
            return
        overview, second = self._polls.overview(), int(self._polls.clock.monotonic())
        if any(new is not old for new, old in zip(overview.pictures, self._overview.pictures, strict=True)):
            self._overview = overview
            self._show()
        elif second != self._second:
            self._show_head()
        self._second = second

    def _columns(self) -> tuple[JobColumn, ...]:
        return columns(
            has_bar=self.size.width >= ROOM_FOR_BARS,
            has_account=len(self._overview.accounts) > 1,
            now=self._overview.at,
        )

    def _show(self) -> None:
        """Show everything again."""
        jobs, selection = self.query_one(JobList), self._selection
        shown = self._columns()
        jobs.nothing = "no match" if self._overview.jobs else "none" if self._overview.is_read else "..."
        sign = "\u2191" if selection.is_reversed else "\u2193"
        jobs.show(selection.shown(self._overview.jobs, shown), shown, marked=f"{selection.order} {sign}")
        self._show_head()
        found = trouble_lines(self._overview.troubles)
        self.query_one("#troubles", Static).update(found)
        self.query_one("#troubles").set_class(bool(found), "-shown")
        if self._sent:
            self.query_one("#sent > Static", Static).update(self._sent.shown())

    def _show_head(self) -> None:
        moment = WatchMoment(
            title=self._sent.title if self._sent else TITLE,
            now=self._polls.clock.monotonic(),
            is_paused=self._polls.is_paused,
            number=len(self.query_one(JobList).jobs),
        )
        self.query_one("#head", Static).update(head(self._overview, self._selection, moment))

    def on_resize(self) -> None:
        """Choose the columns for the new width."""
        if self.query(JobList):
            self._show()

    def on_job_list_chosen(self) -> None:
        """Show the detail of the job under the cursor."""
        self.query_one("#detail > Static", Static).update(detail(self.query_one(JobList).chosen))

    def on_job_list_opened(self) -> None:
        """Open the detail, or close it."""
        self.query_one("#body").toggle_class("-detail")
        self.query_one("#detail").scroll_home(animate=False)

    def on_job_list_title_clicked(self, clicked: JobList.TitleClicked) -> None:
        """Sort by a column."""
        self._select(self._selection.sorted_by(clicked.title))

    def on_input_changed(self, changed: Input.Changed) -> None:
        """Filter while the user types."""
        self._select(replace(self._selection, typed=changed.value))

    def on_input_submitted(self) -> None:
        """Return to the list."""
        self.query_one("#filter").display = bool(self._selection.typed)
        self.screen.set_focus(self.query_one(JobList))

    def _select(self, selection: Selection) -> None:
        self._selection = selection
        self._show()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - textual's interface
        """Return whether a key does something now: in the filter line, a slash is text."""
        return action != "filter" or not self.query("#filter:focus")

    def action_filter(self) -> None:
        """Let the user type a filter."""
        line = self.query_one("#filter")
        line.display = True
        self.screen.set_focus(line)

    def action_status(self) -> None:
        """Show the next status only."""
        self._select(self._selection.with_next_status())

    def action_order(self) -> None:
        """Sort by the next column."""
        self._select(self._selection.with_next_order(tuple(column.title for column in self._columns())))

    def action_reverse(self) -> None:
        """Turn the order round."""
        self._select(replace(self._selection, is_reversed=not self._selection.is_reversed))

    def action_copy(self) -> None:
        """Copy the ARN of the job under the cursor through the terminal."""
        job = self.query_one(JobList).chosen
        if job is not None:
            arn = harmless(job.job.arn)
            self.copy_to_clipboard(arn)
            self.notify(arn, title="Copied", markup=False)

    def action_poll(self) -> None:
        """Poll now."""
        self._polls.poll_now()

    def action_pause(self) -> None:
        """Stop calling AWS, or go on."""
        self._polls.pause(is_wanted=not self._polls.is_paused)
        self._show_head()

    def action_help(self) -> None:
        """Show the keys, or hide them."""
        if self.screen.query(HelpPanel):
            self.action_hide_help_panel()
        else:
            self.action_show_help_panel()

    async def action_back(self) -> None:
        """Close what is open: the help, the detail, then the filter."""
        if self.screen.query(HelpPanel):
            self.action_hide_help_panel()
        elif self.query_one("#body").has_class("-detail") and not self.query_one("#filter").has_focus:
            self.on_job_list_opened()
        else:
            self.query_one("#filter", Input).value = ""
            self.on_input_submitted()

    async def action_quit(self) -> None:
        """End with status 0."""
        self._asked.append(signal.SIGINT)
        self.exit()

    def action_suspend_process(self) -> None:
        """Stop like any program on Ctrl-Z, with `uv run` or a script around it."""
        with self.suspend():
            stop_all()

    def panic(self, *_: RenderableType) -> None:
        """End: the keys cannot be read any more."""
        self._asked.append(HUNG_UP)
        self.exit()

    def _fatal_error(self) -> None:
        # In place of a traceback; `failure` says why.
        self.exit(return_code=1)

    @property
    def failure(self) -> Exception | None:
        """Why the screen failed; None if it did not."""
        return self._exception
