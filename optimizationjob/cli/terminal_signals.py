"""Terminals that can show a screen, the signals that end one, and how the program ends then."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from rich.console import Console

ENDS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
HUNG_UP = getattr(signal, "SIGHUP", signal.SIGTERM)
"""Stands for a terminal that is gone."""
SIGNAL_STATUS = 128
"""Added to the signal number for the exit status, as in shells."""
LOOK_SECONDS = 0.1
PATIENCE_SECONDS = 1.5
"""How long a screen has to end once it is asked to."""


def is_paintable() -> bool:
    """Return whether the program has a terminal that can show a live screen and read its keys."""
    streams = (sys.stdin, sys.stdout, sys.stderr)
    return all(stream is not None and stream.isatty() for stream in streams) and not Console().is_dumb_terminal


def exit_status(number: int) -> int:
    """Return the exit status after a signal; 0 for Ctrl-C, the usual way to quit."""
    return 0 if number == signal.SIGINT else SIGNAL_STATUS + number


@contextmanager
def asked_to_end() -> Iterator[list[int]]:
    """Collect the signals that end a program, so that the terminal can be restored first.

    If that takes too long, for instance since the terminal is gone, the program ends without it.
    """
    asked: list[int] = []

    def note(number: int, _: FrameType | None) -> None:
        asked.append(number)

    before = {number: signal.signal(number, note) for number in ENDS}
    threading.Thread(target=_insist, args=(asked,), name="end", daemon=True).start()
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _insist(asked: list[int]) -> None:
    while not asked:
        time.sleep(LOOK_SECONDS)
    time.sleep(PATIENCE_SECONDS)
    os._exit(exit_status(asked[0]))


def on_stop(stop: Callable[[], object], go_on: Callable[[], object]) -> None:
    """Call `stop` on SIGTSTP and `go_on` on SIGCONT, where the system has them.

    In place of textual's own handlers, which take a terminal that is in use for the one to restore at the end.
    """
    for name, act in (("SIGTSTP", stop), ("SIGCONT", go_on)):
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), lambda *_, act=act: act())


def stop_all() -> None:
    """Stop the process group like Ctrl-Z, and return when it continues; without effect on Windows."""
    number = getattr(signal, "SIGTSTP", None)
    if number is not None:
        handler = signal.signal(number, signal.SIG_DFL)
        os.kill(0, number)
        signal.signal(number, handler)
