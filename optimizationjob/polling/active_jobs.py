"""Finds active jobs that the newest pages do not show: by lists of one status, where that is cheaper than Describe."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from optimizationjob.aws.errors import AwsError, DeadlineReached
from optimizationjob.aws.sagemaker_api import PAGE_SIZE, OptimizationJobApi
from optimizationjob.jobs.job import ACTIVE_STATUSES, JobKey, JobStatus
from optimizationjob.polling.listing import PAGES_A_RUN, Listing, refuse_repetition

# Up to this many jobs of a status are described rather than listed: that costs no more, and surely finds them.
WORTH_A_LIST: Final = 1
# Where the status filter returns pages of other jobs, it is not used again for this long.
FILTER_PAUSE: Final = timedelta(days=1)


class ActiveJobsReader:
    """Lists the active jobs of one region by status."""

    def __init__(self, api: OptimizationJobApi) -> None:
        self._api = api
        self._no_filter_until: datetime | None = None

    def read(self, listing: Listing, wanted: Mapping[JobKey, JobStatus]) -> None:
        """List active jobs into a listing, as long as describing those still missing costs more.

        Args:
            listing: takes the pages; an error is in it.
            wanted: the jobs to find, with their last known status. A job that left this status is described later.
        """
        if self._no_filter_until is not None and listing.at < self._no_filter_until:
            return
        try:
            for status in ACTIVE_STATUSES:
                if not self._read_status(listing, status, [key for key, last in wanted.items() if last == status]):
                    return
        except DeadlineReached:
            pass
        except AwsError as error:
            listing.error = error

    def _read_status(self, listing: Listing, status: JobStatus, sought: list[JobKey]) -> bool:
        """List the jobs of one status; return whether the status filter is of use."""
        token: str | None = None
        tokens: set[int] = set()
        # Where many other jobs are newer than those sought, the pages could be more than these.
        for _ in range(min(len(sought), PAGES_A_RUN)):
            if sum(key not in listing.jobs for key in sought) <= WORTH_A_LIST:
                break
            page = self._api.list_page(status=status, token=token)
            listing.add(page)
            token = page.next_token
            if token and len(page.jobs) + page.malformed < PAGE_SIZE:
                # AWS filters after it cuts the pages: there may be any number of them.
                self._no_filter_until = listing.at + FILTER_PAUSE
                return False
            if token is None:
                break
            refuse_repetition(token, tokens, self._api.region)
        return True
