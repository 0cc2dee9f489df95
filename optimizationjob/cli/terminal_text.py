"""Durations and text for a terminal: shortened, and without control characters."""

from __future__ import annotations

import re

ERROR_CLASSES = re.compile(r"^(?:[\w.]+(?:Error|Exception): )+(?=\S)")
UNITS = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))


def short_duration(seconds: float) -> str:
    """Return a duration in at most two units and six characters: `2d23h`, `1h05m`, `12m`, `45s`."""
    whole = max(0, int(seconds))
    if whole >= 3600:
        (big, size), (small, part) = UNITS[:2] if whole >= 86_400 else UNITS[1:3]
        rest = whole % size // part
        return f"{whole // size}{big}{rest:02d}{small}" if rest else f"{whole // size}{big}"
    return f"{whole // 60}m" if whole >= 60 else f"{whole}s"


def cut(text: str, width: int) -> str:
    """Return plain text cut to `width` characters, with `...` at the end if it is cut."""
    return text if len(text) <= width else f"{text[: max(0, width - 3)]}..."[:width]


def gist(reason: str) -> str:
    """Return a failure reason without leading error class names, to save space."""
    return ERROR_CLASSES.sub("", reason)


def harmless(text: str) -> str:
    """Return external text that is safe for a terminal: every unprintable character becomes a space.

    This covers escape sequences, line breaks and bidirectional control characters.
    """
    return "".join(character if character.isprintable() else " " for character in text)
