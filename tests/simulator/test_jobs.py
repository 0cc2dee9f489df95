from __future__ import annotations

from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest

from optimizationjob.simulator import Habits, SimulatorError

ACCOUNT, REGION = "111111111111", "us-east-1"
REQUEST = {
    "OptimizationJobName": "llama-awq",
    "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/SageMakerExecution",
    "ModelSource": {"S3": {"S3Uri": "s3://models/llama/"}},
    "DeploymentInstanceType": "ml.g5.12xlarge",
    "OptimizationConfigs": [{"ModelQuantizationConfig": {"OverrideEnvironment": {"OPTION_QUANTIZE": "awq"}}}],
    "OutputConfig": {"S3OutputLocation": "s3://optimized/llama/"},
    "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
}


def create(client, **changes):
    return client.create_optimization_job(**{**REQUEST, **changes})


def describe(client, name="llama-awq"):
    return client.describe_optimization_job(OptimizationJobName=name)


def statuses(client):
    return {row["OptimizationJobName"]: row["OptimizationJobStatus"] for row in rows(client)}


def rows(client, **options):
    return client.list_optimization_jobs(**options)["OptimizationJobSummaries"]


def test_created_job_runs_until_it_completes(sagemaker, clock):
    born = clock.now()
    created = create(sagemaker)
    assert created["OptimizationJobArn"] == f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:optimization-job/llama-awq"
    starting = describe(sagemaker)
    assert starting["OptimizationJobStatus"] == "STARTING"
    assert starting["CreationTime"] == starting["LastModifiedTime"] == born
    assert "OptimizationStartTime" not in starting
    assert {key: starting[key] for key in REQUEST} == REQUEST
    clock.advance(60)
    running = describe(sagemaker)
    assert running["OptimizationJobStatus"] == "INPROGRESS"
    assert running["OptimizationStartTime"] == running["LastModifiedTime"] == born + timedelta(seconds=60)
    assert "OptimizationOutput" not in running
    clock.advance(900)
    completed = describe(sagemaker)
    assert completed["OptimizationJobStatus"] == "COMPLETED"
    assert completed["OptimizationEndTime"] == completed["LastModifiedTime"] == born + timedelta(seconds=960)
    assert completed["OptimizationOutput"]["RecommendedInferenceImage"]


def test_a_job_can_be_created_with_a_story(sagemaker, clock):
    create(sagemaker, Tags=[{"Key": "simulator:story", "Value": "cuda-memory"}])
    clock.advance(3600)
    failed = describe(sagemaker)
    assert failed["OptimizationJobStatus"] == "FAILED"
    assert "CUDA out of memory" in failed["FailureReason"]


def test_a_name_is_taken_until_its_job_is_deleted(sagemaker, clock, refused):
    create(sagemaker)
    with refused("ResourceInUse"):
        create(sagemaker)
    sagemaker.delete_optimization_job(OptimizationJobName="llama-awq")
    with refused("ResourceNotFound"):
        describe(sagemaker)
    clock.advance(5)
    create(sagemaker)
    assert describe(sagemaker)["CreationTime"] == clock.now()


def test_a_running_job_stops_in_two_steps(sagemaker, clock):
    create(sagemaker)
    clock.advance(100)
    sagemaker.stop_optimization_job(OptimizationJobName="llama-awq")
    stopping = describe(sagemaker)
    assert stopping["OptimizationJobStatus"] == "STOPPING"
    assert stopping["LastModifiedTime"] == clock.now()
    sagemaker.stop_optimization_job(OptimizationJobName="llama-awq")
    clock.advance(30)
    stopped = describe(sagemaker)
    assert stopped["OptimizationJobStatus"] == "STOPPED"
    assert stopped["OptimizationEndTime"] == clock.now()
    assert "FailureReason" not in stopped


