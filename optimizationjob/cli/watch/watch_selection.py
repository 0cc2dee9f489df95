"""Which jobs the user wants to see, and in which order. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from optimizationjob.cli.demo.demo_screen_data import STATUS_NAMES
from optimizationjob.cli.watch.watch_columns import JobColumn
from optimizationjob.cli.watch.watched_job import WatchedJob
from optimizationjob.config.name_expressions import found


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The user's filters and order.

    Attributes:
        statuses: the statuses to show, as tag values; empty for all.
        name: what the names must match; None for all.
        typed: the text of the filter line: words that a job must have, or with `!` must not have.
        order: the title of the column to sort by; empty for what needs attention first.
        is_reversed: whether that order is turned round.
    """

    statuses: tuple[str, ...] = ()
    name: re.Pattern[str] | None = None
    typed: str = ""
    order: str = ""
    is_reversed: bool = False

    def with_next_status(self) -> Selection:
        """Return the selection of the next single status; all come after the last one."""
        choices = ((), *((name,) for name in STATUS_NAMES))
        at = choices.index(self.statuses) if self.statuses in choices else -1
        return replace(self, statuses=choices[(at + 1) % len(choices)])

    def sorted_by(self, title: str) -> Selection:
        """Return the selection in the order of a column; the second time turned round."""
        return replace(self, order=title, is_reversed=title == self.order and not self.is_reversed)

    def with_next_order(self, titles: tuple[str, ...]) -> Selection:
        """Return the selection in the order of the next column; the default comes after the last one."""
        choices = ("", *titles)
        at = choices.index(self.order) if self.order in choices else 0
        return replace(self, order=choices[(at + 1) % len(choices)], is_reversed=False)

    def shown(self, jobs: Iterable[WatchedJob], columns: Iterable[JobColumn]) -> tuple[WatchedJob, ...]:
        """Return the jobs to show, in order."""
        wanted, refused = _words(self.typed)
        taken = [
            job
            for job in jobs
            if (not self.statuses or job.status in self.statuses)
            and (self.name is None or found(self.name, job.job.name))
            and all(word in job.searched for word in wanted)
            and not any(word in job.searched for word in refused)
        ]
        taken.sort(key=_attention)
        column = next((column for column in columns if column.title == self.order), None)
        if column is not None:
            known = [(value, job) for job in taken if (value := column.value(job)) is not None]
            known.sort(key=lambda one: one[0], reverse=column.starts_high != self.is_reversed)
            return (*(job for _, job in known), *(job for job in taken if column.value(job) is None))
        return tuple(reversed(taken)) if self.is_reversed else tuple(taken)


def _words(typed: str) -> tuple[list[str], list[str]]:
    """Return the words that a job must have, and those that it must not have."""
    words = typed.lower().split()
    return [word for word in words if word[0] != "!"], [word[1:] for word in words if word[0] == "!" and word[1:]]


def _attention(job: WatchedJob) -> tuple[float, float, str]:
    """Put active jobs first, nearest to a limit on top, then ended ones, the latest on top."""
    if job.ended_at is not None:
        return (1.0, -job.ended_at.timestamp(), job.job.name)
    return (0.0, 1.0 if job.percent is None else -job.percent, job.job.name)
