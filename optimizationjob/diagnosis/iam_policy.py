"""The IAM policies that the check needs for its settings, derived from the list of operations. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from optimizationjob.aws.aws_actions import ASSUME_ROLE, OPERATIONS, Scope
from optimizationjob.config.settings import Settings

Document = Mapping[str, Any]

EXAMPLE_ACCOUNT: Final = "222222222222"
EXAMPLE_AGENT: Final = "arn:aws:iam::111111111111:role/datadog-optimizationjob-agent"
EXTERNAL_ID: Final = "<EXTERNAL_ID>"
"""Placeholder for the external ID, which only the two accounts should know."""

_VERSION: Final = "2012-10-17"
_ASSUMED_ROLE: Final = re.compile(r"arn:([a-z-]+):sts::(\d{12}):assumed-role/([^/]+)/.+")


def permissions(settings: Settings, *, partition: str, account_id: str, regions: Sequence[str] = ()) -> Document:
    """Return the policy of the identity that reads the jobs: the assumed role, or else the Agent's own.

    Args:
        settings: without `collect_tags`, the operations for tags are omitted.
        partition: such as `aws` or `aws-cn`.
        account_id: the account of the jobs.
        regions: names or patterns such as `us-*` to restrict requests to; empty for no restriction.
    """
    where = _within(regions) if regions else {}
    jobs = f"arn:{partition}:sagemaker:*:{account_id}:optimization-job/*"
    return _document(
        {"Effect": "Allow", "Action": _actions("anything", settings), "Resource": "*", **where},
        {"Effect": "Allow", "Action": _actions("jobs", settings), "Resource": jobs, **where},
    )


def trust(settings: Settings, *, agent: str) -> Document:
    """Return the trust policy of the assumed role.

    Args:
        settings: if they have an external ID, the policy requires one; it contains a placeholder for it.
        agent: ARN of the Agent's own role or user.
    """
    condition = {"Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}} if settings.external_id else {}
    return _document({"Effect": "Allow", "Principal": {"AWS": agent}, "Action": ASSUME_ROLE, **condition})


def assumption(role: str) -> Document:
    """Return the policy that allows the Agent's own role or user to assume a role."""
    return _document({"Effect": "Allow", "Action": ASSUME_ROLE, "Resource": role})


def principal(arn: str) -> str:
    """Return the principal for a policy from an ARN returned by STS: the role instead of one of its sessions.

    STS omits the path of a role, so it must be added manually if there is one.
    """
    session = _ASSUMED_ROLE.fullmatch(arn)
    return f"arn:{session[1]}:iam::{session[2]}:role/{session[3]}" if session else arn


def _actions(scope: Scope, settings: Settings) -> list[str]:
    return [
        action
        for action, operation in OPERATIONS.items()
        if operation.scope == scope and (settings.collect_tags or not operation.is_for_tags)
    ]


def _within(regions: Sequence[str]) -> Document:
    operator = "StringLike" if any(set(region) & {"*", "?"} for region in regions) else "StringEquals"
    return {"Condition": {operator: {"aws:RequestedRegion": list(regions)}}}


def _document(*statements: Document) -> Document:
    return {"Version": _VERSION, "Statement": list(statements)}
