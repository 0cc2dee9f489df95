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
LONGEST_WAIT_FOR_THE_AGENT: Final = timedelta(hours=1)
"""How long an event that the Agent does not take is submitted again."""


def waits(held: PendingEnd | None, at: datetime, *, unread_reason: AwsError | None, lacks_tags: bool) -> bool:
    """Whether a job's end waits for its reason or tags: only if waiting can help, and only for a while.

    Args:
        held: the end, if it waits already.
        at: the time.
        unread_reason: why the reason could not be read.
        lacks_tags: whether its tags could not be read after its end, and that may pass.
    """
    if held is not None and (held.is_counted or at - held.since >= LONGEST_WAIT):
        return False
    return lacks_tags or (unread_reason is not None and unread_reason.is_passing)


def held_for_its_event(
    held: PendingEnd | None, job: OptimizationJob, at: datetime, *, is_clock_known: bool
) -> PendingEnd | None:
    """Return an end whose event is to be submitted again; None once that was tried for long enough.

    Before AWS has returned the time, the machine's clock may be wrong by days, and nothing is given up.
    """
    since = held.since if held is not None and held.is_counted else at
    if is_clock_known and at - since >= LONGEST_WAIT_FOR_THE_AGENT:
        return None
    return PendingEnd(replace(job, detail=None), since, is_counted=True)