def test_a_job_that_ended_cannot_be_stopped(sagemaker, put, refused):
    put("ended", status="COMPLETED")
    with refused("ValidationException") as answer:
        sagemaker.stop_optimization_job(OptimizationJobName="ended")
    assert "in status COMPLETED" in answer["message"]


@pytest.mark.parametrize("operation", ["describe", "stop", "delete"])
@pytest.mark.parametrize("code", ["ResourceNotFound", "ValidationException"])
def test_missing_job_is_not_found(simulator, sagemaker, refused, operation, code):
    simulator.habits = Habits(missing_code=code)
    with refused(code) as answer:
        getattr(sagemaker, f"{operation}_optimization_job")(OptimizationJobName="nobody")
    assert "not found" in answer["message"]


def test_accounts_and_regions_share_a_port_but_no_jobs(simulator, connect):
    places = [(ACCOUNT, "us-east-1"), (ACCOUNT, "eu-west-1"), ("222222222222", "us-east-1")]
    for account, region in places:
        simulator.put_job(account, region, f"job-{account[0]}-{region}")
    for account, region in places:
        (row,) = rows(connect("sagemaker", account, region))
        assert row["OptimizationJobName"] == f"job-{account[0]}-{region}"
        assert row["OptimizationJobArn"].startswith(f"arn:aws:sagemaker:{region}:{account}:")


@pytest.mark.parametrize(
    ("region", "partition"), [("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov"), ("mars-east-1", "aws")]
)
def test_arns_carry_the_partition_of_their_region(simulator, connect, region, partition):
    simulator.put_job(ACCOUNT, region, "job", fill="everything")
    described = describe(connect("sagemaker", region=region), "job")
    assert described["OptimizationJobArn"].startswith(f"arn:{partition}:sagemaker:{region}:")
    assert described["RoleArn"].startswith(f"arn:{partition}:iam::")


def test_every_response_has_the_simulated_date_and_a_request_id(sagemaker, clock, refused):
    answers = [sagemaker.list_optimization_jobs()["ResponseMetadata"]]
    with refused("ResourceNotFound") as answer:
        describe(sagemaker)
    answers.append(answer["response"]["ResponseMetadata"])
    assert [parsedate_to_datetime(metadata["HTTPHeaders"]["date"]) for metadata in answers] == [clock.now()] * 2
    assert len({metadata["RequestId"] for metadata in answers}) == 2


def test_put_job_keeps_its_state(sagemaker, put, clock):
    born = clock.now() - timedelta(hours=3)
    started = born + timedelta(minutes=5)
    put("old", status="INPROGRESS", created_at=born, started_at=started, techniques=("Sharding", "Compilation"))
    clock.advance(7 * 86400)
    described = describe(sagemaker, "old")
    assert described["OptimizationJobStatus"] == "INPROGRESS"
    assert described["LastModifiedTime"] == described["OptimizationStartTime"] == started
    (row,) = rows(sagemaker)
    assert row["OptimizationTypes"] == ["Sharding", "Compilation"]


def test_update_changes_only_the_given_fields(simulator, sagemaker, put, clock):
    put("job", created_at=clock.now(), max_runtime=3600, tags={"team": "search"}, fill="everything")
    before = describe(sagemaker, "job")
    clock.advance(600)
    simulator.update_job(ACCOUNT, REGION, "job", status="FAILED", ended_at=clock.now(), failure_reason="CapacityError")
    after = describe(sagemaker, "job")
    changed = {key for key in before | after if before.get(key) != after.get(key)} - {"ResponseMetadata"}
    assert changed == {"OptimizationJobStatus", "OptimizationEndTime", "FailureReason", "LastModifiedTime"}
    assert after["LastModifiedTime"] == clock.now()
    assert sagemaker.list_tags(ResourceArn=after["OptimizationJobArn"])["Tags"] == [{"Key": "team", "Value": "search"}]


