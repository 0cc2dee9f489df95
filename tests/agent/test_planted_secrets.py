"""Secrets of many kinds, planted wherever one may stand, are in nothing that is told, logged, kept or printed."""

from __future__ import annotations

import json
import logging
import sys

import pytest

from datadog_checks.base.stubs import aggregator as stub
from datadog_checks.base.stubs import datadog_agent as agent_stub
from optimizationjob.cli import app as app_module
from optimizationjob.simulator import Fault, Simulator
from optimizationjob.simulator.error_answers import error
from tests.versions import TAKES_ISSUES, TAKES_RECORDS

ACCOUNT, OTHER, EAST = "111111111111", "222222222222", "us-east-1"
ROLE = f"arn:aws:iam::{OTHER}:role/watch"
CORE = "Pl4ntEd0S3cr3tN0b0dyMayS33"  # what must not be read, in every one
HEX = "0123456789abcdef" * 2
JWT = f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0{CORE}.{CORE}"

KINDS = {
    "aws key id": "AKIA" + CORE.upper(),
    "aws secret key": f"aws_secret_access_key={CORE}/bPxRfiCYEXAM",
    "aws session token": f"IQoJb3JpZ2luX2Vj{CORE}==",
    "github": f"ghp_{CORE}",
    "github fine grained": f"github_pat_11ABC_{CORE}",
    "hugging face": f"hf_{CORE}",
    "openai": f"sk-proj-{CORE}",
    "anthropic": f"sk-ant-api03-{CORE}",
    "slack": f"xoxb-1234567890-{CORE}",
    "google api key": f"AIza{CORE}abcdef",
    "gcp service account": f"-----BEGIN PRIVATE KEY-----\n{CORE}\n-----END PRIVATE KEY-----",
    "jwt": JWT,
    "user info": f"https://user:{CORE}@git.example.com/repo.git",
    "bearer": f"Authorization: Bearer {CORE}",
    "datadog api key": f"DD_API_KEY={HEX}",
    "datadog app key": f"DD-APPLICATION-KEY: {HEX}01234567",
    "azure signature": f"https://ml.blob.core.windows.net/c?sv=2022&sig={CORE}%3D",
    "azure connection string": f"AccountName=ml;AccountKey={CORE}==;EndpointSuffix=core.windows.net",
    "gitlab": f"glpat-{CORE}",
    "npm": f"npm_{CORE}abcdefghij",
    "pypi": f"pypi-AgEIcHlwaS5vcmc{CORE}",
    "stripe": f"sk_live_{CORE}",
    "ssh key": f"-----BEGIN OPENSSH PRIVATE KEY-----\n{CORE}",
    "docker config": json.dumps({"auths": {"https://index.docker.io/v1/": {"auth": CORE}}}),
    "password": f"password={CORE}",
    "presigned": f"https://b.s3.amazonaws.com/k?X-Amz-Credential={CORE}&X-Amz-Signature={HEX}",
}
PLANTED = (CORE, CORE.upper(), HEX)
URLS = {
    "uri": f"s3://models/llama/hf_{CORE}/",
    "presigned": f"https://b.s3.amazonaws.com/k?X-Amz-Signature={CORE}",
    "user": f"https://user:{CORE}@host/model",
}


def plant(simulator, now=None):
    """Put a failed job for each kind, with the secret wherever a job may carry one."""
    for number, (kind, secret) in enumerate(KINDS.items()):
        url = [*URLS.values()][number % len(URLS)]
        container = {"Image": "djl:0.30", "OverrideEnvironment": {"SETTING": secret, f"X_{number}": secret}}
        simulator.put_job(
            ACCOUNT,
            EAST,
            kind.replace(" ", "-"),
            status="FAILED",
            ended_at=now or simulator.clock.now(),
            failure_reason=f"ClientError: the download failed with {secret} (404)",
            environment={"SETTING": secret, secret[:100]: "x"},
            members={
                "ModelSource": {"S3": {"S3Uri": url}},
                "OutputConfig": {"S3OutputLocation": url},
                "OptimizationConfigs": [{"ModelQuantizationConfig": container}],
            },
            odd=True,
        )


def left(caplog, *more):
    """All bytes that leave the check: what was told, logged and remembered."""
    reported = [str(metric) for name in stub.metric_names for metric in stub.metrics(name)]
    reported += [json.dumps(event) for event in stub.events]
    reported += [str(check) for name in stub.service_check_names for check in stub.service_checks(name)]
    reported += [repr(payload) for payload in stub._event_platform_events["genresources"]]
    logs = [str(record.__dict__) + logging.Formatter().format(record) for record in caplog.records]
    return "\n".join([*reported, *logs, repr(agent_stub._cache), *map(str, more)])


