"""What a soak comes to: figures, their bounds, and verdicts."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

from bench.soak.ledger import Verdict
from bench.soak.process import Health
from bench.soak.sums import Sums
from bench.table import Row

MEGABYTE: Final = 1_000_000
FIRST_DAYS: Final = 7
MOST_GROWTH: Final = 1.05
"""Of resident memory, from the end of the first week to the end."""
MOST_PERSISTED_GROWTH: Final = 1.25
"""Of the most that is persisted, after the first week against within it."""
MOST_MORE: Final = 4
"""Threads, or files that are open, beyond those at the end of the first week: connections come and go."""
MOST_CLIENTS: Final = 6
"""Of one object of the check: two services in two regions, STS, and STS again to assume a role."""
MOST_CALLS_A_POLL: Final = 2.0
MOST_CALLS_AN_HOUR: Final = 15.0
"""In a region, beside those of each poll: for sweeps, for jobs that change, and for the first reading."""
MOST_LINES: Final = 500
"""Of the log in a day, those of tracebacks included."""


def process_rows(healths: Sequence[Health], sums: Sums) -> list[Row]:
    """Return what became of the check's process.

    Args:
        healths: at the begin, and at the end of each day.
        sums: of the runs.
    """
    days = len(healths) - 1
    first = min(FIRST_DAYS, max(1, days // 3))
    early, late = healths[first], healths[-1]
    growth = late.resident / early.resident
    most_early = max(health.persisted for health in healths[1 : first + 1])
    most_late = max(health.persisted for health in healths[first:])
    lines = [health.lines["messages"] + health.lines["lines of tracebacks"] for health in healths[1:]]
    tracebacks = sum(health.lines["tracebacks"] for health in healths)
    each = late.clients / late.objects
    return [
        Row(
            case=f"resident memory at the end of day {days} against that of day {first}",
            measured=f"{growth:.3f} times ({late.resident / MEGABYTE:.1f} MB, {early.resident / MEGABYTE:.1f} MB; "
            f"{healths[0].resident / MEGABYTE:.1f} MB before the first run)",
            bound=f"{MOST_GROWTH} times",
            is_met=growth <= MOST_GROWTH,
        ),
        _flat("threads", early, late, healths, lambda health: health.threads),
        _flat("open files and sockets", early, late, healths, lambda health: health.files),
        Row(
            case=f"persisted, all slots of all places, the most after day {first} against the most before",
            measured=f"{most_late / most_early:.2f} times ({most_late:,} and {most_early:,} bytes; "
            f"{late.persisted:,} at the end)",
            bound=f"{MOST_PERSISTED_GROWTH} times",
            is_met=most_late <= MOST_PERSISTED_GROWTH * most_early,
        ),
        Row(
            case="boto3 clients made, by objects of the check",
            measured=f"{late.clients:,} by {late.objects:,}: {each:.1f} each",
            bound=f"{MOST_CLIENTS} each",
            is_met=each <= MOST_CLIENTS,
        ),
        Row(
            case="lines in the Agent's log in a day, tracebacks included: the worst day",
            measured=f"{max(lines):,} (on average {sum(lines) / days:,.0f}; {tracebacks:,} tracebacks in total)",
            bound=f"{MOST_LINES:,}",
            is_met=max(lines) <= MOST_LINES,
        ),
        Row(
            case="runs that ended in an error of the check, crashes left out",
            measured=f"{sums.errors.total():,}",
            bound="0",
            is_met=not sums.errors,
        ),
    ]


def truth_rows(verdict: Verdict, crashes: int) -> list[Row]:
    """Return what was reported, compared with the truth."""
    waits = sorted(verdict.waits)
    typical, most = waits[len(waits) // 2], waits[-1]
    late = waits[math.ceil(0.99 * len(waits)) - 1]
    return [
        _none("ends and deletions that were never reported", verdict.unreported, f" of {verdict.owed:,}"),
        _none("ends that could surely be read, and of which only the deletion was reported", verdict.only_deleted),
        _none("reported twice without a crash between", verdict.doubled),
        _none("reported, and not true, or history, or events and `job.finished` differ", verdict.wrong),
        Row(case=f"reported again after a crash ({crashes:,} crashes)", measured=f"{verdict.repeated:,}"),
        Row(
            case="seconds from when an end could first be read until it is reported: half, 99 %, all",
            measured=f"{typical:,.0f}, {late:,.0f}, {most:,.0f}",
        ),
    ]


def call_rows(sums: Sums) -> list[Row]:
    """Return what was asked of AWS."""
    most = MOST_CALLS_A_POLL + MOST_CALLS_AN_HOUR * sums.settings.min_collection_interval / 3600
    each, calm = sums.calls / sums.polls, sums.calm_calls / max(1, sums.calm_polls)
    return [
        Row(
            case="calls of AWS in a poll of a region, on average",
            measured=f"{each:.2f}; {calm:.2f} in calm weather; {sums.dearest:,} in the dearest",
            bound=f"{most:.1f}",
            is_met=each <= most,
        ),
        Row(
            case="polls that spent more than `api_burst`, `api_rate_limit` for the run's seconds, and one list",
            measured=f"{len(sums.overspent):,} of {sums.polls:,}",
            bound="0",
            is_met=not sums.overspent,
        ),
        Row(
            case="moments at which `api.calls` is not what AWS saw, STS left out",
            measured=f"{sums.miscounted:,} of {sums.compared:,}",
            bound="0",
            is_met=sums.miscounted == 0,
        ),
        _none("requests that AWS's model does not know", sums.breaches),
        Row(case="the longest run", measured=f"{sums.longest:.1f} simulated seconds"),
    ]


def _flat(name: str, early: Health, late: Health, healths: Sequence[Health], of: Callable[[Health], int]) -> Row:
    most = max(of(health) for health in healths)
    return Row(
        case=f"{name} at the end against the end of the first week",
        measured=f"{of(late)}, {of(early)}; at most {most}",
        bound=f"{MOST_MORE} more",
        is_met=of(late) <= of(early) + MOST_MORE,
    )


def _none(case: str, found: Sequence[object], of: str = "") -> Row:
    return Row(case=case, measured=f"{len(found):,}{of}", bound="0", is_met=not found)
