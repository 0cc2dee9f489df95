"""Credentials are looked up once in a run, whatever their source does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from optimizationjob.simulator import Fault

ACCOUNT = "111111111111"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/watch"
KEYS = '{"Version": 1, "AccessKeyId": "AKIA111111111111", "SecretAccessKey": "simulated"}'
REGIONS = ["us-east-1", "us-east-2", "us-west-1", "us-west-2", "eu-west-1"]


@pytest.fixture
def process(tmp_path):
    """A profile whose process notes each start, and fails until there is a file with an answer."""
    started, answer = tmp_path / "started", tmp_path / "answer"
    script = tmp_path / "process.sh"
    script.write_text(f"#!/bin/sh\necho x >> {started}\ncat {answer}\n", encoding="utf-8")
    script.chmod(0o755)
    config = Path(os.environ["AWS_CONFIG_FILE"])
    config.write_text(f"[profile slow]\ncredential_process = {script}\n", encoding="utf-8")
    return started, answer


def test_a_source_that_fails_is_asked_once_in_a_run(agent, put, process):
    started, answer = process
    for region in REGIONS:
        put("one", region=region)
    one = agent(regions=REGIONS, profile_name="slow", aws_access_key_id=None, aws_secret_access_key=None)
    for number in range(1, 3):
        reported = one.run(after=60)
        assert reported.error == ""
        assert len(started.read_text(encoding="utf-8").split()) == number
        assert {reported.service_check(region)[0] for region in REGIONS} == {"critical"}
        assert reported.total("api.up") == 0
        assert reported.values("api.calls") == [], "nothing was sent"
    answer.write_text(
        '{"Version": 1, "AccessKeyId": "AKIA111111111111", "SecretAccessKey": "simulated"}', encoding="utf-8"
    )
    reported = one.run(after=60)
    assert {reported.service_check(region) for region in REGIONS} == {("ok", "")}
    assert len(started.read_text(encoding="utf-8").split()) == 3


def test_a_source_that_hangs_ends_the_run_in_its_time_and_is_started_once(agent, put, process, tmp_path):
    started, _ = process
    script = tmp_path / "process.sh"
    script.write_text(f"#!/bin/sh\necho x >> {started}\nexec sleep 60\n", encoding="utf-8")
    one = agent(
        regions=REGIONS, profile_name="slow", aws_access_key_id=None, aws_secret_access_key=None, max_run_seconds=0.5
    )
    for _ in range(2):
        reported = one.run(after=60)
        assert {reported.service_check(region)[0] for region in REGIONS} == {"critical"}
        assert "the source of the credentials has not answered" in reported.service_check(REGIONS[0])[1]
    assert len(started.read_text(encoding="utf-8").split()) == 1


@pytest.mark.parametrize("fault", [Fault.UNRECOGNIZED, Fault.RESET, Fault.DENIED_BY_POLICY])
@pytest.mark.parametrize("role", [None, ROLE])
def test_sts_is_called_where_it_answers(agent, put, simulator, fault, role):
    simulator.add_role(ROLE)
    for operation in ("GetCallerIdentity", "AssumeRole"):
        simulator.fault(fault, operation=operation, region="ap-south-1")
    regions = ["ap-south-1", "eu-west-1"]
    one = agent(regions=regions, assume_role=role, max_attempts=1)
    for number in range(3):
        reported = one.run(after=3000)
        assert [reported.service_check(region) for region in regions] == [("ok", "")] * 2
        assert [metric["tags"][1] for metric in reported.metrics[:1]] == [f"aws_account:{ACCOUNT}"]
        asked = [call.region for call in simulator.calls if call.operation in ("GetCallerIdentity", "AssumeRole")]
        assert asked.count("ap-south-1") == (number == 0), "what worked is kept"


def test_keys_that_were_rotated_are_taken_up_without_a_restart(agent, put, simulator):
    file = Path(os.environ["AWS_SHARED_CREDENTIALS_FILE"])
    file.write_text("[default]\naws_access_key_id = AKIA111111111111\naws_secret_access_key = old\n", encoding="utf-8")
    put("one")
    one = agent(aws_access_key_id=None, aws_secret_access_key=None)
    assert one.run().service_check() == ("ok", "")
    simulator.fault(Fault.EXPIRED_TOKEN)
    assert "ExpiredToken" in one.run(after=60).service_check()[1]
    simulator.clear_faults()
    file.write_text("[default]\naws_access_key_id = AKIA222222222222\naws_secret_access_key = new\n", encoding="utf-8")
    one.run(after=60)
    assert {call.account for call in simulator.calls} == {"222222222222"}


def test_refused_credentials_are_looked_up_again_once_a_minute(agent, put, process, simulator):
    started, answer = process
    answer.write_text(
        '{"Version": 1, "AccessKeyId": "AKIA111111111111", "SecretAccessKey": "simulated"}', encoding="utf-8"
    )
    one = agent(profile_name="slow", aws_access_key_id=None, aws_secret_access_key=None, max_attempts=1)
    one.run()
    simulator.fault(Fault.EXPIRED_TOKEN)
    for _ in range(12):
        one.run(after=15)
    assert len(started.read_text(encoding="utf-8").split()) in (4, 5)


@pytest.mark.parametrize(
    ("variables", "region"),
    [
        ({"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "us-east-1"}, "eu-west-1"),
        ({"AWS_DEFAULT_REGION": "us-east-1"}, "us-east-1"),
        ({}, "eu-north-1"),
    ],
)
def test_the_region_is_that_of_aws_region_then_the_default_then_the_profile(agent, monkeypatch, variables, region):
    Path(os.environ["AWS_CONFIG_FILE"]).write_text("[default]\nregion = eu-north-1\n", encoding="utf-8")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert agent(regions=None).run().service_check(region) == ("ok", "")


def test_a_profile_with_mfa_is_refused_by_name(agent, simulator):
    Path(os.environ["AWS_CONFIG_FILE"]).write_text(
        f"[profile me]\nrole_arn = {ROLE}\nsource_profile = base\nmfa_serial = arn:aws:iam::{ACCOUNT}:mfa/me\n"
        "[profile base]\naws_access_key_id = AKIA111111111111\naws_secret_access_key = simulated\n",
        encoding="utf-8",
    )
    error = agent(profile_name="me", aws_access_key_id=None, aws_secret_access_key=None).run().error
    assert "`profile_name` is 'me': give a profile without `mfa_serial`" in error
    assert simulator.calls == []


@pytest.mark.parametrize(
    ("role", "region"),
    [(f"arn:aws-cn:iam::{ACCOUNT}:role/watch", "us-east-1"), (f"arn:aws:iam::{ACCOUNT}:role/watch", "us-gov-west-1")],
)
def test_a_role_of_another_partition_is_refused_before_a_call(agent, simulator, role, region):
    error = agent(regions=[region], assume_role=role).run().error
    assert "`assume_role`" in error
    assert "give a role of the partition" in error
    assert simulator.calls == []
