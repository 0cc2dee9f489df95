"""Ctrl-C: it ends the program at once and silently, unless a command has something to finish or to clean up first.

Python would raise KeyboardInterrupt wherever it is. That prints a traceback while libraries load, is swallowed where
Python calls back from C, and makes a thread that is joined look as if it had ended. So the signal has its plain effect
from the first line on (`plain`), and a command that has results to show waits for its work in `noted`.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Any, Generic, NoReturn, TypeVar

from optimizationjob.cli.command_failure import INTERRUPTED, Interrupted
from optimizationjob.cli.terminal_output import show_cursor

LOOK_SECONDS = 0.1
"""How often a command that waits looks for Ctrl-C."""
PATIENCE_SECONDS = 1.0
"""How long work has to end after Ctrl-C."""

T = TypeVar("T")


class CtrlC:
    """Whether Ctrl-C was pressed."""

    def __init__(self) -> None:
        self.is_pressed = False

    def comes_within(self, seconds: float) -> bool:
        """Wait so long, or until Ctrl-C; return whether it was pressed."""
        never = threading.Event()
        looks, rest = divmod(max(0.0, seconds), LOOK_SECONDS)
        for _ in range(int(looks)):
            if self.is_pressed:
                return True
            never.wait(LOOK_SECONDS)
        never.wait(rest)
        return self.is_pressed


class Background(Generic[T]):
    """Work in a thread of its own, so that the main thread can look for Ctrl-C, whatever the work waits for."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._results: list[T] = []
        self._failure: BaseException | None = None
        # Not `join`: interrupted, it takes the thread for ended before Python 3.13.
        self._ended = threading.Event()
        threading.Thread(target=self._run, name="work", daemon=True).start()

    def _run(self) -> None:
        try:
            self._results.append(self._work())
        except BaseException as failure:  # noqa: BLE001 - raised again where the result is wanted
            self._failure = failure
        self._ended.set()

    def ends_within(self, seconds: float) -> bool:
        """Return whether the work ends within so many seconds."""
        return self._ended.wait(seconds)

    def ends_before(self, ctrl_c: CtrlC) -> bool:
        """Wait for the work, or for Ctrl-C; return whether the work ended."""
        while not ctrl_c.is_pressed:
            if self.ends_within(LOOK_SECONDS):
                return True
        return self.ends_within(0)

    def result(self) -> T:
        """Return the result of work that ended.

        Raises:
            BaseException: the work failed with this.
        """
        if self._failure is not None:
            raise self._failure
        (result,) = self._results
        return result


@contextmanager
def noted() -> Iterator[CtrlC]:
    """Note Ctrl-C in place of ending the program; the second one ends it at once."""
    ctrl_c = CtrlC()

    def note(_: int, __: FrameType | None) -> None:
        if ctrl_c.is_pressed:
            show_cursor()
            os._exit(INTERRUPTED)
        ctrl_c.is_pressed = True

    with _handled_by(note):
        yield ctrl_c


@contextmanager
def raised() -> Iterator[None]:
    """Let Ctrl-C raise KeyboardInterrupt, for code that has to clean up."""
    with _handled_by(signal.default_int_handler):
        yield


def interruptible(work: Callable[[], T]) -> T:
    """Do work that may take long and return its result.

    Raises:
        Interrupted: Ctrl-C was pressed. The work goes on until the program ends.
        BaseException: the work failed with this.
    """
    with noted() as ctrl_c:
        background = Background(work)
        if not background.ends_before(ctrl_c):
            raise Interrupted("stopped")
        return background.result()


def leave(status: int) -> NoReturn:
    """End the program now. The interpreter would wait for calls to AWS, which cannot be interrupted."""
    for stream in (sys.stdout, sys.stderr):
        # The reader may be gone.
        with suppress(OSError):
            stream.flush()
    os._exit(status)


@contextmanager
def _handled_by(handler: Callable[[int, FrameType | None], Any]) -> Iterator[None]:
    before = signal.getsignal(signal.SIGINT)
    # A shell lets a program in the background ignore it.
    if before is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        if before is not signal.SIG_IGN:
            signal.signal(signal.SIGINT, before)
