"""The command `query`: from AWS and from files, in each output format, and its errors."""

from __future__ import annotations

import csv
import io
import json
import subprocess

import duckdb
import pytest

from optimizationjob.cli.query.region_progress import IDLE_RUNS, NextStep, Records, Standing, next_step
from optimizationjob.jobs.record_columns import COLUMN_NAMES
from optimizationjob.simulator import Fault, Simulator
from optimizationjob.sql import jobs_view
from optimizationjob.sql.column_types import TABLE, columns
from optimizationjob.telemetry.signals import ResourceRecord

PATIENCE = 50
COUNT = f"SELECT count(*) AS jobs FROM {TABLE}"
WITHOUT = "import sys; sys.modules['duckdb'] = None\nfrom optimizationjob.cli import main; main()"
RECORDS = [
    {
        "optimization_job_name": "one",
        "creation_time": "2026-01-05T12:00:00.123Z",
        "stopping_condition": {"max_runtime_in_seconds": 3600},
        "optimization_environment": {"KEY": "********"},
        "optimization_configs": [{"model_quantization_config": {"override_environment": {"A": "b"}}}],
        "tags": ["team:ml"],
    },
    {"optimization_job_name": "two\x1b[31m", "max_instance_count": 2},
]


def one_line(ended, *, lines=1):
    assert "Traceback" not in ended.stderr
    assert ended.stderr.startswith("optimizationjob: ")
    assert ended.stderr.count("\n") <= lines
    return ended.stderr


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "jobs.json"
    path.write_text(json.dumps(RECORDS), encoding="utf-8")
    return path


def test_all_instances_share_one_table_and_jobs_are_described_once(run, aws, conf, tmp_path):
    saved = tmp_path / "jobs.duckdb"
    sql = f"SELECT DISTINCT account_id, split_part(optimization_job_arn, ':', 4) FROM {TABLE} ORDER BY ALL"
    ended = run("query", "--config", str(conf), "--format", "csv", "--save", str(saved), sql, **aws)
    assert ended.returncode == 0
    assert list(csv.reader(io.StringIO(ended.stdout)))[1:] == [
        ["111111111111", "eu-west-1"],
        ["111111111111", "us-east-1"],
        ["222222222222", "eu-west-1"],
    ]
    with duckdb.connect(str(saved), read_only=True) as connection:
        (jobs,) = connection.execute(COUNT).fetchone()
    assert ended.stderr.startswith(f"{jobs} jobs, ")
    again = run("query", "--from", str(saved), "--format", "json", COUNT)
    assert (again.returncode, again.stderr, json.loads(again.stdout)) == (0, "", [{"jobs": jobs}])


def test_the_columns_are_those_of_the_records():
    assert tuple(column.name for column in columns()) == COLUMN_NAMES
    types = {column.name: column.type for column in columns()}
    assert types["creation_time"] == "TIMESTAMP WITH TIME ZONE"
    assert types["optimization_environment"] == "MAP(VARCHAR, VARCHAR)"
    assert types["max_instance_count"] == "INTEGER"
    assert types["tags"] == "VARCHAR[]"
    assert types["model_source"].startswith("STRUCT(s3 STRUCT(model_access_config STRUCT(accept_eula BOOLEAN)")
    assert types["optimization_configs"].endswith(")[]")


def test_the_schema_has_all_columns(run):
    ended = run("query", "--schema")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert [name for name in COLUMN_NAMES if f"\n  {name} " not in ended.stdout] == []
    assert [column.name for column in jobs_view.COLUMNS if f"\n  {column.name} " not in ended.stdout] == []


def test_a_table_is_plain_text_in_a_pipe(run, source):
    ended = run("query", "--from", str(source), f"SELECT optimization_job_name AS name, tags FROM {TABLE}; -- all")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert [line.split() for line in ended.stdout.splitlines()] == [
        ["name", "tags"],
        ["one", "['team:ml']"],
        ["two", "[31m", "-"],
    ]


