"""The service check of a region: whether it can be polled, and if not, what to do."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from optimizationjob.aws.errors import Unsupported
from optimizationjob.polling.poll_result import PollResult
from optimizationjob.telemetry.datadog_tags import Tagging
from optimizationjob.telemetry.markdown import cut
from optimizationjob.telemetry.signals import ServiceCheck, ServiceCheckStatus

LONGEST_MESSAGE: Final = 1000


def service_check_of(tagging: Tagging, poll: PollResult, listed_at: datetime | None) -> ServiceCheck:
    """Return the service check of a region.

    OK: everything was read. WARNING: the listing failed but recent data is reported, data is missing, or the region
    does not offer these jobs. CRITICAL: there is no data, or only old data.

    Args:
        tagging: makes the tags.
        poll: what this run found.
        listed_at: when the reported data was listed; None where there is none.
    """
    words = [str(trouble) for trouble in poll.troubles]
    if poll.malformed:
        words.append(f"{poll.malformed} listed jobs could not be read: see the Agent's log and report it as a bug.")
    if poll.error is None:
        status = ServiceCheckStatus.WARNING if words else ServiceCheckStatus.OK
        return ServiceCheck(status=status, tags=tagging.common, message=cut(" ".join(words), LONGEST_MESSAGE))
    age = None if listed_at is None else poll.at - listed_at
    is_recent = age is not None and age <= tagging.settings.stale_after
    status = (
        ServiceCheckStatus.WARNING if is_recent or isinstance(poll.error, Unsupported) else ServiceCheckStatus.CRITICAL
    )
    message = " ".join([str(poll.error), _age_in_words(age), *words])
    return ServiceCheck(status=status, tags=tagging.common, message=cut(message, LONGEST_MESSAGE))


def unexpected_failure(tagging: Tagging, error: BaseException) -> ServiceCheck:
    """Return the service check of a region whose poll failed because of a bug."""
    message = f"The poll failed with {type(error).__name__}: see the Agent's log and report it as a bug."
    return ServiceCheck(status=ServiceCheckStatus.CRITICAL, tags=tagging.common, message=message)


def _age_in_words(age: timedelta | None) -> str:
    if age is None:
        return "There is no data of this region yet; other regions are not affected."
    return f"Data from {age.total_seconds():.0f} seconds ago is reported meanwhile; other regions are not affected."
