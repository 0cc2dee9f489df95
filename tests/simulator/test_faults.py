from __future__ import annotations

import time
from contextlib import suppress

import pytest
from botocore.exceptions import (
    ConnectionClosedError,
    EndpointConnectionError,
    HTTPClientError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from optimizationjob.simulator import Fault, SimulatorError

ACCOUNT, REGION = "111111111111", "us-east-1"
LIST, DESCRIBE = "ListOptimizationJobs", "DescribeOptimizationJob"


@pytest.fixture(autouse=True)
def jobs(put):
    for index in range(5):
        put(f"job-{index}")


def names(client, **options):
    return [row["OptimizationJobName"] for row in client.list_optimization_jobs(**options)["OptimizationJobSummaries"]]


ERRORS = {
    Fault.SERVER_ERROR: ("InternalFailure", 500),
    Fault.UNAVAILABLE: ("ServiceUnavailable", 503),
    Fault.DENIED: ("AccessDeniedException", 400),
    Fault.DENIED_BY_POLICY: ("AccessDeniedException", 400),
    Fault.EXPIRED_TOKEN: ("ExpiredTokenException", 400),
    Fault.UNRECOGNIZED: ("UnrecognizedClientException", 400),
    Fault.THROTTLED: ("ThrottlingException", 400),
    Fault.UNKNOWN_OPERATION: ("UnknownOperationException", 400),
}
STS_ERRORS = {
    Fault.SERVER_ERROR: ("InternalFailure", 500),
    Fault.UNAVAILABLE: ("ServiceUnavailable", 503),
    Fault.DENIED: ("AccessDenied", 403),
    Fault.EXPIRED_TOKEN: ("ExpiredToken", 403),
    Fault.UNRECOGNIZED: ("InvalidClientTokenId", 403),
    Fault.THROTTLED: ("Throttling", 400),
    Fault.UNKNOWN_OPERATION: ("InvalidAction", 400),
}


@pytest.mark.parametrize(("fault", "error"), ERRORS.items(), ids=lambda value: getattr(value, "value", ""))
def test_injected_error_applies_once(simulator, sagemaker, refused, fault, error):
    simulator.fault(fault, operation=LIST, times=1)
    with refused(*error) as answer:
        sagemaker.list_optimization_jobs()
    assert answer["message"]
    assert len(names(sagemaker)) == 5
    assert [(call.code, call.status, call.fault) for call in simulator.calls] == [(*error, fault), (None, 200, None)]


@pytest.mark.parametrize(("fault", "error"), STS_ERRORS.items(), ids=lambda value: getattr(value, "value", ""))
def test_an_error_of_sts_has_its_own_code(simulator, sts, refused, fault, error):
    simulator.fault(fault, operation="GetCallerIdentity")
    with refused(*error) as answer:
        sts.get_caller_identity()
    assert answer["message"]


def test_service_control_policy_is_named_in_the_denial(simulator, sagemaker, refused):
    simulator.fault(Fault.DENIED_BY_POLICY)
    with refused("AccessDeniedException") as answer:
        sagemaker.describe_optimization_job(OptimizationJobName="job-1")
    assert answer["message"].endswith(":optimization-job/job-1 with an explicit deny in a service control policy")


def test_a_connection_is_reset(simulator, sagemaker):
    simulator.fault(Fault.RESET, operation=LIST, times=1)
    with pytest.raises((ConnectionClosedError, EndpointConnectionError)) as caught:
        sagemaker.list_optimization_jobs()
    assert "reset" in str(caught.value.__context__) or isinstance(caught.value, ConnectionClosedError)
    assert len(names(sagemaker)) == 5
    assert [(call.status, call.fault) for call in simulator.calls] == [(None, Fault.RESET), (200, None)]


def test_hanging_response_outlasts_the_client(simulator, connect):
    simulator.fault(Fault.HANG, operation=LIST, times=1)
    sagemaker = connect("sagemaker", read_timeout=0.1)
    with pytest.raises(ReadTimeoutError):
        sagemaker.list_optimization_jobs()
    sagemaker = connect("sagemaker")
    assert len(names(sagemaker)) == 5


def test_body_ends_before_content_length(simulator, sagemaker):
    simulator.fault(Fault.CUT_BODY, operation=LIST, times=1)
    # Depending on their versions, botocore and urllib3 raise an error or parse the partial body as empty.
    with suppress(ConnectionClosedError, HTTPClientError):
        assert set(sagemaker.list_optimization_jobs()) == {"ResponseMetadata"}
    assert len(names(sagemaker)) == 5


@pytest.mark.parametrize("fault", [Fault.CUT_JSON, Fault.HTML_OK, Fault.EMPTY_OBJECT])
def test_status_200_with_a_bad_body_parses_as_empty(simulator, sagemaker, fault):
    simulator.fault(fault, operation=LIST, times=1)
    assert set(sagemaker.list_optimization_jobs()) == {"ResponseMetadata"}
    assert len(names(sagemaker)) == 5
    assert [call.succeeded for call in simulator.calls] == [False, True]


def test_truncated_xml_cannot_be_parsed(simulator, sts):
    simulator.fault(Fault.CUT_JSON, times=1)
    with pytest.raises(ResponseParserError):
        sts.get_caller_identity()
    simulator.fault(Fault.EMPTY_OBJECT, times=1)
    with pytest.raises(KeyError):
        sts.get_caller_identity()


def test_html_page_instead_of_an_error(simulator, sagemaker, refused):
    simulator.fault(Fault.HTML_UNAVAILABLE, operation=LIST, times=1)
    with refused("503", 503) as answer:
        sagemaker.list_optimization_jobs()
    assert answer["message"].startswith("<!DOCTYPE html>")


def test_token_is_rejected_but_the_first_page_is_not(simulator, sagemaker, refused):
    simulator.fault(Fault.REFUSED_TOKEN, operation=LIST, times=1)
    first = sagemaker.list_optimization_jobs(MaxResults=2)
    with refused("ValidationException"):
        sagemaker.list_optimization_jobs(MaxResults=2, NextToken=first["NextToken"])
    assert names(sagemaker, MaxResults=2, NextToken=first["NextToken"]) == ["job-2", "job-3"]


def test_repeated_token_is_rejected_after_the_fault(simulator, sagemaker, refused):
    simulator.fault(Fault.REPEATED_TOKEN)
    first = sagemaker.list_optimization_jobs(MaxResults=2)
    again = sagemaker.list_optimization_jobs(MaxResults=2, NextToken=first["NextToken"])
    assert first["NextToken"] == again["NextToken"]
    assert first["OptimizationJobSummaries"] == again["OptimizationJobSummaries"]
    simulator.clear_faults()
    with refused("ValidationException"):
        sagemaker.list_optimization_jobs(MaxResults=2, NextToken=first["NextToken"])


def test_fault_applies_only_within_its_scope(simulator, connect, refused):
    simulator.fault(Fault.THROTTLED, operation=DESCRIBE, region="eu-west-1", account="222222222222", job="sick")
    for account in (ACCOUNT, "222222222222"):
        for region in (REGION, "eu-west-1"):
            client = connect("sagemaker", account, region)
            for name in ("sick", "well"):
                simulator.put_job(account, region, name)
                struck = (account, region, name) == ("222222222222", "eu-west-1", "sick")
                if struck:
                    with refused("ThrottlingException"):
                        client.describe_optimization_job(OptimizationJobName=name)
                else:
                    client.describe_optimization_job(OptimizationJobName=name)
            client.list_optimization_jobs()
    assert simulator.count(code="ThrottlingException") == 1


def test_fault_scope_matches_the_job_in_an_arn(simulator, sagemaker, put, refused):
    simulator.fault(Fault.DENIED, job="job-1", operation="ListTags")
    sagemaker.list_tags(ResourceArn=put("job-2"))
    with refused("AccessDeniedException"):
        sagemaker.list_tags(ResourceArn=put("job-1"))


def test_fault_may_be_delayed_and_the_first_added_applies_first(simulator, sagemaker, refused):
    simulator.fault(Fault.SERVER_ERROR, after=1, times=2)
    simulator.fault(Fault.THROTTLED, times=1)
    with refused("ThrottlingException"):
        sagemaker.list_optimization_jobs()
    for _ in range(2):
        with refused("InternalFailure", 500):
            sagemaker.list_optimization_jobs()
    assert len(names(sagemaker)) == 5


def test_a_fault_without_times_lasts_until_it_is_cleared(simulator, sagemaker, refused):
    simulator.fault(Fault.UNAVAILABLE)
    for _ in range(3):
        with refused("ServiceUnavailable", 503):
            sagemaker.list_optimization_jobs()
    simulator.clear_faults()
    assert len(names(sagemaker)) == 5


@pytest.mark.parametrize(
    "options", [{"times": 0}, {"operation": "list_optimization_jobs"}, {"place": "us-east-1"}], ids=str
)
def test_fault_that_could_never_apply_is_rejected(simulator, options):
    with pytest.raises(SimulatorError):
        simulator.fault(Fault.DENIED, **options)


def test_a_rate_limit_fills_again_on_the_simulated_clock(simulator, connect, clock, refused):
    simulator.rate_limit(2, burst=3, region=REGION)
    here, there = connect("sagemaker"), connect("sagemaker", region="eu-west-1")
    for _ in range(3):
        here.list_optimization_jobs()
    with refused("ThrottlingException") as answer:
        here.list_optimization_jobs()
    assert answer["message"] == "Rate exceeded"
    there.list_optimization_jobs()
    connect("sagemaker", "222222222222").list_optimization_jobs()
    clock.advance(0.5)
    here.list_optimization_jobs()
    with refused("ThrottlingException"):
        here.list_optimization_jobs()
    clock.advance(3600)
    for _ in range(3):
        here.list_optimization_jobs()
    with refused("ThrottlingException"):
        here.list_optimization_jobs()
    simulator.clear_limits()
    here.list_optimization_jobs()


def test_a_rate_limit_can_count_real_seconds(simulator, sagemaker, clock, refused):
    simulator.rate_limit(1e-6, burst=1, time="real", operation=LIST)
    sagemaker.list_optimization_jobs()
    clock.advance(86400 * 365)
    with refused("ThrottlingException"):
        sagemaker.list_optimization_jobs()
    sagemaker.describe_optimization_job(OptimizationJobName="job-1")


def test_latency_delays_calls(simulator, connect):
    simulator.latency(30, operation=LIST)
    with pytest.raises(ReadTimeoutError):
        connect("sagemaker", read_timeout=0.1).list_optimization_jobs()
    sagemaker = connect("sagemaker")
    sagemaker.describe_optimization_job(OptimizationJobName="job-1")
    simulator.clear_limits()
    simulator.latency(0.02)
    before = time.monotonic()
    sagemaker.list_optimization_jobs()
    assert time.monotonic() - before >= 0.02


def test_calls_are_logged_and_counted(simulator, connect, sagemaker, clock, refused):
    sagemaker.list_optimization_jobs()
    clock.advance(10)
    with refused("ResourceNotFound"):
        connect("sagemaker", "222222222222", "eu-west-1").describe_optimization_job(OptimizationJobName="nobody")
    connect("sts").get_caller_identity()
    first, second, _ = simulator.calls
    assert (first.operation, first.account, first.region) == (LIST, ACCOUNT, REGION)
    assert (first.status, first.code, first.fault) == (200, None, None)
    assert (second.status, second.code, second.at) == (400, "ResourceNotFound", clock.now())
    assert simulator.count() == 3
    assert simulator.count(LIST) == simulator.count(account="222222222222") == simulator.count(region="eu-west-1") == 1
    assert simulator.count("GetCallerIdentity", account="222222222222") == 0
    simulator.clear_calls()
    assert simulator.calls == []


def test_unknown_caller_is_logged_with_known_parts(simulator, connect, refused):
    with refused("UnrecognizedClientException"):
        connect("sagemaker", aws_access_key_id="AKIASTRANGER").list_optimization_jobs()
    (call,) = simulator.calls
    assert (call.account, call.region, call.code) == (None, REGION, "UnrecognizedClientException")


def test_modified_response_is_not_validated(simulator, connect):
    simulator.tamper(lambda operation, answer: {**answer, "NextToken": operation}, operation=LIST, region=REGION)
    sagemaker = connect("sagemaker")
    assert sagemaker.list_optimization_jobs()["NextToken"] == LIST
    assert "NextToken" not in sagemaker.describe_optimization_job(OptimizationJobName="job-1")
    simulator.clear_tampers()
    assert "NextToken" not in sagemaker.list_optimization_jobs()
