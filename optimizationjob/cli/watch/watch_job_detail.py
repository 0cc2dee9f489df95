"""The detail of one job. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from rich.table import Table
from rich.text import Text

from optimizationjob.cli.demo.demo_screen_data import Meter
from optimizationjob.cli.status_styles import STATUS_STYLES
from optimizationjob.cli.terminal_text import harmless, short_duration
from optimizationjob.cli.watch import watch_words as wording
from optimizationjob.cli.watch.watch_columns import UNKNOWN, bar
from optimizationjob.cli.watch.watched_job import WatchedJob

BAR_WIDTH = 20


def detail(job: WatchedJob | None) -> Table:
    """Return all that is known of a job."""
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for title, words in _facts(job) if job else ():
        table.add_row(title, words)
    return table


def _facts(job: WatchedJob) -> Iterator[tuple[str, Text]]:
    of, read = job.job, job.job.detail
    yield "Job", Text(job.name, style="bold")
    yield "ARN", Text(harmless(of.arn))
    status = Text(harmless(job.status.upper()), style=STATUS_STYLES.get(job.status, ""))
    stuck = (f" {wording.STUCK}" if job.is_stuck else "", "yellow")
    yield "Status", Text.assemble(status, f" since {_moment(job.ended_at or of.settled_at)}", stuck)
    yield "Category", _known(job.category)
    yield "Reason", _known(job.why)
    yield "Waited", _against(job.waited, is_over=of.started_at is not None or job.is_over)
    yield "Ran", _against(job.ran, is_over=job.is_over)
    yield "Total", _against(job.total, is_over=job.is_over)
    yield "Account", _known(job.place.account)
    yield "Region", _known(job.place.region)
    yield "Technique", _known(", ".join(of.techniques))
    count = f", at most {of.max_instance_count}" if of.max_instance_count else ""
    yield "Instance", _known(of.instance_type + count if of.instance_type else "")
    for title, moment in (("Created", of.created_at), ("Started", of.started_at), ("Ended", job.ended_at)):
        yield title, _known(_moment(moment) if moment else "")
    yield "Model", _known(read.model_source or "" if read else wording.NOT_DESCRIBED)
    yield "Output", _known(read.output_location or "" if read else wording.NOT_DESCRIBED)
    if not of.tags:
        yield "Tags", _known("" if of.tags is not None else wording.TAGS_NOT_READ)
    for number, tag in enumerate(of.tags or ()):
        yield "" if number else "Tags", Text(harmless(f"{tag.key}: {tag.value}"))


def _known(text: str) -> Text:
    return Text(harmless(text)) if text else Text(UNKNOWN, style="dim")


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _against(meter: Meter | None, *, is_over: bool) -> Text:
    if meter is None:
        return _known("")
    used = short_duration(meter.seconds)
    if meter.limit is None:
        return Text(f"{used}, {wording.NO_LIMIT}")
    return Text.assemble(bar(meter.percent, BAR_WIDTH, is_over=is_over), f"  {used} of {short_duration(meter.limit)}")
