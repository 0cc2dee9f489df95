"""Whatever AWS answers: it is said, what is known is kept, and the rest goes on."""

from __future__ import annotations

import json

import pytest

from optimizationjob.simulator import Fault

ACCOUNT = "111111111111"
EAST, WEST = "us-east-1", "eu-west-1"


def test_a_region_that_fails_does_not_cost_the_others(agent, put, simulator):
    put("east")
    put("west", region=WEST)
    simulator.fault(Fault.DENIED, operation="ListOptimizationJobs", region=WEST)
    reported = agent(regions=[EAST, WEST]).run()
    assert reported.service_check(EAST) == ("ok", "")
    status, message = reported.service_check(WEST)
    assert status == "critical"
    assert "sagemaker:ListOptimizationJobs" in message
    assert "Allow `sagemaker:ListOptimizationJobs`" in message
    assert reported.total("jobs", f"region:{EAST}") == 1
    assert reported.values("jobs", f"region:{WEST}") == []
    assert reported.value("api.up", f"region:{WEST}") == 0
    assert reported.value("api.calls", "operation:list_optimization_jobs", "outcome:denied") == 1


def test_a_region_that_fails_later_keeps_its_last_good_picture(agent, put, simulator):
    put("one", created=30, started=20, max_runtime=3600)
    one = agent(stale_after=150)
    one.run()
    simulator.fault(Fault.UNAVAILABLE, operation="ListOptimizationJobs")
    reported = one.run(after=60)
    assert reported.service_check()[0] == "warning"
    assert "60 seconds ago" in reported.service_check()[1]
    assert reported.value("poll.data_age_seconds") == 60
    assert reported.total("jobs") == 1
    assert reported.value("job.runtime_seconds") == 1200, "as of the picture, not as of now"
    assert reported.value("api.calls", "outcome:error") == 3, "every attempt counts"
    assert one.run(after=120).service_check()[0] == "critical"
    simulator.clear_faults()
    reported = one.run(after=60)
    assert reported.service_check() == ("ok", "")
    assert reported.value("poll.data_age_seconds") == 0


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault.SERVER_ERROR, "InternalFailure"),
        (Fault.RESET, "ListOptimizationJobs in us-east-1"),
        (Fault.CUT_BODY, "ListOptimizationJobs in us-east-1"),
        (Fault.CUT_JSON, "no OptimizationJobSummaries"),
        (Fault.HTML_OK, "no OptimizationJobSummaries"),
        (Fault.HTML_UNAVAILABLE, "503"),
        (Fault.EMPTY_OBJECT, "no OptimizationJobSummaries"),
        (Fault.EXPIRED_TOKEN, "ExpiredToken"),
        (Fault.UNRECOGNIZED, "not enabled"),
        (Fault.THROTTLED, "min_collection_interval"),
    ],
)
def test_no_broken_answer_reads_as_no_jobs(agent, put, simulator, fault, words):
    put("one")
    one = agent()
    one.run()
    simulator.fault(fault, operation="ListOptimizationJobs")
    reported = one.run(after=60)
    assert reported.error == ""
    assert reported.service_check()[0] == "warning"
    assert words in reported.service_check()[1]
    assert reported.total("jobs") == 1
    assert reported.value("api.up") == 0
    assert reported.events == []


def test_a_region_without_these_jobs_is_skipped_softly(agent, simulator):
    simulator.fault(Fault.UNKNOWN_OPERATION, operation="ListOptimizationJobs", region=WEST)
    reported = agent(regions=[EAST, WEST]).run()
    assert reported.service_check(WEST)[0] == "warning"
    assert "remove it from `regions`" in reported.service_check(WEST)[1]


