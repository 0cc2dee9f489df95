from __future__ import annotations

import importlib
import warnings

import pytest

pytestmark = pytest.mark.slow

ACCOUNT, REGION = "111111111111", "us-east-1"


@pytest.fixture(scope="module")
def core():
    """Import sagemaker-core, whose import and models emit deprecation warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module("sagemaker_core.main.resources")


@pytest.fixture
def public(core, simulator, monkeypatch, tmp_path):
    """The public client's resource class, with its process-wide client connected to the simulator."""
    for name, value in {
        "AWS_ENDPOINT_URL": simulator.url,
        "AWS_ACCESS_KEY_ID": f"AKIA{ACCOUNT}",
        "AWS_SECRET_ACCESS_KEY": "simulated",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "SAGEMAKER_CORE_ADMIN_CONFIG_OVERRIDE": str(tmp_path),
    }.items():
        monkeypatch.setenv(name, value)
    for name in ("AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    client_class = core.SageMakerClient
    instances = type(client_class)._instances
    monkeypatch.setattr(type(client_class), "_instances", {})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        client = client_class()
        # Its stop() reads an attribute that its client class does not set.
        client.client = client.sagemaker_client
        yield core.OptimizationJob
        for name in ("sagemaker", "sagemaker_runtime", "sagemaker_featurestore_runtime", "sagemaker_metrics"):
            getattr(client, f"{name}_client").close()
    instances.clear()


def create(core, public, name="llama-awq"):
    shapes = core.shapes
    return public.create(
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
    )


def test_the_public_client_creates_refreshes_and_sees_a_job_complete(core, public, clock):
    job = create(core, public)
    assert job.optimization_job_status == "STARTING"
    clock.advance(60)
    assert job.refresh().optimization_job_status == "INPROGRESS"
    clock.advance(900)
    job.wait(poll=0)
    assert job.optimization_job_status == "COMPLETED"
    assert job.optimization_output.recommended_inference_image


def test_the_public_client_lists_every_job(public, put):
    for index in range(60):
        put(f"job-{index:02}", fill=("usual", "bare")[index % 2], status=("COMPLETED", "FAILED")[index % 2])
    found = [job.optimization_job_name for job in public.get_all(sort_by="Name", sort_order="Descending")]
    assert found == [f"job-{index:02}" for index in range(59, -1, -1)]
    assert len(list(public.get_all(status_equals="FAILED"))) == 30


def test_the_public_client_stops_and_deletes_a_job(core, public, clock, refused):
    job = create(core, public)
    job.stop()
    assert job.refresh().optimization_job_status == "STOPPING"
    clock.advance(30)
    assert job.refresh().optimization_job_status == "STOPPED"
    job.delete()
    with refused("ResourceNotFound"):
        public.get(optimization_job_name="llama-awq")


def test_the_public_client_raises_for_a_job_that_failed(core, public, put):
    put("job", status="FAILED", failure_reason="CapacityError: none")
    job = public.get(optimization_job_name="job")
    with pytest.raises(core.FailedStatusError, match="CapacityError: none"):
        job.wait(poll=0)
