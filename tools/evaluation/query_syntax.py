"""Reading query texts from left to right, with errors that say where."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NoReturn


class UnsupportedQuery(ValueError):
    """A query that the evaluation does not understand; nothing of it is guessed.

    Attributes:
        text: the whole query.
        position: where the trouble begins.
        reason: what was expected there, or is not known.
    """

    def __init__(self, text: str, position: int, reason: str) -> None:
        self.text = text
        self.position = position
        self.reason = reason
        super().__init__(f"{reason}, at {position} of {text!r}: {text[position : position + 30]!r}")


class Scanner:
    """A text and how far it was read. Spaces between tokens mean nothing."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def take(self, pattern: str) -> str | None:
        """Read what the pattern matches here, with the spaces around it; None, reading nothing, if it does not."""
        found = _compiled(pattern).match(self.text, self.position)
        if found is None:
            return None
        self.position = found.end()
        return found[1]

    def need(self, pattern: str, what: str) -> str:
        """Read what the pattern matches here.

        Raises:
            UnsupportedQuery: it does not match.
        """
        found = self.take(pattern)
        if found is None:
            self.fail(f"expected {what}")
        return found

    def finish(self) -> None:
        """Make sure that the text was read to its end.

        Raises:
            UnsupportedQuery: something is left.
        """
        self.take(" *")
        if self.position < len(self.text):
            self.fail("expected the end")

    def fail(self, reason: str) -> NoReturn:
        """Refuse the text from here on.

        Raises:
            UnsupportedQuery: always.
        """
        raise UnsupportedQuery(self.text, self.position, reason)


@lru_cache(maxsize=256)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\s*({pattern})\s*")
