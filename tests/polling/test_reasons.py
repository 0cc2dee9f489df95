"""Reasons that come late, with a restart, or never."""

from __future__ import annotations

from datetime import timedelta

import pytest

from optimizationjob.simulator import Fault

ACCOUNT, EAST = "111111111111", "us-east-1"


def test_a_late_reason_is_waited_for(agent, simulator, running, fail):
    one = agent()
    one.run()
    fail()
    simulator.fault(Fault.UNAVAILABLE, operation="DescribeOptimizationJob")
    reported = one.run(after=60)
    assert (reported.titles(), reported.values("job.finished")) == ([], [])
    simulator.clear_faults()
    one.restart()
    reported = one.run(after=60)
    assert reported.value("job.finished", "failure_category:capacity") == 1
    assert "CapacityError: none left" in reported.events[0]["msg_text"]
    assert one.run(after=60).titles() == []


def test_a_reason_that_does_not_come_is_not_waited_for_for_ever(agent, simulator, running, fail):
    one = agent()
    one.run()
    fail()
    simulator.fault(Fault.UNAVAILABLE, operation="DescribeOptimizationJob")
    assert one.run(after=60).titles() == []
    assert one.run(after=60).titles() == []
    reported = one.run(after=60)
    assert reported.value("job.finished", "failure_category:unknown", "optimization_job_status:failed") == 1
    assert "reason unavailable (ServiceUnavailable" in reported.events[0]["msg_text"]
    simulator.clear_faults()
    assert one.run(after=60).titles() == [], "nothing is sent twice to add a reason"


def test_a_job_that_waits_for_its_reason_is_counted_only_while_the_window_has_it(agent, simulator, put, fail):
    put("one", created=180, started=170)
    put("young", created=30)
    one = agent(lookback=2)
    assert one.run().total("jobs") == 2, "active jobs of any age are counted"
    fail("one")
    fail("young")
    simulator.fault(Fault.UNAVAILABLE, operation="DescribeOptimizationJob")
    reported = one.run(after=60)
    assert (reported.titles(), reported.total("jobs")) == ([], 1)


def test_a_denied_reason_is_not_waited_for(agent, simulator, running, fail):
    one = agent()
    one.run()
    fail()
    simulator.fault(Fault.DENIED, operation="DescribeOptimizationJob")
    reported = one.run(after=60)
    assert reported.titles() == ["Optimization job one FAILED"]
    assert "reason unavailable (AccessDenied" in reported.events[0]["msg_text"]


def test_a_completed_job_has_no_failure_even_if_it_cannot_be_described(agent, simulator, clock, running):
    one = agent()
    one.run()
    simulator.update_job(ACCOUNT, EAST, "one", status="COMPLETED", ended_at=clock.now())
    simulator.fault(Fault.DENIED, operation="DescribeOptimizationJob")
    reported = one.run(after=60)
    assert reported.value("job.finished", "failure_category:none") == 1
    assert "unavailable" not in reported.events[0]["msg_text"]


def test_a_job_deleted_before_its_reason_was_read_is_told(agent, simulator, clock, running, fail):
    one = agent()
    one.run()
    fail()
    simulator.fault(Fault.UNAVAILABLE, operation="DescribeOptimizationJob")
    assert one.run(after=60).titles() == []
    simulator.clear_faults()
    simulator.delete_job(ACCOUNT, EAST, "one")
    reported = one.run(after=30)
    assert reported.titles() == ["Optimization job one FAILED"]
    assert reported.total("job.finished") == 1
    assert one.run(after=60).titles() == []


def test_a_pending_end_stays_pending_while_the_lists_fail(agent, simulator, running, fail):
    one = agent()
    one.run()
    fail()
    simulator.fault(Fault.UNAVAILABLE, operation="DescribeOptimizationJob")
    assert one.run(after=60).titles() == []
    simulator.fault(Fault.UNAVAILABLE, operation="ListOptimizationJobs")
    assert one.run(after=30).titles() == []
    simulator.clear_faults()
    assert one.run(after=30).value("job.finished", "failure_category:capacity") == 1


@pytest.mark.parametrize("is_known", [True, False])
def test_a_pending_end_survives_a_restart_and_a_deletion(agent, simulator, clock, running, fail, is_known):
    one = agent(event_statuses=["FAILED", "DELETED"])
    if is_known:
        one.run()
    fail()
    simulator.fault(Fault.UNAVAILABLE, operation="DescribeOptimizationJob")
    assert one.run(after=60).titles() == []
    one.restart()
    simulator.clear_faults()
    simulator.delete_job(ACCOUNT, EAST, "one")
    reported = one.run(after=30)
    assert reported.titles() == ["Optimization job one FAILED"]
    assert reported.total("job.finished") == 1
    assert one.run(after=60).titles() == []


@pytest.mark.parametrize("collects", [True, False])
def test_an_end_that_only_the_description_dates_is_told(agent, simulator, clock, collects):
    now = clock.now()
    undated = {"LastModifiedTime": None, "OptimizationEndTime": None, "OptimizationStartTime": None}
    for name, minutes in (("lately", 5), ("before", 50)):
        simulator.put_job(
            ACCOUNT,
            EAST,
            name,
            status="FAILED",
            created_at=now - timedelta(hours=1),
            ended_at=now - timedelta(minutes=minutes),
            summary=undated,
        )
    one = agent(collect_resources=collects)
    assert one.run().titles() == ["Optimization job lately FAILED"]
    assert one.run(after=60).titles() == []


def test_a_description_that_lags_behind_the_list_is_waited_for(agent, simulator, running, fail):
    one = agent()
    one.run()
    fail()
    simulator.update_job(ACCOUNT, EAST, "one", detail={"OptimizationJobStatus": "INPROGRESS", "FailureReason": None})
    assert one.run(after=60).titles() == []
    simulator.update_job(ACCOUNT, EAST, "one", detail={})
    assert one.run(after=60).value("job.finished", "failure_category:capacity") == 1