def test_denied_tags_are_read_one_by_one_and_then_done_without(agent, put, simulator):
    put("one", tags={"team": "ml"})
    simulator.fault(Fault.DENIED, operation="GetResources")
    reported = agent().run()
    assert reported.service_check() == ("ok", "")
    assert reported.values("job.stuck", "team:ml") == [0]
    simulator.fault(Fault.DENIED, operation="ListTags")
    put("two", tags={"team": "ml"})
    one = agent()
    reported = one.run(after=60)
    assert reported.service_check()[0] == "warning"
    assert "tag:GetResources" in reported.service_check()[1]
    assert reported.values("job.stuck") == [0, 0]
    assert one.run(after=60).calls["GetResources"] == 0, "a denied call waits"
    assert one.run(after=300).calls["GetResources"] == 1


def test_denied_describe_is_backed_off_and_said(agent, put, simulator):
    put("one", max_runtime=3600)
    simulator.fault(Fault.DENIED, operation="DescribeOptimizationJob")
    one = agent()
    reported = one.run()
    assert reported.service_check()[0] == "warning"
    assert "Allow `sagemaker:DescribeOptimizationJob`" in reported.service_check()[1]
    assert reported.value("job.runtime_seconds") == 1200
    assert reported.value("poll.backlog") == 1
    assert one.run(after=60).calls["DescribeOptimizationJob"] == 0
    assert one.run(after=300).calls["DescribeOptimizationJob"] == 1


def test_empty_pages_are_followed_and_a_repeated_token_is_caught(agent, put, simulator):
    put("one", created=1, started=1)
    simulator.fault(Fault.EMPTY_PAGES, operation="ListOptimizationJobs", times=3)
    one = agent()
    reported = one.run()
    assert (reported.total("jobs"), reported.service_check()) == (1, ("ok", ""))
    simulator.fault(Fault.REPEATED_TOKEN, operation="ListOptimizationJobs")
    reported = one.run(after=60)
    assert "a token came twice" in reported.service_check()[1]
    assert reported.total("jobs") == 1


def test_a_window_above_max_jobs_counts_its_newest_jobs_and_says_so(agent, fill, put, fail):
    fill(1300, ago=10)
    put("old", created=6000, started=5000)
    one = agent(max_jobs=200, collect_resources=False, event_statuses=["FAILED"], api_burst=1000, api_rate_limit=100)
    reported = one.run()
    assert (reported.value("poll.truncated"), reported.service_check()) == (1, ("ok", ""))
    assert 200 <= reported.total("jobs", "optimization_job_status:completed") <= 300
    assert reported.total("jobs", "optimization_job_status:inprogress") == 1, "active jobs of any age are counted"
    put("new", created=0, started=0)
    reported = one.run(after=60)
    assert reported.value("job.created") == 1
    fail("new")
    fail("old")
    reported = one.run(after=60)
    assert sorted(reported.titles()) == ["Optimization job new FAILED", "Optimization job old FAILED"]
    assert reported.value("poll.truncated") == 1
    one.restart()
    assert one.run(after=60).value("poll.truncated") == 1


def test_a_window_of_just_max_jobs_is_whole(agent, fill):
    fill(200, ago=10)
    fill(50, "older", ago=60 * 24 * 8)
    reported = agent(max_jobs=200, collect_resources=False, event_statuses=[], api_burst=1000).run()
    assert (reported.value("poll.truncated"), reported.total("jobs")) == (0, 200)


@pytest.mark.slow
def test_what_is_remembered_of_a_window_above_max_jobs_is_bounded(agent, fill, put):
    fill(400, ago=10)
    one = agent(max_jobs=100, collect_resources=False, event_statuses=[], full_sweep_interval=600)
    for number in range(150):
        put(f"new-{number}", "COMPLETED", created=1, started=1, ended=0)
        reported = one.run(after=300)
    state = one.check._runs._regions[0]._state
    assert len(state.ended) <= 310
    assert len(state.memory.ended) <= 120
    assert reported.total("jobs") <= 310
    assert [event for event in reported.events if "DELETED" in event["msg_title"]] == []


def test_a_wrong_setting_is_refused_before_aws_is_asked(agent, simulator):
    reported = agent(api_burst=0).run()
    message = json.loads(reported.error)[0]["message"]
    assert "`api_burst` is 0: give a whole number of at least 1" in message
    assert simulator.calls == []


