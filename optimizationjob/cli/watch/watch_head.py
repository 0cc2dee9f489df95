"""The lines above the list: the state of the watch, the jobs by status, the filters, and what cannot be read. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from rich.text import Text

from optimizationjob.cli.demo.demo_screen_data import ENDED, STATUS_NAMES
from optimizationjob.cli.demo.demo_status_tables import title_of
from optimizationjob.cli.status_styles import STATUS_STYLES
from optimizationjob.cli.terminal_text import harmless, short_duration
from optimizationjob.cli.watch.watch_overview import Overview
from optimizationjob.cli.watch.watch_region_errors import Trouble
from optimizationjob.cli.watch.watch_selection import Selection

MOST_TROUBLES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchMoment:
    """What changes without a poll.

    Attributes:
        title: the name of the program.
        now: the time in monotonic seconds.
        is_paused: whether the user stopped the polls.
        number: how many jobs are listed.
    """

    title: str
    now: float
    is_paused: bool
    number: int


def head(overview: Overview, selection: Selection, moment: WatchMoment) -> Text:
    """Return the lines; each is cut where the screen ends."""
    parts = (_state(overview, moment), _totals(overview), _filters(selection, moment.number))
    return Text("\n", no_wrap=True, overflow="ellipsis").join(parts)


def trouble_lines(troubles: Sequence[Trouble]) -> Text:
    """Return what cannot be read, with cause and remedy, one line each, worst first; empty if all is well."""
    lines = [Text(str(one), style="red" if one.is_unread else "yellow") for one in troubles[:MOST_TROUBLES]]
    if len(troubles) > MOST_TROUBLES:
        lines[-1] = Text(f"and {len(troubles) - MOST_TROUBLES + 1} more causes", style="yellow")
    return Text("\n").join(lines)


def _state(overview: Overview, moment: WatchMoment) -> Text:
    text = Text.assemble((moment.title, "bold"), "  ")
    if moment.is_paused:
        text.append("PAUSED  ", "bold yellow")
    if not overview.regions:
        return text.append("first poll under way ...", "dim")
    number, age = len(overview.regions), overview.data_age(moment.now)
    text.append(f"{overview.well} of {number} regions ok", "green" if overview.well == number else "yellow")
    is_old = age is None or age > 3 * max(picture.interval for picture in overview.pictures)
    words = "no data of some regions" if age is None else f"data {short_duration(age)} old"
    text.append(f"  {words}", "yellow" if is_old else "")
    text.append(f"  {overview.calls_per_minute(moment.now):.0f} calls/min")
    return text if overview.is_complete else text.append("  reading ...", "dim")


def _totals(overview: Overview) -> Text:
    text = Text()
    for status in STATUS_NAMES:
        number = overview.totals.get(status, 0)
        text.append(f"{title_of(status)} ", "dim")
        text.append(f"{number if overview.is_read else '-'}  ", STATUS_STYLES.get(status, "bold") if number else "dim")
        if status not in ENDED and STATUS_NAMES[STATUS_NAMES.index(status) + 1] in ENDED:
            text.append(f"in {window_of(overview.since)}: ", "dim")
    return text


def _filters(selection: Selection, number: int) -> Text:
    statuses = ", ".join(title_of(status).lower() for status in selection.statuses) or "all"
    text = Text.assemble((f"{number:,} job{'s' * (number != 1)}", "bold"), ("  status ", "dim"))
    text.append(statuses, "cyan" if selection.statuses else "")
    if selection.name:
        text.append("  name ", "dim").append(f"/{harmless(selection.name.pattern)}/", "cyan")
    text.append("  filter ", "dim").append(harmless(selection.typed) or "none", "cyan" if selection.typed else "")
    order = selection.order.lower() or "nearest to a limit"
    return text.append("  order ", "dim").append(order + " reversed" * selection.is_reversed)


def window_of(since: timedelta) -> str:
    """Return the window in hours up to two days, else in days."""
    hours = since.total_seconds() / 3600
    return f"{hours:g}h" if hours <= 48 else f"{hours / 24:g}d"
