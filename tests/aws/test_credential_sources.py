"""Each source of credentials with each fault that it can have: said in time, and over when the source comes back."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path

import pytest

from optimizationjob.simulator import Fault
from tests.aws.credential_service import CredentialService

ACCOUNT, EAST, WEST = "111111111111", "us-east-1", "eu-west-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/watch"
REGIONS = [EAST, WEST]
FAULTS = ("hang", "refuse", "nonsense")
SECONDS = 0.5
# What the message must have, so that an operator knows which source it is about.
NAMED = {
    "process": ("credential_process", "custom-process", "of the credentials"),
    "file": ("aws_secret_access_key", "Unable to locate credentials", "AWS configuration files"),
    "container": ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "container-role", "container metadata", "of the credentials"),
    "metadata": ("Unable to locate credentials", "iam-role", "AWS_EC2_METADATA", "of the credentials"),
    "web-identity": ("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ENDPOINT_URL_STS", "of the credentials"),
    "role": ("sts:AssumeRole",),
}


@pytest.fixture
def service():
    running = CredentialService()
    yield running
    running.close()


class Source:
    """One source, as a machine is set up for it."""

    def __init__(self, name, service, simulator, folder, monkeypatch):
        self.name, self.service, self.simulator = name, service, simulator
        self.answer = folder / "answer"
        self.options = {"aws_access_key_id": None, "aws_secret_access_key": None}
        config = Path(os.environ["AWS_CONFIG_FILE"])
        if name == "process":
            script = folder / "process.sh"
            script.write_text(
                f"#!/bin/sh\nwhile [ -e {folder}/hang ]; do sleep 0.05; done\ncat {self.answer}\n", "utf-8"
            )
            script.chmod(0o755)
            config.write_text(f"[profile corp]\ncredential_process = {script}\n", encoding="utf-8")
            self.options["profile_name"] = "corp"
        elif name == "file":
            self.answer = Path(os.environ["AWS_SHARED_CREDENTIALS_FILE"])
        elif name == "container":
            monkeypatch.setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", f"{service.url}/credentials")
        elif name == "metadata":
            monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "false")
            monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", service.url)
        elif name == "web-identity":
            (folder / "token").write_text("a token of the pod", encoding="utf-8")
            monkeypatch.setenv("AWS_WEB_IDENTITY_TOKEN_FILE", str(folder / "token"))
            monkeypatch.setenv("AWS_ROLE_ARN", ROLE)
            monkeypatch.setenv("AWS_ENDPOINT_URL_STS", service.url)
        else:
            simulator.add_role(ROLE)
            self.options = {"assume_role": ROLE}
        self.folder = folder
        self.heal()

    def fail(self, fault):
        self.service.fail(fault)
        if fault == "hang":
            (self.folder / "hang").touch()
        elif self.name in ("process", "file"):
            self.answer.write_text("" if fault == "refuse" else "<html>sign in</html>", encoding="utf-8")
        if self.name == "role":
            faults = {"hang": Fault.HANG, "refuse": Fault.DENIED, "nonsense": Fault.HTML_OK}
            self.simulator.fault(faults[fault], operation="AssumeRole")

    def heal(self):
        self.service.heal()
        self.simulator.clear_faults()
        (self.folder / "hang").unlink(missing_ok=True)
        keys = {"Version": 1, "AccessKeyId": f"AKIA{ACCOUNT}", "SecretAccessKey": "simulated"}
        text = json.dumps(keys)
        if self.name == "file":
            text = f"[default]\naws_access_key_id = AKIA{ACCOUNT}\naws_secret_access_key = simulated\n"
        self.answer.write_text(text, encoding="utf-8")


@pytest.fixture
def source(request, service, simulator, tmp_path, monkeypatch):
    monkeypatch.setattr("optimizationjob.aws.sts_regions.MOST_REGIONS", 1)
    return Source(request.param, service, simulator, tmp_path, monkeypatch)


TABLE = [(name, fault) for name in NAMED for fault in FAULTS if (name, fault) != ("file", "hang")]
TABLE += [(name, fault) for name in ("container", "metadata", "web-identity") for fault in ("trickle", "flood")]


@pytest.mark.parametrize(("source", "fault"), TABLE, indirect=["source"])
def test_a_fault_of_a_source_is_said_in_time_and_ends_with_it(agent, put, simulator, source, fault):
    for region in REGIONS:
        put("one", region=region)
    source.fail(fault)
    before = set(threading.enumerate())
    one = agent(
        regions=REGIONS, max_run_seconds=SECONDS, max_attempts=1, connect_timeout=1, read_timeout=1, **source.options
    )
    for _ in range(2):
        begin = time.monotonic()
        reported = one.run(after=60)
        assert time.monotonic() - begin < 10, "no more than the run's time and the source's own time-out"
        assert reported.error == "" or source.name == "file", reported.error
        if reported.error:
            assert any(words in reported.error for words in NAMED[source.name])
            continue
        for region in REGIONS:
            status, message = reported.service_check(region)
            assert status == "critical"
            assert any(words in message for words in NAMED[source.name]), message
            assert "simulated" not in message
        assert reported.values("jobs") == []
        assert reported.calls["ListOptimizationJobs"] == 0
    source.heal()
    for _ in range(4):
        reported = one.run(after=61)
        if reported.error == "" and reported.service_check(EAST) == ("ok", ""):
            break
    assert [reported.service_check(region) for region in REGIONS] == [("ok", "")] * 2
    assert reported.total("jobs") == 2
    assert [thread for thread in set(threading.enumerate()) - before if thread.name.startswith("optimizationjob")] == []


@pytest.mark.parametrize("source", NAMED, indirect=True)
def test_a_source_works(agent, put, source):
    put("one")
    reported = agent(regions=[EAST], **source.options).run()
    assert (reported.service_check(), reported.total("jobs")) == (("ok", ""), 1)


@pytest.mark.parametrize("source", ["web-identity"], indirect=True)
def test_xml_that_unfolds_is_not_read(agent, put, source):
    put("one")
    source.fail("entities")
    status, message = agent(regions=[EAST], max_attempts=1, **source.options).run().service_check()
    assert status == "critical"
    assert "the response has more than 256 KB" in message


@pytest.mark.parametrize("place", ["environment", "profile"])
def test_no_run_waits_for_the_metadata_service_to_choose_defaults(agent, put, service, monkeypatch, place):
    put("one")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "false")
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", service.url)
    if place == "environment":
        monkeypatch.setenv("AWS_DEFAULTS_MODE", "Auto")
    else:
        Path(os.environ["AWS_CONFIG_FILE"]).write_text("[default]\ndefaults_mode = auto\n", encoding="utf-8")
    service.fail("refuse")
    reported = agent(regions=[EAST]).run()
    assert (reported.service_check(), reported.total("jobs")) == (("ok", ""), 1)
    assert service.asked == 0


def test_the_role_of_a_profile_is_assumed_in_the_region_of_the_environment(agent, monkeypatch, simulator):
    role = "arn:aws:iam::222222222222:role/watch"
    simulator.add_role(role)
    path = Path(os.environ["AWS_CONFIG_FILE"])
    path.write_text(f"[profile prod]\nrole_arn = {role}\ncredential_source = Environment\n", encoding="utf-8")
    for name, value in {
        "AWS_ACCESS_KEY_ID": "AKIA111111111111",
        "AWS_SECRET_ACCESS_KEY": "simulated",
        "AWS_ENDPOINT_URL": simulator.url,
        "AWS_REGION": "eu-west-1",
    }.items():
        monkeypatch.setenv(name, value)
    without = {"aws_access_key_id": None, "aws_secret_access_key": None, "regions": None, "endpoint_url": None}
    agent(profile_name="prod", **without).run()
    assert {call.region for call in simulator.calls if call.operation == "AssumeRole"} == {"eu-west-1"}
