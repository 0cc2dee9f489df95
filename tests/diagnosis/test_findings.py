"""Verdicts that no simulator is needed for, and the page that explains them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from optimizationjob.diagnosis import SUBJECTS, Finding, Verdict, worst
from optimizationjob.diagnosis.version_findings import versions_finding
from optimizationjob.package_versions import installed

PAGE = (Path(__file__).parents[2] / "docs" / "doctor.md").read_text(encoding="utf-8")
GOOD = {"Python": "3.12.1", "boto3": "1.43.57", "botocore": "1.43.57", "datadog-checks-base": "38.3.0"}


def test_the_page_explains_every_finding_once():
    part = PAGE.partition("## What it looks at")[2].partition("\n## ")[0]
    assert sorted(re.findall(r"^\| `([a-z-]+)` \|", part, re.MULTILINE)) == sorted(SUBJECTS)


def test_the_page_has_the_limits_of_the_code():
    for words in ("60 seconds", "5 minutes", "2 seconds"):
        assert words in PAGE


@pytest.mark.parametrize(
    ("changed", "verdict", "words"),
    [
        ({}, "ok", ""),
        ({"botocore": "1.43.56"}, "warning", "Agent 7.85 (botocore 1.43.57) for TrainingPlanArns"),
        ({"botocore": "1.41.1"}, "warning", "Agent 7.78 (botocore 1.41.2) for MaxInstanceCount"),
        ({"botocore": "1.35.67"}, "warning", "Agent 7.63 (botocore 1.35.68) for the settings of model sharding"),
        ({"botocore": "1.34.141"}, "failure", "Agent 7.57 (botocore 1.34.142) for this check"),
        ({"botocore": "1.100.0"}, "ok", ""),
        ({"datadog-checks-base": "38.2.9"}, "warning", "Agent 7.85 (datadog-checks-base 38.3.0) for the Agent's own"),
        ({"datadog-checks-base": "37.39.1"}, "warning", "Agent 7.81 (datadog-checks-base 37.40.0) for resource rec"),
        ({"datadog-checks-base": "37.32.0"}, "warning", "for the rule against untrusted sources"),
        ({"datadog-checks-base": "36.12.0"}, "failure", "Agent 7.57 (datadog-checks-base 36.13.0) for this check"),
        ({"datadog-checks-base": "38.3.0rc1"}, "ok", ""),
        ({"datadog-checks-base": "99.0.0"}, "ok", ""),
    ],
    ids=str,
)
def test_what_an_old_version_lacks(changed, verdict, words):
    reported = versions_finding({**GOOD, **changed})
    assert reported.verdict == verdict
    assert words in reported.remedy
    assert "boto3" in reported.text


def test_a_package_that_is_not_there_lacks_nothing():
    assert versions_finding({"Python": "3.11.0"}).verdict == "ok"
    assert {"Python", "boto3", "botocore", "datadog-checks-base"} == set(installed())


def test_the_worst_verdict_counts():
    def of(*verdicts):
        return worst(Finding(name="list", verdict=verdict, text="") for verdict in verdicts)

    assert of() == of(Verdict.OK) == "ok"
    assert of(Verdict.OK, Verdict.WARNING) == "warning"
    assert of(Verdict.FAILURE, Verdict.WARNING, Verdict.OK) == "failure"
