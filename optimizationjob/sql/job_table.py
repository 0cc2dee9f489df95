"""The table of jobs in DuckDB: filled from records or opened from a file, and asked.

DuckDB writes the files of results itself, so that nested values and times keep their types.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import duckdb

from optimizationjob.jobs.inert_text import cut
from optimizationjob.sql import column_types, jobs_view
from optimizationjob.sql.refusal_hints import with_hint

COPIED_AS: Final[Mapping[str, str]] = {
    "csv": "FORMAT csv, HEADER",
    "json": "FORMAT json, ARRAY true",
    "parquet": "FORMAT parquet",
}
BATCH: Final = 1000
"""Records that go in at once: their text is held twice meanwhile."""
# No extension is fetched from the network, whatever a statement names; the ones that are needed are built in. Nor is a
# name in a statement looked up among the variables of this program.
OFFLINE: Final = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
}
SAVED: Final = "saved"
"""A file of `--save`, attached while its table is copied."""
LONGEST_REFUSAL: Final = 500
"""Characters of an error of DuckDB, which may quote a whole value."""


class SqlError(Exception):
    """DuckDB refused something; its text is one line without a traceback."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows of a result, each value as text."""

    columns: tuple[str, ...]
    types: tuple[str, ...]
    rows: tuple[tuple[str | None, ...], ...]


class JobTable:
    """The table, in memory, or in a file that is written.

    Args:
        connection: is to get the table.
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

    def load(self, source: Path) -> None:
        """Copy the table of a file of `--save`, and nothing else: no view and no macro of the file is known afterwards.

        Raises:
            SqlError: the file cannot be read, or has no such table.
        """
        table = column_types.TABLE
        with _refusals():
            self._connection.execute(f"ATTACH {_literal(source)} AS {SAVED} (TYPE duckdb, READ_ONLY)")
            found = self._connection.execute(
                "SELECT 1 FROM duckdb_tables() WHERE (database_name, schema_name, table_name) = (?, 'main', ?)",
                [SAVED, table],
            )
            if found.fetchone() is None:
                raise SqlError(f"the file has no table {table}; --save makes files that have it")
            self._connection.execute(f"CREATE TABLE main.{table} AS SELECT * FROM {SAVED}.main.{table}")  # noqa: S608 - constants
            self._connection.execute(f"DETACH {SAVED}")

    def add_view(self, at: datetime) -> None:
        """Make the view `jobs` over the table.

        A file of other hands may have a table with other columns, over which there is none.

        Args:
            at: the time until which an active job waits or runs.
        """
        known = self._columns(column_types.TABLE)
        with suppress(duckdb.Error):
            jobs_view.add_to(self._connection, known, at)

    def _columns(self, table: str) -> list[str]:
        asked = "SELECT column_name FROM duckdb_columns() WHERE (schema_name, table_name) = ('main', ?)"
        return [name for (name,) in self._connection.execute(asked, [table]).fetchall()]

    def _tables(self) -> dict[str, list[str]]:
        """Return the columns of the tables that a statement may name."""
        found = {name: self._columns(name) for name in (jobs_view.VIEW, column_types.TABLE)}
        return {name: columns for name, columns in found.items() if columns}

    def try_out(self, sql: str) -> None:
        """Refuse a statement that is wrong, or does anything but read; none of it is run.

        Raises:
            SqlError: it is wrong.
        """
        with self._hints(), _refusals():
            self._connection.execute(f"EXPLAIN {self._reading(sql)}")

    @contextmanager
    def _hints(self) -> Iterator[None]:
        try:
            yield
        except SqlError as failure:
            raise SqlError(with_hint(str(failure), self._tables())) from failure

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

    def export(self, sql: str, path: Path, form: str) -> None:
        """Run a statement and write its rows to a file.

        Args:
            sql: the statement.
            path: the file.
            form: `csv`, `json` or `parquet`.

        Raises:
            SqlError: it is wrong, or the file cannot be written.
        """
        with _refusals():
            self._connection.execute(f"COPY ({self._reading(sql)}) TO {_literal(path.absolute())} ({COPIED_AS[form]})")

    def _reading(self, sql: str) -> str:
        """Return the one statement that reads as part of another one, which its semicolon or comment must not end."""
        statements = self._connection.extract_statements(sql)
        if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
            raise SqlError("give one statement that reads: SELECT, WITH, FROM, DESCRIBE or SUMMARIZE")
        return f"SELECT * FROM (\n{_bare(sql)}\n)"  # noqa: S608 - the statement is the user's own


@contextmanager
def opened(*, source: Path | None = None, writes_to: Path | None = None) -> Iterator[JobTable]:
    """Open a database in memory, in which statements of a user may be run: no statement reaches another file.

    Args:
        source: a file of `--save` whose table is copied.
        writes_to: the folder of a result.

    Raises:
        SqlError: the file cannot be read, or has no table of jobs.
    """
    with _connected(":memory:") as connection:
        table = JobTable(connection)
        with _refusals():
            if source is not None:
                source = source.absolute()
                # Also the log of what is not in it yet.
                paths = f"{_literal(source)}, {_literal(Path(f'{source}.wal'))}"
                connection.execute(f"SET allowed_paths = [{paths}]")
            if writes_to is not None:
                connection.execute(f"SET allowed_directories = [{_literal(writes_to.absolute())}]")
            # Also what a file computes while it is copied, such as a generated column, reads no other file.
            connection.execute("SET enable_external_access = false")
            connection.execute("SET lock_configuration = true")
        if source is not None:
            table.load(source)
        yield table


@contextmanager
def saved(path: Path) -> Iterator[JobTable]:
    """Open a new file for the table.

    Raises:
        SqlError: it cannot be written.
    """
    with _connected(str(path)) as connection:
        yield JobTable(connection)


@contextmanager
def _connected(database: str) -> Iterator[duckdb.DuckDBPyConnection]:
    with _refusals():
        connection = duckdb.connect(database, config=dict(OFFLINE))
    with connection:
        yield connection


def _literal(path: Path) -> str:
    """Return a path as a text of SQL."""
    return "'" + str(path).replace("'", "''") + "'"


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
        raise SqlError(cut(" ".join(words.split()), LONGEST_REFUSAL)) from failure
    except (RecursionError, UnicodeError) as failure:
        raise SqlError("a value is nested too deeply, or is no text: remove it and try again") from failure
