"""The policies: what the pages say, what the code calls, and exactly what the settings need."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from optimizationjob.aws.aws_actions import OPERATIONS
from optimizationjob.cli.doctor.doctor_policy import policies
from optimizationjob.config.settings import Settings
from optimizationjob.diagnosis import iam_policy

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGE = (ROOT / "docs/permissions.md").read_text(encoding="utf-8")
OPERATION = re.compile(r"(sagemaker|tag|sts):[A-Z]\w+")
ROLE = "arn:aws:iam::222222222222:role/datadog-optimizationjob"


def settings(**options):
    return Settings.from_mapping(options)


def actions(document):
    return [action for statement in document["Statement"] for action in statement["Action"]]


def test_readme_has_the_same_policy():
    (permissions,) = [json.loads(block) for block in re.findall(r"```json\n(.*?)```", README, re.DOTALL)]
    assert iam_policy.permissions(settings(), partition="aws", account_id="222222222222") == permissions


def test_the_trust_policy_of_the_files_is_that_of_a_role_with_an_external_id():
    trust = json.loads((ROOT / "deploy/iam/trust.json").read_text(encoding="utf-8"))
    with_role = settings(assume_role=ROLE, external_id="planted-external-id")
    reported = iam_policy.trust(with_role, agent=iam_policy.EXAMPLE_AGENT)
    assert reported["Statement"][0].pop("Action") == trust["Statement"][0].pop("Action")
    assert {"Version": trust["Version"], "Statement": reported["Statement"]} == trust


def test_the_page_says_what_happens_without_each_permission():
    part = PAGE.partition("## What happens without them\n")[2].partition("\n## ")[0]
    reported = [row.split("|")[1].strip().strip("`") for row in part.splitlines() if row.startswith("| ")]
    of_tags = [action for action, operation in OPERATIONS.items() if operation.is_for_tags]
    needing = [action for action, operation in OPERATIONS.items() if operation.scope != "nothing"]
    assert {row for row in reported if OPERATION.fullmatch(row)} == {*needing} - {*of_tags} | {"tag:GetResources"}
    assert "both tag permissions" in reported
    assert {match[0] for match in OPERATION.finditer(part)} == {*needing}


def test_the_doctors_page_tells_of_each_permission():
    page = (ROOT / "docs/doctor.md").read_text(encoding="utf-8")
    needing = {action for action, operation in OPERATIONS.items() if operation.scope != "nothing"}
    assert {match[0] for match in OPERATION.finditer(page)} == needing


def test_every_operation_that_needs_a_permission_is_allowed():
    documents = (
        iam_policy.permissions(settings(), partition="aws", account_id="1"),
        {"Statement": [{"Action": [iam_policy.assumption(ROLE)["Statement"][0]["Action"]]}]},
    )
    allowed = [action for document in documents for action in actions(document)]
    assert sorted(allowed) == sorted(action for action, operation in OPERATIONS.items() if operation.scope != "nothing")


def test_without_tags_nothing_of_tags_is_allowed():
    reported = iam_policy.permissions(settings(collect_tags=False), partition="aws", account_id="1")
    assert actions(reported) == ["sagemaker:ListOptimizationJobs", "sagemaker:DescribeOptimizationJob"]


def test_the_regions_are_a_condition_of_every_statement():
    reported = iam_policy.permissions(settings(), partition="aws-us-gov", account_id="1", regions=("us-gov-west-1",))
    for statement in reported["Statement"]:
        assert statement["Condition"] == {"StringEquals": {"aws:RequestedRegion": ["us-gov-west-1"]}}
    assert reported["Statement"][1]["Resource"] == "arn:aws-us-gov:sagemaker:*:1:optimization-job/*"


def test_patterns_of_regions_are_told_as_patterns():
    reported = iam_policy.permissions(settings(), partition="aws", account_id="1", regions=("us-*", "eu-west-1"))
    assert reported["Statement"][0]["Condition"] == {"StringLike": {"aws:RequestedRegion": ["us-*", "eu-west-1"]}}


def test_the_external_id_is_asked_for_but_never_shown():
    reported = iam_policy.trust(settings(assume_role=ROLE, external_id="planted-external-id"), agent="x")
    assert "planted" not in json.dumps(reported)
    assert reported["Statement"][0]["Condition"] == {"StringEquals": {"sts:ExternalId": "<EXTERNAL_ID>"}}
    assert "Condition" not in iam_policy.trust(settings(assume_role=ROLE), agent="x")["Statement"][0]


def test_a_role_without_an_external_id_is_warned_of(simulator, clock, usual):
    simulator.add_role(ROLE)
    documents, notes = policies(settings(**usual, assume_role=ROLE), clock)
    assert "Condition" not in documents["trust_policy_of_the_role"]["Statement"][0]
    assert notes == ("Also set `external_id`: without it the trust policy relies on the Agent's ARN alone.",)


@pytest.mark.parametrize(
    ("reported", "named"),
    [
        ("arn:aws:iam::1:user/me", "arn:aws:iam::1:user/me"),
        ("arn:aws:sts::210987654321:assumed-role/agent/i-0abc", "arn:aws:iam::210987654321:role/agent"),
        ("arn:aws-cn:sts::210987654321:assumed-role/agent/x", "arn:aws-cn:iam::210987654321:role/agent"),
    ],
)
def test_a_policy_names_the_role_and_not_its_session(reported, named):
    assert iam_policy.principal(reported) == named
