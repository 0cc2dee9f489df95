"""A process that does what another one asks for through a pipe."""

from __future__ import annotations

from multiprocessing.connection import Connection


def attend(pipe: Connection, servant: object) -> None:
    """Call what is asked for, a method's name and its arguments, until None is, or the other side is gone."""
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
        except Exception as error:  # noqa: BLE001 - the other side shall have it
            answer = error
        pipe.send(answer)
