"""The whole check against the simulator: what it tells, with values and tags."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from optimizationjob.simulator import Fault

ACCOUNT, OTHER = "111111111111", "222222222222"
EAST, WEST = "us-east-1", "eu-west-1"


def minutes(number):
    return timedelta(minutes=number)


@pytest.fixture
def put(simulator, clock):
    """Put a job that was created so many minutes ago and started so many minutes ago."""

    def put_job(name, status="INPROGRESS", *, created=30, started=20, ended=None, region=EAST, **fields):
        now = clock.now()
        fields.setdefault("account", ACCOUNT)
        account = fields.pop("account")
        times = {
            "created_at": now - minutes(created),
            "started_at": None if started is None else now - minutes(started),
            "ended_at": None if ended is None else now - minutes(ended),
        }
        return simulator.put_job(account, region, name, status=status, **times, **fields)

    return put_job


def test_an_empty_region_is_told_as_six_zeros(agent):
    told = agent().run()
    assert told.error == ""
    assert told.health() == ("ok", "")
    jobs = [(m["value"], m["tags"]) for m in told.metrics if m["name"] == "optimizationjob.jobs"]
    statuses = ["completed", "failed", "inprogress", "starting", "stopped", "stopping"]
    common = [f"region:{EAST}", f"aws_account:{ACCOUNT}"]
    assert jobs == [(0, [*common, f"optimization_job_status:{status}"]) for status in statuses]
    assert told.value("api.up") == 1
    assert told.value("poll.data_age_seconds") == 0
    assert (told.value("resource.submitted"), told.value("resource.dropped")) == (0, 0)


def test_a_running_job_is_measured_against_its_limits(agent, put):
    put("run", created=30, started=20, max_runtime=3600, max_pending=7200, max_wait=9000, tags={"team": "ml"})
    told = agent().run()
    series = {m["name"].removeprefix("optimizationjob.job."): m for m in told.metrics if ".job." in m["name"]}
    assert {name: metric["value"] for name, metric in series.items()} == {
        "pending_seconds": 600,
        "runtime_seconds": 1200,
        "total_seconds": 1800,
        "max_pending_seconds": 7200,
        "max_runtime_seconds": 3600,
        "max_wait_seconds": 9000,
        "pending_utilization": pytest.approx(100 * 600 / 7200),
        "runtime_utilization": pytest.approx(100 * 1200 / 3600),
        "pending_remaining_seconds": 6600,
        "runtime_remaining_seconds": 2400,
        "stuck": 0,
    }
    (tags,) = {tuple(metric["tags"]) for metric in series.values()}
    assert tags == (
        f"region:{EAST}",
        f"aws_account:{ACCOUNT}",
        "optimization_job_name:run",
        "optimization_job_status:inprogress",
        "deployment_instance_type:ml.g5.12xlarge",
        "optimization_type:quantization",
        "team:ml",
    )


def test_a_job_with_two_techniques_counts_under_each(agent, put):
    put("two", techniques=("Quantization", "Compilation"))
    told = agent().run()
    assert told.value("jobs", "optimization_job_status:inprogress", "optimization_type:compilation") == 1
    assert told.value("jobs", "optimization_job_status:inprogress", "optimization_type:quantization") == 1
    assert told.total("jobs") == 1


def test_a_combination_that_leaves_the_window_has_one_last_zero(agent, put, simulator, clock):
    put("old", "COMPLETED", created=60, started=50, ended=40, instance_type="ml.p4d.24xlarge")
    one = agent(lookback=2)
    of_type = ("deployment_instance_type:ml.p4d.24xlarge", "optimization_job_status:completed")
    assert one.run().values("jobs", *of_type) == [1]
    assert one.run(after=3600 * 2).values("jobs", *of_type) == [0]
    told = one.run(after=60)
    assert told.values("jobs", *of_type) == []
    assert len(told.values("jobs")) == 6


def test_jobs_created_and_finished_are_counted_once(agent, put, simulator):
    one = agent()
    put("there-before")
    assert one.run().values("job.created") == []
    put("new", created=1, started=None, status="STARTING")
    told = one.run(after=60)
    assert told.value("job.created", "deployment_instance_type:ml.g5.12xlarge") == 1
    assert one.run(after=60).values("job.created") == []
    simulator.update_job(
        ACCOUNT, EAST, "new", status="FAILED", ended_at=one.clock.now(), failure_reason="CapacityError: x"
    )
    told = one.run(after=60)
    assert told.value("job.finished", "optimization_job_status:failed", "failure_category:capacity") == 1
    assert told.values("job.queue_duration", "failure_category:capacity") == [180]
    assert told.titles() == ["Optimization job new FAILED"]
    told = one.run(after=60)
    assert (told.values("job.finished"), told.titles()) == ([], [])


def test_finished_jobs_are_counted_without_events(agent, put, simulator):
    put("one")
    quiet = agent(collect_events=False)
    quiet.run()
    simulator.update_job(ACCOUNT, EAST, "one", status="COMPLETED", ended_at=quiet.clock.now())
    told = quiet.run(after=60)
    assert told.events == []
    assert told.value("job.finished", "failure_category:none") == 1


def test_an_ended_job_has_series_only_in_the_run_that_tells_it(agent, put, simulator):
    put("one", max_runtime=3600)
    one = agent()
    one.run()
    simulator.update_job(ACCOUNT, EAST, "one", status="COMPLETED", ended_at=one.clock.now())
    assert one.run(after=60).values("job.runtime_seconds", "optimization_job_status:completed") == [1200]
    assert one.run(after=60).values("job.runtime_seconds") == []


def test_per_job_series_can_be_turned_off(agent, put):
    put("one")
    told = agent(collect_job_metrics=False).run()
    assert not [m for m in told.metrics if any(tag.startswith("optimization_job_name:") for tag in m["tags"])]
    assert told.total("jobs") == 1


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"status": "STOPPING", "created": 60, "started": 50, "modified": 14}, 0),
        ({"status": "STOPPING", "created": 60, "started": 50, "modified": 16}, 1),
        ({"created": 90, "started": 74, "max_runtime": 3600}, 0),
        ({"created": 90, "started": 76, "max_runtime": 3600}, 1),
        ({"status": "STARTING", "created": 44, "started": None, "max_pending": 1800}, 0),
        ({"status": "STARTING", "created": 46, "started": None, "max_pending": 1800}, 1),
        ({"created": 90, "started": 20, "max_pending": 1800, "max_runtime": 3600}, 0),
    ],
)
def test_a_job_is_stuck_when_it_stops_or_passes_a_limit_for_too_long(agent, put, clock, fields, expected):
    modified = fields.pop("modified", None)
    if modified is not None:
        fields["modified_at"] = clock.now() - minutes(modified)
    put("one", **fields)
    assert agent(stuck_after=900).run().value("job.stuck") == expected


def test_tags_of_aws_are_renamed_where_they_clash(agent, put):
    tags = {"aws:cloudformation:stack": "s", "cost:center": "42", "region": "moon", "env": "prod", "owner": ""}
    put("one", tags=tags)
    told = agent(exclude_tag_keys=[]).run()
    (found,) = [m["tags"] for m in told.metrics if m["name"] == "optimizationjob.job.stuck"]
    assert found[6:] == ["aws_cloudformation_stack:s", "cost_center:42", "env:prod", "owner", "aws_tag_region:moon"]
    told = agent(exclude_tag_keys=[], disable_generic_tags=True).run()
    assert "optimizationjob_env:prod" in next(
        m["tags"] for m in told.metrics if m["name"] == "optimizationjob.job.stuck"
    )


def test_tags_are_collected_by_key_and_group_the_fleet(agent, put):
    put("one", tags={"team": "ml", "cost": "1", "aws:x": "y"})
    put("two", tags={"team": "ads"}, created=31)
    told = agent(include_tag_keys=["team"], group_by_tags=["team"]).run()
    assert told.value("jobs", "team:ml", "optimization_job_status:inprogress") == 1
    assert told.value("jobs", "team:ads", "optimization_job_status:inprogress") == 1
    assert told.value("job.stuck", "team:ml") == 0
    assert not [m for m in told.metrics if "cost:1" in m["tags"]]
    assert [record["fields"]["tags"] for record in told.records] == [["team:ml"], ["team:ads"]]


def test_jobs_are_chosen_by_name_and_by_tag(agent, put):
    put("prod-llama", tags={"team": "ml"})
    put("prod-test", tags={"team": "ml"})
    put("prod-ads", tags={"team": "ads"})
    put("dev-llama", tags={"team": "ml"})
    one = agent(include_jobs=["^prod-"], exclude_jobs=["test$"], include_job_tags=["team:m*"])
    told = one.run()
    assert [record["fields"]["optimization_job_name"] for record in told.records] == ["prod-llama"]
    assert told.total("jobs") == 1
    assert told.calls["DescribeOptimizationJob"] == 1


def test_two_accounts_and_two_regions_are_told_apart(agent, put, simulator):
    simulator.add_role(f"arn:aws:iam::{OTHER}:role/watch", external_id="shared-word")
    put("mine")
    put("theirs", account=OTHER, region=WEST)
    told = agent(regions=[EAST, WEST]).run()
    assert told.total("jobs", f"aws_account:{ACCOUNT}", f"region:{EAST}") == 1
    assert told.total("jobs", f"region:{WEST}") == 0
    other = agent(regions=[EAST, WEST], assume_role=f"arn:aws:iam::{OTHER}:role/watch", external_id="shared-word")
    told = other.run()
    assert told.total("jobs", f"aws_account:{OTHER}", f"region:{WEST}") == 1
    assert (told.calls["AssumeRole"], told.calls["GetCallerIdentity"]) == (1, 0)
    assert other.run(after=60).calls["AssumeRole"] == 0
    assert other.run(after=3600).calls["AssumeRole"] == 1, "renewed before the credentials end"


def test_the_account_is_asked_for_once_for_all_regions(agent):
    one = agent(regions=[EAST, WEST, "us-west-2"])
    assert one.run().calls["GetCallerIdentity"] == 1
    assert one.run(after=60).calls["GetCallerIdentity"] == 0


def test_a_wrong_external_id_is_said_with_what_to_do(agent, simulator):
    simulator.add_role(f"arn:aws:iam::{OTHER}:role/watch", external_id="shared-word")
    told = agent(assume_role=f"arn:aws:iam::{OTHER}:role/watch", external_id="another-word").run()
    status, message = told.health()
    assert status == "critical"
    assert "sts:AssumeRole" in message
    assert "trust policy" in message
    assert "another-word" not in message


def test_an_event_says_what_happened(agent, put, clock):
    put(
        "llama",
        "FAILED",
        created=30,
        started=20,
        ended=2,
        max_runtime=3600,
        max_pending=7200,
        failure_reason="ClientError: no such bucket (NoSuchBucket)",
        tags={"team": "ml"},
    )
    told = agent().run()
    (event,) = told.events
    assert event["event_type"] == "optimizationjob.job_failed"
    assert event["alert_type"] == "error"
    assert event["source_type_name"] == "optimizationjob"
    assert event["timestamp"] == int((clock.now() - minutes(2)).timestamp())
    assert event["aggregation_key"] == f"{ACCOUNT}/{EAST}/llama"
    for words in (
        "ClientError: no such bucket (NoSuchBucket)",
        "storage",
        "10 min 00 s of at most 2 h 00 min",
        "18 min 00 s of at most 1 h 00 min",
        "`quantization`",
        "`ml.g5.12xlarge`",
        "s3://models-",
        "s3://optimized-",
        "FROM aws.sagemaker_optimizationjob WHERE optimization_job_arn = 'arn:aws:sagemaker:",
    ):
        assert words in event["msg_text"]
    assert {"optimization_job_name:llama", "team:ml", "failure_category:storage"} <= set(event["tags"])


def test_an_old_transition_is_sent_with_the_present_time(agent, put, clock):
    put("late", "FAILED", ended=6)
    (event,) = agent().run().events
    assert event["timestamp"] == int(clock.now().timestamp())
    assert (clock.now() - minutes(6)).strftime("%H:%M:%S UTC") in event["msg_text"]


def test_events_follow_the_chosen_statuses(agent, put, simulator):
    statuses = ["STARTING", "INPROGRESS", "STOPPING", "DELETED"]
    one = agent(event_statuses=statuses)
    one.run()
    put("one", "STARTING", created=1, started=None)
    assert one.run(after=60).titles() == ["Optimization job one STARTING"]
    simulator.update_job(ACCOUNT, EAST, "one", status="INPROGRESS", started_at=one.clock.now())
    assert one.run(after=60).titles() == ["Optimization job one INPROGRESS"]
    simulator.update_job(ACCOUNT, EAST, "one", status="STOPPING")
    assert one.run(after=60).titles() == ["Optimization job one STOPPING"]
    simulator.delete_job(ACCOUNT, EAST, "one")
    told = one.run(after=60)
    assert told.titles() == ["Optimization job one DELETED"]
    (record,) = told.records
    assert record["expire_at"] == int(one.clock.now().timestamp())
    assert told.total("jobs") == 0
    assert one.run(after=60).titles() == []


def test_a_name_that_is_used_again_is_a_new_job(agent, put, simulator, clock):
    put("again", "INPROGRESS")
    one = agent(event_statuses=["FAILED", "DELETED"])
    one.run()
    simulator.delete_job(ACCOUNT, EAST, "again")
    put("again", "FAILED", created=1, started=None, ended=0)
    told = one.run(after=60)
    assert sorted(told.titles()) == ["Optimization job again DELETED", "Optimization job again FAILED"]
    assert told.value("job.created") == 1


def test_a_full_record_carries_every_column(agent, simulator, clock):
    techniques = ("Quantization", "Compilation", "Sharding", "SpeculativeDecoding")
    simulator.put_job(
        ACCOUNT,
        EAST,
        "full",
        status="FAILED",
        fill="everything",
        techniques=techniques,
        created_at=clock.now() - minutes(30),
        started_at=clock.now() - minutes(20),
        ended_at=clock.now() - minutes(1),
        failure_reason="AlgorithmError: it did not work",
        tags={"team": "ml"},
    )
    (record,) = agent().run().records
    from optimizationjob.schema import COLUMN_NAMES, RESOURCE_TYPE, violations  # noqa: PLC0415

    assert record["type"] == RESOURCE_TYPE
    assert set(record["fields"]) == set(COLUMN_NAMES)
    assert violations(record["fields"]) == []
    configs = {name for config in record["fields"]["optimization_configs"] for name in config}
    assert configs == {
        "model_quantization_config",
        "model_compilation_config",
        "model_sharding_config",
        "model_speculative_decoding_config",
    }
    assert record["fields"]["creation_time"] == "2026-11-02T11:30:00Z"
    environment = record["fields"]["optimization_environment"]
    assert environment
    assert set(environment.values()) == {"********"}


def test_a_bare_record_is_valid(agent, simulator, clock):
    simulator.put_job(ACCOUNT, EAST, "bare", status="STARTING", fill="bare", created_at=clock.now() - minutes(5))
    told = agent().run()
    (record,) = told.records
    assert record["fields"]["optimization_job_status"] == "STARTING"
    assert told.value("resource.submitted") == 1
    assert told.value("job.pending_seconds") == 300
    assert told.values("job.pending_utilization") == []


def test_records_are_sent_on_change_at_half_life_and_once_after_the_end(agent, put, simulator, clock):
    put("one")
    one = agent(resource_ttl=600)
    now = int(clock.now().timestamp())
    (record,) = one.run().records
    assert (record["seen_at"], record["expire_at"]) == (now, now + 600)
    assert one.run(after=60).records == []
    assert len(one.run(after=240).records) == 1
    simulator.update_job(ACCOUNT, EAST, "one", status="COMPLETED", ended_at=clock.now())
    told = one.run(after=60)
    (record,) = told.records
    assert record["expire_at"] == now - 30 * 60 + 168 * 3600
    assert one.run(after=600).records == []


def test_columns_can_be_left_out(agent, put):
    put("one", tags={"team": "ml"})
    (record,) = agent(exclude_columns=["tags", "role_arn"]).run().records
    assert not {"tags", "role_arn"} & set(record["fields"])


def test_an_unknown_status_is_carried_under_its_own_name(agent, simulator, clock):
    simulator.put_job(
        ACCOUNT, EAST, "odd", status="PAUSED", created_at=clock.now() - minutes(5), odd=True, members={"Novelty": 1}
    )
    told = agent().run()
    assert told.error == ""
    assert told.value("jobs", "optimization_job_status:paused") == 1
    assert len(told.values("jobs")) == 7
    assert told.records[0]["fields"]["optimization_job_status"] == "PAUSED"


def test_a_region_that_fails_does_not_cost_the_others(agent, put, simulator):
    put("east")
    put("west", region=WEST)
    simulator.fault(Fault.DENIED, operation="ListOptimizationJobs", region=WEST)
    told = agent(regions=[EAST, WEST]).run()
    assert told.health(EAST) == ("ok", "")
    status, message = told.health(WEST)
    assert status == "critical"
    assert "sagemaker:ListOptimizationJobs" in message
    assert "Allow `sagemaker:ListOptimizationJobs`" in message
    assert told.total("jobs", f"region:{EAST}") == 1
    assert told.values("jobs", f"region:{WEST}") == []
    assert told.value("api.up", f"region:{WEST}") == 0
    assert told.value("api.calls", "operation:list_optimization_jobs", "outcome:denied") == 1


def test_a_region_that_fails_later_keeps_its_last_good_picture(agent, put, simulator):
    put("one", created=30, started=20, max_runtime=3600)
    one = agent(stale_after=150)
    one.run()
    simulator.fault(Fault.UNAVAILABLE, operation="ListOptimizationJobs")
    told = one.run(after=60)
    assert told.health()[0] == "warning"
    assert "60 seconds ago" in told.health()[1]
    assert told.value("poll.data_age_seconds") == 60
    assert told.total("jobs") == 1
    assert told.value("job.runtime_seconds") == 1200, "as of the picture, not as of now"
    assert told.value("api.calls", "outcome:error") == 3, "every attempt counts"
    assert one.run(after=120).health()[0] == "critical"
    simulator.clear_faults()
    told = one.run(after=60)
    assert told.health() == ("ok", "")
    assert told.value("poll.data_age_seconds") == 0


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
    told = one.run(after=60)
    assert told.error == ""
    assert told.health()[0] == "warning"
    assert words in told.health()[1]
    assert told.total("jobs") == 1
    assert told.value("api.up") == 0
    assert told.events == []


def test_a_region_without_these_jobs_is_skipped_softly(agent, simulator):
    simulator.fault(Fault.UNKNOWN_OPERATION, operation="ListOptimizationJobs", region=WEST)
    told = agent(regions=[EAST, WEST]).run()
    assert told.health(WEST)[0] == "warning"
    assert "take it out of `regions`" in told.health(WEST)[1]


def test_denied_tags_are_read_one_by_one_and_then_done_without(agent, put, simulator):
    put("one", tags={"team": "ml"})
    simulator.fault(Fault.DENIED, operation="GetResources")
    told = agent().run()
    assert told.health() == ("ok", "")
    assert told.values("job.stuck", "team:ml") == [0]
    simulator.fault(Fault.DENIED, operation="ListTags")
    one = agent()
    told = one.run(after=60)
    assert told.health()[0] == "warning"
    assert "tag:GetResources" in told.health()[1]
    assert told.values("job.stuck") == [0]
    assert one.run(after=60).calls["GetResources"] == 0, "a denied call waits"
    assert one.run(after=300).calls["GetResources"] == 1


def test_denied_describe_is_backed_off_and_said(agent, put, simulator):
    put("one", max_runtime=3600)
    simulator.fault(Fault.DENIED, operation="DescribeOptimizationJob")
    one = agent()
    told = one.run()
    assert told.health()[0] == "warning"
    assert "Allow `sagemaker:DescribeOptimizationJob`" in told.health()[1]
    assert told.value("job.runtime_seconds") == 1200
    assert told.value("poll.backlog") == 1
    assert one.run(after=60).calls["DescribeOptimizationJob"] == 0
    assert one.run(after=300).calls["DescribeOptimizationJob"] == 1


def test_until_the_account_is_known_only_health_and_calls_are_told(agent, simulator, put):
    simulator.fault(Fault.DENIED, operation="GetCallerIdentity")
    one = agent()
    told = one.run()
    assert {m["name"] for m in told.metrics} == {"optimizationjob.api.calls", "optimizationjob.api.up"}
    assert told.service_checks[0]["tags"] == [f"region:{EAST}", "aws_account:unknown"]
    put("one", "FAILED", created=20, started=19, ended=18)
    told = one.run(after=60)
    assert told.service_checks[0]["tags"] == [f"region:{EAST}", f"aws_account:{ACCOUNT}"], "from the job's ARN"


def test_no_credentials_is_one_clear_message(agent):
    told = agent(aws_access_key_id=None, aws_secret_access_key=None).run()
    assert told.error == ""
    status, message = told.health()
    assert status == "critical"
    assert "credentials" in message.lower()
    assert "\n" not in message


def test_a_wrong_setting_is_refused_before_aws_is_asked(agent, simulator):
    told = agent(api_burst=0).run()
    message = json.loads(told.error)[0]["message"]
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


def test_active_jobs_of_any_age_are_in_the_picture(agent, put):
    put("ancient", created=60 * 24 * 9, started=60 * 24 * 9 - 5)
    for number in range(3):
        put(f"old-{number}", "COMPLETED", created=60 * 24 * 8 + number, started=60 * 24 * 8, ended=60 * 24 * 8)
    told = agent().run()
    assert told.total("jobs", "optimization_job_status:inprogress") == 1
    assert told.total("jobs") == 1


def test_empty_pages_are_followed_and_a_repeated_token_is_caught(agent, put, simulator):
    put("one")
    simulator.fault(Fault.EMPTY_PAGES, operation="ListOptimizationJobs", times=3)
    one = agent()
    told = one.run()
    assert (told.total("jobs"), told.health()) == (1, ("ok", ""))
    simulator.fault(Fault.REPEATED_TOKEN, operation="ListOptimizationJobs")
    told = one.run(after=60)
    assert "a token came twice" in told.health()[1]
    assert told.total("jobs") == 1


def test_a_fleet_over_the_bound_is_said_to_be_cut_short(agent, simulator, clock):
    for number in range(1150):
        created = clock.now() - timedelta(hours=1, seconds=number)
        simulator.put_job(ACCOUNT, EAST, f"job-{number}", status="COMPLETED", created_at=created, ended_at=created)
    told = agent(max_jobs=100, collect_resources=False, event_statuses=[]).run()
    assert told.value("poll.truncated") == 1
    assert told.value("poll.jobs") == 1100
    assert told.values("jobs") == [], "a part is never passed off as the whole"
