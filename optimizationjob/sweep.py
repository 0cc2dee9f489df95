"""Lists the window of a region: every job created within the lookback, newest first, and active ones of any age."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from optimizationjob.api import LIST, PAGE_SIZE, OptimizationJobApi, Page
from optimizationjob.clock import Clock
from optimizationjob.errors import AwsError, BadAnswer
from optimizationjob.job import ACTIVE_STATUSES, JobKey, JobStatus, OptimizationJob

# Pages beyond those that `max_jobs` full ones need: empty pages with a token are followed, but not for ever.
SPARE_PAGES: Final = 10
# The Date header has whole seconds and an answer takes a while: less than this is no skew.
LEAST_SKEW: Final = timedelta(seconds=5)


@dataclass(slots=True, kw_only=True)
class Listing:
    """What the lists of one poll gave; filled while they are read."""

    at: datetime
    """The moment of the poll by AWS's clock."""
    skew: timedelta | None = None
    """What the machine's clock lacks to AWS's; None where AWS did not tell."""
    since: datetime
    """The window begins here."""
    jobs: dict[JobKey, OptimizationJob] = field(default_factory=dict)
    pages: int = 0
    malformed: int = 0
    is_complete: bool = False
    """Whether all of the window was read; if so, what is not in it is not there."""
    has_all_active: bool = False
    """Whether active jobs older than the window were read, too."""
    is_truncated: bool = False
    """Whether the bound on pages cut it short."""
    error: AwsError | None = None


class Sweeper:
    """Reads lists of one region.

    Args:
        api: the region.
        clock: the machine's time, corrected by AWS's Date header.
        lookback: how far the window reaches back.
        max_jobs: how many jobs a window may hold.
        interval: how often active jobs of any age are listed; the first sweep does it always.
    """

    def __init__(
        self, api: OptimizationJobApi, *, clock: Clock, lookback: timedelta, max_jobs: int, interval: timedelta
    ) -> None:
        self._api = api
        self._clock = clock
        self._lookback = lookback
        self._most_pages = math.ceil(max_jobs / PAGE_SIZE) + SPARE_PAGES
        self._interval = interval
        self._skew: timedelta | None = None
        self._all_active_at: datetime | None = None

    def sweep(self) -> Listing:
        """List the window. A failure ends it and is in the listing, beside what was read before."""
        now = self._clock.now() + (self._skew or timedelta(0))
        listing = Listing(at=now, since=now - self._lookback, skew=self._skew)
        try:
            is_whole = self._window(listing)
            if is_whole is None:
                return listing
            due = self._all_active_at is None or listing.at - self._all_active_at >= self._interval
            if not is_whole and due:
                for status in ACTIVE_STATUSES:
                    for page in self._pages(listing, status):
                        _take(listing, page)
            listing.has_all_active = (is_whole or due) and not listing.is_truncated
        except AwsError as error:
            listing.error = error
        if listing.has_all_active:
            self._all_active_at = listing.at
        listing.is_complete = listing.error is None and not listing.is_truncated and not listing.malformed
        return listing

    def _window(self, listing: Listing) -> bool | None:
        """Read to the window's begin; say whether that was all there is, None where it was cut short."""
        for page in self._pages(listing, None):
            if listing.pages == 1:
                self._set_time(listing, page)
            _take(listing, page)
            if page.jobs and page.jobs[-1].created_at < listing.since:
                return page.next_token is None
        return None if listing.is_truncated else True

    def _pages(self, listing: Listing, status: JobStatus | None) -> Iterator[Page]:
        """Follow the tokens, empty pages too, to the end or to the bound."""
        token: str | None = None
        seen: set[str] = set()
        while True:
            if listing.pages >= self._most_pages:
                listing.is_truncated = True
                return
            page = self._api.list_page(token=token, status=status)
            listing.pages += 1
            yield page
            token = page.next_token
            if token is None:
                return
            if token in seen:
                raise BadAnswer("a token came twice, so the list has no end", operation=LIST, region=self._api.region)
            seen.add(token)

    def _set_time(self, listing: Listing, page: Page) -> None:
        if page.answered_at is None:
            return
        now = self._clock.now()
        skew = page.answered_at - now
        self._skew = skew if abs(skew) >= LEAST_SKEW else timedelta(0)
        listing.skew = self._skew
        listing.at = now + self._skew
        listing.since = listing.at - self._lookback


def _take(listing: Listing, page: Page) -> None:
    """Add a page; the first mention of a job stands, since pages shift while jobs are created."""
    listing.malformed += page.malformed
    for job in page.jobs:
        listing.jobs.setdefault(job.key, job)
