"""Whether events arrive: what two searches say together."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from optimizationjob.diagnosis import SUBJECTS, Verdict
from optimizationjob.diagnosis.event_findings import EventSighting, events_finding, unknown_finding

NONE = EventSighting(is_found=False)
NEW = EventSighting(is_found=True, newest=datetime(2026, 11, 2, 12, 30, tzinfo=UTC))
OLD = EventSighting(is_found=True, newest=datetime(2026, 11, 1, tzinfo=UTC))
UNDATED = EventSighting(is_found=True)


@pytest.mark.parametrize(
    ("by_tag", "by_source", "verdict", "words"),
    [
        (NONE, NONE, Verdict.WARNING, "No event of the check arrived in the last 7 days"),
        (NEW, NONE, Verdict.OK, "the newest from 2026-11-02 12:30 UTC. They are found by tags, as the monitors"),
        (NEW, NONE, Verdict.OK, "`source:optimizationjob` finds none, since Datadog has not registered this source"),
        (OLD, NEW, Verdict.OK, "the newest from 2026-11-02 12:30 UTC. They are found by tags"),
        (OLD, NEW, Verdict.OK, "`source:optimizationjob` finds them, too"),
        (UNDATED, NONE, Verdict.OK, "Events arrive. They are found by tags"),
        (NONE, OLD, Verdict.WARNING, "the newest from 2026-11-01 00:00 UTC, but without the tags that the monitors"),
    ],
)
def test_two_searches_make_one_finding(by_tag, by_source, verdict, words):
    finding = events_finding(by_tag=by_tag, by_source=by_source)
    assert (finding.name, finding.verdict) == ("events", verdict)
    assert words in finding.text
    assert bool(finding.remedy) is (verdict is not Verdict.OK)
    assert finding.name in SUBJECTS


def test_an_account_that_does_not_answer_is_a_warning_with_its_words():
    finding = unknown_finding("it failed")
    assert (finding.verdict, finding.cause) == (Verdict.WARNING, "it failed")
    assert finding.remedy
