"""A screen for terminals that cannot show Unicode."""

from __future__ import annotations

from typing import Final

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

ASCII: Final = str.maketrans("\u2501\u2500\u2502\u2503\u2026\u2191\u2193\u2190\u2192", "=-||~^v<>")


class AsciiOnly(LineFilter):
    """Replaces what a terminal without Unicode cannot show, character by character."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - textual's interface
        """Return the segments in ASCII, of the same width."""
        return [Segment(_ascii(segment), segment.style, segment.control) for segment in segments]


def _ascii(segment: Segment) -> str:
    if segment.text.isascii():
        return segment.text
    return "".join(map(_ascii_character, segment.text.translate(ASCII)))


def _ascii_character(character: str) -> str:
    if character.isascii():
        return character
    # Lines of boxes and scroll bars are blank, which their background still shows.
    return " " if "\u2500" <= character <= "\u25ff" else "?" * cell_len(character)
