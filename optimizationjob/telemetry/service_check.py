"""The service check of a region: whether it can be polled, and if not, what to do."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from optimizationjob.aws.errors import Unsupported
from optimizationjob.jobs.inert_text import cut
from optimizationjob.polling.poll_result import PollResult
from optimizationjob.telemetry.datadog_tags import Tagging
from optimizationjob.telemetry.signals import ServiceCheck, ServiceCheckStatus

LONGEST_MESSAGE: Final = 1000
NO_DATA: Final = "There is no data of this region yet."
REMEMBERED: Final = "Nothing was read since the start; what was remembered of earlier runs is reported meanwhile."
OTHERS_ARE_WELL: Final = "Other regions are not affected."


def service_check_of(
    tagging: Tagging, poll: PollResult, listed_at: datetime | None, *, was_read: bool, are_others_well: bool
) -> ServiceCheck:
    """Return the service check of a region.

    OK: everything was read. WARNING: the listing failed but recent data is reported, data is missing, or the region was
    closed to the account from the start. CRITICAL: there is no data, or only old data.

    Args:
        tagging: makes the tags.
        poll: what this run found.
        listed_at: when the reported data was listed; None where there is none.
        was_read: whether the region could be listed once, in this process or before.
        are_others_well: whether the instance has other regions, and those can be listed.
    """
    words = [str(trouble) for trouble in poll.troubles]
    if poll.malformed:
        words.append(f"{poll.malformed} listed jobs could not be read: see the Agent's log and report it as a bug.")
    if poll.error is None:
        status = ServiceCheckStatus.WARNING if words else ServiceCheckStatus.OK
        return ServiceCheck(status=status, tags=tagging.common, message=cut(" ".join(words), LONGEST_MESSAGE))
    age = None if listed_at is None else poll.at - listed_at
    is_recent = age is not None and age <= tagging.settings.stale_after
    is_mild = is_recent or is_closed(poll, was_read=was_read)
    status = ServiceCheckStatus.WARNING if is_mild else ServiceCheckStatus.CRITICAL
    others = [OTHERS_ARE_WELL] if are_others_well else []
    message = " ".join([str(poll.error), _age_in_words(age, was_read=was_read), *others, *words])
    return ServiceCheck(status=status, tags=tagging.common, message=cut(message, LONGEST_MESSAGE))


def is_closed(poll: PollResult, *, was_read: bool) -> bool:
    """Return whether a region is closed to the account and always was: nothing is lost that was there before."""
    return isinstance(poll.error, Unsupported) and not was_read


def unexpected_failure(tagging: Tagging, error: BaseException) -> ServiceCheck:
    """Return the service check of a region whose poll failed because of a bug."""
    message = f"The poll failed with {type(error).__name__}: see the Agent's log and report it as a bug."
    return ServiceCheck(status=ServiceCheckStatus.CRITICAL, tags=tagging.common, message=message)


def _age_in_words(age: timedelta | None, *, was_read: bool) -> str:
    if age is not None:
        return f"Data from {age.total_seconds():.0f} seconds ago is reported meanwhile."
    return REMEMBERED if was_read else NO_DATA
