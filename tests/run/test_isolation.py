"""An exception of the sink costs what it was about and nothing else; a cancelled run sends nothing more."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from datadog_checks.base.stubs import aggregator as stub
from optimizationjob.simulator import Fault
from tests.agent_doubles import RecordForwarder
from tests.versions import TAKES_RECORDS, needs_records

ACCOUNT, EAST, WEST = "111111111111", "us-east-1", "eu-west-1"
STEPS = ["event", "gauge", "count", "histogram", "service_check", *["submit_generic_resource"] * TAKES_RECORDS]


@pytest.fixture
def broken(monkeypatch):
    """Let a method of the check, through which it submits, raise for a while; returns what ends that."""

    def break_step(check, step, *, when=lambda *_, **__: True):
        healthy = getattr(check, step)

        def method(*positional, **named):
            if when(*positional, **named):
                raise RuntimeError("the Agent is going down")
            return healthy(*positional, **named)

        monkeypatch.setattr(check, step, method)
        if step in check._sink._submit:
            monkeypatch.setitem(check._sink._submit, step, method)

        def heal():
            setattr(check, step, healthy)
            if step in check._sink._submit:
                check._sink._submit[step] = healthy

        return heal

    return break_step


@pytest.mark.parametrize("runs", [1, 2, 10])
@pytest.mark.parametrize("step", STEPS)
def test_what_the_agent_does_not_take_costs_itself_and_is_submitted_later(agent, running, fail, broken, step, runs):
    one = agent()
    one.run()
    fail()
    heal = broken(one.check, step)
    reported = [one.run(after=60) for _ in range(runs)]
    assert {run.error for run in reported} == {""}
    if step != "event":
        assert reported[0].titles() == ["Optimization job one FAILED"]
    if step not in ("gauge", "service_check"):
        assert reported[0].value("api.up") == 1
        assert reported[0].service_check() == ("ok", "")
    if step != "count":
        assert reported[0].total("job.finished") == 1
    heal()
    reported += [one.run(after=60) for _ in range(3)]
    assert [title for run in reported for title in run.titles()] == ["Optimization job one FAILED"]
    assert sum(run.total("job.finished") for run in reported) == 1
    assert sum(len(run.values("job.duration")) for run in reported) == 1
    keys = [record["fields"]["optimization_job_status"] for run in reported for record in run.records]
    assert keys == ["FAILED"] * TAKES_RECORDS


def test_an_event_that_was_not_taken_is_submitted_after_a_restart_and_counts_no_second_time(
    agent, running, fail, broken
):
    one = agent()
    one.run()
    fail()
    broken(one.check, "event")
    assert one.run(after=60).total("job.finished") == 1
    one.restart()
    reported = one.run(after=60)
    assert reported.titles() == ["Optimization job one FAILED"]
    assert "CapacityError" in reported.events[0]["msg_text"]
    assert reported.total("job.finished") == 0
    assert reported.total("jobs") == 1
    assert one.run(after=60).titles() == []


def test_an_event_that_is_never_taken_is_given_up_after_sixty_runs(agent, running, fail, broken):
    one = agent()
    one.run()
    fail()
    tries = []
    broken(one.check, "event", when=lambda event: tries.append(event) or True)
    reported = [one.run(after=60) for _ in range(30)]
    one.restart()
    broken(one.check, "event", when=lambda event: tries.append(event) or True)
    reported += [one.run(after=60) for _ in range(40)]
    assert len(tries) == 60
    assert sum(run.total("job.finished") for run in reported) == 1
    assert reported[-1].total("jobs", "optimization_job_status:failed") == 1


@pytest.mark.parametrize("hours", [2, 30])
def test_an_agent_that_was_stopped_for_hours_gives_up_no_event(agent, running, fail, broken, hours):
    one = agent()
    one.run()
    fail()
    for _ in range(3):
        broken(one.check, "event")
        assert one.run(after=hours * 3600).titles() == []
        one.restart()
    reported = one.run(after=hours * 3600)
    assert reported.titles() == ["Optimization job one FAILED"]


def test_a_clock_that_is_wrong_by_days_gives_up_no_event(agent, running, fail, broken, simulator, clock):
    one = agent()
    one.run()
    fail()
    broken(one.check, "event")
    one.run(after=60)
    one.restart()
    broken(one.check, "event")
    clock.set(clock.now() + timedelta(days=2))
    simulator.fault(Fault.UNAVAILABLE, operation="ListOptimizationJobs")
    one.run(after=60)
    clock.set(clock.now() - timedelta(days=2))
    simulator.clear_faults()
    one.restart()
    assert one.run(after=60).titles() == ["Optimization job one FAILED"]


@pytest.mark.parametrize("status", ["INPROGRESS", "DELETED"])
def test_events_of_active_and_deleted_jobs_are_submitted_later_too(agent, put, simulator, broken, status):
    put("one", "STARTING", created=1, started=None)
    one = agent(event_statuses=["STARTING", "INPROGRESS", "DELETED"])
    one.run()
    if status == "DELETED":
        simulator.delete_job(ACCOUNT, EAST, "one")
    else:
        simulator.update_job(ACCOUNT, EAST, "one", status=status)
    heal = broken(one.check, "event")
    for _ in range(3):
        assert one.run(after=60).error == ""
    heal()
    titles = [title for _ in range(3) for title in one.run(after=60).titles()]
    assert titles == [f"Optimization job one {status}"]


def test_a_new_job_whose_event_was_not_taken_is_created_once(agent, put, broken):
    put("old", "COMPLETED", created=60, started=60, ended=50)
    one = agent(event_statuses=["INPROGRESS"])
    one.run()
    put("one", created=0, started=0)
    heal = broken(one.check, "event")
    reported = [one.run(after=20) for _ in range(3)]
    heal()
    reported += [one.run(after=20) for _ in range(3)]
    assert [title for run in reported for title in run.titles()] == ["Optimization job one INPROGRESS"]
    assert sum(run.total("job.created") for run in reported) == 1


@needs_records
def test_after_three_failing_records_no_more_are_tried_in_a_run(agent, fill, broken):
    fill(20)
    one = agent(api_rate_limit=1000, api_burst=1000)
    tries = []
    heal = broken(one.check, "submit_generic_resource", when=lambda **record: tries.append(record) or True)
    reported = one.run()
    assert len(tries) == 3
    assert (reported.value("resource.submitted"), reported.value("resource.dropped")) == (0, 3)
    assert reported.value("poll.backlog") == 20
    heal()
    reported = one.run(after=60)
    assert (reported.value("resource.submitted"), reported.value("resource.dropped")) == (20, 0)
    assert reported.value("poll.backlog") == 0
    assert reported.calls["DescribeOptimizationJob"] == 0, "what was described is kept"
    assert one.run(after=60).value("resource.submitted") == 0


@needs_records
def test_one_record_that_is_never_taken_holds_back_no_other(agent, fill, broken):
    fill(20)
    one = agent(api_rate_limit=1000, api_burst=1000)
    broken(one.check, "submit_generic_resource", when=lambda key, **_: key.endswith("/old-3"))
    reported = [one.run(after=60) for _ in range(3)]
    assert sum(run.value("resource.submitted") for run in reported) == 19
    assert [run.value("resource.dropped") for run in reported] == [1, 1, 1]
    assert reported[-1].value("poll.backlog") == 1


@needs_records
def test_records_are_paced_for_the_agents_forwarder(agent, fill, put, fail, clock, monkeypatch):
    forwarder = RecordForwarder(monkeypatch, clock)
    fill(200)
    first, second = (
        agent(api_rate_limit=1000, api_burst=1000),
        agent(api_rate_limit=1000, api_burst=1000, tags=["instance:second"], include_jobs=["."]),
    )
    handed_over = len(first.run().records) + len(second.run().records)
    assert handed_over <= 60
    put("one")
    assert handed_over + len(first.run(after=2).records) <= 60 + 5 * 2
    fail()
    reported = first.run(after=4)
    keys = [record["key"].rpartition("/")[2] for record in reported.records]
    assert len(keys) <= 5 * (2 + 4)
    assert keys[0] == "one", "what changed comes before what is missing for long"
    while first.run(after=60).value("poll.backlog"):
        second.run()
    assert forwarder.dropped == 0


@needs_records
def test_a_crowd_of_new_jobs_is_paced_too_and_none_is_forgotten(agent, fill, simulator, clock, monkeypatch):
    forwarder = RecordForwarder(monkeypatch, clock)
    fill(90, "live", ago=0, status="INPROGRESS")
    one = agent(api_rate_limit=1000, api_burst=1000)
    reported = [one.run(after=60) for _ in range(3)]
    assert [len(run.records) for run in reported] == [60, 30, 0]
    for index in range(90):
        simulator.update_job(ACCOUNT, EAST, f"live-{index}", status="COMPLETED", ended_at=clock.now())
    reported = [one.run(after=60) for _ in range(4)]
    assert sum(len(run.titles()) for run in reported[:1]) == 90, "no event waits for a record"
    assert [len(run.records) for run in reported] == [60, 30, 0, 0]
    assert [run.value("poll.backlog") for run in reported] == [30, 0, 0, 0]
    assert sum(run.calls["DescribeOptimizationJob"] for run in reported) == 90, "what was described is kept"
    assert forwarder.dropped == 0


def test_a_cancelled_run_sends_nothing_and_the_next_process_does(agent, put, fail, simulator):
    put("one")
    one = agent(regions=[EAST, WEST], max_concurrency=1)
    one.run()
    fail()
    simulator.tamper(lambda _, answer: one.check.cancel() or answer, operation="ListOptimizationJobs")
    reported = one.run(after=60)
    assert (reported.error, reported.metrics, reported.events, reported.service_checks) == ("", [], [], [])
    assert reported.records == []
    simulator.clear_tampers()
    one.restart()
    reported = one.run(after=60)
    assert reported.titles() == ["Optimization job one FAILED"]
    assert reported.total("job.finished") == 1


def test_a_reload_in_the_middle_of_a_run_reports_an_end_once(agent, put, fail, simulator):
    put("one")
    one = agent()
    one.run()
    fail()
    old = one.check
    asked, cancelled = threading.Event(), threading.Event()

    def hold(_, answer):
        asked.set()
        cancelled.wait(10)
        return answer

    simulator.tamper(hold, operation="DescribeOptimizationJob")
    stub.reset()
    thread = threading.Thread(target=old.run)
    thread.start()
    assert asked.wait(10)
    old.cancel()
    cancelled.set()
    simulator.clear_tampers()
    one.restart()
    one.check.run()
    thread.join()
    assert [event["msg_title"] for event in stub.events] == ["Optimization job one FAILED"]
    assert sum(metric.value for metric in stub.metrics("optimizationjob.job.finished")) == 1


def test_a_cancellation_waits_for_the_region_that_is_being_delivered(agent, put, fail, broken):
    put("one")
    one = agent()
    one.run()
    fail()
    threads = []

    def cancel_meanwhile(_):
        threads.append(threading.Thread(target=one.check.cancel))
        threads[0].start()
        return False

    broken(one.check, "event", when=cancel_meanwhile)
    reported = one.run(after=60)
    threads[0].join()
    assert reported.titles() == ["Optimization job one FAILED"]
    assert reported.total("job.finished") == 1
    one.restart()
    reported = one.run(after=60)
    assert (reported.titles(), reported.total("job.finished")) == ([], 0)


def test_details_of_a_run_that_fails_are_kept(agent, put, monkeypatch):
    put("one")
    one = agent()
    one.run()
    put("two", created=0, started=0)
    region = one.check._runs._regions[0]
    monkeypatch.setattr("optimizationjob.run.region_run.report", lambda *_: 1 / 0)
    assert "division by zero" in one.run(after=60).error
    monkeypatch.undo()
    monkeypatch.setenv("DDEV_SKIP_GENERIC_TAGS_CHECK", "1")
    assert region is one.check._runs._regions[0]
    reported = one.run(after=60)
    assert reported.calls["DescribeOptimizationJob"] == 0
    assert reported.value("job.created") == 1


@needs_records
@pytest.mark.parametrize("denied", [("old-0",), ("old-10",), tuple(f"old-{n}" for n in range(8))])
def test_one_denied_job_holds_back_no_record_of_another(agent, fill, simulator, denied):
    fill(50)
    for name in denied:
        simulator.fault(Fault.DENIED, operation="DescribeOptimizationJob", job=name)
    one = agent(api_rate_limit=1000, api_burst=1000)
    reported = [one.run(after=60) for _ in range(12)]
    assert sum(run.value("resource.submitted") for run in reported) == 50 - len(denied)
    assert reported[-1].value("poll.backlog") == len(denied)
    tries = sum(run.total("api.calls", "operation:describe_optimization_job", "outcome:denied") for run in reported)
    assert tries <= 2 * len(denied) + 1, "after 5 minutes, doubling to an hour"


@pytest.mark.slow
@needs_records
def test_where_no_job_may_be_described_one_is_tried_in_a_run(agent, fill, simulator):
    fill(50)
    simulator.fault(Fault.DENIED, operation="DescribeOptimizationJob")
    one = agent(api_rate_limit=1000, api_burst=1000)
    tries = [one.run(after=60).calls["DescribeOptimizationJob"] for _ in range(20)]
    assert tries == [3] + [1] * 19
    simulator.clear_faults()
    assert sum(one.run(after=60).value("resource.submitted") for _ in range(70)) == 50
