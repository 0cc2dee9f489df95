"""Failure reasons in AWS's style. AWS does not publish the real ones; these follow similar jobs and the containers."""

from __future__ import annotations

from optimizationjob.simulator.job_members import FAKE_TOKEN

CAPACITY = (
    "CapacityError: Unable to provision requested ML compute capacity. "
    "Please retry using a different ML instance type or after some time."
)
ACCESS_DENIED = (
    "ClientError: An error occurred (AccessDenied) when calling the GetObject operation: User: "
    "arn:aws:sts::111111111111:assumed-role/SageMakerExecution/SageMaker is not authorized to perform: s3:GetObject "
    'on resource: "arn:aws:s3:::models/llama-3-1-8b-instruct/config.json" because no identity-based policy allows '
    "the s3:GetObject action"
)
ASSUME_ROLE = (
    "ClientError: Could not assume role arn:aws:iam::111111111111:role/service-role/SageMakerExecution. Please ensure "
    "that the role exists and allows principal 'sagemaker.amazonaws.com' to assume the role."
)
KMS_DENIED = (
    "ClientError: An error occurred (AccessDenied) when calling the PutObject operation: The ciphertext refers to a "
    "customer master key that does not exist, does not exist in this region, or you are not allowed to access."
)
EULA = (
    "ClientError: The model requires that you accept its end-user license agreement (EULA). Set "
    "ModelAccessConfig.AcceptEula to true and retry."
)
GATED = (
    "AlgorithmError: huggingface_hub.utils._errors.GatedRepoError: 401 Client Error. Cannot access gated repo for url "
    "https://huggingface.co/meta-llama/Llama-3.1-70B-Instruct/resolve/main/config.json. Access to model "
    f"meta-llama/Llama-3.1-70B-Instruct is restricted, request headers: Authorization: Bearer {FAKE_TOKEN}"
)
NO_BUCKET = (
    "ClientError: An error occurred (NoSuchBucket) when calling the ListObjectsV2 operation: "
    "The specified bucket does not exist"
)
NO_KEY = "ClientError: No S3 objects found under S3 URL s3://models/llama-3-1-8b-instruct/ given in input data source."
DISK_FULL = (
    "AlgorithmError: ExecuteUserScriptError: ExitCode 1 ErrorMessage OSError: [Errno 28] No space left on device: "
    "'/tmp/model/model-00012-of-00030.safetensors'"
)
CUDA_MEMORY = (
    "AlgorithmError: torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 1.96 GiB. GPU 0 has a total "
    "capacity of 22.19 GiB of which 1.27 GiB is free. exit code: 1"
)
HOST_MEMORY = "AlgorithmError: The optimization container was killed (out of memory). exit code: 137"
IMAGE_PULL = (
    "ClientError: CannotPullContainerError: Failed to pull image "
    "111111111111.dkr.ecr.us-east-1.amazonaws.com/lmi:missing: manifest for lmi:missing not found: manifest unknown"
)
BAD_DEGREE = (
    "AlgorithmError: ValueError: total number of attention heads (32) must be divisible by "
    "OPTION_TENSOR_PARALLEL_DEGREE (3)"
)
BAD_ARCHITECTURE = (
    "ClientError: Unsupported configuration: model architecture 'MambaForCausalLM' cannot be quantized with 'awq'. "
    "Supported values for OPTION_QUANTIZE are: fp8, smoothquant"
)
RUNTIME_LIMIT = "ClientError: The optimization job exceeded its MaxRuntimeInSeconds of 3600 and was stopped."
INTERNAL = "InternalServerError: We encountered an internal error. Please try again."
UNTOLD = "AlgorithmError: ExecuteUserScriptError: ExitCode 1"
MARKED_UP = (
    "AlgorithmError: **RuntimeError** in [layer 7](https://user:secret@example.com/trace?token=abc): ask "
    "@pagerduty-ml-platform or @here about {{model.name}} %%% <b>now</b> `rm` | $HOME"
)
