"""Makes text from outside harmless where people read it: it is shown on one line, and cannot act.

Datadog acts on `@name`, `{{variable}}` and `%%%` in messages, Markdown on links and HTML, and a terminal on controls.
"""

from __future__ import annotations

import re
from typing import Final

from optimizationjob.jobs.printable_text import visible
from optimizationjob.jobs.redaction import LONGEST_TEXT, scrub

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


def cut(text: str, longest: int) -> str:
    """Return text of at most so many characters, its end marked where some are missing."""
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def foreign(text: str, longest: int) -> str:
    """Return words of AWS or of another program for a message of ours: inert, without secrets and bounded.

    Secrets are looked for once the text is one line: a label may be on one line, and its value on the next.
    """
    line = " ".join(visible(text[:LONGEST_TEXT], " ").split())
    return cut(plain(scrub(line)), longest)


def quoted(text: str, longest: int) -> str:
    """Return such words in quotation marks, which they cannot close: what follows them is our own advice."""
    line = foreign(text.strip().removesuffix("."), longest)
    return '"' + line.replace('"', "'") + '"'
