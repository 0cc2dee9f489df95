"""Every message of every monitor renders in every state, with rounded values and links that lead somewhere."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from optimizationjob.telemetry.signals import Event
from tools.evaluation.monitor_message import Notification, rendered
from tools.evaluation.monitor_query import by_of
from tools.evaluation.monitor_states import MonitorState
from tools.evaluation.recording import RecordedEvent, tags_of

ASSETS = Path(__file__).parents[3] / "assets"
FILES = [*sorted(ASSETS.glob("monitors/*.json")), *sorted(ASSETS.glob("slo_alerts/*.json"))]
MONITORS = {path.stem: json.loads(path.read_text())["definition"] for path in FILES}
DASHBOARDS = {board["title"]: board for board in map(json.loads, map(Path.read_text, ASSETS.glob("dashboards/*.json")))}
BLOCKS = {"ALERT": "is_alert", "WARN": "is_warning", "NO DATA": "is_no_data", "OK": "is_recovery"}
TAGS = {"aws_account": "111111111111", "region": "us-east-1", "optimization_job_name": "llama"}
LINK = re.compile(r"\[[^\]]+\]\(([^)]+)\)")


def about(definition, state):
    event = Event(
        event_type="x",
        alert_type="error",
        title="Optimization job llama FAILED",
        text="Failure reason: `it's <b>`",
        timestamp=0,
        aggregation_key="111111111111/us-east-1/llama",
        tags=tuple(f"{key}:{value}" for key, value in TAGS.items()),
    )
    keys = {**TAGS, "@aggregation_key": event.aggregation_key}
    # Minutes in thirds show whether a value is rounded.
    return Notification(
        state=MonitorState(state),
        group=tuple((key, keys[key]) for key in by_of(definition)),
        value=1000 / 3,
        event=RecordedEvent(None, event, tags_of(event.tags)) if definition["type"] == "event-v2 alert" else None,
        check_message="AWS said <no> & 'that'" if definition["type"] == "service check" else None,
        triggered_at=1_800_000_000,
    )


def states(definition):
    return [state for state, block in BLOCKS.items() if f"{{{{#{block}}}}}" in definition["message"]]


CASES = [(name, state) for name, definition in MONITORS.items() for state in states(definition)]


@pytest.mark.parametrize(("name", "state"), CASES)
def test_the_message_renders(name, state):
    text = rendered(MONITORS[name], about(MONITORS[name], state))
    assert len(text.strip()) > 20
    assert not re.search(r"\d\.\d", LINK.sub("", text)), "values are rounded"
    assert "&lt;" not in text, "what the check says is shown as it is"
    assert "&#" not in text


@pytest.mark.parametrize("name", MONITORS)
def test_an_alert_a_warning_and_a_recovery_have_their_words(name):
    definition = MONITORS[name]
    kinds = set(states(definition))
    assert "OK" in kinds
    assert kinds & {"ALERT", "NO DATA"}
    assert ("WARN" in kinds) is ("warning" in definition["options"]["thresholds"])


@pytest.mark.parametrize(("name", "state"), [case for case in CASES if case[1] != "OK"])
def test_the_link_leads_to_a_dashboard_with_the_group_and_the_time(name, state):
    definition = MONITORS[name]
    (link,) = LINK.findall(rendered(definition, about(definition, state)))
    query = parse_qs(urlsplit(link).query)
    board = DASHBOARDS[query.pop("q")[0]]
    start, end = (int(query.pop(key)[0]) for key in ("from_ts", "to_ts"))
    assert start < 1_800_000_000_000 < end
    assert query.pop("live") == ["false"]
    prefixes = {variable["name"]: variable["prefix"] for variable in board["template_variables"]}
    chosen = {prefixes[key.removeprefix("tpl_var_").removesuffix("[0]")]: value for key, (value,) in query.items()}
    expected = {} if "notify_by" in definition["options"] else TAGS
    by = {*by_of(definition), *(TAGS if definition["type"] == "event-v2 alert" else ())}
    assert chosen == {key: value for key, value in expected.items() if key in by}


def test_what_wakes_someone_is_of_a_high_priority():
    assert {name for name, definition in MONITORS.items() if definition["priority"] <= 2} == {
        *("job_failed", "failure_rate", "time_left", "cannot_connect", "no_data")
    }
