"""The watch without a terminal: one poll, printed as a plain table."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from optimizationjob.cli.command_failure import PROGRAM, CommandFailed
from optimizationjob.cli.demo.demo_screen_data import STATUS_NAMES, Meter
from optimizationjob.cli.demo.demo_status_tables import title_of
from optimizationjob.cli.terminal_text import harmless, short_duration
from optimizationjob.cli.watch import watch_words as wording
from optimizationjob.cli.watch.watch_picture import Picture
from optimizationjob.cli.watch.watch_polls import Watch, silence_logs
from optimizationjob.cli.watch.watch_region_errors import troubles
from optimizationjob.cli.watch.watch_state import WatchState, rows
from optimizationjob.cli.watch.watched_job import WatchedJob


def run(watch: Watch, state: WatchState) -> None:
    """Poll once and print the table.

    Raises:
        CommandFailed: a region cannot be read; the table with the others is printed.
    """
    silence_logs()
    watch.poll()
    picture = watch.picture
    if picture.error:
        raise CommandFailed(f"the poll failed: {harmless(picture.error)}; please report it as a bug")
    found = troubles(picture)
    unread = [str(trouble) for trouble in found if trouble.is_unread]
    if sum(len(trouble.regions) for trouble in found if trouble.is_unread) < len(picture.regions):
        sys.stdout.write(table(picture, state))
        sys.stdout.flush()
    for trouble in found:
        if not trouble.is_unread:
            sys.stderr.write(f"{PROGRAM}: {trouble}\n")
    if unread:
        raise CommandFailed("; ".join(unread))


def table(picture: Picture, state: WatchState) -> str:
    """Return the jobs as a table with the totals below."""
    found = [wording.PLAIN_HEAD, *(tuple(_cells(job)) for job in rows(picture.jobs, state))]
    widths = [max(len(row[column]) for row in found) for column in range(len(wording.PLAIN_HEAD))]
    lines = ["  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in found]
    numbers = (
        f"{picture.totals.get(status, 0 if picture.is_counted else '-')} {title_of(status).lower()}"
        for status in STATUS_NAMES
    )
    return "\n".join([*lines, "", ", ".join(numbers), ""])


def _cells(job: WatchedJob) -> Iterator[str]:
    yield job.name
    yield job.place.region
    yield wording.STUCK if job.is_stuck else harmless(job.status)
    yield harmless("+".join(job.job.techniques)) or "-"
    yield harmless(job.job.instance_type) or "-"
    yield short_duration(job.age)
    yield _meter(job.waited)
    yield _meter(job.ran)
    yield ": ".join(filter(None, (job.category, job.why)))


def _meter(meter: Meter | None) -> str:
    if meter is None:
        return "-"
    return short_duration(meter.seconds) if meter.percent is None else f"{meter.percent:.0f}%"
