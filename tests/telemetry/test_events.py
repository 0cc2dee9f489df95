"""What an event says, and when it is sent."""

from __future__ import annotations

from datetime import timedelta

from tests.versions import TAKES_RECORDS

ACCOUNT = "111111111111"
EAST = "us-east-1"


def minutes(number):
    return timedelta(minutes=number)


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
    reported = agent().run()
    (event,) = reported.events
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
        "- ARN: `arn:aws:sagemaker:us-east-1:111111111111:optimization-job/llama`\n",
        "FROM aws.sagemaker_optimizationjob WHERE optimization_job_arn = 'arn:aws:sagemaker:",
    ):
        assert words in event["msg_text"]
    assert "%%%" not in event["msg_text"], "a monitor quotes it"
    assert "```" not in event["msg_text"]
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
    reported = one.run(after=60)
    assert reported.titles() == ["Optimization job one DELETED"]
    assert [record["expire_at"] for record in reported.records] == [int(one.clock.now().timestamp())] * TAKES_RECORDS
    assert reported.total("jobs") == 0
    assert one.run(after=60).titles() == []


def test_a_name_that_is_used_again_is_a_new_job(agent, put, simulator, clock):
    put("again", "INPROGRESS")
    one = agent(event_statuses=["FAILED", "DELETED"])
    one.run()
    simulator.delete_job(ACCOUNT, EAST, "again")
    put("again", "FAILED", created=1, started=None, ended=0)
    reported = one.run(after=60)
    assert sorted(reported.titles()) == ["Optimization job again DELETED", "Optimization job again FAILED"]
    assert reported.value("job.created") == 1
