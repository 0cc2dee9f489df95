"""A pseudo-terminal that runs a program, as a user sees it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import termios
import time

PATIENCE = 40
HIDE, SHOW, LEAVE = b"\x1b[?25l", b"\x1b[?25h", b"\x1b[?1049l"
SEQUENCE = re.compile(rb"\x1b\[[0-9;?]*[a-zA-Z]")


class Terminal:
    """A terminal with a program and everything it has written.

    `begin` takes the streams, the environment and whether to start a session, like Popen.
    """

    def __init__(self, begin, environment):
        self.ours, theirs = pty.openpty()
        self.resize(80, 24, theirs)
        self.before = termios.tcgetattr(theirs)
        own = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES", "NO_COLOR"}}
        streams = dict.fromkeys(("stdin", "stdout", "stderr"), theirs)
        # Its own session, so that Ctrl-C and Ctrl-Z reach only the program.
        self.process = begin(env={**own, "TERM": "xterm-256color", **environment}, start_new_session=True, **streams)
        self.theirs = theirs
        self.written = b""

    def resize(self, width, height, terminal=None):
        fcntl.ioctl(terminal or self.ours, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))

    def press(self, keys):
        """Press keys and discard earlier output."""
        self.written = b""
        os.write(self.ours, keys)

    def sees(self, *words):
        """Return whether the words appear within the time limit."""
        return self.shows(*map(re.escape, words))

    def shows(self, *patterns):
        """Return whether text that matches the patterns appears within the time limit."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            seen = SEQUENCE.sub(b"", self.written).decode(errors="replace")
            if all(re.search(pattern, seen) for pattern in patterns):
                return True
            if select.select([self.ours], [], [], 0.05)[0]:
                self.written += os.read(self.ours, 65536)
            elif self.process.poll() is not None:
                return False
        return False

    def ends(self, within):
        """Wait for the program and return its exit status."""
        end = time.monotonic() + within
        while self.process.poll() is None and time.monotonic() < end:
            if select.select([self.ours], [], [], 0.02)[0]:
                self.written += os.read(self.ours, 65536)
        while select.select([self.ours], [], [], 0)[0]:
            self.written += os.read(self.ours, 65536)
        return self.process.poll()

    def is_as_before(self):
        """Whether the terminal attributes, the cursor and the main screen are restored."""
        assert b"Traceback" not in self.written
        assert self.written.rindex(SHOW) > self.written.rfind(HIDE)
        assert self.written.rindex(LEAVE) > self.written.rfind(b"Quit")
        return termios.tcgetattr(self.theirs) == self.before

    def close(self):
        os.close(self.theirs)
        os.close(self.ours)
