"""What the doctor finds, with a real boto3 against the simulator."""

from __future__ import annotations

import os
import socket
import time
from datetime import timedelta
from pathlib import Path

import pytest

from optimizationjob.aws.aws_session import AwsSession
from optimizationjob.clock import SystemClock
from optimizationjob.config.settings import Settings
from optimizationjob.diagnosis.credential_findings import Who
from optimizationjob.diagnosis.region_findings import ExaminedRegion, _ways
from optimizationjob.diagnosis.timed_calls import TimedCaller
from optimizationjob.simulator import Fault, ManualClock

ACCOUNT, OTHER = "111111111111", "222222222222"
EAST, WEST = "us-east-1", "eu-west-1"
ROLE = f"arn:aws:iam::{OTHER}:role/watch"


def test_all_well(look, job, simulator):
    reported = look()
    assert (reported.failures, reported.warnings) == ([], [])
    assert reported.one("identity").text.startswith(
        f"arn:aws:iam::{ACCOUNT}:user/simulator, from the configuration, in 0."
    )
    assert reported.one("list").text == "sagemaker:ListOptimizationJobs returned 1 job, in 0.00 seconds."
    assert {
        (f.account, f.region) for f in reported.findings if f.name in ("list", "describe", "tags", "list-tags")
    } == {(ACCOUNT, EAST)}
    assert reported.calls == 5
    assert reported.one("calls").text.startswith("This examination made 5 calls to AWS: describe_optimization_job 1, ")


def test_without_jobs_the_permissions_are_proved_with_a_job_that_does_not_exist(look):
    reported = look()
    assert (reported.failures, reported.warnings) == ([], [])
    assert "AWS says that there is no such job" in reported.one("describe").text
    assert "AWS says that there is no such job" in reported.one("list-tags").text
    assert reported.calls == 5


def test_without_tags_nothing_asks_for_them(look, job):
    reported = look(collect_tags=False)
    assert not {"tags", "list-tags"} & {finding.name for finding in reported.findings}
    assert reported.calls == 3


@pytest.mark.parametrize("has_job", [True, False])
@pytest.mark.parametrize(
    ("denied", "failures", "warnings"),
    [
        (["ListOptimizationJobs"], ["list"], []),
        (["DescribeOptimizationJob"], ["describe"], []),
        (["GetResources"], [], ["tags"]),
        (["ListTags"], [], ["list-tags"]),
        (["GetResources", "ListTags"], ["tags", "list-tags"], []),
    ],
    ids=str,
)
def test_each_permission_that_is_denied(look, simulator, put_if, has_job, denied, failures, warnings):
    put_if(has_job)
    for operation in denied:
        simulator.fault(Fault.DENIED, operation=operation)
    reported = look()
    assert (reported.failures, reported.warnings) == (failures, warnings)
    found = reported.one((failures or warnings)[0])
    assert denied[0] in found.text
    assert "is not authorized to perform" in found.cause
    assert f":{denied[0]}` in the policy" in found.remedy


@pytest.mark.parametrize(("has_job", "warnings"), [(True, ["identity"]), (False, ["identity", "tags"])])
def test_without_sts_the_account_is_that_of_a_job(look, simulator, put_if, has_job, warnings):
    put_if(has_job)
    simulator.fault(Fault.DENIED, operation="GetCallerIdentity")
    reported = look()
    assert (reported.failures, reported.warnings) == ([], warnings)
    assert reported.one("list").account == (ACCOUNT if has_job else "")


@pytest.fixture
def put_if(simulator):
    def put(wanted):
        if wanted:
            simulator.put_job(ACCOUNT, EAST, "one")

    return put


def test_a_role_that_can_be_assumed_is_told_beside_the_credentials(look, simulator):
    simulator.add_role(ROLE, external_id="planted-external-id")
    reported = look(assume_role=ROLE, external_id="planted-external-id")
    assert (reported.failures, reported.warnings) == ([], [])
    assert f"arn:aws:iam::{ACCOUNT}:user/simulator" in reported.one("identity").text
    assert f"arn:aws:sts::{OTHER}:assumed-role/watch/datadog-optimizationjob" in reported.one("role").text
    assert reported.one("list").account == OTHER
    assert f"made {reported.calls} calls" in reported.one("calls").text


