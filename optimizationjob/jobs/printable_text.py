"""Text from outside, such as AWS's answers and error messages, as text that can be sent and shown."""

from __future__ import annotations

import re
from typing import Final

# The Agent's C code refuses a NUL and a lone surrogate, in a log line as in a tag; other controls end or hide lines.
UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


def printable(text: str) -> str:
    """Return text with a question mark for each control character and lone surrogate; line ends and tabs stay."""
    return text if text.isprintable() else UNPRINTABLE.sub("?", text)


def visible(text: str, instead: str) -> str:
    """Return text with another character for each run of those that do not show.

    They end lines, or hide, reverse or join what stands around them: controls, zero-width and bidirectional characters,
    and what is no character.
    """
    if text.isprintable():
        return text
    shown = "".join(character if character.isprintable() else "\n" for character in text)
    return re.sub("\n+", instead, shown)
