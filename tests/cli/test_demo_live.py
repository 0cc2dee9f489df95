"""The demo in a terminal: quick first screen, and a restored terminal however it ends."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

import pytest

PATIENCE = 50
HIDE, SHOW, LEAVE = b"\x1b[?25l", b"\x1b[?25h", b"\x1b[?1049l"


class Terminal:
    """An 80x24 terminal and everything written to it."""

    def __init__(self):
        self.ours, self.theirs = pty.openpty()
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.written = b""

    def read_until(self, is_enough):
        """Read until `is_enough` is satisfied, the program closes the terminal, or the time is up."""
        end = time.monotonic() + PATIENCE
        while not is_enough(self.written) and time.monotonic() < end:
            if select.select([self.ours], [], [], 0.05)[0]:
                try:
                    self.written += os.read(self.ours, 65536)
                except OSError:
                    return

    def close(self):
        os.close(self.ours)


@pytest.fixture
def terminal():
    made = Terminal()
    yield made
    made.close()


def start(begin, terminal, *arguments, **environment):
    own = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES", "NO_COLOR"}}
    streams = dict.fromkeys(("stdin", "stdout", "stderr"), terminal.theirs)
    process = begin("demo", "--jobs", "0", *arguments, env={**own, "TERM": "xterm-256color", **environment}, **streams)
    os.close(terminal.theirs)
    return process


def ended(process, terminal):
    """Wait for the program to end and return the remaining output."""
    terminal.read_until(lambda _: False)
    process.wait(PATIENCE)
    assert terminal.written.rindex(SHOW) > terminal.written.rindex(HIDE)
    assert b"Traceback" not in terminal.written
    afterwards = re.sub(rb"\x1b\[\?\d+[hl]", b"", terminal.written.rpartition(LEAVE)[2])
    assert b"\x1b" not in afterwards
    return afterwards


def test_ctrl_c_prints_a_summary_and_restores_the_terminal(begin, terminal):
    process = start(begin, terminal)
    terminal.read_until(lambda written: b"memory" in written)
    assert b"4 of 4 regions ok" in terminal.written
    process.send_signal(signal.SIGINT)
    afterwards = ended(process, terminal)
    assert process.returncode == 0
    assert re.search(rb"Sent: [1-9][\d,]* metrics, [1-9]\d* events, [1-9]\d* service checks", afterwards)


def test_signal_before_the_first_poll_ends_the_demo(begin, terminal):
    process = start(begin, terminal)
    terminal.read_until(lambda written: b"optimizationjob demo" in written)
    process.send_signal(signal.SIGTERM)
    ended(process, terminal)
    assert process.returncode == 128 + signal.SIGTERM


def test_dumb_terminal_gets_plain_text(begin, terminal):
    process = start(begin, terminal, TERM="dumb")
    terminal.read_until(lambda written: written.endswith(b"simulated time ...\r\n"))
    process.send_signal(signal.SIGINT)
    terminal.read_until(lambda _: False)
    assert process.wait(PATIENCE) == 130
    assert terminal.written == b"Running the check 15 times over 0:14:00 of simulated time ...\r\n"
