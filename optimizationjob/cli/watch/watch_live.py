"""The watch in a terminal: the screen, and how it ends."""

from __future__ import annotations

import locale
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

from optimizationjob.cli.command_failure import PROGRAM
from optimizationjob.cli.interrupts import leave
from optimizationjob.cli.terminal_signals import HUNG_UP, asked_to_end, exit_status
from optimizationjob.cli.terminal_text import harmless
from optimizationjob.cli.watch.watch_app import WatchApp
from optimizationjob.cli.watch.watch_layout import SentPane
from optimizationjob.cli.watch.watch_polls import AllPolls, silence_logs
from optimizationjob.cli.watch.watch_selection import Selection


def run(
    polls: AllPolls, selection: Selection, *, sent: SentPane | None = None, farewell: Callable[[], str] = str
) -> NoReturn:
    """Show the jobs until a key or a signal ends it, and end the program: with status 0 for q and Ctrl-C.

    Args:
        polls: where the jobs come from.
        selection: what to show at first.
        sent: what to show in a pane of what was sent; None for no pane.
        farewell: what to print at the end.
    """
    silence_logs()
    with asked_to_end() as asked:
        app = WatchApp(polls, selection, asked=asked, is_ascii=is_ascii_only(), sent=sent)
        polls.start()
        app.run()
        polls.end()
        if app.failure is not None:
            words = harmless(" ".join(repr(app.failure).split()))
            sys.stderr.write(f"{PROGRAM}: the screen failed: {words}; please report it as a bug\n")
            leave(1)
        with suppress(OSError):
            sys.stdout.write(farewell())
        leave(exit_status(asked[0] if asked else HUNG_UP))


def is_ascii_only() -> bool:
    """Return whether the locale has no Unicode; Python's own UTF-8 mode says nothing about the terminal."""
    return sys.platform != "win32" and locale.getencoding().lower().replace("-", "") != "utf8"
