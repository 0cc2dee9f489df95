"""One poll of a region: the listing, then the tags and the details that are worth a call."""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from optimizationjob.api import OptimizationJobApi
from optimizationjob.describer import Describer, Urgency, Wanted
from optimizationjob.errors import AwsError, DeadlineReached, NotFound
from optimizationjob.job import JobKey, OptimizationJob
from optimizationjob.picture import Picture, brought_up_to_date
from optimizationjob.selection import Selection
from optimizationjob.sweep import Listing
from optimizationjob.tagger import Tagger, TagsRead


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """What one poll of a region found."""

    at: datetime
    """The moment of the poll by AWS's clock."""
    jobs: Mapping[JobKey, OptimizationJob]
    """The window's jobs, active ones of any age, and those that ended without that being told."""
    gone: frozenset[JobKey] = frozenset()
    """Jobs that no longer exist."""
    undescribed: Mapping[JobKey, AwsError] = field(default_factory=dict)
    """Jobs that should have been described and were not, and why."""
    is_complete: bool = False
    """Whether all of the window was read."""
    is_truncated: bool = False
    """Whether the bound on pages cut the lists short."""
    are_tags_denied: bool = False
    backlog: int = 0
    """Jobs that wait to be described."""
    malformed: int = 0
    """Rows of the lists that could not be read."""
    error: AwsError | None = None
    """Why the lists could not be read to their end."""
    troubles: tuple[AwsError, ...] = ()
    """What else went wrong, one of each kind."""


class Poller:
    """Completes listings of one region.

    Args:
        api: the region.
        selection: jobs whose names do not pass are dropped; those whose tags do not pass are not described.
        collects_tags: whether tags are wanted at all.
        collects_records: whether jobs are described for their record alone.
    """

    def __init__(
        self, api: OptimizationJobApi, *, selection: Selection, collects_tags: bool, collects_records: bool
    ) -> None:
        self._selection = selection
        self._collects_tags = collects_tags
        self._collects_records = collects_records
        self._tagger = Tagger(api)
        self._describer = Describer(api)

    def examine(
        self,
        listing: Listing,
        *,
        known: Mapping[JobKey, OptimizationJob],
        is_news: Callable[[OptimizationJob], bool],
        recorded: Container[JobKey],
    ) -> Poll:
        """Complete a listing.

        Args:
            listing: what the lists gave.
            known: the last picture and the active jobs remembered.
            is_news: whether a job has ended and that was not told yet.
            recorded: ended jobs whose record was sent.
        """
        picture = brought_up_to_date(known, listing, selection=self._selection, is_news=is_news)
        jobs, gone = picture.jobs, set(picture.gone)
        read, undescribed, troubles = TagsRead(), dict[JobKey, AwsError](), list[AwsError]()
        backlog = 0
        if listing.pages:
            if self._collects_tags:
                untagged = [job for job in jobs.values() if job.tags is None]
                read = self._tagger.read(sorted(untagged, key=_newest_first), listing.at)
                jobs.update({key: replace(jobs[key], tags=tags) for key, tags in read.tags.items()})
                troubles += read.troubles
            for key in [key for key in picture.unlisted if self._selection.takes(jobs[key]) is False]:
                # Nobody would ask about it again, so nothing would tell that it ended.
                del jobs[key]
            described = self._describer.describe(self._queue(picture, is_news, recorded), listing.at)
            jobs.update(described.jobs)
            gone |= described.gone
            undescribed, backlog = described.failures, described.backlog
            troubles += undescribed.values()
        self._describer.keep(jobs)
        return Poll(
            at=listing.at,
            jobs={key: job for key, job in jobs.items() if key not in gone},
            gone=frozenset(gone),
            undescribed=undescribed,
            is_complete=listing.is_complete,
            is_truncated=listing.is_truncated,
            are_tags_denied=read.are_denied,
            backlog=backlog,
            malformed=listing.malformed,
            error=listing.error,
            troubles=_one_of_each(troubles),
        )

    def _queue(
        self, picture: Picture, is_news: Callable[[OptimizationJob], bool], recorded: Container[JobKey]
    ) -> list[Wanted]:
        """Return the jobs to describe, the newest first within each urgency."""
        wanted = []
        for key, job in sorted(picture.jobs.items(), key=lambda item: _newest_first(item[1])):
            if self._selection.takes(job) is False or (job.is_described and key not in picture.unlisted):
                continue
            if job.is_active:
                wanted.append(Wanted(Urgency.ACTIVE, job))
            elif is_news(job):
                wanted.append(Wanted(Urgency.NEWS, job))
            elif self._collects_records and key not in recorded:
                wanted.append(Wanted(Urgency.RECORD, job))
        return wanted


def _newest_first(job: OptimizationJob) -> tuple[float, str]:
    return (-job.created_at.timestamp(), job.arn)


def _one_of_each(troubles: list[AwsError]) -> tuple[AwsError, ...]:
    """Return one trouble of each kind and operation; lack of time and deletions are none."""
    kinds = {(type(error), error.operation): error for error in reversed(troubles)}
    return tuple(error for (kind, _), error in reversed(kinds.items()) if kind not in (DeadlineReached, NotFound))
