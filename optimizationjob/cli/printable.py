"""Text of others, made fit for a terminal."""

from __future__ import annotations


def printable(text: str) -> str:
    """Return text in one line without characters that a terminal would act upon."""
    return "".join(character if character.isprintable() else " " for character in text)
