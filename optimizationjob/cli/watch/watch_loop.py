"""The watch's event loop in a terminal: reads keys, polls, and redraws the screen on changes."""

from __future__ import annotations

import os
import signal
import sys

from rich.console import Console
from rich.live import Live

from optimizationjob.cli.console_output import HarmlessConsole
from optimizationjob.cli.terminal_signals import ENDS, SIGNAL_STATUS, exit_status, is_paintable, noted
from optimizationjob.cli.watch.watch_key_codes import SUSPEND
from optimizationjob.cli.watch.watch_keyboard import Keyboard, keyboard, stop_all
from optimizationjob.cli.watch.watch_polls import Polls, Watch, silence_logs
from optimizationjob.cli.watch.watch_screen import Frame, Size, WatchScreen
from optimizationjob.cli.watch.watch_state import WatchState, press

LOOK_SECONDS = 0.1
"""How often to check for changes."""

PATIENCE_SECONDS = 0.3
"""How long to wait for running calls to AWS when the watch ends."""


def is_possible() -> bool:
    """Return whether there is a terminal with a keyboard."""
    return is_paintable() and sys.stdin.isatty()


def run(watch: Watch, state: WatchState) -> int:
    """Show the jobs until q or a signal ends it, and return the exit status: 0 for q and Ctrl-C."""
    silence_logs()
    polls = Polls(watch)
    with noted((*ENDS, signal.SIGTSTP, signal.SIGCONT)) as notes:
        try:
            status = _Show(polls, state, notes).run()
        except OSError:
            # The terminal is closed.
            status = SIGNAL_STATUS + signal.SIGHUP
        if not polls.end(PATIENCE_SECONDS):
            # A running call cannot be interrupted, and the interpreter would wait for it.
            sys.stdout.flush()
            os._exit(status)
    return status


class _Show:
    """One watch in one terminal."""

    def __init__(self, polls: Polls, state: WatchState, notes: list[int]) -> None:
        self._polls = polls
        self._state = state
        self._notes = notes
        self._painted: object = None

    def run(self) -> int:
        """Show the screen until the watch ends."""
        while True:
            console = HarmlessConsole(highlight=False)
            with keyboard() as keys, Live(console=console, screen=True, auto_refresh=False) as live:
                self._painted = None
                number = self._until_noted(console, live, keys)
            if number != signal.SIGTSTP:
                return exit_status(number) if number else 0
            stop_all()

    def _until_noted(self, console: Console, live: Live, keys: Keyboard) -> int:
        """Draw and read keys; return the signal that interrupted this, or 0 if the watch ended."""
        while not self._state.is_over and not keys.is_closed:
            self._paint(console, live)
            if self._polls.ident is None:
                # Start after the first screen, which the imports of a poll would delay.
                self._polls.start()
            while self._notes:
                number = self._notes.pop(0)
                if number == signal.SIGCONT:
                    # The terminal may have changed while the process was stopped.
                    keys.take_over()
                    live.console.set_alt_screen(True)
                    self._painted = None
                else:
                    return number
            for key in keys.pressed(LOOK_SECONDS):
                if key == SUSPEND:
                    return signal.SIGTSTP
                self._state = press(self._state, key)
                self._state = self._frame(console).settled()
            self._polls.pause(self._state.is_paused)
        return 0

    def _frame(self, console: Console) -> Frame:
        width, height = console.size
        watch = self._polls.watch
        size = Size(width=width, height=height)
        return Frame(picture=watch.picture, state=self._state, now=watch.clock.monotonic(), size=size)

    def _paint(self, console: Console, live: Live) -> None:
        self._state = self._frame(console).settled()
        frame = self._frame(console)
        seen = (id(frame.picture), frame.state, frame.size, int(frame.now))
        if seen != self._painted:
            live.update(WatchScreen(frame), refresh=True)
            self._painted = seen
