"""Active jobs that are older than the newest page: listed by status while that is cheaper than one by one."""

from __future__ import annotations

import pytest

from optimizationjob.simulator import Fault, Habits

pytestmark = pytest.mark.slow

LIST, DESCRIBE = "ListOptimizationJobs", "DescribeOptimizationJob"
QUICK = {"api_rate_limit": 10_000, "api_burst": 10_000}


def runs(one, number):
    return [one.run(after=60) for _ in range(number)]


def settled_with_old(one):
    """Run a few times, where a steady poll is more than one list."""
    runs(one, 8)
    return one


def test_active_jobs_older_than_the_first_page_cost_a_list_of_their_status(agent, fill):
    fill(20, "live", ago=400, status="INPROGRESS")
    fill(200)
    for reported in runs(settled_with_old(agent(**QUICK)), 5):
        assert reported.calls == {LIST: 1 + 1}


def test_hundreds_of_active_jobs_older_than_the_first_page_cost_a_list_a_hundred(agent, fill):
    fill(250, "live", ago=400, status="INPROGRESS")
    fill(200)
    for reported in runs(settled_with_old(agent(**QUICK)), 3):
        assert reported.calls == {LIST: 1 + 3}
        assert reported.total("jobs", "optimization_job_status:inprogress") == 250


def test_a_list_by_status_without_an_end_is_told_and_each_job_is_described(agent, fill, simulator):
    fill(120, "live", ago=400, status="INPROGRESS")
    fill(200)
    one = settled_with_old(agent(**QUICK, full_sweep_interval=10 * 86400))
    simulator.fault(Fault.REPEATED_TOKEN, after=1)
    reported = one.run(after=60)
    # The newest, and the first page of the running ones twice.
    assert reported.calls == {LIST: 1 + 2, DESCRIBE: 20}
    assert reported.total("jobs", "optimization_job_status:inprogress") == 120
    assert "a token came twice" in reported.service_check()[1]


def test_where_filters_work_on_cut_pages_each_is_described_and_that_is_known_for_a_day(agent, fill, simulator):
    simulator.habits = Habits(filters_after_cut=True)
    fill(20, "live", ago=400, status="INPROGRESS")
    fill(200)
    one = settled_with_old(agent(**QUICK, full_sweep_interval=10 * 86400, resource_ttl=10 * 86400))
    for reported in runs(one, 3):
        assert reported.calls == {LIST: 1, DESCRIBE: 20}
        assert reported.total("jobs", "optimization_job_status:inprogress") == 20
    again = one.run(after=86400)
    assert again.calls == {LIST: 2, DESCRIBE: 20}, "tried once more"
    assert one.run(after=60).calls == {LIST: 1, DESCRIBE: 20}


def test_a_few_old_jobs_behind_many_of_another_status_are_described(agent, fill):
    fill(5, "live", ago=900, status="INPROGRESS")
    fill(150, "waits", ago=400, status="STARTING")
    fill(200)
    (reported,) = runs(settled_with_old(agent(**QUICK)), 1)
    assert reported.calls == {LIST: 1 + 1 + 2}, "the running ones, and two pages of the starting ones"
    assert reported.total("jobs", "optimization_job_status:inprogress") == 5
