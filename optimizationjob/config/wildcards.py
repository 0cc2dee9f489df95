"""Patterns in which `*` stands for anything and every other character for itself."""

from __future__ import annotations

from collections.abc import Iterable


def matches_any(text: str, patterns: Iterable[str]) -> bool:
    """Return whether the text fits one of the patterns; upper and lower case differ."""
    return any(_fits(text, pattern) for pattern in patterns)


def _fits(text: str, pattern: str) -> bool:
    """Look for each piece between stars once, as far left as it goes: a regular expression would try all places."""
    begin, *pieces = pattern.split("*")
    if not pieces:
        return text == pattern
    end = pieces.pop()
    if len(text) < len(begin) + len(end) or not text.startswith(begin) or not text.endswith(end):
        return False
    at, last = len(begin), len(text) - len(end)
    for piece in pieces:
        at = text.find(piece, at, last)
        if at < 0:
            return False
        at += len(piece)
    return True
