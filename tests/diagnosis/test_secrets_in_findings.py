"""No secret is in any finding, whatever went wrong, nor in the Agent's diagnosis."""

from __future__ import annotations

import json
import logging

import pytest

from optimizationjob.simulator import Fault
from optimizationjob.simulator.error_answers import error

ACCOUNT, OTHER = "111111111111", "222222222222"
ROLE = f"arn:aws:iam::{OTHER}:role/watch"
EXTERNAL_ID = "planted-external-id"
PASSWORD = "planted%2Fproxy-password"
SECRET_KEY = "wJalrXUtnFEMI-planted-secret-key"
TOKEN = "planted-session-token"
SECRETS = (EXTERNAL_ID, PASSWORD, "proxy-password", SECRET_KEY, TOKEN, f"AKIA{ACCOUNT}")

TROUBLES = (
    {},
    {"assume_role": ROLE, "external_id": EXTERNAL_ID},
    {"assume_role": ROLE, "external_id": f"{EXTERNAL_ID}-wrong"},
    {"proxy": {"http": f"http://user:{PASSWORD}@127.0.0.1:9"}},
    {"aws_session_token": TOKEN},
)
FAULTS = (None, Fault.DENIED, Fault.EXPIRED_TOKEN, Fault.UNRECOGNIZED, Fault.HTML_OK, Fault.RESET)


@pytest.mark.parametrize("fault", FAULTS, ids=str)
@pytest.mark.parametrize("options", TROUBLES, ids=lambda options: "+".join(options) or "usual")
def test_no_secret_is_in_a_finding(look, agent, simulator, caplog, options, fault):
    caplog.set_level(logging.DEBUG)
    simulator.add_role(ROLE, external_id=EXTERNAL_ID)
    if fault:
        simulator.fault(fault)
    left = str(look(**options).findings)
    left += agent(**options).check.get_diagnoses()
    left += "\n".join(f"{record.__dict__}" for record in caplog.records)
    assert "identity" in left
    assert [secret for secret in SECRETS if secret in left] == []


def test_what_aws_quotes_is_masked_whatever_it_looks_like(look, simulator, monkeypatch):
    words = f"you sent {SECRET_KEY} and AKIA{ACCOUNT} to {EXTERNAL_ID}"
    monkeypatch.setattr(
        "optimizationjob.simulator.faults.denial", lambda dialect, *_, **__: error(dialect.denied, words)
    )
    simulator.add_role(ROLE, external_id=EXTERNAL_ID)
    simulator.fault(Fault.DENIED, operation="DescribeOptimizationJob")
    reported = look(assume_role=ROLE, external_id=EXTERNAL_ID)
    assert "sent ******** and ******** to ********" in reported.one("describe").cause
    assert [secret for secret in SECRETS if secret in json.dumps([str(one) for one in reported.findings])] == []
