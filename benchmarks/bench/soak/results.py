"""Results of a soak: figures, bounds and verdicts."""

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
"""Maximum growth of resident memory from the end of the first week to the end."""
MOST_PERSISTED_GROWTH: Final = 1.25
"""Maximum growth of the peak persisted size after the first week relative to the first week."""
MOST_MORE: Final = 4
"""Allowed extra threads or open files relative to the end of the first week, since connections vary."""
MOST_CLIENTS: Final = 6
"""Per instance: two services in two regions, STS, and STS again to assume a role."""
INSTANCES: Final = 2
MOST_CALLS_A_POLL: Final = 2.0
MOST_CALLS_AN_HOUR: Final = 15.0
"""Per region, in addition to those of each poll: for sweeps, changed jobs and the first reading."""
MOST_LINES: Final = 500
"""Log lines per day, including tracebacks."""


def process_rows(healths: Sequence[Health], sums: Sums) -> list[Row]:
    """Return the rows about the check's process.

    Args:
        healths: at the start and at the end of each day.
        sums: sums over the runs.
    """
    days = len(healths) - 1
    first = min(FIRST_DAYS, max(1, days // 3))
    early, late = healths[first], healths[-1]
    growth = late.resident / early.resident
    most_early = max(health.persisted for health in healths[1 : first + 1])
    most_late = max(health.persisted for health in healths[first:])
    lines = [health.lines["messages"] + health.lines["lines of tracebacks"] for health in healths[1:]]
    tracebacks = sum(health.lines["tracebacks"] for health in healths)
    clients = max(health.clients for health in healths)
    return [
        Row(
            case=f"resident memory at the end of day {days} relative to that of day {first}",
            measured=f"{growth:.3f} times ({late.resident / MEGABYTE:.1f} MB, {early.resident / MEGABYTE:.1f} MB; "
            f"{healths[0].resident / MEGABYTE:.1f} MB before the first run)",
            # In its first days a process still grows, so a short run has nothing to compare with.
            bound=f"{MOST_GROWTH} times" if first == FIRST_DAYS else "",
            is_met=growth <= MOST_GROWTH if first == FIRST_DAYS else None,
        ),
        _flat("threads", early, late, healths, lambda health: health.threads),
        _flat("open files and sockets", early, late, healths, lambda health: health.files),
        Row(
            case=f"persisted, all slots of all regions, the peak after day {first} relative to the peak before",
            measured=f"{most_late / most_early:.2f} times ({most_late:,} and {most_early:,} bytes; "
            f"{late.persisted:,} at the end)",
            bound=f"{MOST_PERSISTED_GROWTH} times",
            is_met=most_late <= MOST_PERSISTED_GROWTH * most_early,
        ),
        Row(
            case="clients in memory, at most",
            measured=f"{clients} of {INSTANCES} instances",
            bound=f"{MOST_CLIENTS * INSTANCES}",
            is_met=clients <= MOST_CLIENTS * INSTANCES,
        ),
        Row(
            case="lines in the Agent's log per day, including tracebacks: the worst day",
            measured=f"{max(lines):,} (on average {sum(lines) / days:,.0f}; {tracebacks:,} tracebacks in total)",
            bound=f"{MOST_LINES:,}",
            is_met=max(lines) <= MOST_LINES,
        ),
        Row(
            case="runs that ended in an error of the check, excluding crashes",
            measured=f"{sums.errors.total():,}",
            bound="0",
            is_met=not sums.errors,
        ),
    ]


def truth_rows(verdict: Verdict, crashes: int) -> list[Row]:
    """Return the rows that compare reports with what happened."""
    waits = sorted(verdict.waits)
    typical, most = waits[len(waits) // 2], waits[-1]
    late = waits[math.ceil(0.99 * len(waits)) - 1]
    return [
        _none("ends and deletions that were never reported", verdict.unreported, f" of {verdict.owed:,}"),
        _none("ends that were certainly readable, but of which only the deletion was reported", verdict.only_deleted),
        _none("reported twice without a crash in between", verdict.doubled),
        _none("false reports, reports of history, or events that differ from `job.finished`", verdict.wrong),
        Row(case=f"reported again after a crash ({crashes:,} crashes)", measured=f"{verdict.repeated:,}"),
        Row(
            case="seconds from when an end is first readable until it is reported: median, 99th percentile, maximum",
            measured=f"{typical:,.0f}, {late:,.0f}, {most:,.0f}",
        ),
    ]


def call_rows(sums: Sums) -> list[Row]:
    """Return the rows about calls to AWS."""
    most = MOST_CALLS_A_POLL + MOST_CALLS_AN_HOUR * sums.settings.min_collection_interval / 3600
    each, calm = sums.calls / sums.polls, sums.calm_calls / max(1, sums.calm_polls)
    return [
        Row(
            case="AWS calls per poll of a region, on average",
            measured=f"{each:.2f}; {calm:.2f} without outages; {sums.dearest:,} at most",
            bound=f"{most:.1f}",
            is_met=each <= most,
        ),
        Row(
            case="polls with more calls than `api_burst`, plus `api_rate_limit` times the run's seconds, plus one List",
            measured=f"{len(sums.overspent):,} of {sums.polls:,}",
            bound="0",
            is_met=not sums.overspent,
        ),
        Row(
            case="comparisons in which `api.calls` differs from the calls that AWS received, excluding STS",
            measured=f"{sums.miscounted:,} of {sums.compared:,}",
            bound="0",
            is_met=sums.miscounted == 0,
        ),
        _none("requests that violate AWS's model", sums.breaches),
        Row(case="the longest run", measured=f"{sums.longest:.1f} simulated seconds"),
    ]


def _flat(name: str, early: Health, late: Health, healths: Sequence[Health], of: Callable[[Health], int]) -> Row:
    most = max(of(health) for health in healths)
    return Row(
        case=f"{name} at the end relative to the end of the first week",
        measured=f"{of(late)}, {of(early)}; at most {most}",
        bound=f"{MOST_MORE} more",
        is_met=of(late) <= of(early) + MOST_MORE,
    )


def _none(case: str, found: Sequence[object], of: str = "") -> Row:
    return Row(case=case, measured=f"{len(found):,}{of}", bound="0", is_met=not found)