def found_in(text):
    return [text[max(0, text.find(one) - 100) : text.find(one) + 20] for one in PLANTED if one in text]


@pytest.mark.parametrize("reveals", [False, True])
def test_no_kind_leaves_by_a_job(agent, simulator, caplog, reveals):
    caplog.set_level(1)
    plant(simulator)
    one = agent(environment_values=reveals, api_burst=100)
    reported = one.run()
    assert len(reported.events) == len(KINDS)
    assert len(reported.records) == (len(KINDS) if TAKES_RECORDS else 0)
    assert "the download failed with" in reported.events[0]["msg_text"]
    assert found_in(left(caplog, repr(one.check._runs._regions[0]._state), one.check.get_diagnoses())) == []


def test_no_kind_leaves_by_what_aws_says(agent, simulator, caplog, monkeypatch):
    caplog.set_level(1)
    simulator.fault(Fault.DENIED)
    one = agent()
    for kind, secret in KINDS.items():
        words = f"you sent {secret} to us"
        reported = "optimizationjob.simulator.faults.denial"
        monkeypatch.setattr(reported, lambda dialect, *_, words=words, **__: error(dialect.denied, words))
        assert "you sent" in one.run(after=60).service_check()[1]
        assert found_in(left(caplog, one.check.get_warnings())) == [], kind
        caplog.clear()
        agent_stub.reset()
    assert found_in(one.check.get_diagnoses()) == []


@pytest.mark.parametrize("external_id", ["two+words,7", "me@corp.example"])
def test_no_external_id_leaves_by_what_sts_says(agent, simulator, caplog, monkeypatch, external_id):
    caplog.set_level(1)
    words = f"not for {external_id}"
    monkeypatch.setattr(
        "optimizationjob.simulator.faults.denial", lambda dialect, *_, **__: error(dialect.denied, words)
    )
    simulator.fault(Fault.DENIED, operation="AssumeRole")
    one = agent(assume_role=ROLE, external_id=external_id)
    issues = []
    one.check.report_issue = lambda **issue: issues.append(issue)
    assert "not for ********" in one.run().service_check()[1]
    shown = left(caplog, issues, one.check.get_diagnoses()).replace("\uff20", "@")
    assert external_id not in shown
    assert len(issues) == TAKES_ISSUES


OPTIONS = {
    "proxy": {"proxy": {"http": f"http://me:{CORE}@127.0.0.1:9"}, "max_attempts": 1},
    "wrong proxy": {"proxy": {"http": f"socks5://me:{CORE}@127.0.0.1:9"}},
    "keys": {"aws_access_key_id": f"AKIA{CORE}", "aws_secret_access_key": CORE, "aws_session_token": f"IQ{CORE}"},
    "half a key": {"aws_access_key_id": None, "aws_secret_access_key": CORE},
    "external id": {"assume_role": ROLE, "external_id": CORE},
    "wrong external id": {"assume_role": ROLE, "external_id": f"{CORE} "},
    "endpoint": {"endpoint_url": f"http://me:{CORE}@127.0.0.1:9"},
    "endpoint with a token": {"endpoint_url": f"http://127.0.0.1:9/?token={CORE}"},
}


@pytest.mark.parametrize("case", OPTIONS)
def test_no_kind_leaves_by_the_configuration(agent, simulator, caplog, case):
    caplog.set_level(1)
    simulator.add_role(ROLE, external_id=CORE)
    one = agent(**OPTIONS[case])
    reported = one.run()
    assert reported.error or reported.service_checks
    shown = [reported.error, one.check.get_diagnoses(), one.check.get_warnings()]
    if one.check._runs is not None:
        shown.append(repr(one.check._runs._context.settings))
    assert found_in(left(caplog, *shown)) == []


@pytest.mark.parametrize("command", ["check", "doctor"])
def test_no_kind_is_in_a_document(command, tmp_path, monkeypatch, capsys, caplog):
    caplog.set_level(1)
    with Simulator() as simulator:
        plant(simulator)
        conf = tmp_path / "conf.yaml"
        usual = {"regions": [EAST], "endpoint_url": simulator.url, "environment_values": True, "api_rate_limit": 500}
        keys = {"aws_access_key_id": f"AKIA{ACCOUNT}", "aws_secret_access_key": CORE}
        conf.write_text(json.dumps({"instances": [{**usual, **keys}]}))
        monkeypatch.setattr(sys, "argv", ["optimizationjob", command, "--config", str(conf), "--json"])
        app_module.run()
    shown = capsys.readouterr()
    assert json.loads(shown.out)
    assert command == "doctor" or "the download failed with" in shown.out
    assert found_in(left(caplog, shown.out, shown.err)) == []
