from __future__ import annotations

from datetime import timedelta

import pytest

from optimizationjob.simulator import Fault

ACCOUNT, REGION = "111111111111", "us-east-1"
OTHER = "222222222222"
ROLE = f"arn:aws:iam::{OTHER}:role/service-role/optimizationjob"


@pytest.fixture
def role(simulator):
    simulator.add_role(ROLE, external_id="shared-word")


@pytest.fixture
def assume(sts, role):
    def assume(client=sts, **options):
        reported = {"RoleArn": ROLE, "RoleSessionName": "datadog", "ExternalId": "shared-word"}
        return client.assume_role(**{**reported, **options})

    return assume


def keys(answer):
    credentials = answer["Credentials"]
    return {
        "aws_access_key_id": credentials["AccessKeyId"],
        "aws_secret_access_key": credentials["SecretAccessKey"],
        "aws_session_token": credentials["SessionToken"],
    }


def test_access_key_identifies_the_account(connect):
    for account in (ACCOUNT, OTHER):
        identity = connect("sts", account).get_caller_identity()
        assert identity["Account"] == account
        assert identity["Arn"] == f"arn:aws:iam::{account}:user/simulator"


def test_a_role_is_assumed_into_its_account(simulator, connect, assume, clock):
    answer = assume()
    assert answer["Credentials"]["AccessKeyId"].startswith("ASIA")
    assert answer["Credentials"]["Expiration"] == clock.now() + timedelta(hours=1)
    assert answer["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{OTHER}:assumed-role/optimizationjob/datadog"
    identity = connect("sts", **keys(answer)).get_caller_identity()
    assert identity["Account"] == OTHER
    assert identity["Arn"] == answer["AssumedRoleUser"]["Arn"]
    assert identity["UserId"] == answer["AssumedRoleUser"]["AssumedRoleId"]
    simulator.put_job(OTHER, REGION, "theirs")
    (row,) = connect("sagemaker", **keys(answer)).list_optimization_jobs()["OptimizationJobSummaries"]
    assert row["OptimizationJobName"] == "theirs"


def test_a_role_without_an_external_id_needs_none(simulator, sts):
    simulator.add_role(ROLE)
    assert sts.assume_role(RoleArn=ROLE, RoleSessionName="datadog")["Credentials"]


@pytest.mark.parametrize("external_id", ["wrong-word", None])
def test_an_external_id_must_be_known(sts, assume, refused, external_id):
    options = {"ExternalId": external_id} if external_id else {}
    with refused("AccessDenied", 403) as answer:
        sts.assume_role(RoleArn=ROLE, RoleSessionName="datadog", **options)
    assert answer["message"] == (
        f"User: arn:aws:iam::{ACCOUNT}:user/simulator is not authorized to perform: sts:AssumeRole on resource: {ROLE}"
    )
    assert assume()


def test_a_role_must_exist(assume, refused):
    with refused("AccessDenied", 403):
        assume(RoleArn=ROLE.replace("optimizationjob", "nobody"))


def test_credentials_expire_on_the_simulated_clock(connect, assume, clock, refused):
    credentials = keys(assume(DurationSeconds=900))
    sagemaker, sts, tagging = (
        connect(service, **credentials) for service in ("sagemaker", "sts", "resourcegroupstaggingapi")
    )
    clock.advance(899)
    sagemaker.list_optimization_jobs()
    clock.advance(1)
    with refused("ExpiredTokenException"):
        sagemaker.list_optimization_jobs()
    with refused("ExpiredToken", 403):
        sts.get_caller_identity()
    with refused("ExpiredTokenException"):
        tagging.get_resources()


@pytest.mark.parametrize(("seconds", "words"), [(899, "greater than or equal to 900"), (3601, "MaxSessionDuration")])
def test_session_duration_has_a_minimum_and_a_maximum(connect, assume, refused, seconds, words):
    with refused("ValidationError") as answer:
        assume(connect("sts", validate=False), DurationSeconds=seconds)
    assert words in answer["message"]


def test_role_chaining_is_limited_to_one_hour(simulator, connect, assume, refused):
    chained = connect("sts", **keys(assume()))
    simulator.add_role(ROLE, external_id="shared-word", max_session_seconds=43200)
    assert assume(DurationSeconds=7200)
    with refused("ValidationError") as answer:
        assume(chained, DurationSeconds=7200)
    assert "role chaining" in answer["message"]


STRANGERS = {
    "unknown": {"aws_access_key_id": "AKIASTRANGER"},
    "unknown session": {"aws_access_key_id": "ASIASTRANGER", "aws_session_token": "made-up"},
    "too short an account": {"aws_access_key_id": "AKIA11111111111"},
}


@pytest.mark.parametrize("stranger", STRANGERS.values(), ids=STRANGERS)
def test_unknown_credentials_are_rejected(connect, refused, stranger):
    with refused("UnrecognizedClientException"):
        connect("sagemaker", **stranger).list_optimization_jobs()
    with refused("InvalidClientTokenId", 403):
        connect("sts", **stranger).get_caller_identity()
    with refused("UnrecognizedClientException"):
        connect("resourcegroupstaggingapi", **stranger).get_resources()


def test_a_disabled_region_does_not_know_the_credentials_of_the_account(simulator, connect, assume, refused):
    simulator.disable_region(ACCOUNT, "ap-east-1")
    with refused("UnrecognizedClientException"):
        connect("sagemaker", region="ap-east-1").list_optimization_jobs()
    with refused("InvalidClientTokenId", 403):
        connect("sts", region="ap-east-1").get_caller_identity()
    assert simulator.count(account=ACCOUNT, region="ap-east-1") == 2
    connect("sagemaker").list_optimization_jobs()
    connect("sagemaker", region="ap-east-1", **keys(assume())).list_optimization_jobs()
    simulator.enable_region(ACCOUNT, "ap-east-1")
    connect("sagemaker", region="ap-east-1").list_optimization_jobs()


def test_session_without_its_token_is_rejected(connect, assume, refused):
    credentials = {**keys(assume()), "aws_session_token": "another"}
    with refused("UnrecognizedClientException"):
        connect("sagemaker", **credentials).list_optimization_jobs()


def test_a_request_must_be_signed(call, raw):
    status, answer = call("ListOptimizationJobs", {}, sign=False)
    assert (status, answer["__type"]) == (400, "MissingAuthenticationTokenException")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    status, _, body = raw("/", form, b"Action=GetCallerIdentity&Version=2011-06-15", service="sts", sign=False)
    assert status == 403
    assert b"<Code>MissingAuthenticationToken</Code>" in body


def test_signature_is_valid_for_one_service(call):
    status, answer = call("ListOptimizationJobs", {}, service="tagging")
    assert (status, answer["__type"]) == (400, "InvalidSignatureException")
    assert "'sagemaker'" in answer["message"]


def test_a_role_is_named_in_denials(simulator, connect, assume, refused):
    simulator.fault(Fault.DENIED, operation="ListOptimizationJobs", account=OTHER)
    with refused("AccessDeniedException") as answer:
        connect("sagemaker", **keys(assume())).list_optimization_jobs()
    assert answer["message"] == (
        f"User: arn:aws:sts::{OTHER}:assumed-role/optimizationjob/datadog is not authorized to perform: "
        f"sagemaker:ListOptimizationJobs on resource: arn:aws:sagemaker:{REGION}:{OTHER}:optimization-job/* "
        "because no identity-based policy allows the sagemaker:ListOptimizationJobs action"
    )


def test_only_role_arns_can_be_added(simulator):
    with pytest.raises(ValueError, match="not an IAM role ARN"):
        simulator.add_role("arn:aws:iam::222222222222:user/somebody")


def test_secrets_are_not_in_the_repr_of_a_session(simulator, assume):
    answer = assume()
    directory = simulator._dispatcher.directory
    assert all(answer["Credentials"][name] not in repr(vars(directory)) for name in ("SecretAccessKey", "SessionToken"))
