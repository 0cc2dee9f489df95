"""Why a job ended, by its words and by its limits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizationjob.jobs.failure_categories import failure_category
from optimizationjob.jobs.failure_reason_patterns import REASON_PATTERNS, FailureCategory
from optimizationjob.jobs.redaction import scrub


def category(
    status="FAILED", reason=None, *, pending=None, runtime=None, max_pending=None, max_runtime=None, max_wait=None
):
    return failure_category(
        status,
        reason,
        pending_seconds=pending,
        runtime_seconds=runtime,
        max_pending_seconds=max_pending,
        max_runtime_seconds=max_runtime,
        max_wait_seconds=max_wait,
    )


REASONS = [
    ("capacity", "CapacityError: Unable to provision requested ML compute capacity. Please retry later."),
    ("capacity", "CapacityError: we hit an internal error while looking for machines"),
    ("capacity", "Insufficient capacity for ml.p5.48xlarge in us-east-1"),
    ("capacity", "InsufficientInstanceCapacity: no machines at the moment, please try again"),
    ("capacity", "ResourceLimitExceeded: The account-level service limit 'ml.g5.48xlarge' is 0 Instances"),
    ("capacity", "There is not enough capacity available for the requested instance type"),
    ("permission", "AccessDenied"),
    ("permission", "User: arn:aws:sts::123456789012:assumed-role/r/s is not authorized to perform: s3:GetObject"),
    ("permission", "ClientError: not authorized to perform sts:AssumeRole on the given role"),
    ("permission", "ValidationException: Could not assume role arn:aws:iam::123456789012:role/optimizer"),
    ("permission", "Access denied when reading s3://models/llama: bucket policy does not allow it"),
    ("permission", "ClientError: Access Denied (Service: Amazon S3; Status Code: 403; NoSuchBucket was not checked)"),
    ("permission", "An error occurred (403) when calling the HeadObject operation: Forbidden"),
    ("permission", "KMS key arn:aws:kms:us-east-1:123456789012:key/1 access was denied"),
    ("permission", "CannotPullContainerError: is not authorized to perform: ecr:GetAuthorizationToken"),
    ("permission", "CannotPullContainer: 403 Forbidden for 763104351884.dkr.ecr/huggingface-pytorch-inference:2"),
    ("permission", "ExpiredToken: The provided token has expired."),
    ("model_access", "OSError: You are trying to access a gated repo. Request access on its page."),
    ("model_access", "ClientError: the EULA of this model was not accepted"),
    ("model_access", "ValidationException: AcceptEula must be true for this model"),
    ("model_access", "401 Client Error: Unauthorized for url: https://huggingface.co/meta-llama/config.json"),
    ("model_access", "HuggingFace Hub answered 403 Forbidden"),
    ("model_access", "Your account does not have model access to this proprietary model"),
    ("storage", "NoSuchBucket: The specified bucket does not exist"),
    ("storage", "An error occurred (NoSuchKey) when calling the GetObject operation"),
    ("storage", "ValidationException: No S3 objects found under S3 URL s3://models/llama"),
    ("storage", "OSError: [Errno 28] No space left on device"),
    ("storage", "An error occurred (404) when calling the HeadObject operation: Not Found"),
    ("memory", "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB"),
    ("memory", "OutOfMemory: container was killed"),
    ("memory", "AlgorithmError: container exited with code 137"),
    ("memory", "Process failed, exit code: 137"),
    ("memory", "RuntimeError: [enforce fail] cannot allocate memory"),
    ("image", "manifest unknown: Requested image not found"),
    ("image", "CannotPullContainerError: failed to resolve reference"),
    ("image", "pull access denied for optimizer, repository does not exist"),
    ("image", "ClientError: The ECR image 1.dkr.ecr.us-east-1.amazonaws.com/a:b could not be used"),
    ("image", "exec /opt/run.sh: exec format error"),
    ("configuration", "ClientError: OPTION_QUANTIZE has a wrong value"),
    ("configuration", "ValidationException: 1 validation error detected"),
    ("configuration", "ValidationException: MaxRuntimeInSeconds exceeds the maximum of 2592000"),
    ("configuration", "Unsupported quantization option awq2"),
    ("configuration", "Compilation is not supported for instance type ml.m5.large"),
    ("runtime_limit", "ClientError: the job exceeded MaxRuntimeInSeconds"),
    ("runtime_limit", "Job exceeded max runtime of 36000 seconds"),
    ("runtime_limit", "The maximum run time was reached"),
    ("pending_limit", "MaxPendingTimeInSeconds exceeded"),
    ("pending_limit", "Exceeded max pending time because of insufficient capacity"),
    ("stopped_by_request", "Cancelled by the user. Please retry when ready."),
    ("internal", "InternalServerError: We encountered an internal error. Please try again."),
    ("internal", "internal error"),
    ("internal", "Something happened, please retry."),
    ("unknown", "AlgorithmError: see the logs"),
    ("unknown", "Connection to pypi.example timed out"),
    ("unknown", ""),
    ("unknown", None),
]


@pytest.mark.parametrize(("expected", "reason"), REASONS)
def test_a_failed_job_is_judged_by_its_words(expected, reason):
    assert category("FAILED", reason) == expected


@pytest.mark.parametrize(("expected", "reason"), REASONS)
def test_scrubbing_a_reason_does_not_change_its_category(expected, reason):
    assert category("FAILED", scrub(reason or "")) == expected


def test_every_row_of_the_table_has_a_reason_that_it_alone_explains():
    first_matches = {
        next((row for row in REASON_PATTERNS if row.pattern.search(reason or "")), None) for _, reason in REASONS
    }
    assert set(REASON_PATTERNS) <= first_matches


def test_every_category_can_be_told():
    reported = {expected for expected, _ in REASONS} | {category("COMPLETED")}
    assert reported == {str(member) for member in FailureCategory}


def test_words_do_not_depend_on_their_case():
    assert category("FAILED", "CUDA OUT OF MEMORY") == category("FAILED", "cuda out of memory") == "memory"


@pytest.mark.parametrize("status", ["COMPLETED", "STARTING", "INPROGRESS", "STOPPING", "completed"])
def test_a_job_that_completed_or_is_active_has_no_failure(status):
    past = category(status, "CapacityError: left over", runtime=9e9, max_runtime=1.0)
    assert past is FailureCategory.NONE


@pytest.mark.parametrize("status", ["PAUSED", "", "DELETED"])
def test_a_status_that_is_not_known_is_unknown(status):
    assert category(status, "CapacityError") is FailureCategory.UNKNOWN


def test_a_failed_job_without_words_is_judged_by_its_limits():
    assert category("FAILED", "AlgorithmError", runtime=3600.0, max_runtime=3600.0) == "runtime_limit"
    assert category("FAILED", None, pending=1800.0, max_pending=1800.0) == "pending_limit"


def test_the_words_of_a_failed_job_count_more_than_its_limits():
    assert category("FAILED", "CUDA out of memory", runtime=3600.0, max_runtime=3600.0) == "memory"


def test_a_job_stopped_at_its_limit_was_stopped_by_it():
    assert category("STOPPED", runtime=3600.0, max_runtime=3600.0) == "runtime_limit"
    assert category("STOPPED", pending=1801.0, max_pending=1800.0) == "pending_limit"
    assert category("STOPPED", "Stopped by the user", runtime=3700.0, max_runtime=3600.0) == "runtime_limit"


@pytest.mark.parametrize(
    ("runtime", "limit", "expected"),
    [
        (3564.0, 3600.0, "runtime_limit"),
        (3563.0, 3600.0, "stopped_by_request"),
        (863_940.0, 864_000.0, "runtime_limit"),
        (863_939.0, 864_000.0, "stopped_by_request"),
        (61.0, 120.0, "stopped_by_request"),
        (10.0, 0.0, "stopped_by_request"),
        (float("nan"), 100.0, "stopped_by_request"),
        (10.0, float("nan"), "stopped_by_request"),
        (10.0, None, "stopped_by_request"),
        (None, 10.0, "stopped_by_request"),
    ],
)
def test_a_limit_has_one_percent_of_slack_and_a_minute_at_most(runtime, limit, expected):
    assert category("STOPPED", runtime=runtime, max_runtime=limit) == expected


def test_a_job_that_waited_long_and_then_ran_was_not_ended_by_the_wait():
    stopped = category("STOPPED", pending=1799.0, max_pending=1800.0, runtime=7200.0, max_runtime=36_000.0)
    assert stopped == "stopped_by_request"


def test_a_start_stamped_at_the_stop_does_not_hide_the_pending_limit():
    assert category("STOPPED", pending=1800.0, max_pending=1800.0, runtime=0.4) == "pending_limit"


def test_a_lack_of_capacity_that_lasted_to_the_pending_limit_is_that_limit():
    words = "CapacityError: Unable to provision requested ML compute capacity."
    assert category("FAILED", words, pending=3600.0, max_pending=3600.0) == "pending_limit"
    assert category("FAILED", words, pending=60.0, max_pending=3600.0) == "capacity"


def test_the_limit_on_the_whole_time_is_that_of_the_phase_it_came_in():
    assert category("STOPPED", pending=600.0, runtime=3000.0, max_wait=3600.0) == "runtime_limit"
    assert category("STOPPED", pending=3600.0, max_wait=3600.0) == "pending_limit"
    assert category("STOPPED", pending=600.0, runtime=300.0, max_wait=3600.0) == "stopped_by_request"


def test_a_stopped_job_that_speaks_of_a_time_out_ran_into_a_limit():
    assert category("STOPPED", "The job timed out", runtime=100.0) == "runtime_limit"
    assert category("STOPPED", "Time-out", pending=100.0) == "pending_limit"
    assert category("STOPPED", "MaxPendingTimeInSeconds exceeded") == "pending_limit"


def test_a_stopped_job_with_other_words_is_judged_by_them():
    assert category("STOPPED", "CapacityError: none left") == "capacity"
    assert category("STOPPED", "as asked") == "stopped_by_request"


@given(st.text() | st.none(), st.sampled_from(["FAILED", "STOPPED", "COMPLETED", "X"]), st.floats() | st.none())
def test_any_words_and_any_numbers_give_a_category(reason, status, seconds):
    numbers = {"pending": seconds, "runtime": seconds, "max_pending": seconds, "max_runtime": seconds}
    assert category(status, reason, **numbers) in FailureCategory


@pytest.mark.parametrize(
    "piece", ["exceeded ", "max run", "hugging face ", "image ", "s3 ", "kms ", "bucket ", "pull the ", "token", "\n"]
)
def test_a_hostile_reason_is_judged_to_its_end(piece):
    hostile = piece * (100_000 // len(piece))
    assert category("FAILED", hostile + " NoSuchKey") == "storage"
