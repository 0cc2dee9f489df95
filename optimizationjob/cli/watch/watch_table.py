"""The two lists of the watch: active jobs with bars, and ended jobs. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.text import Text

from optimizationjob.cli.demo.demo_status_tables import STATUS_STYLES, title_of
from optimizationjob.cli.terminal_text import gist, short_duration
from optimizationjob.cli.watch import watch_words as wording
from optimizationjob.cli.watch.watch_cells import NEAR, bar, fitted, fitted_name, line, nearness
from optimizationjob.cli.watch.watched_job import WatchedJob

ROOM_FOR_REGIONS = 104
"""Minimum width in columns for the region of each job."""

ROOM_FOR_KINDS = 72
"""Minimum width in columns for technique and instance type."""

ROOM_FOR_TECHNIQUES = 150
"""Minimum width in columns for several techniques of a job."""

LONGEST_NAME = 63
"""AWS's limit."""

MARK, NO_MARK = "> ", "  "


@dataclass(frozen=True, slots=True)
class Columns:
    """The widths of the columns of the active jobs."""

    name: int
    region: int
    status: int
    technique: int
    instance: int
    age: int
    bar: int

    @classmethod
    def of(cls, width: int) -> Columns:
        """Return the columns for a screen width; the name gets the remaining width."""
        is_wide = width >= ROOM_FOR_REGIONS
        region, technique, instance = (14, 11, 16) if is_wide else (0, 5, 13)
        if width < ROOM_FOR_KINDS:
            technique = instance = 0
        technique = 21 if width >= ROOM_FOR_TECHNIQUES else technique
        length = max(9, min(30, (width - 80) // 8 + 9)) if is_wide else 10
        optional = sum(column + 1 for column in (region, technique, instance) if column)
        taken = len(MARK) + 8 + 6 + 2 * length + 4 + optional
        return cls(max(8, min(LONGEST_NAME, width - taken)), region, 8, technique, instance, 6, length)


def window(number: int, room: int, index: int) -> range:
    """Return the rows of a list to show, around the selected one."""
    start = max(0, min(index - room // 2, number - room))
    return range(start, min(number, start + max(0, room)))


def active_head(columns: Columns, width: int) -> Text:
    """Return the titles above the active jobs."""
    titles = [
        fitted(f"  {wording.ACTIVE_JOBS}", columns.name + len(MARK)),
        fitted(wording.REGION_TITLE, columns.region),
        fitted(wording.STATUS_TITLE, columns.status),
        fitted(wording.TECHNIQUE_TITLES[columns.technique >= 9], columns.technique),
        fitted(wording.INSTANCE_TITLE, columns.instance),
        fitted(wording.AGE_TITLE, columns.age, side="right"),
        fitted(wording.PENDING_TITLE, columns.bar),
        fitted(wording.RUNTIME_TITLE, columns.bar),
    ]
    return line((" ".join(filter(None, titles)), "bold"), width=width)


def active_row(job: WatchedJob, columns: Columns, width: int, *, is_selected: bool) -> Text:
    """Return an active job as a line."""
    is_odd = job.is_stuck or job.status == "stopping"
    status = wording.STUCK if job.is_stuck else title_of(job.status).lower()
    instance = job.job.instance_type if columns.instance > 13 else job.job.instance_type.removeprefix("ml.")
    parts = [
        Text(fitted(job.place.region, columns.region)),
        Text(fitted(status, columns.status), style="yellow" if is_odd else ""),
        Text(fitted(techniques(job, columns.technique), columns.technique)),
        Text(fitted(instance, columns.instance)),
        Text(fitted(short_duration(job.age), columns.age, side="right"), style=_age_style(job)),
        bar(job.waited, columns.bar, is_over=job.ran is not None),
        bar(job.ran, columns.bar, is_over=False),
    ]
    name = Text(fitted_name(job.name, columns.name))
    return _row([name, *filter(None, parts)], width, is_selected=is_selected)


def _age_style(job: WatchedJob) -> str:
    """Return a color if the limit on the total time, which has no bar, is near."""
    percent = job.total.percent if job.total else None
    return nearness(percent) if percent is not None and percent >= NEAR else ""


def techniques(job: WatchedJob, width: int) -> str:
    """Return the techniques as full words, short words or letters, depending on the width."""
    whole = job.job.techniques
    short = [wording.SHORT_TECHNIQUES.get(technique, technique) for technique in whole]
    forms = ("+".join(whole), "+".join(short), "".join(technique[:1] for technique in whole))
    return next((form for form in forms if len(form) <= width), forms[-1])


def ended_row(job: WatchedJob, width: int, *, is_selected: bool) -> Text:
    """Return an ended job as a line: time, status, name and reason."""
    is_wide = width >= ROOM_FOR_REGIONS
    parts = [
        Text(job.job.settled_at.strftime("%H:%M:%S" if is_wide else "%H:%M"), style="dim"),
        Text(fitted(job.status, 9), style=STATUS_STYLES.get(job.status, "")),
        Text(fitted_name(job.name, max(8, min(LONGEST_NAME, (width - (60 if is_wide else 40)) // 2)))),
    ]
    if is_wide:
        parts += [Text(fitted(job.place.region, 14)), Text(fitted(job.category, 18))]
    elif job.category:
        parts.append(Text(job.category))
    parts.append(Text(gist(job.why), style="dim"))
    return _row(parts, width, is_selected=is_selected)


def _row(parts: Sequence[Text], width: int, *, is_selected: bool) -> Text:
    text = line((MARK if is_selected else NO_MARK, "bold"), *_apart(parts), width=width)
    if is_selected:
        text.stylize("reverse", 0, len(MARK) + len(parts[0]))
        text.stylize("bold")
    return text


def _apart(parts: Sequence[Text]) -> Iterator[Text]:
    for number, part in enumerate(parts):
        if number:
            yield Text(" ")
        yield part
