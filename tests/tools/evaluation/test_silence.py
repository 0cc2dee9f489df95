"""The Agent dies while a monitor alerts: nothing recovers that did not, and the outage pages once."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from tools.evaluation.monitor_evaluation import evaluate_monitor
from tools.evaluation.monitor_message import Notification, rendered
from tools.evaluation.monitor_states import MonitorState, notifications

# The day is slow to simulate, so its tests share a process.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.xdist_group("day")]

FOLDER = Path(__file__).parents[3] / "assets/monitors"
MONITORS = {path.stem: json.loads(path.read_text())["definition"] for path in sorted(FOLDER.glob("*.json"))}
PAGES = 2
"""Monitors of this priority and above are those that wake someone."""

# When the Agent dies while each monitor alerts, in minutes after midnight.
KEEPS = {
    "cannot_connect": 13 * 60 + 20,
    "data_too_old": 13 * 60 + 25,
    "failure_rate": 10 * 60 + 40,
    "throttled": 15 * 60 + 20,
}
"""The groups of these are permanent: their alerts end without a recovery."""
ENDS = {
    "capacity_wait": 7 * 60 + 45,
    "job_stuck": 12 * 60 + 20,
    "runtime_limit": 10 * 60 + 50,
    "time_left": 16 * 60,
}
"""The series of these end with the job: their words say that an end may also be a silence."""
BY_ITSELF = {"job_failed", "no_data"}


@pytest.fixture
def after_death(day):
    """The alerts of a monitor around the death of the Agent, until a day and two hours after it."""

    def alerts(name, minute):
        moment = day.start + timedelta(minutes=minute)
        start, end = moment - timedelta(hours=11), moment + timedelta(hours=26)
        found = evaluate_monitor(MONITORS[name], day.recording.until(moment), start=start, end=end)
        return moment, [alert for alert in found if alert.until is None or alert.until >= moment]

    return alerts


def test_every_monitor_has_a_part():
    assert {*KEEPS, *ENDS, *BY_ITSELF} == {*MONITORS}


@pytest.mark.parametrize("name", KEEPS)
def test_a_permanent_group_does_not_recover(after_death, name):
    moment, alerts = after_death(name, KEEPS[name])
    assert [alert for alert in alerts if alert.status is MonitorState.ALERT and alert.since < moment], "it alerts then"
    assert [alert for alert in alerts if alert.is_recovered] == []


@pytest.mark.parametrize("name", ENDS)
def test_the_recovery_of_a_job_says_what_an_end_can_mean(after_death, name):
    moment, alerts = after_death(name, ENDS[name])
    assert [alert for alert in alerts if alert.status is not MonitorState.OK and alert.since < moment]
    group = alerts[0].group
    words = rendered(MONITORS[name], Notification(state=MonitorState.OK, group=group))
    assert "It may also be that the check stopped sending" in words
    assert MONITORS["no_data"]["name"] in words, "the monitor to look at is named as it is"


def test_a_dead_agent_pages_once(day):
    moment = day.start + timedelta(hours=8, minutes=30)
    recording = day.recording.until(moment)
    pages = []
    for name, definition in MONITORS.items():
        if definition["priority"] <= PAGES:
            alerts = evaluate_monitor(definition, recording, start=day.start, end=moment + timedelta(hours=23))
            pages += [name for at, _ in notifications(definition, alerts) if at >= moment]
    assert pages == ["no_data"]
    assert MONITORS["no_data"]["options"]["renotify_interval"] > 0


def test_an_outage_of_aws_pages_once(day):
    outage = day.moments["outage"]
    pages = []
    for name, definition in MONITORS.items():
        if definition["priority"] <= PAGES and name != "failure_rate":
            alerts = evaluate_monitor(
                definition, day.recording, start=outage.start, end=outage.end + timedelta(minutes=20)
            )
            pages += [name for alert in alerts if alert.status in (MonitorState.ALERT, MonitorState.NO_DATA)]
    assert pages == ["cannot_connect"]


def test_the_silent_check_says_what_it_cannot_see():
    group = (("aws_account", "1"), ("region", "r"))
    words = rendered(MONITORS["no_data"], Notification(state=MonitorState.NO_DATA, group=group))
    assert "cannot see" in words
