"""The files of deploy/iam are up to date and match `doctor --policy` in each format."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

from optimizationjob.config.settings import Settings
from optimizationjob.diagnosis import iam_policy
from tools import policy_files

ROOT = Path(__file__).parents[2]
AGENT = "arn:aws-us-gov:iam::222222222222:role/team/agent"
GIVEN = {
    "AWS::Partition": "aws-us-gov",
    "AWS::AccountId": "333333333333",
    "AgentPrincipalArn": AGENT,
    "ExternalId": "planted-external-id",
    "RoleName": "reader",
    "Regions": ["us-gov-west-1", "us-gov-e*"],
    "CollectTags": "true",
}


def settings(**options):
    return Settings.from_mapping(options)


@pytest.mark.parametrize("name", policy_files.files())
def test_files_are_fresh(name):
    assert (ROOT / name).read_text(encoding="utf-8") == policy_files.files()[name], "bash .ci/generated --write"


def test_the_table_is_fresh():
    page = (ROOT / policy_files.PAGE).read_text(encoding="utf-8")
    assert policy_files.renewed(page) == page
    assert policy_files.table() in page


def deployed(value, given, conditions):
    """Resolve a template value like CloudFormation, limited to the functions that this template uses."""
    match value:
        case {"Ref": name}:
            return given[name]
        case {"Fn::Sub": text}:
            return re.sub(r"\$\{(.+?)\}", lambda found: given[found[1]], text)
        case {"Fn::If": [condition, yes, no]}:
            return deployed(yes if conditions[condition] else no, given, conditions)
        case {"Fn::Equals": [one, other]}:
            return deployed(one, given, conditions) == other
        case dict():
            return {key: deployed(one, given, conditions) for key, one in value.items()}
    return [deployed(one, given, conditions) for one in value] if isinstance(value, list) else value


@pytest.fixture
def role():
    """Create the template's role from the parameters in GIVEN with changes."""

    def make(**changes):
        template = yaml.safe_load((ROOT / "deploy/iam/stackset.yaml").read_text(encoding="utf-8"))
        given = {**GIVEN, **changes}
        assert {*template["Parameters"]} == {name for name in given if "::" not in name}
        conditions = deployed(template["Conditions"], given, {})
        return deployed(template["Resources"]["Role"]["Properties"], given, conditions)

    return make


@pytest.mark.parametrize("collect_tags", [True, False])
def test_stack_set_matches_the_doctor_policies(role, collect_tags):
    properties = role(CollectTags="true" if collect_tags else "false")
    assert [one["PolicyDocument"] for one in properties["Policies"]] == [
        iam_policy.permissions(
            settings(collect_tags=collect_tags),
            partition="aws-us-gov",
            account_id="333333333333",
            regions=GIVEN["Regions"],
        )
    ]
    assert properties["RoleName"] == "reader"


def test_stack_set_role_requires_the_external_id(role):
    (statement,) = role()["AssumeRolePolicyDocument"]["Statement"]
    assert statement == {
        "Effect": "Allow",
        "Principal": {"AWS": AGENT},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"sts:ExternalId": "planted-external-id"}},
    }


def test_external_id_is_not_in_files_or_stack_outputs():
    parameter = policy_files.template()["Parameters"]["ExternalId"]
    assert parameter["NoEcho"] is True
    assert "Default" not in parameter
    variables = (ROOT / "deploy/iam/terraform/variables.tf").read_text(encoding="utf-8")
    assert "sensitive   = true" in variables.partition('"external_id"')[2].partition("variable")[0]


def test_json_files_match_the_policies():
    written = {name: json.loads(text) for name, text in policy_files.files().items() if name.endswith(".json")}
    usual = {"partition": "aws", "account_id": iam_policy.EXAMPLE_ACCOUNT}
    with_id = settings(assume_role=policy_files.ROLE, external_id="any")
    assert written == {
        "deploy/iam/permissions.json": iam_policy.permissions(settings(), **usual),
        "deploy/iam/permissions-without-tags.json": iam_policy.permissions(settings(collect_tags=False), **usual),
        "deploy/iam/trust.json": iam_policy.trust(with_id, agent=iam_policy.EXAMPLE_AGENT),
        "deploy/iam/agent.json": iam_policy.assumption(policy_files.ROLE),
    }
    trusted = written["deploy/iam/trust.json"]["Statement"][0]
    assert trusted["Condition"] == {"StringEquals": {"sts:ExternalId": iam_policy.EXTERNAL_ID}}