def test_no_region_at_all_is_refused(agent, simulator):
    message = json.loads(agent(regions=None).run().error)[0]["message"]
    assert "`regions`" in message
    assert simulator.calls == []


def test_a_missing_profile_is_refused(agent, simulator):
    one = agent(profile_name="absent", aws_access_key_id=None, aws_secret_access_key=None)
    message = json.loads(one.run().error)[0]["message"]
    assert "`profile_name` is 'absent'" in message


def test_one_job_whose_tags_are_forbidden_does_not_cost_the_others(agent, put, simulator):
    simulator.fault(Fault.DENIED, operation="GetResources")
    simulator.fault(Fault.DENIED, operation="ListTags", job="secret")
    for number in range(3):
        put(f"job-{number}", tags={"team": "ml"}, created=30 + number)
    put("secret", tags={"team": "ml"}, created=5)
    reported = agent().run()
    assert reported.values("job.stuck", "team:ml") == [0, 0, 0]
    assert reported.service_check() == ("ok", "")


def test_a_hanging_tag_call_does_not_hold_back_the_reason_of_a_failure(agent, put, simulator):
    put("failed", "FAILED", ended=1, failure_reason="CapacityError: none left")
    simulator.fault(Fault.HANG, operation="GetResources")
    reported = agent(read_timeout=0.2, max_attempts=1).run()
    assert reported.value("job.finished", "failure_category:capacity") == 1


def test_a_describe_forbidden_by_a_service_control_policy_is_backed_off(agent, put, simulator):
    put("one")
    simulator.fault(Fault.DENIED_BY_POLICY, operation="DescribeOptimizationJob")
    one = agent()
    assert "in its service control policies" in one.run().service_check()[1]
    assert one.run(after=60).calls["DescribeOptimizationJob"] == 0


def test_a_deleted_job_ends_its_gauges_even_where_describe_is_denied(agent, put, simulator):
    put("one")
    simulator.fault(Fault.DENIED, operation="DescribeOptimizationJob")
    one = agent(event_statuses=["DELETED"])
    one.run()
    simulator.delete_job(ACCOUNT, EAST, "one")
    reported = one.run(after=60)
    assert (reported.titles(), reported.total("jobs")) == (["Optimization job one DELETED"], 0)


def test_a_row_that_cannot_be_read_costs_no_other_job(agent, put, simulator):
    put("good")
    put("bad", created=40, odd=True, summary={"CreationTime": None})
    one = agent()
    reported = one.run()
    assert reported.service_check()[0] == "warning"
    assert "1 listed jobs could not be read" in reported.service_check()[1]
    assert reported.total("jobs") == 1
    put("new", created=0, started=None, status="STARTING")
    assert one.run(after=60).total("job.created") == 1


@pytest.mark.parametrize(
    "odd",
    [
        {"summary": {"CreationTime": 253402300799}},
        {"summary": {"LastModifiedTime": 253402300799, "OptimizationEndTime": -62135596800}},
        {"detail": {"StoppingCondition": {"MaxRuntimeInSeconds": 10**400}}},
        {"detail": {"FailureReason": "\ud800 broken"}},
        {"detail": {"OptimizationConfigs": [None, {"Novelty": {}}]}},
        {"summary": {"OptimizationTypes": [None, 7, "New"]}},
        {"summary": {"OptimizationJobArn": "no-arn"}},
        {"detail": {"ModelSource": None, "OutputConfig": "text", "StoppingCondition": {}}},
    ],
    ids=str,
)
def test_odd_answers_crash_nothing_and_cost_no_other_job(agent, put, simulator, odd):
    put("good", created=50)
    put("odd", "FAILED", created=40, ended=1, odd=True, **odd)
    one = agent()
    for _ in range(2):
        reported = one.run(after=60)
        assert reported.error == ""
        assert reported.values("job.stuck", "optimization_job_name:good") == [0]
        json.dumps(reported.events).encode()
