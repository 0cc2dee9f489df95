"""User and password of a URL that the AWS library finds in the environment or a profile are shown nowhere."""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path

import pytest
from botocore.exceptions import EndpointConnectionError, HTTPClientError, SSLError

from optimizationjob.aws.error_kinds import kind_of_failure
from optimizationjob.aws.errors import BadSetting, Unreachable

PASSWORD = "Planted"
KEYS = ("aws_access_key_id", "aws_secret_access_key")
FORMS = {
    "plain": f"http://me:x{PASSWORD}@127.0.0.1:9",
    "slash": f"http://me:x{PASSWORD}/y@127.0.0.1:9",
    "like a port": f"http://me:1234/{PASSWORD}@127.0.0.1:9",
    "quote": f"http://me:x\"'{PASSWORD}@127.0.0.1:9",
    "without a scheme": f"me:x{PASSWORD}@127.0.0.1:9",
}
SETTINGS = (
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_SAGEMAKER",
    "AWS_ENDPOINT_URL_STS",
    "HTTP_PROXY",
    "https_proxy",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
    "endpoint_url",
)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("setting", SETTINGS)
def test_a_password_in_a_url_is_shown_nowhere(agent, monkeypatch, caplog, setting, form):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://127.0.0.1:1" if setting == "https_proxy" else "http://127.0.0.1:1")
    options = {"endpoint_url": None, "max_attempts": 1, "connect_timeout": 0.1}
    if setting == "endpoint_url":
        monkeypatch.delenv("AWS_ENDPOINT_URL")
        text = f"[profile corp]\nendpoint_url = {FORMS[form]}\n"
        Path(os.environ["AWS_CONFIG_FILE"]).write_text(text, encoding="utf-8")
        monkeypatch.setenv("AWS_PROFILE", "corp")
    else:
        monkeypatch.setenv(setting, FORMS[form])
    if setting in ("AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_EC2_METADATA_SERVICE_ENDPOINT"):
        options |= dict.fromkeys(KEYS)
        monkeypatch.setattr("botocore.utils.ContainerMetadataFetcher.SLEEP_TIME", 0)
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "false")
        monkeypatch.setenv("AWS_METADATA_SERVICE_TIMEOUT", "1")
    one = agent(**options)
    reported = one.run()
    assert reported.error == ""
    assert reported.service_check()[0] == "critical"
    logs = [f"{record.getMessage()} {logging.Formatter().format(record)}" for record in caplog.records]
    shown = "\n".join([json.dumps(reported.service_checks), one.check.get_diagnoses(), *logs])
    assert PASSWORD not in shown
    if setting.startswith("AWS_") and "Invalid endpoint" in shown:
        assert f"Correct `{setting}` in the environment of the Agent." in shown


@pytest.mark.parametrize("setting", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_SAGEMAKER"])
@pytest.mark.parametrize("form", ["slash", "without a scheme"])
def test_a_url_that_is_none_is_named_by_its_variable(agent, monkeypatch, setting, form):
    monkeypatch.setenv(setting, FORMS[form])
    _, message = agent(endpoint_url=None, max_attempts=1, connect_timeout=0.1).run().service_check()
    assert f"Correct `{setting}` in the environment of the Agent." in message


def test_a_certificate_is_named_and_the_path_of_an_odd_url_is_not():
    cause = OSError(f"Max retries exceeded with url: /{PASSWORD}@127.0.0.1 (certificate verify failed)")
    _, odd = kind_of_failure(SSLError(endpoint_url=f"https://me:1/{PASSWORD}@127.0.0.1", error=cause))
    assert odd == '"SSL validation failed for https://********\uff20127.0.0.1 OSError"'
    cause = OSError("certificate verify failed")
    kind, usual = kind_of_failure(SSLError(endpoint_url="https://aws.example.com/", error=cause))
    assert (kind, usual) == (
        Unreachable,
        '"SSL validation failed for https://aws.example.com/ certificate verify failed"',
    )


@pytest.mark.parametrize("token", [f"{PASSWORD}\n", f"{PASSWORD}\r'x", f'{PASSWORD}\n"'])
def test_a_token_that_is_no_header_is_shown_nowhere(agent, put, caplog, tmp_path, token):
    caplog.set_level(logging.DEBUG)
    put("one")
    keys = {"Version": 1, "AccessKeyId": "AKIA111111111111", "SecretAccessKey": "x", "SessionToken": token}
    (tmp_path / "keys").write_text(json.dumps(keys), encoding="utf-8")
    config = Path(os.environ["AWS_CONFIG_FILE"])
    config.write_text(f"[profile corp]\ncredential_process = cat {tmp_path / 'keys'}\n", encoding="utf-8")
    one = agent(profile_name="corp", max_attempts=1, **dict.fromkeys(KEYS))
    status, message = one.run().service_check()
    assert status == "critical"
    assert "Invalid header value ********" in message
    assert PASSWORD not in message + caplog.text


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (EndpointConnectionError(endpoint_url="https://a.example/"), "Could not connect to the endpoint URL: "),
        (HTTPClientError(error=ValueError("Failed to parse: a:b")), "unhandled exception: Failed to parse: a:b"),
        (RuntimeError("it isn't and can't"), "RuntimeError: \"it isn't and can't\""),
        (ValueError("netloc 'me:word@x' contains invalid characters"), 'ValueError: "netloc ******** contains'),
    ],
)
def test_what_is_no_password_stays(error, cause):
    kind, text = kind_of_failure(error)
    assert cause in text
    assert (kind is BadSetting) == ("netloc" in text)
