"""A scanner for query texts whose errors include the position."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NoReturn


class UnsupportedQuery(ValueError):
    """The evaluation does not support a query; it never guesses.

    Attributes:
        text: the whole query.
        position: where the unsupported part starts.
        reason: what was expected there or is not supported.
    """

    def __init__(self, text: str, position: int, reason: str) -> None:
        self.text = text
        self.position = position
        self.reason = reason
        super().__init__(f"{reason}, at {position} of {text!r}: {text[position : position + 30]!r}")


class Scanner:
    """A text and the current position in it. Whitespace between tokens is ignored."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def take(self, pattern: str) -> str | None:
        """Consume a match of the pattern and surrounding whitespace; return None, consuming nothing, if none."""
        found = _compiled(pattern).match(self.text, self.position)
        if found is None:
            return None
        self.position = found.end()
        return found[1]

    def need(self, pattern: str, what: str) -> str:
        """Consume a match of the pattern.

        Raises:
            UnsupportedQuery: the pattern does not match.
        """
        found = self.take(pattern)
        if found is None:
            self.fail(f"expected {what}")
        return found

    def finish(self) -> None:
        """Check that the text is fully consumed.

        Raises:
            UnsupportedQuery: text remains.
        """
        self.take(" *")
        if self.position < len(self.text):
            self.fail("expected the end")

    def fail(self, reason: str) -> NoReturn:
        """Raise an error at the current position.

        Raises:
            UnsupportedQuery: always.
        """
        raise UnsupportedQuery(self.text, self.position, reason)


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\s*({pattern})\s*")
