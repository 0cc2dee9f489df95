"""All AWS operations that the check may call. Calls, IAM policies and their documentation follow from this list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

LIST: Final = "sagemaker:ListOptimizationJobs"
GET_RESOURCES: Final = "tag:GetResources"
DESCRIBE: Final = "sagemaker:DescribeOptimizationJob"
LIST_TAGS: Final = "sagemaker:ListTags"
ASSUME_ROLE: Final = "sts:AssumeRole"
IDENTITY: Final = "sts:GetCallerIdentity"

Scope = Literal["anything", "jobs", "role", "nothing"]
"""What IAM can restrict an operation to: only `*`, an account's jobs, one role; `nothing` needs no policy."""


class UnlistedOperation(Exception):
    """An operation that is not in the list was requested; it was neither signed nor sent."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation; its key in the table is its IAM action, such as `sagemaker:ListOptimizationJobs`."""

    service: str
    """boto3's name of the service."""
    name: str
    """The operation's name in the service's API."""
    scope: Scope
    is_for_tags: bool = False
    """Whether only `collect_tags` needs it."""


OPERATIONS: Final[Mapping[str, Operation]] = {
    LIST: Operation("sagemaker", "ListOptimizationJobs", "anything"),
    GET_RESOURCES: Operation("resourcegroupstaggingapi", "GetResources", "anything", is_for_tags=True),
    DESCRIBE: Operation("sagemaker", "DescribeOptimizationJob", "jobs"),
    LIST_TAGS: Operation("sagemaker", "ListTags", "jobs", is_for_tags=True),
    ASSUME_ROLE: Operation("sts", "AssumeRole", "role"),
    IDENTITY: Operation("sts", "GetCallerIdentity", "nothing"),
}
"""What the check calls. All of them only read."""

OPERATIONS_OF_BOTOCORE: Final[Mapping[str, frozenset[str]]] = {
    "sts": frozenset({"AssumeRole", "AssumeRoleWithWebIdentity"}),
    "sso": frozenset({"GetRoleCredentials"}),
    "sso-oidc": frozenset({"CreateToken"}),
    "signin": frozenset({"CreateOAuth2Token"}),
}
"""What botocore itself calls to obtain credentials, by service, where a profile or the environment says so."""


def listed(name: str) -> Operation:
    """Return the operation of an IAM action.

    Raises:
        UnlistedOperation: the list does not have it.
    """
    if name not in OPERATIONS:
        raise UnlistedOperation(f"{name} is not in the list of operations, so it is not called")
    return OPERATIONS[name]
