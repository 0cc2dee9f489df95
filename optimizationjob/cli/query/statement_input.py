"""The statement of a query: an argument, a file, or standard input."""

from __future__ import annotations

import sys
from pathlib import Path

from optimizationjob.cli.command_failure import WRONG_USE, CommandFailed

STANDARD_INPUT = "-"


def statement(sql: str | None, file: Path | None) -> str | None:
    """Return the statement; None where none is given.

    Args:
        sql: the argument; `-` for standard input.
        file: the file that holds it.

    Raises:
        CommandFailed: both are given, or what is read is no text.
    """
    if file is None and sql != STANDARD_INPUT:
        return sql
    if file is not None and sql is not None:
        raise CommandFailed("give a statement or --file, not both", status=WRONG_USE)
    name = "standard input" if file is None else str(file)
    try:
        # As bytes: what the locale takes a file for says nothing of its content.
        content = sys.stdin.buffer.read() if file is None else file.read_bytes()
        return content.decode("utf-8-sig")
    except OSError as failure:
        raise CommandFailed(f"{name} cannot be read: {failure.strerror}", status=WRONG_USE) from failure
    except UnicodeDecodeError as failure:
        raise CommandFailed(f"{name} is not UTF-8: save the statement as UTF-8", status=WRONG_USE) from failure