def test_types_survive_json_and_parquet(run, source, tmp_path):
    target = tmp_path / "jobs.parquet"
    ended = run("query", "--from", str(source), "--format", "parquet", "--output", str(target), f"FROM {TABLE}")
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")
    sql = (
        "SELECT epoch_ms(creation_time), stopping_condition.max_runtime_in_seconds, map_keys(optimization_environment)"
    )
    (row, _) = duckdb.sql(f"{sql} FROM '{target}'").fetchall()
    assert row == (1767614400123, 3600, ["KEY"])


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELEC 1", "syntax error"),
        (f"SELECT nothing FROM {TABLE}", '"nothing" not found'),
        ("SELECT 1 FROM job", "does not exist: the tables are jobs and aws_sagemaker_optimizationjob"),
        ("SELECT ran_second FROM jobs", "the nearest are ran_seconds of jobs"),
        (f"SELECT j.status FROM {TABLE} j", "it is a column of jobs"),
        (f"DROP TABLE {TABLE}", "one statement that reads"),
        ("COPY (SELECT 1) TO 'copied.csv'", "one statement that reads"),
        ("SELECT 1; SELECT 2", "one statement that reads"),
        ("", "one statement that reads"),
    ],
)
def test_invalid_statement_makes_no_call_and_writes_nothing(run, source, tmp_path, sql, words):
    target = tmp_path / "answer.csv"
    ended = run("query", "--from", str(source), "--format", "csv", "--output", str(target), sql)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert words in one_line(ended, lines=2)
    # Nothing listens there: the statement is rejected before any connection.
    unasked = run("query", "--region", "us-east-1", "--endpoint-url", "http://127.0.0.1:9", sql)
    assert words in one_line(unasked, lines=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["jobs.json"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "give a statement"),
        (("--from", "none.duckdb", COUNT), "is not a file"),
        (("--from", "none.duckdb", "--region", "us-east-1", COUNT), "remove the options for AWS"),
        (("--output", "x.txt", COUNT), "needs --format"),
        (("--output", "csv", COUNT), "give --format csv"),
        (("--format", "csv", "--output", "none/x.csv", COUNT), "an existing folder"),
        (("--instance", "1", COUNT), "add --config"),
        (("--config", "none.yaml", COUNT), "cannot be read"),
        (("--region", "nowhere", COUNT), "names of AWS regions"),
        ((COUNT,), "`regions` is not set"),
    ],
)
def test_usage_error_is_one_line(run, arguments, words):
    ended = run("query", *arguments)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert words in one_line(ended)


def test_existing_file_is_kept_without_overwrite(run, source, tmp_path):
    target = tmp_path / "answer.csv"
    target.write_text("mine", encoding="utf-8")
    arguments = ("query", "--from", str(source), "--format", "csv", "--output", str(target), COUNT)
    assert "exists already" in one_line(run(*arguments))
    assert target.read_text(encoding="utf-8") == "mine"
    assert run(*arguments, "--overwrite").returncode == 0
    assert target.read_text(encoding="utf-8") == "jobs\n2\n"


@pytest.mark.parametrize("text", ["[", "{}", "[1]", '[{"jobs": 3}]', "3", "", "PAR1", "a,b"])
def test_a_file_without_records_says_what_can_be_read(run, tmp_path, text):
    path = tmp_path / "jobs.json"
    path.write_text(text, encoding="utf-8")
    ended = run("query", "--from", str(path), COUNT)
    assert ended.returncode in {1, 2}
    assert "give a file of --save" in one_line(ended)


@pytest.mark.parametrize("output", ["table", "csv", "json", "parquet"])
def test_a_full_disk_is_one_line(begin, source, output):
    with open("/dev/full", "w", encoding="utf-8") as full:  # noqa: PTH123 - a device file
        process = begin(
            *("query", "--from", str(source), "--format", output, COUNT), stdout=full, stderr=subprocess.PIPE, text=True
        )
        _, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert "No space left" in errors
    assert errors.count("\n") == 1


def test_missing_duckdb_names_the_extra(run, source):
    ended = run("query", "--from", str(source), COUNT, program=WITHOUT)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "`datadog-optimizationjob[sql]`" in one_line(ended)


@pytest.mark.parametrize("fault", [Fault.EXPIRED_TOKEN, Fault.DENIED, Fault.SERVER_ERROR])
def test_unreadable_aws_is_one_line_and_writes_nothing(run, tmp_path, clock, fault):
    with Simulator(clock=clock) as simulator:
        simulator.fault(fault)
        ended = run(
            *("query", "--region", "us-east-1", "--save", str(tmp_path / "jobs.duckdb"), COUNT),
            AWS_ENDPOINT_URL=simulator.url,
            AWS_ACCESS_KEY_ID="AKIA111111111111",
            AWS_SECRET_ACCESS_KEY="planted-secret-key",
        )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "us-east-1 cannot be read: " in one_line(ended)
    assert "planted" not in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_unread_jobs_are_reported_at_the_time_limit(run, aws):
    ended = run("query", "--region", "us-east-1", "--api-rate-limit", "0.1", "--max-seconds", "3", COUNT, **aws)
    assert ended.returncode == 1
    assert "incomplete: --max-seconds was reached\n" in ended.stderr
    assert ended.stdout.startswith("jobs\n")


DONE = Standing(jobs=3, is_truncated=False, is_up=True)
WAITING = Standing(jobs=3, backlog=1, is_truncated=False, is_up=True)


@pytest.mark.parametrize(
    ("standings", "idle", "step"),
    [
        ([DONE], 0, NextStep.DONE),
        ([DONE, WAITING], 0, NextStep.AGAIN),
        ([WAITING], 1, NextStep.PAUSE),
        ([WAITING], IDLE_RUNS, NextStep.GIVE_UP),
        ([Standing()], 0, NextStep.GIVE_UP),
        ([DONE, Standing()], 0, NextStep.AGAIN),
    ],
)
def test_next_step_after_a_run(standings, idle, step):
    assert next_step(standings, idle) is step


def test_the_record_of_a_deleted_job_is_dropped():
    sink = Records()
    for expire_at in (2, 1):
        sink.record(ResourceRecord(type=TABLE, key="arn", fields={}, allow_list={}, seen_at=1, expire_at=expire_at))
    assert sink.fields == {}
