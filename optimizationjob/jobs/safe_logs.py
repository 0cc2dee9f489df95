"""Loggers whose lines are safe for the Agent: without secrets, what its C code refuses, and what forges other lines.

With a lone surrogate in the text of an exception, a line at DEBUG ends the whole Agent.
"""

from __future__ import annotations

import logging
from typing import Final

from optimizationjob.jobs.printable_text import printable, visible
from optimizationjob.jobs.redaction import LONGEST_TEXT, scrub


class SafeLines(logging.Filter):
    """Makes the message and the traceback of each record safe."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change a record in place; return that it is logged."""
        record.msg, record.args = visible(safe(_message(record)), " "), None
        if record.exc_info:
            lines = safe(logging.Formatter().formatException(record.exc_info)[-LONGEST_TEXT:]).split("\n")
            record.exc_text = "\n".join(visible(line, " ") for line in lines)
            record.exc_info = None
        return True


SAFE_LINES: Final = SafeLines()


def logger_of(module: str) -> logging.Logger:
    """Return the logger of a module."""
    logger = logging.getLogger(module)
    # A filter of a parent does not see the lines of its children.
    logger.addFilter(SAFE_LINES)
    return logger


def safe(text: str) -> str:
    """Return text without secrets, printable."""
    return printable(scrub(text))


def _message(record: logging.LogRecord) -> str:
    """Return the message; that of arguments that cannot be formatted is the text without them."""
    try:
        return record.getMessage()
    except Exception:  # noqa: BLE001 - a log line must not cost a run
        return str(record.msg)
