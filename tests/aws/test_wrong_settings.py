"""A wrong setting of the environment or of a profile is named, with its place and a remedy, and sends nothing."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest
from botocore.configprovider import BOTOCORE_DEFAUT_SESSION_VARIABLES as SESSION_VARIABLES

ACCOUNT, REGION = "111111111111", "us-east-1"
ROLE = "arn:aws:iam::222222222222:role/watch"
KEYS = f"aws_access_key_id = AKIA{ACCOUNT}\naws_secret_access_key = simulated\n"
OF_FILES = "of the profile `corp` in the AWS configuration files of the Agent's user"
SSO = "sso_region = us-east-1\nsso_start_url = https://corp.example/start\n"
ACCOUNT_OF_SSO = f"sso_account_id = {ACCOUNT}\nsso_role_name = watch\n"

# What the library reads of the environment, by the variable. Files and the profile have tests of their own.
FILES = ("AWS_CA_BUNDLE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE")
VARIABLES = sorted(
    variable for _, variable, *_ in SESSION_VARIABLES.values() if isinstance(variable, str) and variable not in FILES
)
EXPIRED = json.dumps(
    {
        "Version": 1,
        "AccessKeyId": "A",
        "SecretAccessKey": "B",
        "SessionToken": "C",
        "Expiration": "2020-01-01T00:00:00Z",
    },
    separators=(",", ":"),
).replace('"', '\\"')

PROFILES = {
    "source-profile-missing": (f"role_arn = {ROLE}\nsource_profile = gone", f"Correct `source_profile` {OF_FILES}"),
    "source-profile-empty": (
        f"role_arn = {ROLE}\nsource_profile = other\n[profile other]\nregion = {REGION}",
        f"Correct `source_profile` {OF_FILES}",
    ),
    "loop": (
        f"role_arn = {ROLE}\nsource_profile = other\n[profile other]\nrole_arn = {ROLE}\nsource_profile = corp",
        f"`source_profile` {OF_FILES}",
    ),
    "credential-source-unknown": (
        f"role_arn = {ROLE}\ncredential_source = Ec2",
        f"Correct `credential_source` {OF_FILES}",
    ),
    "credential-source-absent": (
        f"role_arn = {ROLE}\ncredential_source = EcsContainer",
        f"Correct `credential_source` {OF_FILES}",
    ),
    "role-without-source": (f"role_arn = {ROLE}", f"Add `source_profile`, `credential_source` {OF_FILES}"),
    "sso-not-logged-in": (
        f"sso_session = corp\n{ACCOUNT_OF_SSO}[sso-session corp]\n{SSO}",
        "Run `aws sso login` as the Agent's user",
    ),
    "sso-of-old-not-logged-in": (f"{SSO}{ACCOUNT_OF_SSO}", "Run `aws sso login` as the Agent's user"),
    "sso-incomplete": ("sso_start_url = https://corp.example/start", f"Check `sso_start_url` {OF_FILES}"),
    "sso-session-missing": (f"sso_session = gone\n{ACCOUNT_OF_SSO}", f"Correct `sso_session` {OF_FILES}"),
    "token-file-missing": (
        f"role_arn = {ROLE}\nweb_identity_token_file = /nonexistent/token",
        f"Correct `web_identity_token_file` {OF_FILES}",
    ),
    "process-missing": ("credential_process = /nonexistent/process", f"Correct `credential_process` {OF_FILES}"),
    "process-of-another-version": (
        'credential_process = echo {\\"Version\\":2}',
        f"Correct `credential_process` {OF_FILES}",
    ),
    "process-expired": (
        f"credential_process = echo {EXPIRED}",
        f"Check `credential_process` {OF_FILES}",
    ),
    "key-without-secret": (f"aws_access_key_id = AKIA{ACCOUNT}", f"Add `aws_secret_access_key` {OF_FILES}"),
}


@pytest.fixture
def profile():
    """Write the AWS configuration file of the Agent's user."""

    def write(text, name="corp"):
        config = Path(os.environ["AWS_CONFIG_FILE"])
        config.write_text(f"[profile {name}]\nregion = {REGION}\n{text}\n", encoding="utf-8")

    return write


@pytest.fixture
def keyless(agent, put, monkeypatch):
    """An instance that has neither keys nor an endpoint of its own."""
    put("one")

    def make(**options):
        return agent(aws_access_key_id=None, aws_secret_access_key=None, **options)

    return make


