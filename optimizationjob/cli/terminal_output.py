"""The one way out of the console script: what arrives on its streams is text, and no command to a terminal.

`guard_streams` wraps both streams at the start. What is written to them is made harmless there, whoever writes: errors,
progress, logs, tracebacks and JSON. Colors come from `console_output`, whose consoles make each piece of text harmless
before they style it, and are the only writers that pass the guard.
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final, TextIO

ERROR_STREAM: Final = 2
_NOT_ASCII: Final = re.compile(r"[^\t\n -~]")


class _HarmlessCharacters(dict[int, int]):
    """The character that is written for each one, found when it is first met."""

    def __missing__(self, code: int) -> int:
        character = chr(code)
        self[code] = code if character.isprintable() or character in "\n\t" else ord(" ")
        return self[code]


_HARMLESS: Final = _HarmlessCharacters()


def harmless_lines(text: str) -> str:
    """Return text with a space for each character that does not show, except line ends and tabs.

    This covers escape sequences, control characters of both kinds, bidirectional and zero-width characters.
    """
    return text if text.isprintable() else text.translate(_HARMLESS)


class GuardedStream(io.TextIOBase):
    """A stream to which only harmless text is written.

    It has no `buffer` on purpose: a library that looks for one would pass the guard.

    Attributes:
        unguarded: the stream itself.
    """

    def __init__(self, unguarded: TextIO) -> None:
        self.unguarded = unguarded

    def write(self, text: str) -> int:
        """Write text, made harmless; return the number of characters that were given."""
        self.unguarded.write(harmless_lines(text))
        return len(text)

    @property
    def encoding(self) -> str:  # type: ignore[override]  # a plain attribute of the base class
        """The encoding of the stream."""
        return self.unguarded.encoding

    @property
    def errors(self) -> str | None:  # type: ignore[override]  # the same
        """What becomes of a character that the encoding lacks."""
        return self.unguarded.errors

    def reconfigure(self, **options: str) -> None:
        """Change properties of the stream, as those of a text file."""
        self.unguarded.reconfigure(**options)  # type: ignore[attr-defined]  # a text file over bytes

    def writable(self) -> bool:
        """Whether the stream can be written to."""
        return True

    def isatty(self) -> bool:
        """Whether the stream is a terminal."""
        return self.unguarded.isatty()

    def fileno(self) -> int:
        """Return the file descriptor of the stream."""
        return self.unguarded.fileno()

    def flush(self) -> None:
        """Write what is buffered."""
        self.unguarded.flush()


def guard_streams() -> None:
    """Make standard output and standard error harmless for the rest of the process."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is not None and not isinstance(stream, GuardedStream):
            setattr(sys, name, GuardedStream(stream))


def show_cursor() -> None:
    """Show the cursor, which progress hides, where a program ends at once; safe in a signal handler."""
    if os.isatty(ERROR_STREAM):
        os.write(ERROR_STREAM, b"\x1b[?25h")


def unguarded(stream: TextIO) -> TextIO:
    """Return the stream behind the guard, for what is made harmless otherwise, and for files."""
    return stream.unguarded if isinstance(stream, GuardedStream) else stream


@contextmanager
def data_output() -> Iterator[BinaryIO]:
    """Yield standard output for a data format, byte for byte, which only a file or another program may get."""
    sys.stdout.flush()
    target = unguarded(sys.stdout).buffer
    yield target
    target.flush()


def for_terminal(draft: Path) -> bytes:
    """Return a file of text as a terminal may get it; JSON stays the same document, in ASCII."""
    text = draft.read_text(encoding="utf-8", errors="replace")
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return harmless_lines(text).encode(errors="replace")
    return _NOT_ASCII.sub(_escaped, text).encode()


def json_text(document: object) -> str:
    """Return a JSON document of printable ASCII, which a terminal may get."""
    return json.dumps(document, indent=2).replace("\x7f", "\\u007f")


def _escaped(found: re.Match[str]) -> str:
    """Return a character as JSON escapes it; outside of ASCII, and for DEL, it can only be part of a text."""
    units = found[0].encode("utf-16-be")
    return "".join(f"\\u{units[place]:02x}{units[place + 1]:02x}" for place in range(0, len(units), 2))
