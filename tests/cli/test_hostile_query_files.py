"""The files of `query --from` from other hands, and statements that reach for other files."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

from optimizationjob.cli.query.record_files import changed_at
from optimizationjob.sql.column_types import TABLE, definition
from optimizationjob.sql.job_table import SqlError, opened

COUNT = f"SELECT count(*) AS n FROM {TABLE}"
PLANTED = "planted-content-of-another-file"
NO_TABLE = f"has no table {TABLE}"


@pytest.fixture
def other(tmp_path):
    """A file that no statement may read."""
    path = tmp_path / "other.csv"
    path.write_text(f"a\n{PLANTED}\n", encoding="utf-8")
    return path


@pytest.fixture
def make(tmp_path, other):
    """Make a database file with statements of somebody else."""

    def make_file(*statements, name="made.duckdb"):
        path = tmp_path / name
        with duckdb.connect(str(path)) as connection:
            for statement in statements:
                connection.execute(statement.replace("OTHER", str(other)))
        return path

    return make_file


def one_line(ended):
    assert ended.returncode in (1, 2), ended.stdout
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr
    assert ended.stderr.startswith("optimizationjob: ")
    assert ended.stderr.count("\n") == 1
    assert len(ended.stderr) < 700
    assert PLANTED not in ended.stderr
    return ended.stderr


NOT_A_TABLE = {
    "view": (f"CREATE VIEW {TABLE} AS SELECT 1 AS a",),
    "view that reads a file": (f"CREATE VIEW {TABLE} AS SELECT * FROM read_csv('OTHER')",),
    "table macro": (f"CREATE MACRO {TABLE}() AS TABLE SELECT * FROM read_csv('OTHER')",),
    "table of another schema": ("CREATE SCHEMA s", f"CREATE TABLE s.{TABLE} (a INT)", "USE s"),
    "view in main, table elsewhere": (
        "CREATE SCHEMA s",
        f"CREATE TABLE s.{TABLE} (a INT)",
        f"CREATE VIEW {TABLE} AS SELECT * FROM s.{TABLE}",
    ),
    "temporary table": (f"CREATE TEMP TABLE {TABLE} (a INT)",),
    "nothing": (),
}


@pytest.mark.parametrize("case", NOT_A_TABLE)
def test_only_a_base_table_of_main_is_read(run, make, case):
    path = make(*NOT_A_TABLE[case])
    with pytest.raises(SqlError, match=NO_TABLE), opened(source=path):
        pass
    if case == "view that reads a file":
        assert NO_TABLE in one_line(run("query", "--from", str(path), "SELECT 1"))


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM evil",
        "SELECT * FROM macro_of_file()",
        "SELECT scalar_of_file(1)",
        "SELECT * FROM saved.main.evil",
        "SELECT * FROM s.hidden",
        "SELECT nextval('counter')",
    ],
)
def test_nothing_else_of_the_file_is_known(make, sql):
    path = make(
        definition(),
        "CREATE VIEW evil AS SELECT * FROM read_csv('OTHER')",
        "CREATE MACRO macro_of_file() AS TABLE SELECT * FROM read_text('OTHER')",
        "CREATE MACRO scalar_of_file(x) AS (SELECT any_value(content) FROM read_text('OTHER'))",
        "CREATE SCHEMA s",
        "CREATE TABLE s.hidden (a INT)",
        "CREATE SEQUENCE counter",
    )
    with pytest.raises(SqlError, match="does not exist"), opened(source=path) as table:
        table.answer(sql)


def test_a_macro_of_the_file_takes_the_place_of_no_function(make):
    insert = f"INSERT INTO {TABLE} (optimization_job_name) VALUES ('One')"
    macros = [f"CREATE MACRO {name}(x) AS 'evil'" for name in ("lower", "count", "concat")]
    path = make(definition(), insert, *macros)
    with opened(source=path) as table:
        rows = table.answer(f"SELECT lower(optimization_job_name), count(1) FROM {TABLE} GROUP BY 1").rows
    assert rows == (("one", "1"),)


@pytest.mark.parametrize("column", ["b VARCHAR AS (lower('X'))", "b INT DEFAULT (1 + 1)"])
def test_a_column_that_is_computed_is_a_value(run, make, column):
    path = make(
        "CREATE MACRO lower(x) AS 'ours'",
        f"CREATE TABLE {TABLE} (a INT, {column})",
        f"INSERT INTO {TABLE} (a) VALUES (1)",
    )
    assert run("query", "--from", str(path), "--format", "csv", f"SELECT a FROM {TABLE}").stdout == "a\n1\n"


READERS = [
    "SELECT * FROM read_csv('OTHER')",
    "SELECT * FROM read_text('OTHER')",
    "SELECT * FROM read_blob('OTHER')",
    "SELECT * FROM read_json('OTHER')",
    "SELECT * FROM read_parquet('OTHER')",
    "SELECT * FROM parquet_metadata('OTHER')",
    "SELECT * FROM sniff_csv('OTHER')",
    "SELECT * FROM 'OTHER'",
    "SELECT * FROM glob('FOLDER/*')",
    "SELECT * FROM read_text('FOLDER/made.duckdb/../other.csv')",
    "SELECT * FROM read_csv('http://127.0.0.1:9/x.csv')",
    "SELECT * FROM read_csv('s3://bucket/x.csv')",
    "SELECT * FROM query('SELECT * FROM read_text(''OTHER'')')",
    "FROM sqlite_scan('OTHER', 'a')",
    "SELECT getenv('HOME')",
    "FROM environment",
    "SUMMARIZE FROM read_csv('OTHER')",
    "COPY (SELECT 1) TO 'FOLDER/written.csv'",
    "ATTACH 'OTHER'",
    "INSTALL httpfs",
    "SET enable_external_access = true",
    "SELECT 1) TO 'FOLDER/written.csv'; --",
]


@pytest.mark.parametrize("sql", READERS)
def test_no_statement_reaches_another_file(make, other, tmp_path, sql):
    path, folder = make(definition()), tmp_path / "results"
    folder.mkdir()
    sql = sql.replace("OTHER", str(other)).replace("FOLDER", str(other.parent))
    # Without `try_out`, which refuses most of them before they are run.
    with pytest.raises(SqlError) as refused, opened(source=path, writes_to=folder) as table:
        table.export(sql, folder / "x.csv", "csv")
    assert PLANTED not in str(refused.value)
    assert "\n" not in str(refused.value)
    with pytest.raises(SqlError), opened(source=path) as table:
        table.answer(sql)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["made.duckdb", "other.csv", "results"]
    assert list(folder.iterdir()) == []


def test_a_statement_over_json_reaches_no_other_file_either(run, tmp_path, other):
    path = tmp_path / "jobs.json"
    path.write_text("[]", encoding="utf-8")
    assert "Permission" in one_line(run("query", "--from", str(path), f"SELECT * FROM read_text('{other}')"))


DEEP = {
    "list": "[" * 100_000 + "]" * 100_000,
    "object": '[{"a":' * 50_000 + "1" + "}]" * 50_000,
    "unclosed": "[" * 5_000_000,
    "in a member": '[{"tags": ' + "[" * 100_000 + "]" * 100_000 + "}]",
    "almost too deep": '[{"optimization_job_name": ' + "[" * 900 + "]" * 900 + "}]",
    "of check --json": '{"instances": [{"runs": [{"records": ' + "[" * 100_000 + "]" * 100_000 + "}]}]}",
    "number": '[{"max_instance_count": ' + "9" * 100_000 + "}]",
    "not JSON": "\x1b[2J",
    "text": '"text"',
    "of other things": "[1, 2]",
    "of wrong types": '{"instances": [{"runs": [{"records": [{"key": [], "fields": {}}]}]}]}',
    "empty": "",
}


@pytest.mark.parametrize("case", DEEP)
def test_json_that_cannot_be_read_is_one_line(run, tmp_path, case):
    path = tmp_path / "jobs.json"
    path.write_text(DEEP[case], encoding="utf-8")
    ended = run("query", "--from", str(path), "--format", "csv", COUNT)
    if case == "almost too deep" and ended.returncode == 0:
        return
    one_line(ended)


@pytest.mark.parametrize("record", [{"optimization_job_name": "\ud800"}, {"tags": [["a"]]}, {"no_such": {"a": 1}}])
def test_odd_records_are_an_answer_or_one_line(run, tmp_path, record):
    path = tmp_path / "jobs.json"
    path.write_text(json.dumps([record]), encoding="utf-8")
    ended = run("query", "--from", str(path), "--format", "csv", COUNT)
    if ended.returncode:
        one_line(ended)
    else:
        assert ended.stdout == "n\n1\n"


def test_files_of_another_kind_are_one_line(run, tmp_path):
    with sqlite3.connect(tmp_path / "lite.db") as lite:
        lite.execute(f"CREATE TABLE {TABLE} (a INT)")
    lite.close()
    (tmp_path / "text.duckdb").write_text(f"a\n{PLANTED}\n", encoding="utf-8")
    (tmp_path / "quote'.duckdb").write_bytes(b"\x00" * 5000)
    for name in ("lite.db", "text.duckdb", "quote'.duckdb"):
        one_line(run("query", "--from", str(tmp_path / name), COUNT))


def test_a_view_in_the_log_of_the_file_is_not_read(run, tmp_path, make):
    path = make(definition())
    connection = duckdb.connect(str(path))
    connection.execute("PRAGMA disable_checkpoint_on_shutdown")
    connection.execute("CREATE MACRO count(x) AS 'evil'")
    connection.execute(f"INSERT INTO {TABLE} (optimization_job_name) VALUES ('late')")
    connection.close()
    ended = run("query", "--from", str(path), "--format", "csv", f"SELECT count(*) AS n FROM {TABLE}")
    assert (ended.returncode, ended.stdout) == (0, "n\n1\n")


def test_a_file_larger_than_the_memory_is_one_line(run, tmp_path):
    path = tmp_path / "jobs.json"
    with path.open("wb") as file:
        file.write(b"[")
        file.truncate(2**42)
    assert "not enough memory" in one_line(run("query", "--from", str(path), COUNT))


@pytest.mark.parametrize("seconds", [2**40, -(2**40)])
def test_a_file_of_a_year_that_cannot_be_is_of_the_present(seconds):
    class Odd(type(Path())):
        """Not every file system keeps such a time."""

        def stat(self, **_):
            return SimpleNamespace(st_mtime=seconds)

    assert abs(changed_at(Odd("jobs.json")) - datetime.now(UTC)) < timedelta(minutes=5)
