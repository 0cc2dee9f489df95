"""A run ends in time, whatever AWS does, and says what it could not do."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from optimizationjob.simulator import Fault
from tests.versions import needs_records

ACCOUNT, EAST, WEST = "111111111111", "us-east-1", "eu-west-1"


def fill(simulator, clock, number, status="COMPLETED"):
    for index in range(number):
        created = clock.now() - timedelta(hours=2, seconds=index)
        ended = None if status == "INPROGRESS" else created
        simulator.put_job(ACCOUNT, EAST, f"job-{index}", status=status, created_at=created, ended_at=ended)


@needs_records
def test_no_call_starts_after_the_deadline_and_the_rest_follows(agent, simulator, clock):
    fill(simulator, clock, 40)
    one = agent(api_rate_limit=1, api_burst=5, max_run_seconds=10)
    reported = one.run()
    first = reported.calls["DescribeOptimizationJob"]
    assert first == 5 + 10 - 1 - 2, "the burst and what comes back in time, less a list and the tags"
    assert reported.value("poll.backlog") == 40 - first
    assert reported.service_check() == ("ok", ""), "work that follows is no trouble"
    described = first
    while reported.value("poll.backlog"):
        began = clock.now()
        reported = one.run(after=60)
        assert (clock.now() - began).total_seconds() <= 60 + 10
        described += reported.calls["DescribeOptimizationJob"]
    assert described == 40


def test_a_list_cut_short_by_the_deadline_is_said_so(agent, simulator, clock):
    fill(simulator, clock, 250)
    reported = agent(api_rate_limit=0.1, api_burst=1, max_run_seconds=5).run()
    assert reported.calls["ListOptimizationJobs"] == 1
    assert reported.value("poll.truncated") == 1
    assert reported.values("jobs") == []
    assert reported.service_check() == ("ok", ""), "it goes on in the next run"


def test_every_run_lists_whatever_was_spent_before(agent, simulator, clock):
    fill(simulator, clock, 30)
    one = agent(api_rate_limit=0.1, api_burst=1, max_run_seconds=1)
    for _ in range(5):
        assert one.run(after=15).calls["ListOptimizationJobs"] == 1


def test_two_instances_share_a_budget_and_the_lowest_rate_wins(agent, simulator, clock):
    fill(simulator, clock, 60)
    modest = agent(api_rate_limit=0.5, api_burst=5, max_run_seconds=10, tags=["instance:modest"])
    greedy = agent(api_rate_limit=50, api_burst=50, max_run_seconds=10, tags=["instance:greedy"])
    modest.run()
    spent = sum(greedy.run().calls.values())
    assert spent <= 1 + 1 + 5 + 0.5 * 10, "an STS call, the list, and what the modest one allows"


def test_a_hanging_region_holds_a_run_for_one_time_out_only(agent, simulator):
    simulator.put_job(ACCOUNT, EAST, "one")
    simulator.fault(Fault.HANG, region=WEST)
    reported = agent(regions=[WEST, EAST], read_timeout=0.3, max_attempts=1).run()
    assert reported.service_check(WEST)[0] == "critical"
    assert "proxy" in reported.service_check(WEST)[1]
    assert reported.service_check(EAST) == ("ok", "")
    assert reported.total("jobs", f"region:{EAST}") == 1


def test_no_thread_outlives_a_run(agent, simulator):
    simulator.fault(Fault.HANG, region=WEST)
    agent(regions=[WEST, EAST], read_timeout=0.2, max_attempts=1).run()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("optimizationjob")]


def test_a_cancelled_check_asks_nothing_more(agent, simulator):
    one = agent()
    one.run()
    one.check.cancel()
    reported = one.run(after=60)
    assert (reported.calls, reported.metrics) == ({}, [])
    other = agent()
    other.check.cancel()
    assert other.run().calls == {}, "before its first run, too"


def test_fewer_workers_than_regions_still_poll_all(agent):
    regions = [EAST, WEST, "us-west-2", "ap-south-1"]
    reported = agent(regions=regions, max_concurrency=1).run()
    assert [check["status"] for check in reported.service_checks] == ["ok"] * 4
    assert [check["tags"][0] for check in reported.service_checks] == [f"region:{region}" for region in regions]


@needs_records
def test_throttling_slows_the_work_that_can_wait(agent, simulator, clock):
    fill(simulator, clock, 20)
    simulator.fault(Fault.THROTTLED, operation="DescribeOptimizationJob")
    reported = agent(max_attempts=1).run()
    assert reported.calls["DescribeOptimizationJob"] < 10, "a rate that is halved each second, for 20 seconds"
    assert reported.value("poll.backlog") == 20
    assert reported.service_check()[0] == "warning"
    assert "min_collection_interval" in reported.service_check()[1]


def test_half_given_credentials_of_the_environment_are_said_clearly(agent, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIA111111111111")
    reported = agent(aws_access_key_id=None, aws_secret_access_key=None).run()
    assert reported.error == ""
    status, message = reported.service_check()
    assert status == "critical"
    assert "Partial credentials" in message


def test_a_broken_aws_file_is_said_clearly(agent, tmp_path):
    (tmp_path / "aws_config").write_text("[profile one\nregion")
    reported = agent(aws_access_key_id=None, aws_secret_access_key=None).run()
    assert "fix the AWS configuration files" in reported.error


@pytest.mark.parametrize("part", ["first_page", "read_urgent"])
def test_a_bug_in_one_region_is_critical_there_and_nowhere_else(agent, monkeypatch, part):
    one = agent(regions=[WEST, EAST])
    one.run()
    west = one.check._runs._regions[0]
    monkeypatch.setattr(west._newest if part == "first_page" else west._poller, part, lambda *_, **__: 1 / 0)
    reported = one.run(after=60)
    assert "ZeroDivisionError" in reported.service_check(WEST)[1]
    assert reported.service_check(WEST)[0] == "critical"
    assert reported.service_check(EAST) == ("ok", "")
    assert "division by zero" in reported.error


def test_a_bug_in_background_work_costs_nothing_else(agent, put, fail, monkeypatch):
    put("one")
    one = agent()
    one.run()
    fail()
    monkeypatch.setattr(one.check._runs._regions[0]._poller, "read_background", lambda *_: 1 / 0)
    reported = one.run(after=60)
    assert reported.titles() == ["Optimization job one FAILED"]
    assert reported.value("api.up") == 1
    assert "division by zero" in reported.error
    assert one.run(after=60).titles() == []


@pytest.mark.parametrize("excluded", ["COMPLETED", "INPROGRESS"])
def test_jobs_excluded_by_tag_cost_no_describe(agent, simulator, clock, excluded):
    fill(simulator, clock, 3, excluded)
    one = agent(include_job_tags=["team:ml"])
    for _ in range(3):
        assert one.run(after=60).calls["DescribeOptimizationJob"] == 0
    reported = one.run(after=3600 * 200)
    assert reported.value("poll.jobs") == (3 if excluded == "INPROGRESS" else 0)
    assert reported.calls["DescribeOptimizationJob"] == 0


def test_a_row_that_cannot_be_read_is_said_to_the_log_once(agent, put, caplog):
    put("good")
    put("odd", odd=True, summary={"OptimizationJobStatus": None})
    put("odder", odd=True, summary={"OptimizationJobStatus": None})
    one = agent()
    for _ in range(3):
        assert one.run(after=60).total("jobs") == 1
    said = [record for record in caplog.records if "left out" in record.getMessage()]
    assert len(said) == 1
