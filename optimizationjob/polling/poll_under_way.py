"""What one poll has gathered so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from optimizationjob.aws.errors import AwsError
from optimizationjob.jobs.job import JobKey
from optimizationjob.polling.listing import Listing
from optimizationjob.polling.record_backlog import RecordsRead
from optimizationjob.polling.working_set import WorkingSet
from optimizationjob.state.region_state import RegionState
from optimizationjob.state.sweep_progress import SweepProgress


@dataclass(slots=True, kw_only=True)
class PollUnderWay:
    """One poll of a region; the urgent part fills it first, then the background part."""

    listing: Listing
    """The newest jobs."""
    state: RegionState
    """What was known before the poll; the poll does not change it."""
    jobs: WorkingSet
    sweep: SweepProgress | None
    tags_read_at: datetime | None
    """When the tags of all live jobs were last read."""
    unread_details: dict[JobKey, AwsError] = field(default_factory=dict)
    records: RecordsRead = field(default_factory=RecordsRead)
    malformed: int = 0
    troubles: list[AwsError] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Begin with what the newest jobs gave."""
        self.malformed = self.listing.malformed
        self.troubles += [self.listing.trouble] if self.listing.trouble else []

    def take(self, listing: Listing) -> None:
        """Take further pages."""
        self.malformed += listing.malformed
        if listing.error is not None:
            self.troubles.append(listing.error)
        self.jobs.add_listed(listing.jobs.values(), listing.at)

    def is_disproved(self, key: JobKey) -> bool:
        """Whether the newest jobs, read past a job's creation without showing it, prove that it was deleted."""
        is_past = self.listing.is_whole_list or self.listing.ends_before(key.created_at)
        return key in self.jobs.unlisted and is_past and not self.malformed
