"""Which ends of jobs wait before they are reported, for what, and for how long. Pure.

A job's end waits for its failure reason and its AWS tags, and its event and its `job.finished` wait together. An end
whose event the Agent did not take waits, too, but only its event: the rest was submitted.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from optimizationjob.aws.errors import AwsError
from optimizationjob.jobs.job import OptimizationJob
from optimizationjob.state.region_memory import PendingEnd

LONGEST_WAIT: Final = timedelta(seconds=120)
"""How long an end waits while AWS does not return its failure reason or its tags for a passing cause."""
MOST_ATTEMPTS: Final = 60
"""How often an event is submitted to an Agent that does not take it. In runs and not in hours: an Agent may be stopped
for hours, and its clock may be wrong by days."""


def waits(held: PendingEnd | None, at: datetime, *, unread_reason: AwsError | None, lacks_tags: bool) -> bool:
    """Whether a job's end waits for its reason or tags: only if waiting can help, and only for a while.

    Args:
        held: the end, if it waits already.
        at: the time.
        unread_reason: why the reason could not be read.
        lacks_tags: whether its tags could not be read after its end, and that may pass.
    """
    if held is not None and (held.attempts or at - held.since >= LONGEST_WAIT):
        return False
    return lacks_tags or (unread_reason is not None and unread_reason.is_passing)


def held_for_its_event(held: PendingEnd | None, job: OptimizationJob, at: datetime) -> PendingEnd | None:
    """Return an end whose event the Agent did not take and is to be submitted again; None if it was tried enough."""
    attempts = (held.attempts if held else 0) + 1
    if attempts >= MOST_ATTEMPTS:
        return None
    return PendingEnd(replace(job, detail=None), held.since if held else at, attempts=attempts)
