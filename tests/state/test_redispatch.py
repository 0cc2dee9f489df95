"""A cluster check moves: another runner with an empty cache takes over, and the old one may come back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from datadog_checks.base.stubs import datadog_agent as agent_stub
from optimizationjob.simulator import Fault

ACCOUNT, EAST = "111111111111", "us-east-1"
MINUTE = timedelta(minutes=1)
# Ends lie between runs, so that none is on the edge of anything.
HALF = timedelta(seconds=30)


@pytest.fixture
def runner(agent, monkeypatch):
    """Make a runner: the check, with a persistent cache that no other runner sees, empty at first."""

    class Runner:
        def __init__(self, **options):
            self.agent = agent(collect_resources=False, **options)
            self.cache = {}

        def run(self, **after):
            monkeypatch.setattr(agent_stub, "_cache", self.cache)
            return self.agent.run(**after)

    return Runner


@pytest.fixture
def story(simulator, clock):
    """A job fails in the middle of each minute, from now on; they ran long before."""

    class Story:
        def __init__(self, minutes):
            self.begin = clock.now()
            self.failed = {}
            for minute in range(minutes):
                times = {"created_at": self.begin - 60 * MINUTE, "started_at": self.begin - 50 * MINUTE}
                simulator.put_job(ACCOUNT, EAST, f"job-{minute}", **times)

        def until(self, minute):
            """Let everything happen up to a minute."""
            at = self.begin + minute * MINUTE
            clock.advance((at - clock.now()).total_seconds())
            for number in range(len(self.failed), minute):
                ended_at = self.begin + number * MINUTE + HALF
                self.failed[f"job-{number}"] = ended_at
                fields = {"status": "FAILED", "ended_at": ended_at, "failure_reason": f"CapacityError: {number}"}
                simulator.update_job(ACCOUNT, EAST, f"job-{number}", **fields)

        def between(self, begin, end):
            """The jobs that failed between two minutes."""
            return [f"job-{number}" for number in range(max(0, begin), end)]

    return Story


def names(reported):
    """The jobs reported as failed; each with the true reason, and counted as often."""
    told_names = [title.split()[2] for title in reported.titles()]
    assert reported.titles() == [f"Optimization job {name} FAILED" for name in told_names]
    for event, name in zip(reported.events, told_names, strict=True):
        assert f"CapacityError: {name.removeprefix('job-')}" in event["msg_text"]
    assert reported.total("job.finished") == len(told_names)
    return told_names


@pytest.mark.parametrize(
    ("lookback", "gap"),
    [(6, 1), (6, 3), (6, 6), (6, 9), (12, 9), (0, 3)],
    ids=lambda minutes: f"{minutes}min",
)
def test_no_end_within_the_lookback_is_lost_and_only_those_are_repeated(runner, story, lookback, gap):
    jobs = story(20)
    first, last = runner(event_lookback=60 * lookback), 8
    by_first = []
    for minute in range(0, last + 1, 4):
        jobs.until(minute)
        by_first += names(first.run())
    assert by_first == jobs.between(0, last)

    taken_over = last + gap
    jobs.until(taken_over)
    second = runner(event_lookback=60 * lookback)
    by_second = names(second.run())
    assert by_second == jobs.between(taken_over - lookback, taken_over), "all of the lookback, and nothing else"
    repeated = set(by_first) & set(by_second)
    assert repeated == set(jobs.between(taken_over - lookback, last)), "at most the ends of the lookback"
    lost = set(jobs.failed) - set(by_first) - set(by_second)
    assert lost == set(jobs.between(last, taken_over - lookback)), "only where the gap is longer than the lookback"

    jobs.until(taken_over + 3)
    assert names(second.run()) == jobs.between(taken_over, taken_over + 3), "each once, as ever"
    assert names(second.run(after=60)) == []


def test_a_job_that_the_lost_runner_saw_pending_or_running_is_told_when_it_ends(runner, put, fail, simulator, clock):
    put("pending", "STARTING", created=50, started=None)
    put("running", created=50, started=40)
    runner().run()
    clock.advance(3600)
    second = runner()
    assert second.run().titles() == []
    fail("pending", "CapacityError: none left")
    fail("running", "CUDA out of memory")
    reported = second.run(after=60)
    assert sorted(reported.titles()) == ["Optimization job pending FAILED", "Optimization job running FAILED"]
    assert reported.values("job.created") == [], "they are not new"


def test_an_end_that_waited_for_its_reason_is_told_by_the_next_runner(runner, running, fail, simulator):
    first = runner()
    first.run()
    fail()
    simulator.fault(Fault.THROTTLED, operation="DescribeOptimizationJob")
    assert first.run(after=60).titles() == [], "held back for its reason"
    simulator.clear_faults()
    second = runner()
    assert second.run(after=600).titles() == ["Optimization job one FAILED"]


def test_a_deletion_between_two_runners_is_not_told(runner, running, simulator):
    statuses = ["FAILED", "DELETED"]
    runner(event_statuses=statuses).run()
    simulator.delete_job(ACCOUNT, EAST, "one")
    second = runner(event_statuses=statuses)
    assert second.run(after=60).titles() == []
    assert second.run(after=60).titles() == []


def test_a_runner_that_comes_back_tells_what_ended_since_it_left_and_nothing_older(runner, story, clock):
    jobs = story(20)
    first = runner()
    by_first = names(first.run())
    jobs.until(5)
    by_first += names(first.run())
    second = runner()
    by_second = []
    for minute in (6, 12, 18):
        jobs.until(minute)
        by_second += names(second.run())
    assert by_first + by_second[5:] == jobs.between(0, 18), "the second runner repeats five, and misses none"

    jobs.until(20)
    assert names(first.run()) == jobs.between(5, 20), "what the second one reported is not known here"
    assert names(first.run(after=60)) == []
    first.agent.restart()
    assert names(first.run(after=60)) == []


def test_a_runner_that_comes_back_takes_a_used_name_for_another_job(runner, running, put, simulator, fail, clock):
    first, second = runner(), runner()
    first.run()
    fail()
    assert second.run(after=60).titles() == ["Optimization job one FAILED"]
    simulator.delete_job(ACCOUNT, EAST, "one")
    clock.advance(3600)
    put("one", created=30, started=20)
    second.run(after=60)
    assert first.run(after=60).titles() == [], "the new job runs, and the old one cannot be read any more"
    fail("one", "CapacityError: again")
    for one in (first, second):
        (event,) = one.run(after=60).events
        assert "CapacityError: again" in event["msg_text"]
