"""Transitions are reported once: deliver first, remember last; what is history; reasons that come late."""

from __future__ import annotations

from datetime import timedelta

import pytest

from datadog_checks.base.stubs import datadog_agent as agent_stub
from optimizationjob.simulator import Fault
from tests.versions import TAKES_RECORDS, needs_records

ACCOUNT, EAST, WEST = "111111111111", "us-east-1", "eu-west-1"


def ended(simulator, clock, name, minutes_ago):
    moment = clock.now() - timedelta(minutes=minutes_ago)
    simulator.put_job(
        ACCOUNT,
        EAST,
        name,
        status="FAILED",
        created_at=moment - timedelta(minutes=9),
        started_at=moment,
        ended_at=moment,
    )


def test_what_ended_before_the_first_try_is_history_but_for_the_lookback(agent, simulator, clock):
    ended(simulator, clock, "before", 16)
    ended(simulator, clock, "lately", 14)
    one = agent(event_lookback=900)
    reported = one.run()
    assert reported.titles() == ["Optimization job lately FAILED"]
    assert reported.total("job.finished") == 1
    assert one.run(after=60).titles() == []


def test_a_failed_first_try_counts_as_the_beginning(agent, simulator, clock):
    simulator.fault(Fault.UNAVAILABLE, operation="ListOptimizationJobs")
    one = agent(event_lookback=0)
    assert one.run().service_check()[0] == "critical"
    clock.advance(1800)
    ended(simulator, clock, "meanwhile", 20)
    one.restart()
    simulator.clear_faults()
    assert one.run(after=60).titles() == ["Optimization job meanwhile FAILED"]


def test_a_failed_first_try_counts_while_even_the_account_is_unknown(agent, simulator, clock):
    simulator.fault(Fault.UNAVAILABLE)
    one = agent(event_lookback=0)
    assert one.run().service_checks[0]["tags"][1] == "aws_account:unknown"
    clock.advance(1800)
    ended(simulator, clock, "meanwhile", 20)
    one.restart()
    simulator.clear_faults()
    assert one.run(after=60).titles() == ["Optimization job meanwhile FAILED"]


def test_a_job_that_starts_and_ends_between_two_polls_is_told(agent, simulator, clock):
    one = agent()
    one.run()
    clock.advance(3000)
    ended(simulator, clock, "short", 30)
    assert one.run(after=60).titles() == ["Optimization job short FAILED"]


def test_a_restart_neither_repeats_nor_loses(agent, simulator, clock, running, fail):
    ended(simulator, clock, "reported", 5)
    one = agent()
    assert one.run().titles() == ["Optimization job reported FAILED"]
    one.restart()
    assert one.run(after=60).titles() == []
    fail()
    one.restart()
    reported = one.run(after=7200)
    assert reported.titles() == ["Optimization job one FAILED"]
    assert reported.values("job.created") == []
    for _ in range(3):
        one.restart()
        assert one.run(after=7200).titles() == []


def test_a_moved_check_tells_what_ended_lately(agent, simulator, clock, running, fail):
    agent().run()
    fail()
    agent_stub.reset()
    assert agent().run(after=600).titles() == ["Optimization job one FAILED"]


def test_a_break_in_one_region_does_not_silence_the_next(agent, simulator, clock, running, fail, monkeypatch):
    one = agent(regions=[WEST, EAST])
    one.run()
    fail()
    send = one.check.service_check

    def breaks_in_the_west(name, status, tags, message):
        if f"region:{WEST}" in tags:
            raise RuntimeError("no")
        send(name, status, tags=tags, message=message)

    monkeypatch.setattr(one.check, "service_check", breaks_in_the_west)
    reported = one.run(after=60)
    assert reported.error == ""
    assert reported.titles() == ["Optimization job one FAILED"]


def test_a_job_that_vanishes_while_active_is_deleted(agent, simulator, running):
    one = agent(event_statuses=["DELETED"])
    one.run()
    simulator.delete_job(ACCOUNT, EAST, "one")
    one.restart()
    reported = one.run(after=60)
    assert reported.titles() == ["Optimization job one DELETED"]
    assert "deployment_instance_type:ml.g5.12xlarge" in reported.events[0]["tags"]
    assert one.run(after=60).titles() == []


def test_a_deleted_ended_job_leaves_without_an_event(agent, simulator, clock):
    ended(simulator, clock, "one", 5)
    one = agent(event_statuses=["FAILED", "DELETED"])
    one.run()
    simulator.delete_job(ACCOUNT, EAST, "one")
    reported = one.run(after=60)
    assert reported.titles() == []
    assert reported.total("jobs") == 0
    assert [record["expire_at"] for record in reported.records] == [int(clock.now().timestamp())] * TAKES_RECORDS


def test_a_status_that_goes_backwards_is_not_an_event(agent, simulator, running, fail):
    one = agent(event_statuses=["FAILED", "INPROGRESS"])
    one.run()
    fail()
    assert one.run(after=60).titles() == ["Optimization job one FAILED"]
    simulator.update_job(
        ACCOUNT, EAST, "one", summary={"OptimizationJobStatus": "INPROGRESS", "OptimizationEndTime": None}
    )
    for restart in (False, True):
        if restart:
            one.restart()
        assert one.run(after=60).titles() == []
    simulator.update_job(ACCOUNT, EAST, "one", summary={})
    assert one.run(after=60).titles() == []


