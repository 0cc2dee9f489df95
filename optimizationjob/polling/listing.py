"""The listing of one poll: the newest jobs, down to the frontier. Failures are in the listing; none is raised."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from optimizationjob.aws.aws_actions import LIST
from optimizationjob.aws.errors import AwsError, BadAnswer, DeadlineReached, WrongDate
from optimizationjob.aws.sagemaker_api import PAGE_SIZE, OptimizationJobApi, Page
from optimizationjob.clock import Clock
from optimizationjob.jobs.job import JobKey, OptimizationJob
from optimizationjob.polling.aws_clock import AwsClock

# Pages beyond those that `max_jobs` needs: empty pages with a token are followed, but not for ever.
SPARE_PAGES: Final = 10
# The jobs of a run stay in memory until they are delivered, so a run reads at most this many pages in one go.
PAGES_A_RUN: Final = 100
# A job may appear in the lists later than one that was created after it. So a poll reads on until a page ends this much
# before the start of the last complete reading.
OVERLAP: Final = timedelta(seconds=300)


class RepeatedToken(BadAnswer):
    """A list returned a token twice, so following it would never end."""


@dataclass(slots=True, kw_only=True)
class Listing:
    """What some pages of a list gave; filled while they are read."""

    at: datetime
    """The time of the poll by AWS's clock."""
    since: datetime
    """Start of the window."""
    skew: timedelta | None = None
    """AWS's time minus the machine's; None where AWS has not responded."""
    jobs: dict[JobKey, OptimizationJob] = field(default_factory=dict)
    pages: int = 0
    malformed: int = 0
    """Rows that could not be read."""
    has_reached_frontier: bool = False
    """Whether all jobs newer than the frontier were read, or the whole list."""
    next_token: str | None = None
    oldest_created_at: datetime | None = None
    """Creation time of the last job of the last page that had any."""
    trouble: AwsError | None = None
    """What was wrong with a listing that can be used."""
    error: AwsError | None = None
    """Why the listing is incomplete; running out of time is not an error."""

    @property
    def is_whole_list(self) -> bool:
        """Whether no page follows."""
        return self.next_token is None

    def ends_before(self, moment: datetime) -> bool:
        """Whether no job created after a moment can follow."""
        return self.oldest_created_at is not None and self.oldest_created_at < moment

    def add(self, page: Page) -> None:
        """Add a page; the first mention of a job counts, since pages shift while jobs are created."""
        self.pages += 1
        self.malformed += page.malformed
        self.next_token = page.next_token
        if page.jobs:
            self.oldest_created_at = page.jobs[-1].created_at
        for job in page.jobs:
            self.jobs.setdefault(job.key, job)

    def empty_copy(self) -> Listing:
        """Return a listing of the same poll without pages."""
        return Listing(at=self.at, since=self.since, skew=self.skew)


class NewestJobsReader:
    """Lists the newest jobs of one region.

    Args:
        api: the region.
        clock: the machine's time, corrected by AWS's Date header.
        lookback: how far the window reaches back.
        max_jobs: how many jobs the window may hold.
    """

    def __init__(self, api: OptimizationJobApi, *, clock: Clock, lookback: timedelta, max_jobs: int) -> None:
        self._api = api
        self._clock = AwsClock(clock)
        self._lookback = lookback
        self._most_pages = min(window_pages(max_jobs), PAGES_A_RUN)

    def first_page(self, *, max_attempts: int | None = None, failed_attempts: int = 0) -> Listing:
        """List the newest jobs, one page.

        Args:
            max_attempts: the number of attempts, instead of the instance's.
            failed_attempts: the number of attempts that this run has made before.
        """
        now = self._clock.now()
        listing = Listing(at=now, since=now - self._lookback, skew=self._clock.skew)
        try:
            page = self._api.list_newest(max_attempts=max_attempts, failed_attempts=failed_attempts)
        except AwsError as error:
            listing.error = error
        else:
            listing.at = self._clock.set(page.answered_at)
            listing.since = listing.at - self._lookback
            listing.skew = self._clock.skew
            if self._clock.disbelief:
                listing.trouble = WrongDate(self._clock.disbelief, operation=LIST, region=self._api.region)
            listing.add(page)
            listing.has_reached_frontier = listing.is_whole_list
        return listing

    def read_to_frontier(self, listing: Listing, frontier: datetime) -> None:
        """Add pages to a listing until one ends before the frontier, less the overlap."""
        end = max(frontier - OVERLAP, listing.since)
        tokens: set[int] = set()
        try:
            while not (listing.has_reached_frontier or listing.ends_before(end)):
                if listing.pages >= self._most_pages:
                    return
                refuse_repetition(listing.next_token, tokens, self._api.region)
                listing.add(self._api.list_page(token=listing.next_token))
                listing.has_reached_frontier = listing.is_whole_list
            listing.has_reached_frontier = True
        except DeadlineReached:
            pass
        except AwsError as error:
            listing.error = error


def window_pages(max_jobs: int) -> int:
    """Return how many pages a window of `max_jobs` may take."""
    return math.ceil(max_jobs / PAGE_SIZE) + SPARE_PAGES


def refuse_repetition(token: str | None, seen: set[int], region: str) -> None:
    """Note a token as seen.

    Raises:
        RepeatedToken: it was seen before.
    """
    if token is None:
        return
    mark = hash(token)
    if mark in seen:
        raise RepeatedToken("a token came twice, so the list has no end", operation=LIST, region=region)
    seen.add(mark)
