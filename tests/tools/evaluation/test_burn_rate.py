"""The SLO counts jobs that completed of those not stopped, and its alert follows the burn rate in two windows."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from tools.evaluation.burn_rate import evaluate_burn_rate
from tools.evaluation.query_syntax import UnsupportedQuery

ASSETS = Path(__file__).parents[3] / "assets"
SLO = json.loads((ASSETS / "slos/jobs_succeed.json").read_text())["definition"]
ALERT = json.loads((ASSETS / "slo_alerts/success_burn_rate.json").read_text())["definition"]


@pytest.fixture
def ended(scribe, minute):
    """When the alert starts and ends, in minutes, for jobs that ended with a status at a minute."""

    def alerts(*jobs, query=ALERT["query"]):
        for at, status in jobs:
            scribe.at(at).count("job.finished", 1, f"optimization_job_status:{status}")
        definition = {**ALERT, "query": query}
        found = evaluate_burn_rate(definition, SLO, scribe.recording, start=minute(0), end=minute(1800))
        return [
            ((alert.since - minute(0)) / timedelta(minutes=1), (alert.until - minute(0)) / timedelta(minutes=1))
            for alert in found
        ]

    return alerts


def test_failures_burn_until_the_short_window_is_over(ended):
    assert ended(*[(number, "completed") for number in range(4)], (10, "failed")) == [(15, 135)]


def test_few_failures_of_many_jobs_do_not_alert(ended):
    assert ended(*[(number, "completed") for number in range(9)], (10, "failed")) == []


def test_jobs_that_were_stopped_do_not_count(ended):
    assert ended((1, "completed"), *[(number, "stopped") for number in range(2, 30)]) == []


def test_an_old_failure_alone_does_not_alert_again(ended):
    assert ended((0, "failed"), (300, "completed")) == [(5, 125)]


@pytest.mark.parametrize("change", [("30d", "90d"), (" > 3", " < 3"), ("long_window", "wide_window")])
def test_other_alerts_are_refused(ended, change):
    with pytest.raises(UnsupportedQuery):
        ended((0, "failed"), query=ALERT["query"].replace(*change))
