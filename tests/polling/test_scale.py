"""How little AWS is asked, in calls: steady polls, sweeps, restarts, outages and throttling, at hundreds of jobs."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from datadog_checks.base.stubs import datadog_agent as agent_stub
from optimizationjob.aws.rate_limit import RateLimit, TokenBucket
from optimizationjob.simulator import Fault, ManualClock

pytestmark = pytest.mark.slow

ACCOUNT, OTHER, EAST = "111111111111", "222222222222", "us-east-1"
T0 = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
LIST, DESCRIBE, TAGS = "ListOptimizationJobs", "DescribeOptimizationJob", "GetResources"
STEADY = {LIST: 1}
QUICK = {"api_rate_limit": 10_000, "api_burst": 10_000}
FILTER_TRIES = 3


class PatientClock(ManualClock):
    """Never waits for less than a millisecond, as no machine does."""

    def wait(self, signal, seconds):
        return super().wait(signal, max(seconds, 0.001))


@pytest.fixture
def clock():
    return PatientClock(T0)


def settled(one):
    """Run until nothing is left to do, and hand the check back."""
    for _ in range(60):
        if one.run(after=60).calls == STEADY:
            return one
    raise AssertionError("it never came to rest")


def runs(one, number, after=60):
    return [one.run(after=after) for _ in range(number)]


def total(reported, name, *tags):
    return sum(one.total(name, *tags) for one in reported)


def titles(reported):
    return Counter(title for one in reported for title in one.titles())


def test_a_steady_poll_is_one_list_and_nothing_else(agent, fill):
    fill(280)
    fill(20, "live", ago=10, status="INPROGRESS")
    one = settled(agent(**QUICK))
    for reported in runs(one, 10):
        assert reported.calls == STEADY
        assert (reported.total("jobs"), reported.value("poll.backlog")) == (300, 0)


def test_what_changed_costs_a_describe_each(agent, fill, simulator, clock):
    fill(280)
    fill(20, "live", ago=10, status="INPROGRESS")
    one = settled(agent(**QUICK))
    for number in range(7):
        simulator.update_job(ACCOUNT, EAST, f"live-{number}", status="FAILED", ended_at=clock.now())
    assert one.run(after=60).calls == {LIST: 1, DESCRIBE: 7, TAGS: 1}, "tags are read once more when a job ends"
    assert one.run(after=60).calls == STEADY


def test_a_job_that_the_lists_show_late_is_found_behind_a_page_of_newer_ones(agent, simulator, clock):
    newest = clock.now()
    for index in range(150):
        at = newest - timedelta(seconds=index)
        times = {"created_at": at, "started_at": at, "ended_at": at}
        simulator.put_job(ACCOUNT, EAST, f"old-{index}", status="COMPLETED", **times)
    one = agent(**QUICK)
    runs(one, 3)
    late = clock.now() - timedelta(seconds=290)
    simulator.put_job(ACCOUNT, EAST, "late", status="FAILED", created_at=late, started_at=late, ended_at=clock.now())
    assert one.run(after=60).titles() == ["Optimization job late FAILED"]


@pytest.mark.parametrize(("number", "pages"), [(3, 1), (100, 2), (150, 2)])
def test_new_jobs_cost_a_describe_each_and_a_tag_call_a_hundred(agent, fill, put, number, pages):
    fill(150)
    one = settled(agent(**QUICK))
    for index in range(number):
        put(f"new-{index}", created=index / 200, started=index / 200, tags={"team": "ml"})
    reported = one.run(after=60)
    assert reported.calls == {LIST: pages, DESCRIBE: number, TAGS: -(-number // 100)}
    assert len(reported.values("job.stuck", "team:ml")) == number
    assert reported.total("job.created") == number


def test_a_full_sweep_is_spread_in_even_shares_and_finds_what_was_deleted(agent, fill, put, simulator):
    fill(580)
    fill(20, "live", ago=10, status="INPROGRESS", tags={"team": "ml"})
    one = settled(agent(**QUICK, full_sweep_interval=1200))
    simulator.delete_job(ACCOUNT, EAST, "old-500")
    for number in range(20):
        simulator.update_job(ACCOUNT, EAST, f"live-{number}", tags={"team": "ads"})
    reported = runs(one, 30)
    assert {one.calls[LIST] for one in reported} == {1, 2}, "a page a run beside the poll"
    assert sum(one.calls[LIST] for one in reported) <= 30 + 2 * (6 + 3)
    assert total(reported, "api.calls", "operation:get_resources") <= 2
    assert len(reported[-1].values("job.stuck", "team:ads")) == 20
    (record,) = [r for one in reported for r in one.records if r["fields"]["optimization_job_name"] == "old-500"]
    assert record["expire_at"] == record["seen_at"], "the record of a deleted job ends at once"
    assert reported[-1].total("jobs") == 599
    assert titles(reported) == {}, "an ended job that is deleted is no event"


@pytest.mark.parametrize("times", [1, None])
def test_a_refused_token_goes_on_from_the_last_creation_time(agent, fill, simulator, times):
    fill(350)
    simulator.fault(Fault.REFUSED_TOKEN, operation=LIST, times=times)
    reported = agent(**QUICK, collect_resources=False).run()
    assert reported.total("jobs") == 350
    refusals = 1 if times else 3
    assert reported.calls[LIST] <= 4 + refusals
    assert reported.service_check()[0] == "ok"


def test_a_sweep_that_throttling_interrupts_goes_on_where_it_was(agent, fill, simulator):
    fill(650)
    simulator.fault(Fault.THROTTLED, operation=LIST, after=3, times=1)
    one = agent(**QUICK, max_attempts=1, collect_resources=False)
    reported = one.run()
    assert (reported.calls[LIST], reported.values("jobs"), reported.value("poll.truncated")) == (4, [], 1)
    assert reported.service_check()[0] == "warning"
    reported = one.run(after=60)
    assert (reported.calls[LIST], reported.total("jobs"), reported.value("poll.truncated")) == (1 + 4, 650, 0)
    assert reported.service_check() == ("ok", "")


def test_a_first_sweep_that_a_repeated_token_ended_is_tried_again_soon(agent, fill, simulator):
    fill(250)
    simulator.fault(Fault.REPEATED_TOKEN, operation=LIST)
    one = agent(**QUICK, collect_resources=False)
    assert one.run().values("jobs") == []
    simulator.clear_faults()
    assert one.run(after=60).calls == STEADY, "not at once: the list may be endless for long"
    assert one.run(after=240).total("jobs") == 250


def test_a_restart_costs_no_sweep_and_describes_active_jobs_only(agent, fill, simulator):
    fill(450)
    fill(5, "live", ago=10, status="INPROGRESS")
    one = settled(agent(**QUICK))
    one.restart()
    reported = one.run(after=60)
    assert reported.calls == {LIST: 1, "GetCallerIdentity": 1, DESCRIBE: 5, TAGS: 1}
    assert (reported.total("jobs"), reported.value("poll.jobs")) == (455, 455)
    assert (reported.values("job.created"), reported.titles()) == ([], [])
    assert one.run(after=60).calls == STEADY


def test_the_fleet_is_known_after_a_restart_even_if_it_cannot_be_listed(agent, fill, simulator):
    fill(450)
    fill(5, "live", ago=10, status="INPROGRESS")
    one = settled(agent(**QUICK))
    one.restart()
    simulator.fault(Fault.UNAVAILABLE, operation=LIST)
    reported = one.run(after=60)
    assert reported.total("jobs", "optimization_job_status:completed") == 450
    assert reported.total("jobs", "optimization_job_status:inprogress") == 5
    assert (reported.value("api.up"), reported.value("poll.jobs")) == (0, 455)


@pytest.mark.parametrize("restarts", [False, True])
def test_an_outage_with_more_new_jobs_than_a_run_can_read_loses_none(agent, fill, clock, restarts):
    fill(20, ago=600)
    one = settled(agent(api_rate_limit=0.5, api_burst=3, max_run_seconds=6, read_timeout=5))
    clock.advance(86400)
    fill(130, "lost", ago=0, status="FAILED", failure_reason="CapacityError: none left")
    reported = []
    for _ in range(80):
        if restarts and len(reported) == 4:
            one.restart()
        reported.append(one.run(after=60))
        assert sum(reported[-1].calls.values()) <= 3 + 0.5 * 6 + 1 + 1, "and one list, and one call to STS"
        if reported[-1].value("poll.backlog") == 0 and not reported[-1].value("poll.truncated"):
            break
    assert titles(reported) == Counter(f"Optimization job lost-{number} FAILED" for number in range(130))
    assert total(reported, "job.finished") == total(reported, "job.created") == 130
    assert reported[-1].total("jobs") == 150


def test_a_first_sweep_of_many_runs_tells_failures_meanwhile(agent, fill, put, fail, simulator, clock):
    fill(750)
    put("one", created=20, started=10)
    put("deep", created=185, started=184)
    one = agent(api_rate_limit=0.5, api_burst=2, max_run_seconds=4)
    first = one.run()
    assert (first.values("jobs"), first.value("poll.truncated")) == ([], 1)
    fail("one")
    fail("deep")
    put("short", "FAILED", created=1, started=1, ended=0)
    reported = one.run(after=60)
    assert reported.values("jobs") == [], "still reading"
    rest = runs(one, 8)
    meanwhile = [run for run in [reported, *rest] if not run.values("jobs")]
    assert {"Optimization job one FAILED", "Optimization job short FAILED"} <= titles(meanwhile).keys()
    assert rest[-1].total("jobs") == 753
    every = titles([first, reported, *rest])
    assert every == Counter(f"Optimization job {name} FAILED" for name in ("one", "short", "deep"))


def test_a_throttled_cold_start_slows_down_and_recovers(agent, fill, simulator):
    fill(400)
    simulator.rate_limit(2, burst=5)
    one = agent(api_rate_limit=16, api_burst=16, max_run_seconds=20, max_attempts=1)
    reported = [one.run()]
    while reported[-1].value("poll.backlog"):
        reported.append(one.run(after=60))
        assert len(reported) < 30
    throttled = total(reported, "api.calls", "outcome:throttled")
    assert throttled <= 0.1 * total(reported, "api.calls"), "though eight times too much is allowed"
    assert max(one.total("api.calls", "outcome:ok") for one in reported) <= 5 + 2 * 20 + 2
    simulator.clear_limits()
    fill(100, "more", ago=0, status="INPROGRESS")
    assert one.run(after=600).calls[DESCRIBE] == 100, "the rate is whole again"


def test_the_rate_is_halved_once_a_second_and_grows_by_a_tenth_every_ten(clock):
    budget, user = TokenBucket(clock), object.__new__(PatientClock)
    budget.add_user(user, RateLimit(8, 8))
    for expected in (4, 4, 2):
        budget.throttled()
        assert budget.rate == expected
        clock.advance(0.5)
    clock.advance(10)
    assert budget.rate == pytest.approx(2.2)
    clock.advance(600)
    assert budget.rate == 8
    for _ in range(20):
        clock.advance(1)
        budget.throttled()
    assert budget.rate == 0.1


def test_a_wait_for_the_budget_ends_on_an_exact_clock():
    clock = ManualClock(T0)
    budget, user = TokenBucket(clock), object.__new__(PatientClock)
    budget.add_user(user, RateLimit(2, 10))
    for gap in (300, 60, 300, 0.2, 60, 60, 300):
        clock.advance(gap)
        budget.take(overdraw=True)
        budget.throttled()
        for _ in range(10):
            pause = budget.take()
            clock.advance(pause)
        assert pause == 0


def test_a_quiet_hour_writes_next_to_nothing(agent, fill, monkeypatch):
    fill(150)
    fill(3, "live", ago=10, status="INPROGRESS")
    one = settled(agent(**QUICK))
    written = []
    write = agent_stub.write_persistent_cache
    monkeypatch.setattr(
        agent_stub, "write_persistent_cache", lambda key, value: (written.append(key), write(key, value))
    )
    for _ in range(2):
        written.clear()
        runs(one, 60)
        assert len(written) <= 4, "a sweep ended, and two moments and the window moved on by an hour"


def test_two_instances_spend_one_budget_and_another_account_its_own(agent, fill):
    fill(200)
    fill(30, account=OTHER)
    slow = {"api_rate_limit": 1, "api_burst": 5, "max_run_seconds": 5}
    one, two = agent(**slow, tags=["instance:one"]), agent(**slow, tags=["instance:two"])
    other = agent(api_rate_limit=10, api_burst=40, aws_access_key_id=f"AKIA{OTHER}")
    began = one.clock.now()
    spent = 0
    for _ in range(6):
        spent += sum(one.run(after=5).calls.values()) + sum(two.run().calls.values())
    seconds = (one.clock.now() - began).total_seconds()
    assert spent <= 5 + 1 * seconds + 2, "and a call to STS each"
    assert spent >= 0.8 * seconds, "and it is used"
    assert other.run().calls[DESCRIBE] == 30


def test_throttling_of_one_instance_slows_the_other(agent, fill, simulator):
    fill(200)
    slow = {"api_rate_limit": 4, "api_burst": 4, "max_run_seconds": 5, "max_attempts": 1}
    one, two = agent(**slow), agent(**slow, tags=["instance:two"])
    one.run()
    two.run()
    simulator.fault(Fault.THROTTLED, times=1)
    one.run(after=60)
    assert sum(two.run().calls.values()) <= 1 + 2 * 5, "half the rate, and nothing saved up"
