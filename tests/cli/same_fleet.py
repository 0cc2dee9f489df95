"""A fleet that is the same relative to the present, whatever the time of the tests is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from optimizationjob.clock import SystemClock
from optimizationjob.simulator import Places, fleet
from optimizationjob.simulator.manual_clock import START

SEED = 3
PLACES = Places(accounts=("111111111111", "222222222222"), regions=("us-east-1", "eu-west-1"))


def same_fleet(size, places=PLACES):
    """Return the jobs of the last day. Their dice depend on the time, so it is always the same, and they are moved."""
    since = SystemClock().now() - START
    made = fleet(SEED, size, START, places=places, ahead=timedelta(0))
    return [replace(job, created_at=job.created_at + since) for job in made]