@pytest.mark.parametrize("external_id", [None, "another-external-id"])
def test_a_role_that_cannot_be_assumed(look, simulator, external_id):
    simulator.add_role(ROLE, external_id="planted-external-id")
    reported = look(assume_role=ROLE, external_id=external_id)
    assert reported.failures == ["role"]
    assert reported.one("identity").verdict == "ok"
    assert reported.one("role").text == "sts:AssumeRole: the role cannot be assumed."
    assert "trust policy" in reported.one("role").remedy
    assert reported.one("clock").verdict == "ok", "a refusal tells the time, too"
    assert reported.calls == 2, "nothing can be asked without the role"


def test_a_role_that_does_not_exist(look):
    assert look(assume_role=ROLE).failures == ["role"]


def test_expired_credentials(look, simulator):
    simulator.fault(Fault.EXPIRED_TOKEN)
    reported = look()
    assert reported.failures == ["identity", "list"]
    assert "ExpiredToken" in reported.one("identity").cause
    assert reported.one("clock").verdict == "ok"


def test_no_credentials(look):
    reported = look(aws_access_key_id=None, aws_secret_access_key=None)
    assert reported.failures == ["identity"]
    assert "Unable to locate credentials" in reported.one("identity").cause
    assert reported.calls == 0
    assert reported.one("calls").text == "This examination made 0 calls to AWS."


def test_a_profile_that_does_not_exist(look):
    reported = look(aws_access_key_id=None, aws_secret_access_key=None, profile_name="nobody")
    assert reported.failures == ["configuration"]
    assert "'nobody'" in reported.one("configuration").text


def test_a_region_that_is_not_enabled_does_not_cost_the_others(look, job, simulator):
    simulator.fault(Fault.UNRECOGNIZED, region=WEST)
    reported = look(regions=[EAST, WEST])
    assert reported.failures == ["region"]
    assert "not enabled" in reported.one("region", WEST).text
    assert f"Enable {WEST}" in reported.one("region", WEST).remedy
    assert reported.one("list").region == EAST


@pytest.mark.parametrize("role", [None, ROLE])
def test_the_first_region_may_be_one_that_is_not_enabled(look, job, simulator, role):
    simulator.add_role(ROLE)
    for account in (ACCOUNT, ROLE.split(":")[4]):
        simulator.disable_region(account, WEST)
    reported = look(regions=[WEST, EAST], assume_role=role)
    assert reported.failures == ["region"]
    assert reported.one("identity").text.startswith(f"arn:aws:iam::{ACCOUNT}:user/")
    assert "not enabled" in reported.one("region", WEST).text
    assert f"Enable {WEST} in the account's settings" in reported.one("region", WEST).remedy


@pytest.mark.parametrize(
    ("fault", "words"),
    [(Fault.DENIED_BY_POLICY, "policy of the organization"), (Fault.UNKNOWN_OPERATION, "does not offer")],
)
def test_a_region_that_is_closed(look, simulator, fault, words):
    simulator.fault(fault, operation="ListOptimizationJobs")
    reported = look()
    assert (reported.failures, reported.warnings) == ([], ["region"])
    assert words in reported.one("region").text


def test_a_region_that_botocore_does_not_list(look):
    reported = look(regions=["us-east-9"])
    assert reported.warnings == ["region"]
    assert "does not list" in reported.one("region").text


@pytest.mark.parametrize(
    ("seconds", "verdict"), [(0, "ok"), (-59, "ok"), (61, "warning"), (-299, "warning"), (301, "failure")]
)
def test_a_skewed_clock(look, clock, seconds, verdict):
    reported = look(at=ManualClock(clock.now() + timedelta(seconds=seconds)))
    assert reported.one("clock").verdict == verdict
    words = "matches AWS's" if not seconds else f"{abs(seconds)} seconds {'ahead of' if seconds > 0 else 'behind'}"
    assert words in reported.one("clock").text


