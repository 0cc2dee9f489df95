"""The table of jobs in DuckDB: filled from records or opened from a file, and asked.

DuckDB writes the files of results itself, so that nested values and times keep their types.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import duckdb

from optimizationjob.sql import column_types

Form = Literal["csv", "json", "parquet"]
COPIED_AS: Final[Mapping[Form, str]] = {
    "csv": "FORMAT csv, HEADER",
    "json": "FORMAT json, ARRAY true",
    "parquet": "FORMAT parquet",
}
BATCH: Final = 1000
"""Records that go in at once: their text is held twice meanwhile."""
# No extension is fetched from the network, whatever a statement names; the ones that are needed are built in.
OFFLINE: Final = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}


class SqlError(Exception):
    """DuckDB refused something; its text is one or two lines without a traceback."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows of a result, each value as text."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]


class JobTable:
    """The table, in memory or in a file.

    Args:
        connection: has the table, or is to get it.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        connection.execute("SET TimeZone = 'UTC'")

    def create(self, records: Sequence[Mapping[str, object]] = ()) -> None:
        """Make the table and put records in."""
        with _refusals():
            self._connection.execute(column_types.definition())
            for start in range(0, len(records), BATCH):
                self._connection.execute(
                    f"INSERT INTO {column_types.TABLE} SELECT r.* FROM (SELECT unnest(from_json(?::JSON, ?)) AS r)",  # noqa: S608 - a constant
                    [json.dumps(records[start : start + BATCH]), column_types.structure()],
                )

    def require(self) -> None:
        """Refuse a file that has no such table.

        Raises:
            SqlError: it has none.
        """
        found = self._connection.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = ?", [column_types.TABLE])
        if found.fetchone() is None:
            raise SqlError(f"the file has no table {column_types.TABLE}; make one with --save")

    def try_out(self, sql: str) -> None:
        """Refuse a statement that is wrong, or does anything but read; none of it is run.

        Raises:
            SqlError: it is wrong.
        """
        with _refusals():
            self._connection.execute(f"EXPLAIN {self._reading(sql)}")

    def answer(self, sql: str) -> Answer:
        """Run a statement and return its rows.

        Raises:
            SqlError: it is wrong.
        """
        with _refusals():
            relation = self._connection.sql(self._reading(sql))
            texts = ", ".join(f"CAST(#{place} AS VARCHAR)" for place, _ in enumerate(relation.columns, 1))
            rows = relation.project(texts).fetchall()
            return Answer(tuple(relation.columns), tuple(map(str, relation.types)), tuple(rows))

    def export(self, sql: str, path: Path, form: Form) -> None:
        """Run a statement and write its rows to a file.

        Raises:
            SqlError: it is wrong, or the file cannot be written.
        """
        target = str(path).replace("'", "''")
        with _refusals():
            self._connection.execute(f"COPY ({self._reading(sql)}) TO '{target}' ({COPIED_AS[form]})")

    def _reading(self, sql: str) -> str:
        """Return the one statement that reads as part of another one, which its semicolon or comment must not end."""
        statements = self._connection.extract_statements(sql)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise SqlError("give one statement that reads: SELECT, WITH, FROM, DESCRIBE or SUMMARIZE")
        return f"SELECT * FROM (\n{_bare(sql)}\n)"  # noqa: S608 - the statement is the user's own


@contextmanager
def opened(path: Path | None = None, *, is_read_only: bool = False) -> Iterator[JobTable]:
    """Open a file of DuckDB, or a database in memory.

    Raises:
        SqlError: it cannot be opened.
    """
    with _refusals():
        connection = duckdb.connect(str(path or ":memory:"), read_only=is_read_only, config=dict(OFFLINE))
    with connection:
        yield JobTable(connection)


def _bare(sql: str) -> str:
    """Return a statement without the semicolon and the comments at its end."""
    text = sql.encode()
    for start, kind in reversed(duckdb.tokenize(sql)):
        if kind != duckdb.token_type.comment and text[start : start + 1] != b";":
            break
        text = text[:start]
    return text.decode()


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except duckdb.Error as failure:
        # The lines after an empty one repeat the statement and mark a place in it.
        words = str(failure).partition("\n\n")[0]
        raise SqlError("\n".join(" ".join(line.split()) for line in words.splitlines()[:2])) from failure
