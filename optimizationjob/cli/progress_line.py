"""One line about what a command waits for, on the standard error of a terminal; nothing of it stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.text import Text

from optimizationjob.cli.console_output import HarmlessConsole
from optimizationjob.cli.terminal_text import cut


@contextmanager
def progress_line() -> Iterator[Callable[[str], None]]:
    """Yield a function that shows words in place of earlier ones; it does nothing without a terminal that can do so."""
    console = HarmlessConsole(stderr=True)
    if not console.is_terminal or console.is_dumb_terminal:
        yield lambda _: None
        return
    with console.status("") as status:
        # Less than a line, with room for the spinner: rich cannot take back lines that the terminal wrapped.
        yield lambda words: status.update(Text(cut(words, max(0, console.width - 4))))
