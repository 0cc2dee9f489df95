"""AWS's own library of resources, sagemaker-core 2, works with the simulator as with AWS.

`.ci/clients` plays this in an environment of its own: the library pins a protobuf with which the Agent's base package
cannot load resource records.
"""

from __future__ import annotations

from datetime import timedelta

import boto3
import pytest
from botocore.exceptions import ClientError
from sagemaker.core import resources
from sagemaker.core.shapes import shapes

from optimizationjob.simulator import ManualClock, Simulator

ACCOUNT, REGION = "111111111111", "us-east-1"
Job = resources.OptimizationJob


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def simulator(clock, monkeypatch, tmp_path):
    """The simulator, to which the library's process-wide client is connected."""
    with Simulator(clock=clock) as running:
        for name, value in {
            "AWS_ENDPOINT_URL": running.url,
            "AWS_ACCESS_KEY_ID": f"AKIA{ACCOUNT}",
            "AWS_SECRET_ACCESS_KEY": "simulated",
            "AWS_DEFAULT_REGION": REGION,
            "AWS_CONFIG_FILE": str(tmp_path / "config"),
            "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
            "NO_PROXY": "127.0.0.1",
        }.items():
            monkeypatch.setenv(name, value)
        for name in ("AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION"):
            monkeypatch.delenv(name, raising=False)
        resources.SageMakerClient.reset()
        yield running
        resources.SageMakerClient.reset()
        assert running.breaches == []


@pytest.fixture
def put(simulator, clock):
    def put_job(name, status, **fields):
        times = {"created_at": clock.now() - timedelta(minutes=30), "started_at": clock.now() - timedelta(minutes=20)}
        ended = clock.now() - timedelta(minutes=5)
        simulator.put_job(ACCOUNT, REGION, name, status=status, **times, ended_at=ended, **fields)

    return put_job


def create(name="llama-awq", **options):
    return Job.create(
        optimization_job_name=name,
        role_arn=f"arn:aws:iam::{ACCOUNT}:role/SageMakerExecution",
        model_source=shapes.OptimizationJobModelSource(
            s3=shapes.OptimizationJobModelSourceS3(s3_uri="s3://models/llama/")
        ),
        deployment_instance_type="ml.g5.12xlarge",
        optimization_configs=[
            shapes.OptimizationConfig(
                model_quantization_config=shapes.ModelQuantizationConfig(
                    override_environment={"OPTION_QUANTIZE": "awq"}
                )
            )
        ],
        output_config=shapes.OptimizationJobOutputConfig(s3_output_location="s3://optimized/llama/"),
        stopping_condition=shapes.StoppingCondition(max_runtime_in_seconds=3600),
        tags=[shapes.Tag(key="team", value="search")],
        **options,
    )


def test_a_job_is_created_refreshed_and_waited_for(simulator, clock):
    job = create()
    assert job.optimization_job_status == "STARTING"
    assert job.optimization_job_arn == f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:optimization-job/llama-awq"
    clock.advance(60)
    assert job.refresh().optimization_job_status == "INPROGRESS"
    clock.advance(900)
    job.wait(poll=0)
    assert job.optimization_job_status == "COMPLETED"
    assert job.optimization_output.recommended_inference_image
    tags = boto3.client("sagemaker").list_tags(ResourceArn=job.optimization_job_arn)["Tags"]
    assert tags == [{"Key": "team", "Value": "search"}]


def test_a_job_is_got_with_all_members(put):
    put("whole", "COMPLETED", fill="everything")
    job = Job.get(optimization_job_name="whole")
    assert job.max_instance_count
    assert job.training_plan_arns
    assert job.vpc_config.subnets
    assert job.optimization_configs
    assert job.stopping_condition.max_runtime_in_seconds


def test_every_job_is_listed_by_its_pages(put):
    for index in range(120):
        put(f"job-{index:03}", ("COMPLETED", "FAILED")[index % 2], fill=("usual", "bare")[index % 2])
    found = [job.optimization_job_name for job in Job.get_all(sort_by="Name", sort_order="Descending")]
    assert found == [f"job-{index:03}" for index in range(119, -1, -1)]
    assert len(list(Job.get_all(status_equals="FAILED"))) == 60
    few = Job.get_all(name_contains="job-07", status_equals="FAILED")
    assert {job.optimization_job_name for job in few} == {f"job-07{digit}" for digit in (1, 3, 5, 7, 9)}


def test_a_job_is_stopped_and_deleted(simulator, clock):
    job = create()
    job.stop()
    assert job.refresh().optimization_job_status == "STOPPING"
    clock.advance(30)
    assert job.refresh().optimization_job_status == "STOPPED"
    job.wait(poll=0)
    job.delete()
    with pytest.raises(ClientError) as refused:
        Job.get(optimization_job_name="llama-awq")
    assert refused.value.response["Error"]["Code"] == "ResourceNotFound"


def test_waiting_for_a_job_that_failed_raises_with_its_reason(put):
    put("broken", "FAILED", failure_reason="CapacityError: none")
    with pytest.raises(resources.FailedStatusError, match="CapacityError: none"):
        Job.get(optimization_job_name="broken").wait(poll=0)


def test_waiting_ends_at_its_timeout(simulator):
    with pytest.raises(resources.TimeoutExceededError):
        create().wait(poll=0, timeout=0)


def test_a_name_that_is_taken_is_refused(simulator):
    create()
    with pytest.raises(ClientError) as refused:
        create()
    assert refused.value.response["Error"]["Code"] == "ResourceInUse"
