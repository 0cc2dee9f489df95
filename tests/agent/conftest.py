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