def test_updated_job_no_longer_follows_its_plan(simulator, sagemaker, add, clock):
    add("job", story="quantization")
    clock.advance(600)
    simulator.update_job(ACCOUNT, REGION, "job", max_runtime=7200)
    clock.advance(86400)
    assert describe(sagemaker, "job")["OptimizationJobStatus"] == "INPROGRESS"
    simulator.delete_job(ACCOUNT, REGION, "job")
    assert statuses(sagemaker) == {}


def test_put_job_can_be_stopped(sagemaker, put, clock):
    put("job", status="STARTING")
    sagemaker.stop_optimization_job(OptimizationJobName="job")
    assert statuses(sagemaker) == {"job": "STOPPING"}
    clock.advance(30)
    assert statuses(sagemaker) == {"job": "STOPPED"}


def test_a_job_can_have_every_member_of_the_model(sagemaker, put, clock):
    put(
        "full",
        status="FAILED",
        fill="everything",
        failure_reason="CapacityError",
        started_at=clock.now(),
        ended_at=clock.now(),
    )
    described = describe(sagemaker, "full")
    model = sagemaker.meta.service_model.operation_model("DescribeOptimizationJob").output_shape
    assert set(described) - {"ResponseMetadata"} == set(model.members)
    for member in ("ModelSource", "OutputConfig", "StoppingCondition", "VpcConfig", "OptimizationOutput"):
        assert set(described[member]) == set(model.members[member].members)
    (row,) = rows(sagemaker)
    model = sagemaker.meta.service_model.operation_model("ListOptimizationJobs").output_shape
    assert set(row) == set(model.members["OptimizationJobSummaries"].member.members)


def test_a_job_can_have_almost_no_member(sagemaker, put):
    put("bare", status="STARTING", fill="bare", summary={"LastModifiedTime": None})
    described = describe(sagemaker, "bare")
    model = sagemaker.meta.service_model.operation_model("DescribeOptimizationJob").output_shape
    assert set(described) - {"ResponseMetadata"} == set(model.required_members)
    assert described["StoppingCondition"] == {}
    (row,) = rows(sagemaker)
    model = sagemaker.meta.service_model.operation_model("ListOptimizationJobs").output_shape
    assert set(row) == set(model.members["OptimizationJobSummaries"].member.required_members)


def test_odd_job_may_violate_the_model(sagemaker, put, call):
    odd = {"odd": True, "status": "PAUSED", "techniques": ("Pruning",)}
    put("odd", **odd, detail={"Mood": "calm"}, summary={"Mood": "calm", "DeploymentInstanceType": None})
    assert describe(sagemaker, "odd")["OptimizationJobStatus"] == "PAUSED"
    assert describe(sagemaker, "odd")["OptimizationConfigs"] == [{"SDK_UNKNOWN_MEMBER": {"name": "ModelPruningConfig"}}]
    status, answer = call("ListOptimizationJobs", {})
    assert status == 200
    (row,) = answer["OptimizationJobSummaries"]
    assert (row["Mood"], row["OptimizationTypes"]) == ("calm", ["Pruning"])
    assert "DeploymentInstanceType" not in row


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "PAUSED"},
        {"instance_type": "ml.t3.medium"},
        {"techniques": ("Pruning",)},
        {"failure_reason": "x" * 1025},
        {"max_pending": 60},
        {"detail": {"Mood": "calm"}},
        {"members": {"RoleArn": 2}},
        {"colour": "red"},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_invalid_job_is_rejected(put, fields):
    with pytest.raises(SimulatorError):
        put("job", **fields)


def test_missing_job_cannot_be_changed(simulator):
    with pytest.raises(SimulatorError, match="no job 'nobody'"):
        simulator.update_job(ACCOUNT, REGION, "nobody", status="FAILED")
    with pytest.raises(SimulatorError, match="no job 'nobody'"):
        simulator.delete_job(ACCOUNT, REGION, "nobody")
    with pytest.raises(SimulatorError, match="unknown story 'epic'"):
        simulator.add_job(ACCOUNT, REGION, "job", story="epic")
