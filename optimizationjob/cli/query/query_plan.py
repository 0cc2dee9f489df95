"""What a query shall do with its statement: the format and the destination of the answer, and the file to save."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

from optimizationjob.cli.command_failure import WRONG_USE, CommandFailed


class QueryFormat(StrEnum):
    """How an answer is printed or written."""

    TABLE = "table"
    EXPANDED = "expanded"
    CSV = "csv"
    JSON = "json"
    PARQUET = "parquet"


FOR_PEOPLE: Final = (None, QueryFormat.TABLE, QueryFormat.EXPANDED)
"""Formats for a terminal; None is the table, or the expanded form where that is too wide."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryPlan:
    """The statement and the destination of its result.

    Attributes:
        sql: the statement; None where the jobs are only saved.
        given: the format that was asked for.
        output: the file to write.
        save: the file for the table.
        overwrite: whether existing files may be replaced.
    """

    sql: str | None
    given: QueryFormat | None
    output: Path | None
    save: Path | None
    overwrite: bool

    @property
    def form(self) -> QueryFormat | None:
        """The format: the given one, else the one that the name of the file ends in, else None."""
        if self.given is not None or self.output is None:
            return self.given
        ending = self.output.suffix.lower().removeprefix(".")
        return QueryFormat(ending) if ending in {"csv", "json", "parquet"} else None

    def refuse_contradictions(self) -> None:
        """Reject contradictory options before any call.

        Raises:
            CommandFailed: options contradict each other.
        """
        from optimizationjob.cli.atomic_files import refuse_existing  # noqa: PLC0415 - only used here

        if self.sql is None and self.save is None:
            raise CommandFailed("give a statement, --file, --save or --schema", status=WRONG_USE)
        if self.sql is None and self.output is not None:
            raise CommandFailed("--output is for the answer to a statement: give one", status=WRONG_USE)
        if self.output is not None and self.form in FOR_PEOPLE:
            if str(self.output) in set(QueryFormat):
                words = f"--output is the file to write: for the format give --format {self.output}"
                raise CommandFailed(words, status=WRONG_USE)
            raise CommandFailed("--output needs --format csv, json or parquet", status=WRONG_USE)
        if self.form is QueryFormat.PARQUET and self.output is None and sys.stdout.isatty():
            raise CommandFailed("parquet is not for a terminal: give --output, or redirect it", status=WRONG_USE)
        for path in filter(None, (self.output, self.save)):
            refuse_existing(path, overwrite=self.overwrite)
