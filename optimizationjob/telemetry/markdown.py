"""What events and messages are written in: Markdown, with text from outside as code, and durations in words."""

from __future__ import annotations

from optimizationjob.jobs.inert_text import inert


def code(text: str) -> str:
    """Return text as a code span, so that Markdown leaves it alone."""
    return f"`{inert(text)}`"


def duration(seconds: float | None) -> str:
    """Return a duration as people say it: `1 h 05 min`, `12 min 30 s`, `45 s`."""
    if seconds is None:
        return "unknown"
    whole = round(seconds)
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    if whole >= 60:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole} s"