@pytest.mark.parametrize("variable", VARIABLES)
def test_a_wrong_variable_is_named_or_of_no_matter(agent, put, simulator, monkeypatch, variable):
    put("one")
    monkeypatch.setenv(variable, "bogus value")
    reported = agent().run()
    assert reported.error == ""
    status, message = reported.service_check()
    if status == "ok":
        assert [call.operation for call in simulator.calls].count("ListOptimizationJobs") == 1
        return
    assert status == "critical"
    assert f"Correct `{variable}` in the environment of the Agent." in message
    assert list(simulator.calls) == []
    assert reported.values("jobs") == []


@pytest.mark.parametrize("variable", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SAGEMAKER"])
def test_a_wrong_endpoint_of_the_environment_is_named(agent, monkeypatch, variable):
    monkeypatch.setenv(variable, "127.0.0.1:4566")
    status, message = agent(endpoint_url=None, max_attempts=1, connect_timeout=0.1).run().service_check()
    assert status == "critical"
    assert f"Correct `{variable}` in the environment of the Agent." in message


@pytest.mark.parametrize("case", PROFILES)
def test_a_profile_that_cannot_work_is_named_with_the_setting(keyless, profile, simulator, case):
    text, remedy = PROFILES[case]
    profile(text)
    reported = keyless(profile_name="corp").run()
    assert reported.error == ""
    status, message = reported.service_check()
    assert (status, remedy in message) == ("critical", True), message
    assert "simulated" not in message
    assert list(simulator.calls) == []


@pytest.mark.parametrize("name", ["AWS_PROFILE", "AWS_DEFAULT_PROFILE"])
def test_a_variable_that_names_no_profile_is_named(keyless, monkeypatch, name):
    monkeypatch.setenv(name, "gone")
    assert f"`{name}` is 'gone': give a profile of the Agent user's AWS configuration files" in keyless().run().error


@pytest.mark.parametrize("place", ["AWS_REGION", "AWS_DEFAULT_REGION", "region"])
@pytest.mark.parametrize("region", ["us-east-1 ", "US East", "us-east-1a"])
def test_a_wrong_region_is_named_with_its_place(agent, monkeypatch, place, region):
    if place == "region":
        text = f"[default]\nregion = {region.strip()}x\n"
        Path(os.environ["AWS_CONFIG_FILE"]).write_text(text, encoding="utf-8")
    else:
        monkeypatch.setenv(place, region)
    error = agent(regions=None).run().error
    assert re.search(rf"`{place}` is '{region.strip()}x?\s?': give the name of an AWS region, such as us-east-1", error)
    assert ("AWS configuration files" in error) == (place == "region")


def test_keys_of_the_instance_work_where_the_environment_names_no_profile(agent, put, monkeypatch):
    put("one")
    monkeypatch.setenv("AWS_PROFILE", "gone")
    assert agent().run().service_check() == ("ok", "")
    assert "`profile_name` is 'gone'" in agent(profile_name="gone").run().error


def test_an_empty_variable_names_no_profile(keyless, monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", f"AKIA{ACCOUNT}")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "simulated")
    assert keyless().run().service_check() == ("ok", "")


@pytest.mark.parametrize("missing", ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"])
def test_half_a_key_of_the_environment_is_named(keyless, monkeypatch, missing):
    keys = {"AWS_ACCESS_KEY_ID": f"AKIA{ACCOUNT}", "AWS_SECRET_ACCESS_KEY": "simulated"}
    for name in keys.keys() - {missing}:
        monkeypatch.setenv(name, keys[name])
    status, message = keyless().run().service_check()
    assert status == "critical"
    assert "Add `AWS_SECRET_ACCESS_KEY` in the environment of the Agent." in message or missing == "AWS_ACCESS_KEY_ID"


@pytest.mark.parametrize("role", [None, ROLE])
@pytest.mark.parametrize("by_variable", [False, True])
def test_settings_of_a_profile_hold_for_all_calls(keyless, profile, put, simulator, monkeypatch, role, by_variable):
    put("two", account="222222222222")
    simulator.add_role(ROLE)
    profile(f"{KEYS}endpoint_url = {simulator.url}")
    if by_variable:
        monkeypatch.setenv("AWS_PROFILE", "corp")
    one = keyless(endpoint_url=None, assume_role=role, profile_name=None if by_variable else "corp", max_attempts=1)
    reported = one.run()
    assert reported.service_check() == ("ok", "")
    assert reported.calls["ListOptimizationJobs"] == 1
    assert reported.calls["AssumeRole"] == (1 if role else 0)
