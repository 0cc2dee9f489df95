"""The Resource Groups Tagging API, which returns the tags of many jobs in one call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optimizationjob.simulator.error_answers import DIALECTS, ErrorAnswer, error
from optimizationjob.simulator.page_tokens import cut, pager

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from optimizationjob.simulator.operation_context import Body, Context, Operation

RESOURCE_TYPES = ("sagemaker", "sagemaker:optimization-job")
FORBIDDEN_WITH_ARNS = ("PaginationToken", "ResourcesPerPage", "TagsPerPage", "TagFilters", "ResourceTypeFilters")
MOST_RESOURCES = 100
TAGS_STEP, MOST_TAGS = 100, 500


def get_resources(context: Context, body: Body) -> Body:
    """Return the resources in the caller's account and region that are or were tagged, with their tags."""
    if "ResourceARNList" in body:
        return {"PaginationToken": "", "ResourceTagMappingList": _named(context, body)}
    _refuse_page_sizes(body)
    query = {name: value for name, value in body.items() if name not in ("PaginationToken", "ResourcesPerPage")}
    page = pager("tagging", body.get("PaginationToken"), query, context.trick)
    if page.is_empty:
        return {"PaginationToken": page.empty_token(), "ResourceTagMappingList": []}
    matching = sorted(resource for resource in _tagged(context) if _passes(context.world.tags[resource], body))
    types = body.get("ResourceTypeFilters") or RESOURCE_TYPES
    if not any(kind in RESOURCE_TYPES for kind in types):
        matching = []
    resources, last = cut(matching, page.key, body.get("ResourcesPerPage", MOST_RESOURCES))
    return {
        "PaginationToken": page.next_token(last) or "",
        "ResourceTagMappingList": [_mapping(context, resource) for resource in resources],
    }


def _named(context: Context, body: Body) -> list[Body]:
    """Return the resources named in the request, without those that do not exist or were never tagged."""
    forbidden = [name for name in FORBIDDEN_WITH_ARNS if body.get(name)]
    if forbidden:
        raise _refused(f"ResourceARNList cannot be combined with {', '.join(forbidden)}.")
    for resource in body["ResourceARNList"]:
        if not resource.startswith("arn:"):
            raise _refused(f"{resource} is not a valid ARN.")
    tagged = set(_tagged(context, body["ResourceARNList"]))
    return [_mapping(context, resource) for resource in dict.fromkeys(body["ResourceARNList"]) if resource in tagged]


def _tagged(context: Context, among: Iterable[str] | None = None) -> Iterable[str]:
    """Yield the ARNs of the caller's existing jobs that have or had tags."""
    caller, tags = context.caller, context.world.tags
    shelf = context.world.shelf(caller.account, caller.region)
    place = f":sagemaker:{caller.region}:{caller.account}:optimization-job/"
    for resource in tags if among is None else among:
        if resource in tags and place in resource and shelf.get(resource.rpartition("/")[2]) is not None:
            yield resource


def _passes(tags: Mapping[str, str], body: Body) -> bool:
    """Return whether the tags match every filter; a filter without values matches on the key."""
    return all(
        wanted.get("Key") in tags and (not wanted.get("Values") or tags[wanted["Key"]] in wanted["Values"])
        for wanted in body.get("TagFilters", [])
    )


def _refuse_page_sizes(body: Body) -> None:
    if not 1 <= body.get("ResourcesPerPage", 1) <= MOST_RESOURCES:
        raise _refused(f"ResourcesPerPage must be between 1 and {MOST_RESOURCES}.")
    tags = body.get("TagsPerPage", TAGS_STEP)
    if not TAGS_STEP <= tags <= MOST_TAGS or tags % TAGS_STEP:
        raise _refused(f"TagsPerPage must be between {TAGS_STEP} and {MOST_TAGS}, in steps of {TAGS_STEP}.")


def _mapping(context: Context, resource: str) -> Body:
    tags = context.world.tags[resource]
    return {"ResourceARN": resource, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


def _refused(message: str) -> ErrorAnswer:
    return error(DIALECTS["tagging"].invalid, message)


OPERATIONS: Mapping[str, Operation] = {"GetResources": get_resources}
"""The supported operations of the tagging API by AWS name."""
