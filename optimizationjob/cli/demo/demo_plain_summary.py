"""The demo's view as plain text in 80 columns, for logs and pipes. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from optimizationjob.cli.demo.demo_screen_data import STATUS_NAMES, JobRow, View
from optimizationjob.cli.demo.demo_status_tables import SHORT_HEALTH, camel, operations, title_of
from optimizationjob.cli.terminal_text import cut, gist, short_duration

WIDTH = 80
JOBS_SHOWN = 12
EVENTS_SHOWN = 20


def summary(view: View) -> str:
    """Return the summary."""
    lines = [
        f"optimizationjob demo, {_polls(view)}",
        *("", *_by_status(view)),
        *("", *_jobs(view)),
        *("", *_events(view)),
        *("", *_finished(view)),
        *("", *_sent(view)),
    ]
    return "".join(f"{cut(line, WIDTH).rstrip()}\n" for line in lines)


def farewell(view: View) -> str:
    """Return the totals of what was sent, for the end of a live demo."""
    ended = {status: 0 for status, _ in sorted(view.finished)}
    for (status, _), number in view.finished.items():
        ended[status] += number
    words = ", ".join(f"{number} {status}" for status, number in ended.items())
    total = view.total
    calls = ", ".join(f"{total.calls[operation]:,} {camel(operation)}" for operation in operations(view))
    sent = f"{total.metrics:,} metrics, {total.events:,} events, {total.service_checks:,} service checks"
    lines = [
        f"The demo ended, {_polls(view)}.",
        f"Jobs that ended, those of the day before included: {words or 'none'}.",
        f"Sent: {sent}, {total.records:,} resource records.",
        f"Calls to AWS: {sum(total.calls.values()):,} ({calls or 'none'}); {total.failed_calls:,} not successful.",
    ]
    return "".join(f"{textwrap.fill(line, WIDTH, subsequent_indent='  ')}\n" for line in lines)


def _polls(view: View) -> str:
    at = f", the last at {view.polled_at:%Y-%m-%d %H:%M} UTC (simulated)" if view.polled_at else ""
    return f"{view.polls} poll{'s' * (view.polls != 1)}{at}"


def _by_status(view: View) -> Iterator[str]:
    titles = [title_of(status).upper() for status in STATUS_NAMES]
    yield f"{'ACCOUNT':12} {'REGION':9} {'CHECK':5} {' '.join(titles)}"
    for place in view.places:
        health = view.healths.get(place)
        counts = view.counts.get(place, {})
        numbers = " ".join(
            f"{counts.get(status, 0):{len(title)}}" for status, title in zip(STATUS_NAMES, titles, strict=True)
        )
        yield f"{place.account:12} {place.region:9} {SHORT_HEALTH[health.status] if health else '':5} {numbers}"
    total = view.by_status
    numbers = " ".join(
        f"{total.get(status, 0):{len(title)}}" for status, title in zip(STATUS_NAMES, titles, strict=True)
    )
    yield f"{'all':12} {'':9} {'':5} {numbers}"
    for place, health in sorted(view.healths.items()):
        if health.message:
            yield f"{place.account} {place.region}: {health.message}"


def _jobs(view: View) -> Iterator[str]:
    shown = view.jobs[:JOBS_SHOWN]
    yield f"ACTIVE JOBS, NEAREST TO A LIMIT FIRST ({len(shown)} of {len(view.jobs)})"
    for job in shown:
        status = "stuck" if job.is_stuck else title_of(job.status).lower()
        yield f"{cut(job.name, 28):28} {job.place.account} {job.place.region:9} {status:8} {_meter(job)}"


def _meter(job: JobRow) -> str:
    meter = job.current
    if meter is None:
        return ""
    if meter.percent is None or meter.limit is None:
        return short_duration(meter.seconds)
    return f"{meter.percent:3.0f}% of {short_duration(meter.limit)}"


def _events(view: View) -> Iterator[str]:
    shown = view.feed[:EVENTS_SHOWN]
    yield f"EVENTS, NEWEST FIRST ({len(shown)} of {view.total.events})"
    for event in shown:
        yield f"{event.at:%H:%M:%S} {event.status.upper():9} {event.place.account} {event.place.region:9} {event.name}"
        words = ": ".join(filter(None, (event.category, gist(event.reason))))
        if words:
            yield f"{'':18} {words}"


def _finished(view: View) -> Iterator[str]:
    yield f"{'JOBS THAT ENDED SINCE THE START':45} {sum(view.finished.values()):15,}"
    for (status, category), number in sorted(view.finished.items()):
        yield f"{status.upper() if category == 'none' else f'{status.upper()} {category}':45} {number:15,}"


def _sent(view: View) -> Iterator[str]:
    last, total = view.last, view.total
    yield f"{'SENT TO DATADOG':45} {'LAST POLL':>15} {'TOTAL':>15}"
    yield f"{'metrics':45} {last.metrics:15,} {total.metrics:15,}"
    yield f"{'events':45} {last.events:15,} {total.events:15,}"
    yield f"{'service checks':45} {last.service_checks:15,} {total.service_checks:15,}"
    yield f"{'resource records':45} {last.records:15,} {total.records:15,}"
    yield f"{'CALLS TO AWS':45} {sum(last.calls.values()):15,} {sum(total.calls.values()):15,}"
    for operation in operations(view):
        yield f"{camel(operation):45} {last.calls.get(operation, 0):15,} {total.calls[operation]:15,}"
    yield f"{'of these not successful':45} {last.failed_calls:15,} {total.failed_calls:15,}"
