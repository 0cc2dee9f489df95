"""The outcome of a region's poll -> its service check, with what to do about it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from optimizationjob.aws.errors import Unsupported
from optimizationjob.polling.poll_result import PollResult
from optimizationjob.telemetry.datadog_tags import Tagging
from optimizationjob.telemetry.markdown import cut
from optimizationjob.telemetry.signals import ServiceCheck, ServiceCheckStatus

LONGEST_MESSAGE: Final = 1000


def service_check_of(tagging: Tagging, poll: PollResult, picture_at: datetime | None) -> ServiceCheck:
    """Return whether a region can be watched.

    OK: all could be read. WARNING: the lists failed but a recent picture is reported, something is missing from it,
    or the region does not offer these jobs. CRITICAL: there is no picture, or only an old one.

    Args:
        tagging: makes the tags.
        poll: what this run found.
        picture_at: when the reported picture was taken; None where there is none.
    """
    words = [str(trouble) for trouble in poll.troubles]
    if poll.malformed:
        words.append(f"{poll.malformed} listed jobs could not be read: see the Agent's log and report it as a bug.")
    if poll.error is None:
        status = ServiceCheckStatus.WARNING if words else ServiceCheckStatus.OK
        return ServiceCheck(status=status, tags=tagging.common, message=cut(" ".join(words), LONGEST_MESSAGE))
    age = None if picture_at is None else poll.at - picture_at
    is_recent = age is not None and age <= tagging.settings.stale_after
    status = (
        ServiceCheckStatus.WARNING if is_recent or isinstance(poll.error, Unsupported) else ServiceCheckStatus.CRITICAL
    )
    message = " ".join([str(poll.error), _told(age), *words])
    return ServiceCheck(status=status, tags=tagging.common, message=cut(message, LONGEST_MESSAGE))


def unexpected_failure(tagging: Tagging, error: BaseException) -> ServiceCheck:
    """Return the health of a region whose poll broke off in a way that is a bug."""
    message = f"The poll broke off with {type(error).__name__}: see the Agent's log and report it as a bug."
    return ServiceCheck(status=ServiceCheckStatus.CRITICAL, tags=tagging.common, message=message)


def _told(age: timedelta | None) -> str:
    if age is None:
        return "Nothing is known of this region yet; other regions are reported in full."
    return f"The picture of {age.total_seconds():.0f} seconds ago is reported meanwhile; other regions go on."