def test_a_slow_call_is_told_with_its_time(look, job, simulator):
    simulator.latency(2.1, operation="DescribeOptimizationJob")
    reported = look(at=SystemClock())
    assert reported.one("describe").verdict == "warning"
    assert ", in 2." in reported.one("describe").text
    assert reported.one("list").verdict == "ok"


@pytest.mark.slow
@pytest.mark.parametrize(("operation", "slow"), [("AssumeRole", ["role"]), ("GetCallerIdentity", ["identity", "role"])])
def test_a_slow_role_is_not_held_against_the_calls_that_it_signs(look, simulator, operation, slow):
    simulator.add_role(ROLE)
    simulator.latency(2.1, operation=operation)
    assert look(at=SystemClock(), assume_role=ROLE).warnings == slow


def test_an_endpoint_that_hangs_takes_bounded_time(look, simulator):
    simulator.fault(Fault.HANG)
    begun = time.monotonic()
    reported = look(at=SystemClock(), read_timeout=0.5, regions=[EAST, WEST])
    assert time.monotonic() - begun < 15
    assert reported.failures == ["list", "list"]
    assert {"identity", "clock"} <= set(reported.warnings)
    assert reported.calls == 3


def test_an_endpoint_that_cannot_be_reached(look):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    reported = look(endpoint_url=f"http://127.0.0.1:{port}")
    assert reported.failures == ["list"]
    assert reported.warnings == ["clock", "identity"]
    assert "network path" in reported.one("list").remedy


@pytest.mark.parametrize("fault", [Fault.HTML_OK, Fault.HTML_UNAVAILABLE, Fault.CUT_JSON, Fault.EMPTY_OBJECT])
def test_an_answer_that_is_not_aws_s(look, simulator, fault):
    simulator.fault(fault)
    reported = look()
    assert reported.failures == ["list"]
    assert "identity" in reported.warnings


def test_throttling_is_no_failure(look, simulator, job):
    simulator.fault(Fault.THROTTLED, operation="DescribeOptimizationJob")
    assert (look().failures, look().warnings) == ([], ["describe"])


def test_the_proxy_is_shown_without_its_user(look, job, simulator):
    reported = look(proxy={"http": simulator.url.replace("//", "//planted-user:planted-password@")})
    assert reported.one("endpoint").text.endswith(f"through the proxy {simulator.url.replace('//', '//********@')}.")


def test_the_proxy_of_the_environment_is_shown_too(look, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://planted-user:planted-password@127.0.0.1:9")
    reported = look()
    assert "through the proxy http://********@127.0.0.1:9." in reported.one("endpoint").text
    assert "planted" not in str(reported.findings)


def test_aws_s_own_endpoints_are_named_with_that_of_sts(clock):
    settings = Settings.from_mapping({"regions": [EAST], "aws_access_key_id": "A", "aws_secret_access_key": "B"})
    caller = TimedCaller(settings, clock)
    session = AwsSession(settings, clock=clock, caller=caller)
    place = ExaminedRegion(
        region=EAST, settings=settings, session=session, caller=caller, clock=clock, who=Who(findings=())
    )
    (way,) = _ways(place)
    for host in ("api.sagemaker.us-east-1", "tagging.us-east-1", "sts.us-east-1"):
        assert f"https://{host}.amazonaws.com without a proxy" in way.text


def test_a_role_of_a_profile_that_cannot_be_assumed(look, monkeypatch, simulator):
    path = Path(os.environ["AWS_CONFIG_FILE"])
    path.write_text(f"[profile prod]\nrole_arn = {ROLE}\ncredential_source = Environment\n", encoding="utf-8")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", f"AKIA{ACCOUNT}")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "simulated")
    monkeypatch.setenv("AWS_ENDPOINT_URL", simulator.url)
    reported = look(profile_name="prod", aws_access_key_id=None, aws_secret_access_key=None)
    assert reported.failures == ["identity"]
    assert reported.one("identity").text == "sts:AssumeRole: the role cannot be assumed."
    assert "trust policy" in reported.one("identity").remedy
