"""Verdicts that no simulator is needed for, and the page that explains them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from optimizationjob.diagnosis import SUBJECTS, Finding, Verdict, worst
from optimizationjob.diagnosis.version_findings import versions_finding
from optimizationjob.package_versions import installed

PAGE = (Path(__file__).parents[2] / "docs" / "doctor.md").read_text(encoding="utf-8")
GOOD = {"Python": "3.12.1", "boto3": "1.43.57", "botocore": "1.43.57", "datadog-checks-base": "38.5.0"}


def test_the_page_explains_every_finding_once():
    part = PAGE.partition("## What it looks at")[2].partition("\n## ")[0]
    assert sorted(re.findall(r"^\| `([a-z-]+)` \|", part, re.MULTILINE)) == sorted(SUBJECTS)


def test_the_page_has_the_limits_of_the_code():
    for words in ("1.41.2", "1.43.57", "38.5", "37.36", "60 seconds", "5 minutes", "2 seconds"):
        assert words in PAGE


@pytest.mark.parametrize(
    ("changed", "verdict", "words"),
    [
        ({}, "ok", ""),
        ({"boto3": "1.43.56"}, "warning", "TrainingPlanArns"),
        ({"boto3": "1.41.1"}, "warning", "MaxInstanceCount"),
        ({"boto3": "1.100.0"}, "ok", ""),
        ({"datadog-checks-base": "38.4.9"}, "warning", "resource records"),
        ({"datadog-checks-base": "37.36.0"}, "warning", "resource records"),
        ({"datadog-checks-base": "37.35.9"}, "failure", "37.36 for this check"),
        ({"datadog-checks-base": "38.5.0rc1"}, "ok", ""),
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
