"""`optimizationjob query`: loads the records of all jobs into a table and queries it in SQL."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from optimizationjob.cli.command_failure import WRONG_USE, CommandFailed
from optimizationjob.cli.instance_options import (
    Config,
    EndpointUrl,
    Instances,
    Number,
    Profile,
    Regions,
    instances_of,
    refuse_number_alone,
)
from optimizationjob.clock import SystemClock

Output = Literal["table", "csv", "json", "parquet"]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryPlan:
    """The statement and the destination of its result."""

    sql: str | None
    output: Output
    output_file: Path | None
    save: Path | None
    overwrite: bool

    def refuse_contradictions(self) -> None:
        """Reject contradictory options before any call.

        Raises:
            CommandFailed: options contradict each other.
        """
        from optimizationjob.cli.atomic_files import refuse_existing  # noqa: PLC0415 - only used here

        if self.sql is None and self.save is None:
            raise CommandFailed("give a statement, --save or --schema", status=WRONG_USE)
        if self.sql is None and self.output_file is not None:
            raise CommandFailed("--output-file is for the answer to a statement: give one", status=WRONG_USE)
        if self.output_file is not None and self.output == "table":
            raise CommandFailed("--output-file needs --output csv, json or parquet", status=WRONG_USE)
        if self.output == "parquet" and self.output_file is None and sys.stdout.isatty():
            raise CommandFailed("parquet is not for a terminal: give --output-file, or redirect it", status=WRONG_USE)
        for path in filter(None, (self.output_file, self.save)):
            refuse_existing(path, overwrite=self.overwrite)


def query(  # noqa: PLR0913, PLR0917 - the command's options
    sql: Annotated[
        str | None, typer.Argument(metavar="SQL", help="One statement that reads only.", show_default=False)
    ] = None,
    regions: Regions = None,
    profile: Profile = None,
    endpoint_url: EndpointUrl = None,
    config: Config = None,
    instance: Number = None,
    source: Annotated[
        Path | None,
        typer.Option("--from", help="A file of --save or --output json to query instead of AWS.", show_default=False),
    ] = None,
    save: Annotated[
        Path | None, typer.Option(help="Save the table to this DuckDB file, for --from.", show_default=False)
    ] = None,
    output: Annotated[Output, typer.Option(help="The output format.")] = "table",
    output_file: Annotated[
        Path | None, typer.Option(help="File to write instead of standard output.", show_default=False)
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace existing files.")] = False,
    max_seconds: Annotated[
        float | None,
        typer.Option(help="Stop reading after this time, and query the jobs read so far.", min=1, show_default=False),
    ] = None,
    api_rate_limit: Annotated[
        float | None,
        typer.Option(help="Calls a second to a region, default 2, or that of --config.", min=0.1, show_default=False),
    ] = None,
    schema: Annotated[bool, typer.Option("--schema", help="Print the columns of the table and exit.")] = False,
) -> None:
    """Query the jobs in SQL, as the table aws_sagemaker_optimizationjob of DuckDB.

    Reads what the check would send as resource records: all jobs of the last 168 hours, or of `lookback` in
    --config, and all active ones. That is a DescribeOptimizationJob for each job, 2 a second in a region. A higher
    --api-rate-limit is faster, but AWS counts all programs of the account together and may throttle others. Save the
    table to query it again without calls. Needs the extra `[sql]`. The exit status is 1 if not all could be read.

    Example:
        optimizationjob query --region us-east-1 "SELECT optimization_job_status, count(*) FROM
        aws_sagemaker_optimizationjob GROUP BY ALL"
    """
    if schema:
        from optimizationjob.cli.query.answer_table import print_columns  # noqa: PLC0415 - rich is slow to load
        from optimizationjob.sql.column_types import columns  # noqa: PLC0415 - only used here

        print_columns(columns())
        return
    plan = QueryPlan(sql=sql, output=output, output_file=output_file, save=save, overwrite=overwrite)
    plan.refuse_contradictions()
    if source is not None:
        if any((regions, profile, endpoint_url, config, instance, max_seconds, api_rate_limit)):
            raise CommandFailed("--from queries a file: remove the options for AWS", status=WRONG_USE)
        with sql_failures():
            _ask_file(plan, source)
        return
    refuse_number_alone(instance, config)
    found = instances_of(regions=regions, profile=profile, endpoint_url=endpoint_url, config=config, number=instance)
    with sql_failures():
        is_whole = _ask_aws(plan, found, first=instance or 1, max_seconds=max_seconds, rate=api_rate_limit)
    raise typer.Exit(0 if is_whole else 1)


@contextmanager
def sql_failures() -> Iterator[None]:
    """Report DuckDB errors, and a missing installation of it.

    Raises:
        CommandFailed: DuckDB returned an error or is not installed.
    """
    try:
        from optimizationjob.sql.job_table import SqlError  # noqa: PLC0415 - only this command needs DuckDB
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] not in {"duckdb", "_duckdb"}:
            raise
        raise CommandFailed("`query` needs DuckDB: install `datadog-optimizationjob[sql]`") from missing
    try:
        yield
    except SqlError as failure:
        raise CommandFailed(str(failure)) from failure


def _ask_file(plan: QueryPlan, path: Path) -> None:
    if not path.is_file():
        raise CommandFailed(f"{path} is not a file: give a file of --save or --output json", status=WRONG_USE)
    if path.suffix == ".json":
        _ask(plan, _records_of(path))
        return
    if plan.save is not None:
        raise CommandFailed(f"{path} is a saved table already: copy the file", status=WRONG_USE)
    _answer(plan, source=path)


def _records_of(path: Path) -> Sequence[Mapping[str, Any]]:
    """Return the records of a file: a list of records, or a document of `check --json`."""
    try:
        found: Any = json.loads(path.read_bytes())
        if isinstance(found, Mapping):
            runs = [run for instance in found["instances"] for run in instance["runs"]]
            # Later runs have newer records of a job.
            found = list({one["key"]: one["fields"] for run in runs for one in run["records"]}.values())
    except (ValueError, KeyError, TypeError, RecursionError) as failure:
        raise CommandFailed(f"{path} has no records: give a file of --output json or of check --json") from failure
    if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
        raise CommandFailed(f"{path} has no records: give a file of --output json or of check --json")
    return found


def _ask_aws(plan: QueryPlan, found: Instances, *, first: int, max_seconds: float | None, rate: float | None) -> bool:
    """Read the jobs from AWS and query them; return whether all were read."""
    from optimizationjob.cli.query import progress_display  # noqa: PLC0415 - boto3 takes its time to load
    from optimizationjob.cli.query.record_collection import asked_for, collect  # noqa: PLC0415 - the same
    from optimizationjob.sql.job_table import opened  # noqa: PLC0415 - see `sql_failures`

    wanted = [(number, asked_for(one, rate)) for number, one in enumerate(found.settings(), first)]
    if plan.sql is not None:
        with opened() as empty:
            empty.create()
            # Reject an invalid statement before the first call.
            empty.try_out(plan.sql)
    with progress_display.shown() as show:
        collected = collect(wanted, SystemClock(), max_seconds=max_seconds, show=show)
    if collected.missing and not collected.records:
        raise CommandFailed("; ".join(collected.missing))
    _ask(plan, list(collected.records.values()))
    sys.stdout.flush()
    progress_display.report(collected)
    return not collected.missing


def _ask(plan: QueryPlan, records: Sequence[Mapping[str, object]]) -> None:
    from optimizationjob.cli.atomic_files import written  # noqa: PLC0415 - only used here
    from optimizationjob.sql.job_table import saved  # noqa: PLC0415 - see `sql_failures`

    if plan.save is not None:
        with written(plan.save) as draft, saved(draft) as table:
            table.create(records)
    _answer(plan, records=records)


def _answer(plan: QueryPlan, *, source: Path | None = None, records: Sequence[Mapping[str, object]] = ()) -> None:
    """Run the statement over the table of a file, or over records."""
    from optimizationjob.cli.atomic_files import streamed, written  # noqa: PLC0415 - only used here
    from optimizationjob.sql.job_table import opened  # noqa: PLC0415 - see `sql_failures`

    if plan.sql is None:
        return
    if plan.output == "table":
        from optimizationjob.cli.query.answer_table import print_answer  # noqa: PLC0415 - rich is slow to load

        with opened(source=source) as table:
            if source is None:
                table.create(records)
            table.try_out(plan.sql)
            print_answer(table.answer(plan.sql))
        return
    drafted = written(plan.output_file) if plan.output_file else streamed()
    with drafted as draft, opened(source=source, writes_to=draft.parent) as table:
        if source is None:
            table.create(records)
        table.try_out(plan.sql)
        table.export(plan.sql, draft, plan.output)
