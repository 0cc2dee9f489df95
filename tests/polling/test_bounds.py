"""Whatever an account holds, what is kept, saved and reported of it has a bound, and what is left out is said."""

from __future__ import annotations

from datetime import timedelta

import pytest

from datadog_checks.base.stubs import datadog_agent as agent_stub
from optimizationjob.jobs import job_counts
from optimizationjob.polling import next_memory, poll_result, sweep, working_set
from optimizationjob.state import saved_state
from optimizationjob.telemetry import samples

ACCOUNT, EAST = "111111111111", "us-east-1"


def named(reported, key):
    return {
        tag for metric in reported.metrics for tag in metric["tags"] if tag.startswith(f"{key}:") and metric["value"]
    }


def test_kinds_beyond_a_bound_count_as_one_until_there_is_room(agent, put, simulator, monkeypatch):
    monkeypatch.setattr(job_counts, "MOST_KINDS", 3)
    for number in range(6):
        put(f"job-{number}", "COMPLETED", created=60 + number, ended=30, instance_type=f"ml.g{number}.xlarge", odd=True)
    one = agent()
    for restart in (False, True):
        if restart:
            one.restart()
        reported = one.run()
        reported = one.run(after=60)
        assert reported.total("jobs") == 6
        assert reported.total("jobs", "deployment_instance_type:other") == 3
        assert len(named(reported, "deployment_instance_type")) == 4
        assert reported.value("poll.truncated") == 1
        assert reported.service_check() == ("ok", "")
    for number in range(4):
        simulator.delete_job(ACCOUNT, EAST, f"job-{number}")
    for _ in range(3):
        one.run(after=3700)
    put("new", "COMPLETED", ended=10, instance_type="ml.g9.xlarge", odd=True)
    reported = one.run(after=60)
    assert reported.total("jobs", "deployment_instance_type:ml.g9.xlarge") == 1
    for _ in range(2):
        reported = one.run(after=168 * 3600)
    assert reported.total("jobs") == 0
    assert reported.value("poll.truncated") == 0


def test_active_jobs_beyond_a_bound_are_not_followed_and_their_ends_are_reported(agent, put, simulator, monkeypatch):
    for module in (working_set, poll_result):
        monkeypatch.setattr(module, "MOST_LIVE", 3)
    for number in range(5):
        put(f"job-{number}", created=60 + number)
    one = agent()
    reported = one.run()
    assert reported.total("jobs") == len(reported.values("job.runtime_seconds")) == 3
    assert reported.value("poll.truncated") == 1
    for number in range(5):
        simulator.update_job(ACCOUNT, EAST, f"job-{number}", status="FAILED", failure_reason="x")
    titles = [title for _ in range(3) for title in one.run(after=60).titles()]
    assert sorted(titles) == [f"Optimization job job-{number} FAILED" for number in range(5)]
    assert one.run(after=60).value("poll.truncated") == 0


def test_of_many_tags_some_are_saved_and_the_others_read_again(agent, put, monkeypatch):
    monkeypatch.setattr(saved_state, "MOST_TAG_CHARACTERS", 50)
    for number in range(5):
        put(f"job-{number}", tags={"team": "0123456789abcdef"})
    one = agent(include_job_tags=["team:0*"])
    assert one.run().total("jobs") == 5
    assert sum(text.count("0123456789abcdef") for text in agent_stub._cache.values()) == 2
    one.restart()
    reported = one.run(after=60)
    assert reported.total("jobs") == 5
    assert len(reported.values("job.runtime_seconds", "team:0123456789abcdef")) == 5


def test_ends_that_are_remembered_one_by_one_have_a_bound_and_none_is_repeated(agent, put, monkeypatch):
    monkeypatch.setattr(next_memory, "MOST_ENDED", 3)
    one = agent()
    one.run()
    for number in range(8):
        put(f"job-{number}", "FAILED", created=20 + number, started=10, ended=1)
    titles = [title for _ in range(2) for title in one.run(after=60).titles()]
    one.restart()
    titles += one.run(after=60).titles()
    assert sorted(set(titles)) == [f"Optimization job job-{number} FAILED" for number in range(8)]
    assert len(titles) <= 8 + 5, "after a restart, those that were not remembered"


@pytest.mark.parametrize("minutes", [-16, 16, -60 * 24 * 365, 60 * 24 * 365 * 170])
def test_a_date_far_from_the_hosts_time_is_said_and_not_used(agent, put, clock, minutes):
    class WrongClock:
        wrong_by = timedelta(minutes=minutes)
        now = staticmethod(lambda: clock.now() - WrongClock.wrong_by)
        monotonic = staticmethod(clock.monotonic)
        wait = staticmethod(clock.wait)

    put("one")
    one = agent()
    one.check.clock = WrongClock()
    reported = one.run()
    status, message = reported.service_check()
    assert status == "warning"
    assert "the answer is dated 2026-11-02 12:00:00, this host has " in message
    assert f"{WrongClock.now():%Y-%m-%d %H:%M:%S}" in message
    assert reported.total("jobs") == 1
    WrongClock.wrong_by = timedelta(0)
    assert one.run(after=60).service_check() == ("ok", "")


@pytest.mark.parametrize("ahead", [1, 60, 299])
def test_no_event_is_dated_in_the_future(agent, simulator, clock, running, ahead):
    one = agent()
    one.run()
    simulator.update_job(
        ACCOUNT, EAST, "one", status="FAILED", failure_reason="x", ended_at=clock.now() + timedelta(seconds=60 + ahead)
    )
    (event,) = one.run(after=60).events
    assert event["timestamp"] == int(clock.now().timestamp())


def test_of_statuses_that_aws_does_not_document_the_most_frequent_are_named(agent, put, monkeypatch):
    monkeypatch.setattr(samples, "MOST_UNKNOWN_STATUSES", 2)
    for number in range(6):
        put(f"job-{number}", f"NEW_{number // 2}" if number < 4 else f"RARE_{number}", odd=True)
    reported = agent().run()
    assert named(reported, "optimization_job_status") >= {
        "optimization_job_status:new_0",
        "optimization_job_status:new_1",
    }
    assert reported.total("jobs", "optimization_job_status:other") == 2
    assert reported.total("jobs") == 6


def test_kinds_of_a_first_reading_that_takes_several_runs_have_the_same_bound(agent, put, monkeypatch):
    monkeypatch.setattr(job_counts, "MOST_KINDS", 3)
    monkeypatch.setattr(sweep, "PAGES_A_RUN", 1)
    for number in range(350):
        kind = f"ml.g{number // 30}.xlarge"
        put(f"job-{number}", "COMPLETED", created=60 + number, ended=30, instance_type=kind, odd=True)
    one = agent(collect_resources=False)
    for _ in range(8):
        reported = one.run(after=60)
    assert reported.total("jobs") == 350
    assert len(named(reported, "deployment_instance_type")) == 4
    assert reported.value("poll.truncated") == 1
