"""The keyboard of a terminal: every key at once and unseen, and all as before when it is over."""

from __future__ import annotations

import os
import select
import signal
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from optimizationjob.cli.watch_keys import keys

READ_BYTES = 4096


class Keyboard:
    """Reads keys from a terminal."""

    def __init__(self, terminal: int) -> None:
        self._terminal = terminal
        self._rest = b""
        self.is_gone = False
        """Whether the terminal went away."""

    def take_over(self) -> None:
        """Have every key at once and unseen."""
        tty.setcbreak(self._terminal, termios.TCSADRAIN)

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
    """Read single keys from standard input while this lasts; Ctrl-C and Ctrl-Z stay signals."""
    terminal = sys.stdin.fileno()
    before = termios.tcgetattr(terminal)
    try:
        keys = Keyboard(terminal)
        keys.take_over()
        yield keys
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def stop_as_asked() -> None:
    """Do what Ctrl-Z does to a program that has no answer of its own, and return when it goes on."""
    handler = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGTSTP)
    signal.signal(signal.SIGTSTP, handler)
