"""Jobs for the tests of the whole check."""

from __future__ import annotations

from datetime import timedelta

import pytest

ACCOUNT, REGION = "111111111111", "us-east-1"


@pytest.fixture
def put(simulator, clock):
    """Put a job that was created, started and ended so many minutes ago."""

    def put_job(
        name, status="INPROGRESS", *, created=30, started=20, ended=None, account=ACCOUNT, region=REGION, **fields
    ):
        moments = {"created_at": created, "started_at": started, "ended_at": ended}
        times = {key: ago if ago is None else clock.now() - timedelta(minutes=ago) for key, ago in moments.items()}
        return simulator.put_job(account, region, name, status=status, **times, **fields)

    return put_job


@pytest.fixture
def running(simulator, clock):
    """A job that has run for 20 minutes."""
    now = clock.now()
    return simulator.put_job(
        ACCOUNT,
        REGION,
        "one",
        created_at=now - timedelta(minutes=30),
        started_at=now - timedelta(minutes=20),
        tags={"team": "ml"},
    )


@pytest.fixture
def fail(simulator, clock):
    def fail_job(name="one", reason="CapacityError: none left"):
        simulator.update_job(ACCOUNT, REGION, name, status="FAILED", ended_at=clock.now(), failure_reason=reason)

    return fail_job


@pytest.fixture
def fill(simulator, clock):
    """Put jobs that were created every ten seconds, the newest so many minutes ago; ended ones ended at once."""

    def fill_jobs(number, prefix="old", *, ago=180, status="COMPLETED", account=ACCOUNT, **fields):
        newest = clock.now() - timedelta(minutes=ago)
        for index in range(number):
            at = newest - timedelta(seconds=10 * index)
            ended = at if status in ("COMPLETED", "FAILED", "STOPPED") else None
            times = {"created_at": at, "started_at": at, "ended_at": ended}
            simulator.put_job(account, REGION, f"{prefix}-{index}", status=status, **times, **fields)

    return fill_jobs
