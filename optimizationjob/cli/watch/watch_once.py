"""The watch without a screen: every instance is polled once, and the jobs are printed as a table or as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence

from optimizationjob.cli.command_failure import PROGRAM, CommandFailed, Interrupted
from optimizationjob.cli.demo.demo_screen_data import STATUS_NAMES
from optimizationjob.cli.demo.demo_status_tables import title_of
from optimizationjob.cli.interrupts import PATIENCE_SECONDS, Background, noted
from optimizationjob.cli.watch.watch_columns import columns
from optimizationjob.cli.watch.watch_overview import Overview
from optimizationjob.cli.watch.watch_polls import Watched, silence_logs
from optimizationjob.cli.watch.watch_selection import Selection
from optimizationjob.cli.watch.watched_job import WatchedJob


def run(watched: Sequence[Watched], selection: Selection, *, as_json: bool) -> None:
    """Poll once and print the jobs.

    Raises:
        CommandFailed: a region cannot be read; the jobs of the others are printed.
        Interrupted: Ctrl-C came first; the jobs that were read are printed.
    """
    silence_logs()
    is_interrupted = _poll(watched)
    overview = Overview(tuple(one.picture for one in watched))
    if overview.is_read or (as_json and not is_interrupted):
        sys.stdout.write(document(overview, selection) if as_json else table(overview, selection))
        sys.stdout.flush()
    if is_interrupted:
        raise Interrupted("stopped before everything was read")
    for trouble in overview.troubles:
        if not trouble.is_unread:
            sys.stderr.write(f"{PROGRAM}: {trouble}\n")
    unread = [str(trouble) for trouble in overview.troubles if trouble.is_unread]
    if unread:
        raise CommandFailed("; ".join(unread))


def _poll(watched: Sequence[Watched]) -> bool:
    """Poll all instances at the same time; return whether Ctrl-C came first."""
    with noted() as ctrl_c:
        polls = [Background(one.poll) for one in watched]
        if all(poll.ends_before(ctrl_c) for poll in polls):
            return False
        for one in watched:
            one.cancel()
        for poll in polls:
            poll.ends_within(PATIENCE_SECONDS / len(polls))
        return True


def table(overview: Overview, selection: Selection) -> str:
    """Return the jobs as a plain table, and the number of jobs by status."""
    shown = columns(has_bar=False, has_account=len(overview.accounts) > 1)
    jobs = selection.shown(overview.jobs, shown)
    rows = [[column.title for column in shown], *([column.text(job).plain.strip() for column in shown] for job in jobs)]
    widths = [max(len(row[number]) for row in rows) for number in range(len(shown))]
    lines = ["  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    numbers = (f"{overview.totals.get(status, 0)} {title_of(status).lower()}" for status in STATUS_NAMES)
    return "\n".join([*lines, "", ", ".join(numbers), ""])


def document(overview: Overview, selection: Selection) -> str:
    """Return the jobs, the regions and the number of jobs by status as JSON."""
    made = {
        "jobs": [dict(_fields(job)) for job in selection.shown(overview.jobs, ())],
        "counts": {status: overview.totals.get(status, 0) for status in STATUS_NAMES},
        "regions": [
            {
                "account": region.place.account,
                "region": region.place.region,
                "status": "ok" if region.is_well else "unreadable" if region.is_unread else "partial",
            }
            for region in overview.regions
        ],
        "errors": [str(trouble) for trouble in overview.troubles],
    }
    return f"{json.dumps(made, indent=2)}\n"


def _fields(job: WatchedJob) -> Iterator[tuple[str, object]]:
    of = job.job
    yield "name", of.name
    yield "arn", of.arn
    yield "account", job.place.account
    yield "region", job.place.region
    yield "status", job.status
    yield "is_stuck", job.is_stuck
    yield "category", job.category or None
    yield "reason", job.reason or None
    yield "techniques", of.techniques
    yield "instance_type", of.instance_type or None
    for title, moment in (("created", of.created_at), ("started", of.started_at), ("ended", job.ended_at)):
        yield f"{title}_at", moment.isoformat() if moment else None
    for title, meter in (("pending", job.waited), ("runtime", job.ran)):
        yield f"{title}_seconds", meter.seconds if meter else None
        yield f"max_{title}_seconds", meter.limit if meter else None
    yield "limit_percent", None if job.percent is None else round(job.percent, 1)
    yield "tags", _tags(job)


def _tags(job: WatchedJob) -> Mapping[str, str] | None:
    return None if job.job.tags is None else {tag.key: tag.value for tag in job.job.tags}
