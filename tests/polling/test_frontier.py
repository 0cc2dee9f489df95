"""The frontier: how far back a poll reads, and what moves it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from optimizationjob.simulator import Fault

pytestmark = pytest.mark.slow

ACCOUNT, EAST = "111111111111", "us-east-1"
LIST = "ListOptimizationJobs"
QUICK = {"api_rate_limit": 10_000, "api_burst": 10_000, "max_attempts": 1, "collect_resources": False}


@pytest.fixture
def burst(simulator, clock):
    """Put jobs that were created and completed one after the other, the newest just now."""

    def put_burst(number, *, seconds_apart, prefix="new"):
        for index in range(number):
            at = clock.now() - timedelta(seconds=seconds_apart * index + 1)
            times = {"created_at": at, "started_at": at, "ended_at": at}
            simulator.put_job(ACCOUNT, EAST, f"{prefix}-{index}", status="COMPLETED", **times)

    return put_burst


@pytest.mark.parametrize(
    ("failing_page", "fault"), [(2, Fault.SERVER_ERROR), (2, Fault.CUT_JSON), (3, Fault.RESET), (4, Fault.DENIED)]
)
def test_an_error_on_any_page_loses_no_end(agent, simulator, clock, fill, burst, put, failing_page, fault):
    fill(150, ago=300)
    one = agent(**QUICK, full_sweep_interval=6 * 3600)
    for _ in range(3):
        one.run(after=60)
    clock.advance(20 * 60)
    burst(350, seconds_apart=2)
    put("victim", "FAILED", created=15, started=15, ended=14)
    simulator.fault(fault, operation=LIST, after=failing_page - 1, times=1)
    reported = one.run()
    assert reported.value("api.up") == 0
    assert reported.value("poll.truncated") == 1
    titles = reported.titles()
    reported = one.run(after=60)
    assert reported.value("api.up") == 1
    assert [*titles, *reported.titles()].count("Optimization job victim FAILED") == 1
    assert sum("victim" in title for _ in range(5) for title in one.run(after=60).titles()) == 0


def test_pages_that_the_deadline_cuts_off_are_read_by_the_next_runs(agent, simulator, clock, fill, burst, put):
    fill(150, ago=300)
    one = agent(api_rate_limit=0.05, api_burst=2, max_run_seconds=5, collect_resources=False, full_sweep_interval=86400)
    for _ in range(8):
        one.run(after=60)
    clock.advance(20 * 60)
    burst(450, seconds_apart=2)
    put("victim", "FAILED", created=19, started=19, ended=18)
    reported_titles = [title for _ in range(12) for title in one.run(after=60).titles() if "victim" in title]
    assert reported_titles == ["Optimization job victim FAILED"]


def test_a_burst_is_read_again_for_five_minutes_and_then_no_more(agent, fill, burst):
    fill(150, ago=300)
    one = agent(**QUICK)
    for _ in range(3):
        one.run(after=60)
    burst(500, seconds_apart=0.1)
    pages = [one.run(after=60).calls[LIST] for _ in range(10)]
    assert pages[0] == 6
    assert pages[-1] == 1, pages
    assert pages[5:] == [1] * 5, pages


def test_a_burst_is_not_read_again_after_a_restart_an_hour_later(agent, fill, burst):
    fill(150, ago=300)
    one = agent(**QUICK, full_sweep_interval=10 * 86400)
    burst(500, seconds_apart=0.1)
    for _ in range(45):
        one.run(after=180)
    one.restart()
    assert one.run(after=60).calls[LIST] == 1
