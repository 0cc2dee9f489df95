"""Reads single keys from a terminal without echo and restores the terminal afterwards."""

from __future__ import annotations

import errno
import os
import select
import signal
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from optimizationjob.cli.watch.watch_key_codes import keys

READ_BYTES = 4096
Attributes = list[Any]
CONTROL_CHARACTERS = 6
"""Index of the control characters in the terminal attributes."""


class Keyboard:
    """Reads keys from a terminal."""

    def __init__(self, terminal: int) -> None:
        self._terminal = terminal
        self._rest = b""
        self.is_closed = False
        """Whether the terminal was closed."""

    def take_over(self) -> None:
        """Read keys immediately and without echo; Ctrl-C stays a signal.

        Ctrl-Z becomes a key: as a signal it would stop other processes of the group, such as `uv run`, before this one
        has restored the terminal.
        """
        with suppress(termios.error):
            tty.setcbreak(self._terminal, termios.TCSADRAIN)
            attributes = termios.tcgetattr(self._terminal)
            attributes[CONTROL_CHARACTERS][termios.VSUSP] = bytes([os.fpathconf(self._terminal, "PC_VDISABLE")])
            _set(self._terminal, attributes)

    def pressed(self, seconds: float) -> list[str]:
        """Return the pressed keys, waiting at most `seconds` for the first."""
        is_ready = bool(select.select([self._terminal], [], [], seconds)[0])
        written = b""
        if is_ready:
            with suppress(OSError):
                written = os.read(self._terminal, READ_BYTES)
            self.is_closed = not written
        found, self._rest = keys(self._rest + written, is_all=not is_ready)
        return found


@contextmanager
def keyboard() -> Iterator[Keyboard]:
    """Read single keys from standard input within this context."""
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    keys = Keyboard(terminal)
    try:
        keys.take_over()
        yield keys
    finally:
        with suppress(termios.error):
            _set(terminal, before)


def stop_all() -> None:
    """Stop the process group like Ctrl-Z and return when it continues."""
    handler = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
    os.kill(0, signal.SIGTSTP)
    signal.signal(signal.SIGTSTP, handler)


def _set(terminal: int, attributes: Attributes) -> None:
    """Set attributes, retrying if a signal interrupts the call."""
    while True:
        try:
            termios.tcsetattr(terminal, termios.TCSADRAIN, attributes)
        except termios.error as failure:
            if failure.args[0] != errno.EINTR:
                raise
        else:
            return
