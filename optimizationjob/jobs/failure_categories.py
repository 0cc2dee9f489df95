"""Decides why a job ended: by AWS's failure reason if there is one, else by its times and limits.

A reason may be judged after it was scrubbed of secrets.
"""

from __future__ import annotations

import re
from typing import Final

from optimizationjob.jobs.failure_reason_patterns import REASON_PATTERNS, FailureCategory

_TERMINAL: Final = frozenset({"COMPLETED", "FAILED", "STOPPED"})
_ACTIVE: Final = frozenset({"STARTING", "INPROGRESS", "STOPPING"})
_TIMED_OUT: Final = re.compile(r"time[ds]?[ -]?out", re.IGNORECASE)
#: A job that ran longer than this was not ended by its pending limit, whatever it waited. Seconds.
_RAN: Final = 60.0


def failure_category(  # noqa: PLR0913 - plain facts, so that it depends on no job class
    status: str,
    reason: str | None,
    *,
    pending_seconds: float | None,
    runtime_seconds: float | None,
    max_pending_seconds: float | None,
    max_runtime_seconds: float | None,
    max_wait_seconds: float | None = None,
) -> FailureCategory:
    """Return why a job ended, as far as its reason and its limits show.

    A failed job is judged by its words first; a lack of capacity that lasted to the pending limit is that limit. A
    stopped one is judged by its limits first: a limit may end a job as STOPPED without a word, and without either
    somebody asked for it.

    Args:
        status: The job's status as AWS spells it.
        reason: AWS's FailureReason; None or empty where there is none.
        pending_seconds: How long it waited; None where that is not known.
        runtime_seconds: How long it ran; None where it never started.
        max_pending_seconds: The longest it may wait; None without a limit.
        max_runtime_seconds: The longest it may run; None without a limit.
        max_wait_seconds: The longest it may wait and run together; None without a limit.

    Returns:
        NONE for a job that completed or is active, UNKNOWN for a status that is not known.
    """
    status = status.upper()
    if status == "COMPLETED" or status in _ACTIVE:
        return FailureCategory.NONE
    if status not in _TERMINAL:
        return FailureCategory.UNKNOWN
    said = _said(reason or "")
    passed = _passed_limit(pending_seconds, runtime_seconds, max_pending_seconds, max_runtime_seconds, max_wait_seconds)
    if status == "FAILED":
        is_wait = (said, passed) == (FailureCategory.CAPACITY, FailureCategory.PENDING_LIMIT)
        return (passed if is_wait else said or passed) or FailureCategory.UNKNOWN
    if _TIMED_OUT.search(reason or ""):
        said = said or (FailureCategory.RUNTIME_LIMIT if runtime_seconds else FailureCategory.PENDING_LIMIT)
    return passed or said or FailureCategory.STOPPED_BY_REQUEST


def _said(reason: str) -> FailureCategory | None:
    return next((row.category for row in REASON_PATTERNS if row.pattern.search(reason)), None)


def _passed_limit(
    pending: float | None,
    runtime: float | None,
    max_pending: float | None,
    max_runtime: float | None,
    max_wait: float | None,
) -> FailureCategory | None:
    """Return the limit that was reached; the one on the whole time is that of the phase it came in."""
    if _reached(runtime, max_runtime):
        return FailureCategory.RUNTIME_LIMIT
    has_run = (runtime or 0.0) >= _RAN
    if _reached((pending or 0.0) + (runtime or 0.0), max_wait):
        return FailureCategory.RUNTIME_LIMIT if has_run else FailureCategory.PENDING_LIMIT
    return FailureCategory.PENDING_LIMIT if not has_run and _reached(pending, max_pending) else None


def _reached(seconds: float | None, limit: float | None) -> bool:
    """Return whether a limit was reached, with a tolerance of 1 % and at most a minute: AWS's times are not exact."""
    return seconds is not None and limit is not None and limit > 0 and seconds >= limit - min(60.0, limit / 100)
