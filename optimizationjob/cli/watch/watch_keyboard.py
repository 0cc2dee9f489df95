"""The keyboard of a terminal: every key at once and unseen, and all as before when it is over."""

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
"""Where they are among a terminal's attributes."""


class Keyboard:
    """Reads keys from a terminal."""

    def __init__(self, terminal: int) -> None:
        self._terminal = terminal
        self._rest = b""
        self.is_gone = False
        """Whether the terminal went away."""

    def take_over(self) -> None:
        """Have every key at once and unseen; Ctrl-C stays a signal.

        Ctrl-Z becomes a key: as a signal it stops the shell's other processes, such as `uv run`, before this one has
        put the terminal back.
        """
        with suppress(termios.error):
            tty.setcbreak(self._terminal, termios.TCSADRAIN)
            attributes = termios.tcgetattr(self._terminal)
            attributes[CONTROL_CHARACTERS][termios.VSUSP] = bytes([os.fpathconf(self._terminal, "PC_VDISABLE")])
            _set(self._terminal, attributes)

    def pressed(self, seconds: float) -> list[str]:
        """Return the keys of the next while; at once where there are some."""
        is_ready = bool(select.select([self._terminal], [], [], seconds)[0])
        written = b""
        if is_ready:
            with suppress(OSError):
                written = os.read(self._terminal, READ_BYTES)
            self.is_gone = not written
        found, self._rest = keys(self._rest + written, is_all=not is_ready)
        return found


@contextmanager
def keyboard() -> Iterator[Keyboard]:
    """Read single keys from standard input while this lasts."""
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
    """Do what Ctrl-Z does to the processes that a shell started together, and return when they go on."""
    handler = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
    os.kill(0, signal.SIGTSTP)
    signal.signal(signal.SIGTSTP, handler)


def _set(terminal: int, attributes: Attributes) -> None:
    """Set attributes; where a signal comes between, again."""
    while True:
        try:
            termios.tcsetattr(terminal, termios.TCSADRAIN, attributes)
        except termios.error as failure:
            if failure.args[0] != errno.EINTR:
                raise
        else:
            return
