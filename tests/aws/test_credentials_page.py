"""Each configuration of docs/credentials.md works as it stands there."""

from __future__ import annotations

import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from optimizationjob.aws.aws_session import AwsSession
from optimizationjob.aws.calls import Caller
from optimizationjob.aws.rate_limit import RateLimit
from optimizationjob.config.settings import Settings
from optimizationjob.simulator import ManualClock
from tests.aws.credential_service import CredentialService

PAGE = Path(__file__).parents[2] / "docs/credentials.md"
ACCOUNT, OTHER = "111111111111", "222222222222"
ROLE = f"arn:aws:iam::{OTHER}:role/datadog-optimizationjob"
SECTIONS = {
    title: dict(re.findall(r"```(\w+)\n(.*?)```", text, re.DOTALL))
    for title, text in re.findall(
        r"^## (.+?)\n(.*?)(?=^## |\Z)", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
}
PLAYED = {
    "The role of an instance or a task": ACCOUNT,
    "A Kubernetes service account (IRSA)": ACCOUNT,
    "EKS Pod Identity": ACCOUNT,
    "A role in another account": OTHER,
    "A profile": OTHER,
    "A process": ACCOUNT,
    "Keys": ACCOUNT,
}
ROUTED = {
    "Private endpoints": "https://vpce-1a2b3c4d-5e6f.api.sagemaker.us-east-1.vpce.amazonaws.com",
    "FIPS and dual-stack": "https://api-fips.sagemaker.us-gov-west-1.amazonaws.com",
}
ELSEWHERE = {"Certificates of your own"}  # tests/aws/test_certificates.py plays it with a real certificate


@pytest.fixture
def clock():
    """Starts now: the library itself compares the end of some credentials with the time of the machine."""
    return ManualClock(datetime.now(tz=UTC))


@pytest.fixture
def machine(tmp_path, monkeypatch, simulator):
    """Set a machine up as a section says, and return its instance."""
    service = CredentialService()
    program = tmp_path / "vault.sh"
    keys = {"Version": 1, "AccessKeyId": f"AKIA{ACCOUNT}", "SecretAccessKey": "simulated"}
    program.write_text(f"#!/bin/sh\necho '{json.dumps(keys)}'\n", encoding="utf-8")
    program.chmod(0o755)
    token = tmp_path / "token"
    token.write_text("a token of the pod", encoding="utf-8")
    places = {"<PATH_TO_PROGRAM>": str(program), "<SECRET>": "simulated", "<EXTERNAL_ID>": "an-external-id"}
    variables = {
        "The role of an instance or a task": {
            "AWS_EC2_METADATA_DISABLED": "false",
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": service.url,
        },
        "A Kubernetes service account (IRSA)": {
            "AWS_ROLE_ARN": ROLE,
            "AWS_WEB_IDENTITY_TOKEN_FILE": str(token),
            "AWS_ENDPOINT_URL_STS": service.url,
        },
        "EKS Pod Identity": {
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"{service.url}/v1/credentials",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": str(token),
        },
        "A role in another account": {"AWS_ACCESS_KEY_ID": f"AKIA{ACCOUNT}", "AWS_SECRET_ACCESS_KEY": "simulated"},
        "A profile": {"AWS_ENDPOINT_URL_STS": simulator.url},
    }

    def filled(text):
        for place, value in places.items():
            text = text.replace(place, value)
        return text

    def set_up(title):
        section = SECTIONS[title]
        for name, value in variables.get(title, {}).items():
            monkeypatch.setenv(name, value)
        for line in section.get("text", "").splitlines():
            monkeypatch.setenv(*line.split("=", 1))
        Path(os.environ["AWS_CONFIG_FILE"]).write_text(filled(section.get("ini", "")), encoding="utf-8")
        (instance,) = yaml.safe_load(filled(section["yaml"]))["instances"]
        # The Agent fills in what its secret backend holds.
        return {name: "simulated" if str(value).startswith("ENC[") else value for name, value in instance.items()}

    yield set_up
    service.close()


def test_every_section_is_played():
    assert {title for title, blocks in SECTIONS.items() if "yaml" in blocks} == {*PLAYED, *ROUTED, *ELSEWHERE}


@pytest.mark.parametrize("title", PLAYED)
def test_a_configuration_of_the_page_works(agent, put, simulator, machine, title):
    simulator.add_role(ROLE, external_id="an-external-id" if title == "A role in another account" else None)
    put("one", account=PLAYED[title])
    given = {"aws_access_key_id": None, "aws_secret_access_key": None, **machine(title)}
    for _ in range(2):
        reported = agent(**given).run()
        assert reported.error == ""
        status, message = reported.service_check()
        assert (status, message) == ("ok", ""), message
        assert reported.total("jobs", f"aws_account:{PLAYED[title]}") == 1


@pytest.mark.parametrize("title", ROUTED)
def test_calls_go_where_the_page_says(machine, clock, monkeypatch, title):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", f"AKIA{ACCOUNT}")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "simulated")
    settings = Settings.from_mapping(machine(title))
    caller = Caller(clock=clock, max_attempts=1, attempt_seconds=10, endpoint="", rate_limit=RateLimit(10, 10))
    session = AwsSession(settings, clock=clock, caller=caller)
    assert session.route("sagemaker", settings.regions[0]).endpoint == ROUTED[title]
