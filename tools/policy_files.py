"""The policies as files to paste, a CloudFormation template and Terraform: deploy/iam/, and a table in its page.

`python -m tools.policy_files --write .` renews them all in a checkout.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from optimizationjob.aws.aws_actions import IDENTITY, OPERATIONS, Operation, Scope
from optimizationjob.config.settings import Settings
from optimizationjob.diagnosis import iam_policy
from optimizationjob.diagnosis.iam_policy import Document

ROLE_NAME: Final = "datadog-optimizationjob"
ROLE: Final = f"arn:aws:iam::{iam_policy.EXAMPLE_ACCOUNT}:role/{ROLE_NAME}"
MADE: Final = "Made by `bash .ci/generated --write` from optimizationjob/aws/aws_actions.py; do not edit."
PAGE: Final = "docs/permissions.md"

_SETTINGS: Final = Settings.from_mapping({"assume_role": ROLE, "external_id": iam_policy.EXTERNAL_ID.strip("<>")})
_WITHOUT_TAGS: Final = Settings.from_mapping({"collect_tags": False})
_ELSE: Final = {IDENTITY: "without `assume_role`, and by the doctor"}
_ANY_REGION: Final = ["*"]
"""Where a template has the regions that are given."""
_ALLOWED_ON: Final[Mapping[Scope, str]] = {
    "anything": "`*`",
    "jobs": "the jobs of an account",
    "role": "the role, for the Agent's own role or user",
    "nothing": "needs no permission",
}


def files() -> Mapping[str, str]:
    """Return the content of each file, by its path from the root of a checkout."""
    account = {"partition": "aws", "account_id": iam_policy.EXAMPLE_ACCOUNT}
    return {
        "deploy/iam/permissions.json": _json(iam_policy.permissions(_SETTINGS, **account)),
        "deploy/iam/permissions-without-tags.json": _json(iam_policy.permissions(_WITHOUT_TAGS, **account)),
        "deploy/iam/trust.json": _json(iam_policy.trust(_SETTINGS, agent=iam_policy.EXAMPLE_AGENT)),
        "deploy/iam/agent.json": _json(iam_policy.assumption(ROLE)),
        "deploy/iam/stackset.yaml": f"# {MADE}\n{_yaml(template())}",
        "deploy/iam/terraform/policy.tf": terraform(),
    }


def template() -> dict[str, Any]:
    """Return the CloudFormation template of the role, for one account or as a stack set for many."""
    account = {"partition": "${AWS::Partition}", "account_id": "${AWS::AccountId}"}
    with_tags, without_tags = (
        _cloudformation(iam_policy.permissions(settings, **account, regions=_ANY_REGION))
        for settings in (_SETTINGS, _WITHOUT_TAGS)
    )
    role = {
        "RoleName": {"Ref": "RoleName"},
        "Description": "Lets the Datadog Agent read SageMaker optimization jobs and their tags.",
        "AssumeRolePolicyDocument": _cloudformation(iam_policy.trust(_SETTINGS, agent=iam_policy.EXAMPLE_AGENT)),
        "Policies": [
            {
                "PolicyName": "read-optimization-jobs",
                "PolicyDocument": {"Fn::If": ["WithTags", with_tags, without_tags]},
            }
        ],
    }
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "The role with which the Datadog Agent reads SageMaker optimization jobs. It changes nothing.",
        "Parameters": _parameters(),
        "Conditions": {"WithTags": {"Fn::Equals": [{"Ref": "CollectTags"}, "true"]}},
        "Resources": {"Role": {"Type": "AWS::IAM::Role", "Properties": role}},
        "Outputs": {
            "RoleArn": {
                "Description": "What goes into assume_role of the check's configuration.",
                "Value": {"Fn::GetAtt": ["Role", "Arn"]},
            }
        },
    }


def terraform() -> str:
    """Return the policies as values of Terraform, for the module beside them."""
    account = {
        "partition": "${data.aws_partition.current.partition}",
        "account_id": "${data.aws_caller_identity.current.account_id}",
    }
    values = {
        "permissions": iam_policy.permissions(_SETTINGS, **account, regions=_ANY_REGION),
        "permissions_without_tags": iam_policy.permissions(_WITHOUT_TAGS, **account, regions=_ANY_REGION),
        "trust": iam_policy.trust(_SETTINGS, agent=iam_policy.EXAMPLE_AGENT),
        "agent": iam_policy.assumption(ROLE),
    }
    named = {
        iam_policy.EXAMPLE_AGENT: _TerraformCode("var.agent_principal_arn"),
        iam_policy.EXTERNAL_ID: _TerraformCode("var.external_id"),
        ROLE: _TerraformCode("aws_iam_role.this.arn"),
    }
    locals_ = "\n\n".join(
        f"  {name} = jsonencode({_hcl(_filled(document, named, _TerraformCode('var.regions')), '  ')})"
        for name, document in values.items()
    )
    return f"# {MADE}\n\nlocals {{\n{locals_}\n}}\n"


def table() -> str:
    """Return the Markdown table of the operations and what they need."""
    rows = ["| Operation | Allowed on | Called |", "| --- | --- | --- |"]
    return "\n".join([*rows, *(_row(action, operation) for action, operation in OPERATIONS.items())]) + "\n"


def renewed(page: str) -> str:
    """Return a Markdown page with this table between its two marker comments."""
    return re.sub(r"(?s)(?<=<!-- operations: begin -->\n).*?(?=<!-- operations: end -->)", lambda _: table(), page)


class _CloudFormationDumper(yaml.SafeDumper):
    """Writes everything out: CloudFormation refuses aliases."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002 - a method that PyYAML calls
        return True


