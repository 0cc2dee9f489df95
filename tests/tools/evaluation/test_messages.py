"""Messages of monitors are rendered as Datadog does, and variables that do not exist are errors."""

from __future__ import annotations

import pytest

from tools.evaluation.monitor_message import Notification, rendered
from tools.evaluation.monitor_states import MonitorState
from tools.evaluation.query_syntax import UnsupportedQuery

QUERY = "max(last_5m):max:optimizationjob.g{*} by {a,region} > 80"
GROUP = (("a", "x"), ("region", "r"))


def monitor(message, **options):
    return {
        "type": "query alert",
        "query": QUERY,
        "message": message,
        "options": {"thresholds": {"critical": 80.0}, **options},
    }


def shown(message, state="ALERT", **options):
    about = Notification(state=MonitorState(state), group=GROUP, value=93.26, triggered_at=1000.5)
    return rendered(monitor(message, **options), about)


@pytest.mark.parametrize(("state", "words"), [("ALERT", "a"), ("WARN", "w"), ("NO DATA", "n"), ("OK", "r")])
def test_blocks_follow_the_state(state, words):
    kinds = {"a": "is_alert", "w": "is_warning", "n": "is_no_data", "r": "is_recovery"}
    message = "".join(f"{{{{#{name}}}}}{letter}{{{{/{name}}}}}" for letter, name in kinds.items())
    assert shown(message, state) == words
    assert shown("{{^is_alert}}b{{/is_alert}}", state) == ("" if state == "ALERT" else "b")


def test_values_and_arithmetic():
    assert shown('{{a.name}} {{value}} {{eval "int(value)"}} of {{threshold}}') == "x 93.26 93 of 80.0"
    assert shown('{{eval "last_triggered_at_epoch-2*1000"}}') == "998500"


@pytest.mark.parametrize(
    "message",
    ["{{team.name}}", "{{warn_threshold}}", "{{event.title}}", "{{check_message}}", '{{eval "job+1"}}', "%%%"],
)
def test_what_datadog_leaves_empty_or_breaks_is_an_error(message):
    with pytest.raises(UnsupportedQuery):
        shown(message)


def test_groups_that_are_notified_together_have_no_variable():
    assert shown("{{a.name}}", notify_by=["a"]) == "x"
    for notify_by, message in ((["a"], "{{region.name}}"), (["*"], "{{a.name}}")):
        with pytest.raises(UnsupportedQuery):
            shown(message, notify_by=notify_by)


def test_text_of_an_event_is_escaped_in_two_braces(scribe):
    scribe.at(0).event("job:llama", title="it's", text="a < b & 'c'")
    (event,) = scribe.recording.events
    definition = {**monitor("{{event.title}} {{event.text}} {{{event.text}}} {{event.tags.job}}")}
    about = Notification(state=MonitorState.ALERT, group=GROUP, event=event)
    assert rendered(definition, about) == "it&#x27;s a &lt; b &amp; &#x27;c&#x27; a < b & 'c' llama"
