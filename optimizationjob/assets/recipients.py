"""The recipients in the message of a monitor: its last line, if that has nothing else. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_HANDLE: Final = r"@[A-Za-z0-9][\w.+-]*(?:@[\w-]+(?:\.[\w-]+)+)?"
_RECIPIENT: Final = re.compile(_HANDLE, re.ASCII)
_LAST_LINE: Final = re.compile(rf"(?:\A|\n)({_HANDLE}(?: +{_HANDLE})*)\s*\Z", re.ASCII)


class RecipientError(Exception):
    """A recipient has a form that Datadog does not know; the message is one line."""


def recipients(given: Iterable[str]) -> tuple[str, ...]:
    """Return recipients, each once; one text may have several.

    Raises:
        RecipientError: one is no recipient.
    """
    found = tuple(dict.fromkeys(word for text in given for word in text.replace(",", " ").split() or [text]))
    wrong = next((word for word in found if not _RECIPIENT.fullmatch(word)), None)
    if wrong is not None:
        raise RecipientError(
            f"{wrong!r} is no recipient; use one as in a monitor's message, such as @slack-ml, @pagerduty-ml or "
            "@me@example.com"
        )
    return found


def recipients_of(message: str) -> tuple[str, ...]:
    """Return the recipients in the last line of a message."""
    found = _LAST_LINE.search(message)
    return tuple(found[1].split()) if found else ()


def without_recipients(message: str) -> str:
    """Return a message without the line of its recipients."""
    return _LAST_LINE.sub("", message)


def with_recipients(message: str, wanted: Iterable[str]) -> str:
    """Return a message with these recipients in place of its own."""
    line = " ".join(wanted)
    bare = without_recipients(message)
    return f"{bare.rstrip()}\n\n{line}" if line else bare
