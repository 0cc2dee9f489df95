"""Text from outside made fit for an event: it is shown, and cannot act."""

from __future__ import annotations

import re
from typing import Final

# What Datadog or Markdown would act on -> what looks alike and does nothing.
INERT: Final = (
    (re.compile(r"%(?=%)"), "% "),
    (re.compile(r"\{(?=\{)"), "{ "),
    (re.compile(r"\}(?=\})"), "} "),
    (re.compile(r"@"), "\uff20"),  # the full-width sign notifies nobody
    (re.compile(r"`"), "'"),
)
CONTROL: Final = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")


def inert(text: str) -> str:
    """Return text on one line in which nothing opens a fence, a variable or a notification."""
    line = CONTROL.sub(" ", text)
    for active, harmless in INERT:
        line = active.sub(harmless, line)
    return line.strip()


def code(text: str) -> str:
    """Return text as a code span, so that Markdown leaves it alone."""
    return f"`{inert(text)}`"


def cut(text: str, longest: int) -> str:
    """Return text of at most so many characters, its end marked where some are missing."""
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def duration(seconds: float | None) -> str:
    """Return a duration as people say it: `1 h 05 min`, `12 min 30 s`, `45 s`."""
    if seconds is None:
        return "unknown"
    whole = round(seconds)
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    if whole >= 60:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole} s"
