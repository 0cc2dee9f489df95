"""Credentials are looked up once in a run, whatever their source does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

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
