"""Calls methods on behalf of another process through a pipe."""

from __future__ import annotations

from multiprocessing.connection import Connection


def attend(pipe: Connection, servant: object) -> None:
    """Receive method names with arguments and call them, until None is received or the pipe is closed."""
    while True:
        try:
            asked = pipe.recv()
        except EOFError:
            return
        if asked is None:
            return
        name, arguments = asked
        try:
            answer = getattr(servant, name)(*arguments)
        except Exception as error:  # noqa: BLE001 - passed to the other process
            answer = error
        pipe.send(answer)