@pytest.mark.parametrize("skew", [timedelta(minutes=-14), timedelta(minutes=14), timedelta(minutes=7)])
def test_a_wrong_local_clock_loses_no_event(agent, simulator, clock, skew):
    class WrongClock:
        now = staticmethod(lambda: clock.now() + skew)
        monotonic = staticmethod(clock.monotonic)
        wait = staticmethod(clock.wait)

    ended(simulator, clock, "before", 16)
    ended(simulator, clock, "lately", 14)
    one = agent()
    one.check.clock = WrongClock()
    reported = one.run()
    assert reported.titles() == ["Optimization job lately FAILED"]
    assert reported.total("jobs") == 2
    ended(simulator, clock, "now", 0)
    reported = one.run(after=60)
    assert reported.titles() == ["Optimization job now FAILED"]
    assert reported.events[0]["timestamp"] == int(clock.now().timestamp()) - 60


def test_a_long_outage_of_the_agent_loses_no_failure(agent, simulator, clock, running, fail):
    one = agent()
    one.run()
    clock.advance(3600)
    fail()
    ended(simulator, clock, "unseen", 10)
    clock.advance(20 * 3600)
    one.restart()
    reported = one.run()
    assert sorted(reported.titles()) == ["Optimization job one FAILED", "Optimization job unseen FAILED"]
    assert all(event["timestamp"] == int(clock.now().timestamp()) for event in reported.events)


@pytest.mark.parametrize("days", [-40, 40])
def test_a_clock_set_right_before_aws_answers_neither_loses_nor_floods(agent, simulator, clock, days):
    ended(simulator, clock, "history", 60)
    simulator.fault(Fault.UNAVAILABLE)
    right = clock.now()
    clock.set(right + timedelta(days=days))
    one = agent()
    one.run()
    clock.set(right)
    simulator.clear_faults()
    clock.advance(1800)
    ended(simulator, clock, "meanwhile", 20)
    assert one.run().titles() == ["Optimization job meanwhile FAILED"]


@pytest.mark.parametrize("skew", [timedelta(days=-40), timedelta(days=40)])
def test_a_clock_that_is_set_wrong_while_aws_is_silent_empties_no_picture(agent, simulator, clock, running, skew):
    class WrongClock:
        wrong_by = timedelta(0)
        now = staticmethod(lambda: clock.now() + WrongClock.wrong_by)
        monotonic = staticmethod(clock.monotonic)
        wait = staticmethod(clock.wait)

    ended(simulator, clock, "over", 60)
    one = agent()
    one.check.clock = WrongClock()
    assert one.run().total("jobs") == 2
    WrongClock.wrong_by = skew
    simulator.fault(Fault.UNAVAILABLE)
    reported = one.run(after=60)
    assert reported.total("jobs") == 2
    assert reported.value("poll.data_age_seconds") == pytest.approx(60, abs=5)


def test_a_job_that_changes_after_its_end_is_not_told_again(agent, simulator, clock, running):
    one = agent()
    one.run()
    simulator.update_job(ACCOUNT, EAST, "one", status="FAILED", failure_reason="CapacityError: x")
    assert one.run(after=60).titles() == ["Optimization job one FAILED"]
    simulator.put_job(ACCOUNT, EAST, "newer", status="COMPLETED", ended_at=clock.now())
    for restart in (False, True):
        if restart:
            one.restart()
        assert one.run(after=7200).titles() in ([], ["Optimization job newer COMPLETED"])
        simulator.update_job(ACCOUNT, EAST, "one", tags={"touched": str(restart)})
        assert one.run(after=7200).titles() == []


def test_a_deletion_over_a_restart_is_told_under_a_tag_rule_too(agent, simulator, running):
    one = agent(include_job_tags=["team:ml"], event_statuses=["DELETED"])
    one.run()
    simulator.delete_job(ACCOUNT, EAST, "one")
    one.restart()
    assert one.run(after=60).titles() == ["Optimization job one DELETED"]
    assert one.run(after=60).calls == {"ListOptimizationJobs": 1}


def test_an_end_waits_for_denied_tags_that_an_include_rule_needs(agent, simulator, running, fail):
    one = agent(include_job_tags=["team:ml"])
    for operation in ("GetResources", "ListTags"):
        simulator.fault(Fault.DENIED, operation=operation)
    one.run()
    fail()
    for _ in range(4):
        assert one.run(after=3600).titles() == []
    simulator.clear_faults()
    assert one.run(after=3600).titles() == ["Optimization job one FAILED"]


def test_a_name_used_again_while_describe_fails_is_not_measured_twice(agent, simulator, clock, running):
    one = agent(event_statuses=["DELETED"])
    one.run()
    simulator.put_job(ACCOUNT, EAST, "one", created_at=clock.now())
    simulator.fault(Fault.UNAVAILABLE, operation="DescribeOptimizationJob")
    reported = one.run(after=60)
    assert len(reported.values("job.stuck")) == 1
    assert reported.titles() == ["Optimization job one DELETED"]


@needs_records
def test_the_record_of_a_name_used_again_is_the_newer_jobs(agent, simulator, clock, running):
    one = agent(event_statuses=["DELETED"])
    one.run()
    simulator.put_job(ACCOUNT, EAST, "one", created_at=clock.now())
    (record,) = one.run(after=60).records
    assert record["expire_at"] > clock.now().timestamp()


def test_the_end_of_an_old_job_that_has_no_stamp_is_told_once(agent, simulator, put, clock):
    put("old", created=5 * 60, started=4 * 60)
    put("new")
    one = agent(lookback=2)
    one.run()
    simulator.update_job(ACCOUNT, EAST, "old", status="FAILED", ended_at=None, modified_at=clock.now())
    titles = [title for _ in range(8) for title in one.run(after=1800).titles()]
    assert titles == ["Optimization job old FAILED"]
