"""How a live screen is asked to end, and with which status it does."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from rich.console import Console

ENDS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
SIGNAL_STATUS = 128
"""What shells add to a signal's number for the exit status of what it ended."""


def is_paintable() -> bool:
    """Whether standard output is a terminal that can be painted on."""
    return sys.stdout.isatty() and not Console().is_dumb_terminal


def exit_status(number: int) -> int:
    """Return the exit status of a live screen that a signal ended: Ctrl-C is the usual way out."""
    return 0 if number == signal.SIGINT else SIGNAL_STATUS + number


@contextmanager
def noted(numbers: tuple[int, ...]) -> Iterator[list[int]]:
    """Turn signals into notes of them while this lasts."""
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
    """Turn the signals that end a program into a note of it, so that the terminal is always put back as it was."""
    with noted(ENDS) as asked:
        yield asked
