"""Text that the Agent's C code refuses: none of it gets there, wherever AWS puts it, also at DEBUG."""

from __future__ import annotations

import json
import logging

import pytest

from optimizationjob.simulator import Fault
from tests.agent_doubles import CStrings, RunPath

ACCOUNT, EAST = "111111111111", "us-east-1"
BAD = "x\x00y\ud800z\x1b[31m"


def spoiled(value):
    """Return an answer with text that cannot be printed in each string, except in ARNs, names and statuses."""
    if isinstance(value, dict):
        return {key: item if key in KEPT else spoiled(item) for key, item in value.items()}
    if isinstance(value, list):
        return [spoiled(item) for item in value]
    return value + BAD if isinstance(value, str) else value


KEPT = {
    "OptimizationJobArn",
    "OptimizationJobName",
    "OptimizationJobStatus",
    "ResourceARN",
    "ResponseMetadata",
    "NextToken",
    "Account",
}


def refuses(text):
    text.encode()
    assert not any(character in text for character in "\x00\x1b"), repr(text)


@pytest.mark.parametrize("kept", [KEPT, KEPT - {"OptimizationJobArn"}, KEPT - {"OptimizationJobStatus"}])
def test_nothing_unprintable_reaches_the_agent(agent, put, fail, simulator, monkeypatch, caplog, kept):
    monkeypatch.setattr("tests.hostile.test_unprintable_text.KEPT", kept)
    caplog.set_level(logging.DEBUG)
    disk, strings = RunPath(monkeypatch), CStrings(monkeypatch)
    put("one", tags={"team": "ml"})
    put("old", "FAILED", created=200, started=190, ended=180, failure_reason="ClientError")
    # STS answers in XML, which cannot hold such characters.
    simulator.tamper(lambda operation, answer: answer if operation == "GetCallerIdentity" else spoiled(answer))
    one = agent()
    reported = [one.run()]
    fail()
    reported.append(one.run(after=60))
    simulator.fault(Fault.DENIED, operation="DescribeOptimizationJob")
    put("two", created=1, started=1)
    reported.append(one.run(after=60))
    assert [run.error for run in reported] == [""] * 3
    texts = [caplog.text]
    for run in reported:
        texts += [tag for metric in run.metrics for tag in metric["tags"]]
        texts += [str(value) for event in run.events for value in event.values()]
        texts += [tag for event in run.events for tag in event["tags"]]
        texts += [check["message"] for check in run.service_checks]
        texts += [json.dumps(record["fields"], ensure_ascii=False) + record["key"] for record in run.records]
    texts += [part for pair in disk.files.items() for part in pair]
    for text in texts:
        refuses(text)
    assert (strings.refused, strings.spoiled) == ([], [])
    assert disk.files
    assert any(run.events for run in reported) or "OptimizationJobStatus" not in kept
