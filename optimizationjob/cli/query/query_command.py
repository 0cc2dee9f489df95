"""`optimizationjob query`: loads the records of all jobs into a table and queries it in SQL."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from optimizationjob.cli.command_failure import WRONG_USE, CommandFailed, Interrupted
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
from optimizationjob.cli.interrupts import interruptible, noted
from optimizationjob.cli.query.query_plan import FOR_PEOPLE, QueryFormat, QueryPlan
from optimizationjob.clock import SystemClock

if TYPE_CHECKING:
    from optimizationjob.cli.query.record_collection import Collected


def query(  # noqa: PLR0913, PLR0917 - the command's options
    sql: Annotated[
        str | None,
        typer.Argument(metavar="SQL", help="One statement that reads only; - for standard input.", show_default=False),
    ] = None,
    file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Read the statement from this file.", show_default=False)
    ] = None,
    regions: Regions = None,
    profile: Profile = None,
    endpoint_url: EndpointUrl = None,
    config: Config = None,
    instance: Number = None,
    source: Annotated[
        Path | None,
        typer.Option("--from", metavar="FILE", help="Query a saved file instead of AWS.", show_default=False),
    ] = None,
    save: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Save the jobs here, for --from.", show_default=False)
    ] = None,
    form: Annotated[
        QueryFormat | None,
        typer.Option("--format", metavar="FORMAT", help="table, expanded, csv, json or parquet.", show_default=False),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the answer here.", show_default=False)
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace existing files.")] = False,
    max_seconds: Annotated[
        float | None,
        typer.Option(metavar="SECONDS", help="Stop reading then; query what was read.", min=1, show_default=False),
    ] = None,
    api_rate_limit: Annotated[
        float | None,
        typer.Option(metavar="CALLS", help="Calls a second to a region.", min=0.1, show_default=False),
    ] = None,
    schema: Annotated[bool, typer.Option("--schema", help="Print all columns and exit.")] = False,
) -> None:
    """Query the jobs in SQL.

    The view jobs has what people ask; aws_sagemaker_optimizationjob has the records as the check sends them.

    Reads all jobs of the last 168 hours, or of `lookback` in --config, and all active ones, with a
    DescribeOptimizationJob for each. The usual rate is 2 calls a second to a region. A higher --api-rate-limit is
    faster, but AWS counts all programs of the account together and may throttle others. Save the jobs to query them
    again without calls.

    Ctrl-C stops reading and queries what was read. The exit status is 1 if not all could be read.

    Example:
        optimizationjob query --region us-east-1 "SELECT name, status FROM jobs"
    """
    if schema:
        from optimizationjob.cli.query.schema_table import print_schema  # noqa: PLC0415 - rich is slow to load

        print_schema()
        return
    from optimizationjob.cli.query.statement_input import statement  # noqa: PLC0415 - only used here

    plan = QueryPlan(sql=statement(sql, file), given=form, output=output, save=save, overwrite=overwrite)
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
    from optimizationjob.cli.query import record_files  # noqa: PLC0415 - only used here

    if not record_files.is_saved_table(path):
        _ask(plan, record_files.records_of(path), record_files.changed_at(path))
        return
    if plan.save is not None:
        raise CommandFailed(f"{path} is a saved table already: copy the file", status=WRONG_USE)
    _answer(plan, record_files.changed_at(path), source=path)


def _ask_aws(plan: QueryPlan, found: Instances, *, first: int, max_seconds: float | None, rate: float | None) -> bool:
    """Read the jobs from AWS and query them; return whether all were read.

    Raises:
        Interrupted: Ctrl-C was pressed before all jobs were read; those that were are queried.
    """
    from optimizationjob.cli.query import progress_display  # noqa: PLC0415 - boto3 takes its time to load
    from optimizationjob.cli.query.record_collection import asked_for, collect  # noqa: PLC0415 - the same
    from optimizationjob.sql.job_table import opened  # noqa: PLC0415 - see `sql_failures`

    wanted = [(number, asked_for(one, rate)) for number, one in enumerate(found.settings(), first)]
    clock = SystemClock()
    if plan.sql is not None:
        with opened() as empty:
            empty.create()
            empty.add_view(clock.now())
            # Reject an invalid statement before the first call.
            empty.try_out(plan.sql)
    with noted() as ctrl_c, progress_display.shown() as show:
        collected = collect(wanted, clock, ctrl_c, max_seconds=max_seconds, show=show)
    _refuse_nothing(collected)
    _ask(plan, list(collected.records.values()), clock.now())
    sys.stdout.flush()
    progress_display.report(collected)
    if collected.is_stopped and collected.missing:
        raise Interrupted("stopped: the answer is of the jobs that were read" if plan.sql else _saved_only(plan))
    return not collected.missing


def _saved_only(plan: QueryPlan) -> str:
    return f"stopped: {plan.save} has the jobs that were read"


def _refuse_nothing(collected: Collected) -> None:
    """Refuse to go on where no job was read.

    Raises:
        CommandFailed: something could not be read, or Ctrl-C came first.
    """
    if collected.missing and not collected.records:
        if collected.is_stopped:
            raise Interrupted("stopped before any job was read")
        raise CommandFailed("; ".join(dict.fromkeys(collected.missing)))


def _ask(plan: QueryPlan, records: Sequence[Mapping[str, object]], at: datetime) -> None:
    from optimizationjob.cli.atomic_files import written  # noqa: PLC0415 - only used here
    from optimizationjob.sql.job_table import saved  # noqa: PLC0415 - see `sql_failures`

    if plan.save is not None:
        with written(plan.save) as draft:

            def fill() -> None:
                with saved(draft) as table:
                    table.create(records)

            interruptible(fill)
    _answer(plan, at, records=records)


def _answer(
    plan: QueryPlan, at: datetime, *, source: Path | None = None, records: Sequence[Mapping[str, object]] = ()
) -> None:
    """Run the statement over the table of a file, or over records."""
    from optimizationjob.cli.atomic_files import streamed, written  # noqa: PLC0415 - only used here
    from optimizationjob.sql.job_table import Answer, JobTable, opened  # noqa: PLC0415 - see `sql_failures`

    if plan.sql is None:
        return
    sql, form = plan.sql, plan.form

    def filled(table: JobTable) -> JobTable:
        if source is None:
            table.create(records)
        table.add_view(at)
        table.try_out(sql)
        return table

    if form in FOR_PEOPLE:
        from optimizationjob.cli.query.answer_table import print_answer  # noqa: PLC0415 - rich is slow to load

        def ask() -> Answer:
            with opened(source=source) as table:
                return filled(table).answer(sql)

        print_answer(interruptible(ask), is_expanded=None if form is None else form is QueryFormat.EXPANDED)
        return
    with written(plan.output) if plan.output else streamed() as draft:

        def write() -> None:
            with opened(source=source, writes_to=draft.parent) as table:
                filled(table).export(sql, draft, form.value)

        interruptible(write)
