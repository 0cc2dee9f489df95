"""Decodes terminal input bytes into keys. Pure.

A printable key is its character; any other has a name of at least two letters.
"""

from __future__ import annotations

import re
from typing import Final

UP, DOWN, PAGE_UP, PAGE_DOWN, HOME, END = "up", "down", "page up", "page down", "home", "end"
ENTER, ESCAPE, BACKSPACE, CLEAR, SUSPEND = "enter", "escape", "backspace", "clear", "suspend"

ESC: Final = "\x1b"
SEQUENCE: Final = re.compile(r"\x1b(?:\[[0-9;?<>]*[ -/]*[@-~]|O[ -~])")
INCOMPLETE: Final = re.compile(r"\x1b(?:\[[0-9;?<>]*[ -/]*|O)?")
NAMED: Final = {
    **{f"{ESC}{form}A": UP for form in "[O"},
    **{f"{ESC}{form}B": DOWN for form in "[O"},
    **{f"{ESC}{form}H": HOME for form in "[O"},
    **{f"{ESC}{form}F": END for form in "[O"},
    f"{ESC}[1~": HOME,
    f"{ESC}[7~": HOME,
    f"{ESC}[4~": END,
    f"{ESC}[8~": END,
    f"{ESC}[5~": PAGE_UP,
    f"{ESC}[6~": PAGE_DOWN,
    "\r": ENTER,
    "\n": ENTER,
    "\x7f": BACKSPACE,
    "\x08": BACKSPACE,
    "\x15": CLEAR,
    "\x1a": SUSPEND,
}


def keys(written: bytes, *, is_all: bool) -> tuple[list[str], bytes]:
    """Return the pressed keys and the bytes of an incomplete sequence.

    Args:
        written: the bytes from the terminal.
        is_all: whether no further bytes follow, so that a single escape character is the Escape key.
    """
    text, rest = _decoded(written, is_all=is_all)
    found: list[str] = []
    while text:
        sequence = SEQUENCE.match(text)
        if sequence is None and text.startswith(ESC):
            if INCOMPLETE.fullmatch(text) and not is_all:
                return found, text.encode() + rest
            found.append(ESCAPE)
            text = text[1:]
            continue
        part = sequence[0] if sequence else text[0]
        key = NAMED.get(part, part)
        if (len(key) > 1 and not key.startswith(ESC)) or key.isprintable():
            found.append(key)
        text = text[len(part) :]
    return found, rest


def _decoded(written: bytes, *, is_all: bool) -> tuple[str, bytes]:
    """Return the text and the bytes of an incomplete last character."""
    for length in range(0 if is_all else min(4, len(written) + 1)):
        end = len(written) - length
        try:
            return written[:end].decode(), written[end:]
        except UnicodeDecodeError:
            continue
    return written.decode(errors="ignore"), b""