def _yaml(document: object) -> str:
    text: str = yaml.dump(document, Dumper=_CloudFormationDumper, sort_keys=False, width=110)
    return text


class _TerraformCode(str):
    """A piece of Terraform that stands where a text would."""

    __slots__ = ()


def _row(action: str, operation: Operation) -> str:
    option = "collect_tags" if operation.is_for_tags else "assume_role" if operation.scope == "role" else ""
    called = f"with `{option}`" if option else _ELSE.get(action, "always")
    return f"| `{action}` | {_ALLOWED_ON[operation.scope]} | {called} |"


def _json(document: Document) -> str:
    return json.dumps(document, indent=2) + "\n"


def _parameters() -> dict[str, Any]:
    return {
        "AgentPrincipalArn": {
            "Type": "String",
            "Description": "ARN of the role or user that the Agent runs with; with its path, if it has one.",
            "AllowedPattern": r"arn:aws[a-z-]*:iam::\d{12}:(role|user)/.+",
        },
        "ExternalId": {
            "Type": "String",
            "NoEcho": True,
            "Description": "external_id of the check's configuration: who does not know it cannot use the role.",
            "MinLength": 2,
            "MaxLength": 1224,
            "AllowedPattern": r"[\w+=,.@:/-]*",
        },
        "RoleName": {
            "Type": "String",
            "Description": "Name of the role, the same in every account.",
            "Default": ROLE_NAME,
            "AllowedPattern": r"[\w+=,.@-]{1,64}",
        },
        "Regions": {
            "Type": "CommaDelimitedList",
            "Description": "Regions that may be read, with commas between: names, or patterns such as us-*.",
        },
        "CollectTags": {
            "Type": "String",
            "Description": "collect_tags of the check's configuration: whether tags of jobs may be read.",
            "Default": "true",
            "AllowedValues": ["true", "false"],
        },
    }


def _cloudformation(document: Document) -> Any:  # noqa: ANN401 - any value of a template
    named = {
        iam_policy.EXAMPLE_AGENT: {"Ref": "AgentPrincipalArn"},
        iam_policy.EXTERNAL_ID: {"Ref": "ExternalId"},
    }
    return _filled(document, named, {"Ref": "Regions"}, text=lambda one: {"Fn::Sub": one} if "${" in one else one)


def _filled(value: Any, named: Mapping[str, Any], regions: Any, *, text: Any = str) -> Any:  # noqa: ANN401 - JSON
    """Return a policy with something else in place of its placeholders.

    Args:
        value: a policy or a part of one.
        named: what stands for a placeholder.
        regions: what stands for the list of regions.
        text: what becomes of any other text.
    """
    if isinstance(value, Mapping):
        return {key: _filled(one, named, regions, text=text) for key, one in value.items()}
    if value == _ANY_REGION:
        return regions
    if isinstance(value, list):
        return [_filled(one, named, regions, text=text) for one in value]
    return named[value] if value in named else text(value)


def _hcl(value: Any, indent: str) -> str:  # noqa: ANN401 - a value of JSON
    """Return a value in Terraform's own form, as `terraform fmt` has it."""
    if isinstance(value, _TerraformCode):
        return str(value)
    if isinstance(value, Mapping):
        within = f"{indent}  "
        members = [(_key(key), _hcl(one, within)) for key, one in value.items()]
        width = max((len(key) for key, text in members if "\n" not in text), default=0)
        lines = [f"{within}{key if chr(10) in text else key.ljust(width)} = {text}" for key, text in members]
        return "\n".join(["{", *lines, f"{indent}}}"])
    if isinstance(value, list):
        items = [_hcl(one, f"{indent}  ") for one in value]
        if not any("\n" in item for item in items):
            return f"[{', '.join(items)}]"
        return "\n".join(["[", *(f"{indent}  {item}," for item in items), f"{indent}]"])
    return json.dumps(value)


def _key(name: str) -> str:
    return name if name.isidentifier() else json.dumps(name)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tools.policy_files", description="Renew the files.")
    parser.add_argument("--write", type=Path, required=True, metavar="FOLDER", help="the root of a checkout")
    root: Path = parser.parse_args().write
    for name, content in files().items():
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, encoding="utf-8")
    described = root / PAGE
    described.write_text(renewed(described.read_text(encoding="utf-8")), encoding="utf-8")
