"""What people see of `query`: the view `jobs`, the expanded form, and where a statement comes from."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import UTC, datetime

import duckdb
import pytest

from optimizationjob.cli.query.answer_table import width_of
from optimizationjob.sql import jobs_view
from optimizationjob.sql.column_types import TABLE
from optimizationjob.sql.job_table import Answer, SqlError, opened

AT = datetime(2026, 1, 5, 13, tzinfo=UTC)
CREATED = "2026-01-05T12:00:00.900Z"
RECORDS = [
    {
        "account_id": "111111111111",
        "creation_time": CREATED,
        "deployment_instance_type": "ml.g5.2xlarge",
        "optimization_configs": [
            {"model_quantization_config": {"image": "a"}},
            {"model_compilation_config": {"image": "b"}},
        ],
        "optimization_job_arn": "arn:aws:sagemaker:us-east-1:111111111111:optimization-job/runs",
        "optimization_job_name": "runs",
        "optimization_job_status": "INPROGRESS",
        "optimization_start_time": "2026-01-05T12:30:00Z",
        "stopping_condition": {"max_runtime_in_seconds": 3600},
        "tags": ["team:ml"],
    },
    {
        "creation_time": CREATED,
        "failure_reason": "CUDA out of memory",
        "optimization_end_time": "2026-01-05T12:45:00Z",
        "optimization_job_name": "failed",
        "optimization_job_status": "FAILED",
        "optimization_start_time": "2026-01-05T12:30:00Z",
    },
    {
        "creation_time": CREATED,
        "optimization_job_name": "waits",
        "optimization_job_status": "STARTING",
        "stopping_condition": {"max_pending_time_in_seconds": 7200, "max_wait_time_in_seconds": 4000},
    },
    {
        "creation_time": CREATED,
        "last_modified_time": "2026-01-05T14:00:00.900Z",
        "optimization_job_name": "limit",
        "optimization_job_status": "STOPPED",
        "stopping_condition": {"max_pending_time_in_seconds": 7200},
    },
]
COUNT = "SELECT count(*) AS n FROM jobs"


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "jobs.json"
    path.write_text(json.dumps(RECORDS), encoding="utf-8")
    os.utime(path, (AT.timestamp(), AT.timestamp()))
    return path


def test_the_view_says_what_people_ask(run, source):
    columns = "status, category, technique, waited_seconds, ran_seconds, limit_percent"
    ended = run("query", "--from", str(source), "--format", "json", f"SELECT name, {columns} FROM jobs ORDER BY ALL")
    assert [tuple(row.values()) for row in json.loads(ended.stdout)] == [
        ("failed", "FAILED", "memory", None, 1799, 900, None),
        ("limit", "STOPPED", "pending_limit", None, 7200, None, 100.0),
        ("runs", "INPROGRESS", None, "compilation+quantization", 1799, 1800, 50.0),
        # Until the file was last changed.
        ("waits", "STARTING", None, None, 3599, None, 90.0),
    ]
    one = "SELECT region, account, instance_type, created::VARCHAR AS created, tags FROM jobs WHERE name = 'runs'"
    assert json.loads(run("query", "--from", str(source), "--format", "json", one).stdout) == [
        {
            "region": "us-east-1",
            "account": "111111111111",
            "instance_type": "ml.g5.2xlarge",
            "created": "2026-01-05 12:00:00+00",
            "tags": ["team:ml"],
        }
    ]


def test_the_declared_columns_are_those_of_the_view():
    with opened() as table:
        table.create()
        table.add_view(AT)
        answer = table.answer("FROM jobs")
    types = [kind.replace("TIMESTAMP WITH TIME ZONE", "TIMESTAMPTZ") for kind in answer.types]
    assert list(zip(answer.columns, types, strict=True)) == [(one.name, one.type) for one in jobs_view.COLUMNS]


@pytest.mark.parametrize(
    ("columns", "rows"),
    [
        ("optimization_job_name VARCHAR, optimization_job_status VARCHAR", [("one", None)]),
        # No view over these: the table itself can be queried.
        ("optimization_configs INT", None),
        ("row INT, settled INT", None),
    ],
)
def test_a_table_of_other_hands_has_a_view_or_none(tmp_path, columns, rows):
    path = tmp_path / "other.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(f"CREATE TABLE {TABLE} ({columns})")
        connection.execute("CREATE MACRO split_part(a, b, c) AS 'evil'")
        connection.execute("CREATE VIEW jobs AS SELECT 'evil' AS name")
        if rows:
            connection.execute(f"INSERT INTO {TABLE} VALUES ('one', 'FAILED')")
    with opened(source=path) as table:
        table.add_view(AT)
        assert table.answer(f"SELECT count(*) FROM {TABLE}").rows == ((str(len(rows or ())),),)
        if rows:
            assert table.answer("SELECT name, region FROM jobs").rows == tuple(rows)
        else:
            with pytest.raises(SqlError):
                table.answer("FROM jobs")


def test_what_does_not_fit_into_the_terminal_is_one_column_a_line(run, shown_at, source):
    wide = shown_at(80, "query", "--from", str(source), "FROM jobs WHERE name = 'failed'")
    assert "row 1 of 1\n" in wide
    assert "\ncategory        memory\n" in wide
    assert "\nreason          CUDA out of memory\n" in wide
    narrow = "SELECT name, status FROM jobs WHERE name = 'failed'"
    assert "\nfailed  FAILED\n" in shown_at(80, "query", "--from", str(source), narrow)
    assert "row 1 of 1\n" in shown_at(12, "query", "--from", str(source), narrow)
    # A pipe has no width; and the form can be chosen.
    assert "row 1 of" not in run("query", "--from", str(source), "FROM jobs").stdout
    assert run("query", "--from", str(source), "--format", "expanded", narrow).stdout == (
        "row 1 of 1\nname    failed\nstatus  FAILED\n"
    )


def test_long_values_alone_do_not_expand_a_table():
    answer = Answer(("name", "reason"), ("VARCHAR", "VARCHAR"), (("a" * 30, "b" * 900), (None, None)))
    assert width_of(answer) == 20 + 2 + 20


@pytest.mark.parametrize("width", [20, 80])
def test_the_schema_fits_into_the_terminal(shown_at, width):
    lines = shown_at(width, "query", "--schema").splitlines()
    assert max(map(len, lines)) <= width
    assert any(line.strip().startswith("limit_percent") for line in lines)


def test_a_statement_comes_from_a_file_or_standard_input(run, begin, source, tmp_path):
    file = tmp_path / "count.sql"
    file.write_text(f"-- all\n{COUNT};\n", encoding="utf-8")
    asked = ("query", "--from", str(source), "--format", "csv")
    assert run(*asked, "--file", str(file)).stdout == "n\n4\n"
    with file.open("rb") as stream:
        process = begin(*asked, "-", stdin=stream, stdout=subprocess.PIPE)
        assert process.communicate(timeout=50)[0] == b"n\n4\n"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--file", "none.sql"), "none.sql cannot be read"),
        (("--file", "latin.sql"), "latin.sql is not UTF-8"),
        (("--file", "latin.sql", "SELECT 1"), "give a statement or --file, not both"),
    ],
)
def test_a_statement_that_cannot_be_read_is_one_line(run, source, monkeypatch, arguments, words):
    monkeypatch.chdir(source.parent)
    (source.parent / "latin.sql").write_bytes(b"SELECT 'mod\xe8le'")
    ended = run("query", "--from", str(source), *arguments)
    assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (2, "", 1)
    assert words in ended.stderr


def test_the_name_of_the_file_says_the_format(run, source, tmp_path):
    for name in ("a.csv", "a.json", "a.parquet"):
        assert run("query", "--from", str(source), "--output", str(tmp_path / name), COUNT).returncode == 0
    assert (tmp_path / "a.csv").read_text() == "n\n4\n"
    assert json.loads((tmp_path / "a.json").read_text()) == [{"n": 4}]
    assert duckdb.sql(f"FROM '{tmp_path / 'a.parquet'}'").fetchall() == [(4,)]
