"""Makes text from outside harmless in an event: it is shown, and cannot act."""

from __future__ import annotations

import re
from typing import Final

from optimizationjob.jobs.printable_text import visible

# What Datadog or Markdown would act on -> what looks alike and does nothing.
INERT: Final = (
    (re.compile(r"%(?=%)"), "% "),
    (re.compile(r"\{(?=\{)"), "{ "),
    (re.compile(r"\}(?=\})"), "} "),
    (re.compile(r"@"), "\uff20"),  # the full-width sign notifies no one
    (re.compile(r"`"), "'"),
)
# What could act in prose and titles, which no code span guards: a link, and HTML.
INERT_IN_PROSE: Final = ((re.compile(r"\](?=\()"), "] "), (re.compile(r"<(?=\S)"), "< "))


def inert(text: str) -> str:
    """Return text on one line in which nothing opens a fence, a variable or a notification, and nothing is hidden."""
    line = visible(text, " ")
    for active, harmless in INERT:
        line = active.sub(harmless, line)
    return line.strip()


def plain(text: str) -> str:
    """Return text for where no code span can guard it."""
    line = inert(text)
    for active, harmless in INERT_IN_PROSE:
        line = active.sub(harmless, line)
    return line


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
