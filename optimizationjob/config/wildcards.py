"""Patterns in which `*` matches any text and every other character only itself."""

from __future__ import annotations

from collections.abc import Iterable


def matches_any(text: str, patterns: Iterable[str]) -> bool:
    """Return whether a text matches one of the patterns; case matters."""
    return any(_fits(text, pattern) for pattern in patterns)


def _fits(text: str, pattern: str) -> bool:
    """Search each piece between stars once, from the left: a regular expression would try all places."""
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
