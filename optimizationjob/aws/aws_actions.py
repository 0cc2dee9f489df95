"""Every operation of AWS that may be called: the one list that calls, policies and their documentation follow from."""

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
"""What IAM can allow an operation for: all or nothing, the jobs of an account, one role; `nothing`: it is free."""


class UnlistedOperation(Exception):
    """Something else than the operations of the list was to be called; nothing was signed or sent."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation; its key is IAM's name of it, such as `sagemaker:ListOptimizationJobs`."""

    service: str
    """What boto3 calls the service."""
    name: str
    """What the service calls the operation."""
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
"""None of them changes anything in AWS. What AWS's library calls to come by credentials is not among them."""

_LISTED: Final = frozenset((operation.service, operation.name) for operation in OPERATIONS.values())


def listed(name: str) -> Operation:
    """Return the operation that IAM calls so.

    Raises:
        UnlistedOperation: there is none in the list.
    """
    if name not in OPERATIONS:
        raise UnlistedOperation(f"{name} is not in the list of operations, so it is not called")
    return OPERATIONS[name]


def refuse_unlisted(service: str, name: str) -> None:
    """Let an operation of a service pass, both as boto3 names them.

    Raises:
        UnlistedOperation: it is not in the list.
    """
    if (service, name) not in _LISTED:
        raise UnlistedOperation(f"{name} of {service} is not in the list of operations, so it is not called")
