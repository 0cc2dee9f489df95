"""The columns of the list of jobs: title, width, text and order. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from optimizationjob.cli.demo.demo_screen_data import STATUS_NAMES, Meter
from optimizationjob.cli.status_styles import NEARNESS, STATUS_STYLES
from optimizationjob.cli.terminal_text import gist, harmless, short_duration
from optimizationjob.cli.watch.watched_job import WatchedJob

FULL, EMPTY, MORE = "\u2501", "\u2500", "\u2026"
UNKNOWN: Final = "-"
PERCENT_WIDTH: Final = 5
BAR_WIDTH: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class JobColumn:
    """A column of the list.

    Attributes:
        title: its title, also its name in the plain table.
        width: in characters, of the text that it usually has.
        text: the cell of a job, one line, safe for a terminal.
        value: what it is sorted by; None where nothing is known.
        starts_high: whether a first sort puts the highest value first.
    """

    title: str
    width: int
    text: Callable[[WatchedJob], Text]
    value: Callable[[WatchedJob], float | str | None]
    starts_high: bool = False


def fitted(text: str, width: int, *, is_name: bool = False) -> str:
    """Return text of an exact width; a name is cut in the middle, because names often differ at the end."""
    if cell_len(text) <= width:
        return text + " " * (width - cell_len(text))
    tail = width // 3 if is_name and text.isascii() and width >= 12 else 0
    return set_cell_size(text, max(0, width - tail - 1)) + MORE[:width] + text[len(text) - tail :]


def bar(percent: float | None, width: int, *, is_over: bool) -> Text:
    """Return the used share of a limit as a thin bar of this width with its percentage."""
    if percent is None:
        return Text(UNKNOWN, style="dim")
    # A bar is full only when the limit is reached.
    full = max(0, min(round(width * percent / 100), width - (percent < 100)))
    style = "dim" if is_over else next(style for least, style in NEARNESS if percent >= least)
    words = f"{min(percent, 999):.0f}%"
    return Text.assemble((FULL * full, style), (EMPTY * (width - full), "dim"), (f"{words:>{PERCENT_WIDTH}}", style))


def columns(*, has_bar: bool, has_account: bool, now: datetime | None = None) -> tuple[JobColumn, ...]:
    """Return the columns.

    Args:
        has_bar: whether there is room for a bar next to its percentage.
        has_account: whether the jobs are of several accounts.
        now: the time by which a moment of today goes without its date; None for full times.
    """
    width = BAR_WIDTH if has_bar else 0
    return (
        JobColumn(title="NAME", width=63, text=lambda job: Text(job.name), value=lambda job: job.name),
        JobColumn(title="STATUS", width=9, text=_status, value=_status_order),
        JobColumn(
            title="LIMIT",
            width=width + PERCENT_WIDTH,
            text=lambda job: bar(job.percent, width, is_over=job.is_over),
            value=lambda job: job.percent,
            starts_high=True,
        ),
        JobColumn(
            title="WAITED",
            width=6,
            text=lambda job: _spent(job.waited, is_over=job.ran is not None or job.is_over),
            value=lambda job: job.waited.seconds if job.waited else None,
            starts_high=True,
        ),
        JobColumn(
            title="RAN",
            width=6,
            text=lambda job: _spent(job.ran, is_over=job.is_over),
            value=lambda job: job.ran.seconds if job.ran else None,
            starts_high=True,
        ),
        JobColumn(
            title="ENDED",
            width=11,
            text=lambda job: _words(_moment(job.ended_at, now)),
            value=lambda job: job.ended_at.timestamp() if job.ended_at else None,
            starts_high=True,
        ),
        _text_column("CATEGORY", 14, lambda job: job.category),
        *((_text_column("ACCOUNT", 12, lambda job: job.place.account),) if has_account else ()),
        _text_column("REGION", 14, lambda job: job.place.region),
        _text_column("INSTANCE", 16, lambda job: job.job.instance_type),
        _text_column("TECHNIQUE", 20, lambda job: "+".join(job.job.techniques)),
        _text_column("REASON", 200, lambda job: gist(job.why) if now else job.why),
    )


def _text_column(title: str, width: int, text: Callable[[WatchedJob], str]) -> JobColumn:
    return JobColumn(title=title, width=width, text=lambda job: _words(text(job)), value=lambda job: text(job) or None)


def _words(text: str) -> Text:
    return Text(harmless(text)) if text else Text(UNKNOWN, style="dim")


def _status(job: WatchedJob) -> Text:
    return Text(job.state, style="yellow" if job.is_stuck else STATUS_STYLES.get(job.status, ""))


def _status_order(job: WatchedJob) -> float:
    return STATUS_NAMES.index(job.status) if job.status in STATUS_NAMES else len(STATUS_NAMES)


def _spent(meter: Meter | None, *, is_over: bool) -> Text:
    return Text(short_duration(meter.seconds), style="dim" if is_over else "") if meter else Text(UNKNOWN, style="dim")


def _moment(moment: datetime | None, now: datetime | None) -> str:
    """Return a moment in UTC, without its date if that is today's."""
    if moment is None:
        return ""
    if now is None:
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    return moment.strftime("%H:%M:%S" if moment.date() == now.date() else "%m-%d %H:%M")
