"""The detail of one job, and the help, as lines. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from rich.text import Text

from optimizationjob.cli.console_output import HarmlessConsole
from optimizationjob.cli.demo.demo_screen_data import Meter
from optimizationjob.cli.demo.demo_status_tables import STATUS_STYLES
from optimizationjob.cli.terminal_text import harmless, short_duration
from optimizationjob.cli.watch import watch_words as wording
from optimizationjob.cli.watch.watch_cells import bar
from optimizationjob.cli.watch.watched_job import WatchedJob

TITLE_WIDTH = 15
BAR_WIDTH = 25


def help_lines(width: int) -> list[Text]:
    """Return the help on keys and symbols."""
    return _wrapped(((title, Text(words)) for title, words in wording.HELP), width)


def detail_lines(job: WatchedJob, width: int) -> list[Text]:
    """Return the detail of a job."""
    return _wrapped(_facts(job), width)


def _wrapped(facts: Iterator[tuple[str, Text]], width: int) -> list[Text]:
    console = HarmlessConsole(width=max(1, width), color_system=None)
    lines: list[Text] = []
    for title, words in facts:
        for number, part in enumerate(words.wrap(console, max(1, width - TITLE_WIDTH), overflow="fold") or [Text()]):
            part.rstrip()
            head = Text(f"{title if not number else '':{TITLE_WIDTH}}", style="dim")
            lines.append(Text.assemble(head, part, no_wrap=True, end=""))
    return lines


def _facts(job: WatchedJob) -> Iterator[tuple[str, Text]]:
    of, detail = job.job, job.job.detail
    yield "Job", Text(job.name, style="bold")
    yield "ARN", Text(harmless(of.arn))
    status = Text(harmless(job.status), style=STATUS_STYLES.get(job.status, ""))
    yield (
        "Status",
        Text.assemble(
            status, f" since {_moment(of.settled_at)}", (f" {wording.STUCK}" if job.is_stuck else "", "yellow")
        ),
    )
    if job.category:
        yield "Category", Text(job.category)
    if job.reason:
        yield "Reason", Text(job.why)
    yield "Pending time", _against(job.waited, is_over=of.started_at is not None or job.is_over)
    yield "Runtime", _against(job.ran, is_over=job.is_over)
    yield "Total time", _against(job.total, is_over=job.is_over)
    yield "Where", Text(", ".join(job.place))
    yield "Technique", Text(harmless(", ".join(of.techniques)) or wording.UNKNOWN)
    count = f", at most {of.max_instance_count}" if of.max_instance_count else ""
    yield "Instance type", Text(f"{harmless(of.instance_type) or wording.UNKNOWN}{count}")
    for title, moment in (("Created", of.created_at), ("Started", of.started_at), ("Ended", of.ended_at)):
        if moment is not None:
            yield title, Text(_moment(moment))
    if detail is None:
        yield "", Text(wording.NOT_DESCRIBED, style="dim")
    else:
        yield "Model", Text(harmless(detail.model_source or wording.UNKNOWN))
        yield "Output", Text(harmless(detail.output_location or wording.UNKNOWN))
    if not of.tags:
        yield "Tags", Text(wording.NO_TAGS if of.tags is not None else wording.TAGS_NOT_READ, style="dim")
    for number, tag in enumerate(of.tags or ()):
        yield "" if number else "Tags", Text(harmless(f"{tag.key}: {tag.value}"))


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _against(meter: Meter | None, *, is_over: bool) -> Text:
    if meter is None:
        return Text("-", style="dim")
    used = short_duration(meter.seconds)
    if meter.limit is None or meter.percent is None:
        return Text(f"{used}, {wording.NO_LIMIT}")
    return Text.assemble(bar(meter, BAR_WIDTH, is_over=is_over), f"  {used} of {short_duration(meter.limit)}")
