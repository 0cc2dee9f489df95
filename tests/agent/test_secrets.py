"""No secret leaves: not in what is told, not in a log at DEBUG, not in what is remembered, not in a repr."""

from __future__ import annotations

import json
import logging
from datetime import timedelta

import pytest

from datadog_checks.base.stubs import aggregator as stub
from datadog_checks.base.stubs import datadog_agent as agent_stub
from optimizationjob.simulator import Fault
from tests.versions import TAKES_RECORDS

ACCOUNT, OTHER, EAST = "111111111111", "222222222222", "us-east-1"
HUB_TOKEN = "hf_" + "plantedHubTokenNobodyMaySee" + "01"
ENVIRONMENT_SECRET = "planted-environment-value"
URL_SECRET = "planted-url-password"
REASON_SECRET = "AKIA" + "PLANTEDREASONKEY"
KEY_SECRET = "wJalrXUtnFEMI-planted-secret-key"
EXTERNAL_ID = "planted-external-id"
PROXY_SECRET = "planted-proxy-password"


@pytest.fixture
def jobs_full_of_secrets(simulator, clock):
    now = clock.now()
    for name, status in (("runs", "INPROGRESS"), ("failed", "FAILED")):
        simulator.put_job(
            ACCOUNT,
            EAST,
            name,
            status=status,
            fill="everything",
            created_at=now - timedelta(minutes=9),
            started_at=now - timedelta(minutes=8),
            ended_at=now - timedelta(minutes=1) if status == "FAILED" else None,
            failure_reason=f"ClientError: token {HUB_TOKEN} of {REASON_SECRET} refused" if status == "FAILED" else None,
            environment={"HUGGING_FACE_HUB_TOKEN": HUB_TOKEN, "PLAIN": ENVIRONMENT_SECRET},
            techniques=("Quantization", "Compilation"),
            members={
                "ModelSource": {
                    "S3": {"S3Uri": f"https://user:{URL_SECRET}@bucket.s3.amazonaws.com/m?token={URL_SECRET}"}
                }
            },
        )


def everything_that_left(caplog):
    """All bytes that leave the check: what was told, logged and remembered."""
    reported = [str(metric) for name in stub.metric_names for metric in stub.metrics(name)]
    reported += [json.dumps(event) for event in stub.events]
    reported += [str(check) for name in stub.service_check_names for check in stub.service_checks(name)]
    reported += [repr(payload) for payload in stub._event_platform_events["genresources"]]
    logs = [str(record.__dict__) + logging.Formatter().format(record) for record in caplog.records]
    return "\n".join([*reported, *logs, repr(agent_stub._cache)])


@pytest.mark.parametrize("reveals", [False, True])
def test_planted_secrets_do_not_leave(agent, simulator, clock, jobs_full_of_secrets, caplog, reveals):
    caplog.set_level(logging.DEBUG)
    simulator.add_role(f"arn:aws:iam::{OTHER}:role/watch", external_id=EXTERNAL_ID)
    one = agent(environment_values=reveals)
    one.run()
    first = everything_that_left(caplog)
    other = agent(assume_role=f"arn:aws:iam::{OTHER}:role/watch", external_id=EXTERNAL_ID)
    other.run()
    simulator.fault(Fault.EXPIRED_TOKEN)
    one.run(after=60)
    left = first + everything_that_left(caplog)
    assert "failed" in left
    for secret in (HUB_TOKEN, URL_SECRET, REASON_SECRET, KEY_SECRET, EXTERNAL_ID, f"AKIA{ACCOUNT}"):
        assert secret not in left
    assert (ENVIRONMENT_SECRET in left) is (reveals and TAKES_RECORDS), "records are all that shows these values"


def test_botocore_is_held_at_info_when_the_agent_logs_at_debug(agent, jobs_full_of_secrets, caplog):
    caplog.set_level(logging.DEBUG)
    agent().run()
    assert {r.levelname for r in caplog.records if r.name.startswith(("botocore", "boto3"))} <= {"INFO", "WARNING"}


def test_a_broken_run_and_a_wrong_setting_do_not_show_secrets(agent, simulator, jobs_full_of_secrets, monkeypatch):
    one = agent()
    poller = one.check._runs._regions[0]._poller if one.check._runs else None
    assert poller is None, "made with the first run"
    one.run()
    poller = one.check._runs._regions[0]._poller
    monkeypatch.setattr(poller, "read_urgent", lambda _: (_ for _ in ()).throw(RuntimeError(f"with {KEY_SECRET}")))
    error = one.run(after=60).error
    assert "RuntimeError" in error
    assert KEY_SECRET not in error
    for options in (
        {"aws_access_key_id": None},
        {"external_id": EXTERNAL_ID},
        {"proxy": {"https": f"socks5://u:{PROXY_SECRET}@p:1"}},
    ):
        error = agent(**options).run().error
        assert "ConfigurationError" in error
        for secret in (KEY_SECRET, EXTERNAL_ID, PROXY_SECRET):
            assert secret not in error


def test_no_repr_of_the_check_shows_a_secret(agent, jobs_full_of_secrets):
    one = agent(proxy={"https": f"http://u:{PROXY_SECRET}@127.0.0.1:1", "no_proxy": ["127.0.0.1"]})
    reported = one.run()
    assert reported.service_check() == ("ok", ""), "no_proxy reaches the endpoint"
    cycle = one.check._runs
    seen = [
        repr(cycle),
        repr(cycle._context),
        repr(cycle._context.settings),
        repr(cycle._regions[0]._state),
    ]
    for secret in (KEY_SECRET, PROXY_SECRET, HUB_TOKEN, ENVIRONMENT_SECRET, URL_SECRET):
        assert not [text for text in seen if secret in text]


def test_an_unreachable_proxy_is_said_without_its_password(agent, jobs_full_of_secrets, caplog):
    caplog.set_level(logging.DEBUG)
    one = agent(proxy={"http": f"http://u:{PROXY_SECRET}@127.0.0.1:1"}, max_attempts=1)
    reported = one.run()
    assert reported.service_check()[0] == "critical"
    assert "proxy" in reported.service_check()[1]
    assert PROXY_SECRET not in everything_that_left(caplog)
