"""Hundreds of failures at once: each of them alerts, with its reason."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tools.evaluation.monitor_evaluation import evaluate_monitor
from tools.evaluation.monitor_message import Notification, rendered
from tools.evaluation.monitor_states import MonitorState, notifications
from tools.evaluation.query_filters import event_tags, groups_of
from tools.evaluation.simulated_burst import FAILURES, simulated_burst

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("burst")]
DEFINITION = json.loads((Path(__file__).parents[3] / "assets/monitors/job_failed.json").read_text())["definition"]


@pytest.fixture(scope="module")
def burst():
    return simulated_burst()


@pytest.fixture(scope="module")
def alerts(burst):
    return evaluate_monitor(DEFINITION, burst.recording, start=burst.start, end=burst.end)


def test_every_failure_alerts_once(alerts):
    assert {alert.status for alert in alerts} == {MonitorState.ALERT}
    assert len(alerts) == len(notifications(DEFINITION, alerts)) == FAILURES


def test_every_message_names_the_job_and_its_reason_as_it_is(burst, alerts):
    by_group = {groups_of(event_tags(event), ("@aggregation_key",))[0]: event for event in burst.recording.events}
    reasons = 0
    for alert in alerts:
        event = by_group[alert.group]
        about = Notification(state=alert.status, group=alert.group, event=event, value=1)
        message = rendered(DEFINITION, about)
        account, region, name = dict(alert.group)["@aggregation_key"].split("/")
        assert message.startswith(
            f"\n**What happened:** Optimization job {name} FAILED in account {account}, region {region}."
        )
        assert f"`arn:aws:sagemaker:{region}:{account}:optimization-job/{name}`" in message
        assert "Failure reason: " in message
        assert "&" not in message.partition("](")[0], "nothing is escaped"
        reasons += "Failure reason: `AlgorithmError: " in message and "category: memory" in message
    assert reasons > FAILURES / 4, "AWS's limit on calls leaves others without a reason in time"


def test_the_message_is_sound_markdown(burst, alerts):
    about = Notification(state=MonitorState.ALERT, group=alerts[0].group, event=burst.recording.events[0], value=1)
    tokens = MarkdownIt("commonmark").parse(rendered(DEFINITION, about))
    assert not [token for token in tokens if token.type in ("fence", "code_block", "html_block")]
