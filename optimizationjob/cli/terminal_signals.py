"""Signals that end a live screen, and the resulting exit status."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from rich.console import Console

ENDS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
SIGNAL_STATUS = 128
"""Added to the signal number for the exit status, as in shells."""


def is_paintable() -> bool:
    """Return whether standard output is a terminal that can show a live screen."""
    return sys.stdout.isatty() and not Console().is_dumb_terminal


def exit_status(number: int) -> int:
    """Return the exit status after a signal; 0 for Ctrl-C, the usual way to quit."""
    return 0 if number == signal.SIGINT else SIGNAL_STATUS + number


@contextmanager
def noted(numbers: tuple[int, ...]) -> Iterator[list[int]]:
    """Collect the given signals in a list instead of handling them."""
    notes: list[int] = []

    def note(number: int, _: FrameType | None) -> None:
        notes.append(number)

    before = {number: signal.signal(number, note) for number in numbers}
    try:
        yield notes
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def asked_to_end() -> Iterator[list[int]]:
    """Collect the signals that end a program, so that the terminal can be restored first."""
    with noted(ENDS) as asked:
        yield asked
