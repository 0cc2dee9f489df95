"""The SageMaker operations on optimization jobs and their tags."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optimizationjob.simulator.error_answers import ErrorAnswer
from optimizationjob.simulator.job_life import LifeMoment, Plan
from optimizationjob.simulator.job_members import arn
from optimizationjob.simulator.list_jobs import list_optimization_jobs
from optimizationjob.simulator.page_tokens import pager
from optimizationjob.simulator.simulated_job import Job, describe
from optimizationjob.simulator.stories import STORIES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from optimizationjob.simulator.operation_context import Body, Context, Operation

STORY_TAG = "simulator:story"
"""A job created with this tag follows the story it names; other jobs complete after 15 minutes."""

USER_TAGS = 50
TAG_PAGE = 50


def create_optimization_job(context: Context, body: Body) -> Body:
    """Create a job now."""
    account, region, name = context.caller.account, context.caller.region, body["OptimizationJobName"]
    if not context.world.shelf(account, region).is_free(name):
        raise ErrorAnswer("ResourceInUse", f"Optimization job with name {name} already exists. Choose another name.")
    tags = {tag["Key"]: tag["Value"] for tag in body.get("Tags", [])}
    story = STORIES.get(tags.get(STORY_TAG, ""))
    members = {key: value for key, value in body.items() if key not in ("OptimizationJobName", "Tags")}
    created = context.world.add(
        account,
        region,
        name,
        plan=story.plan if story else Plan(),
        members=members,
        tags=tags or None,
    )
    return {"OptimizationJobArn": created}


def describe_optimization_job(context: Context, body: Body) -> Body:
    """Return the detail of one job."""
    return describe(*_found(context, body))


def stop_optimization_job(context: Context, body: Body) -> Body:
    """Stop a job; no effect on a job that is stopping, an error for one that ended."""
    job, moment = _found(context, body)
    if moment.can_stop:
        context.world.stop(context.caller.account, context.caller.region, job.name)
    elif moment.status != "STOPPING":
        message = f"The request was rejected because the optimization job is in status {moment.status}."
        raise ErrorAnswer("ValidationException", message)
    return {}


def delete_optimization_job(context: Context, body: Body) -> Body:
    """Delete a job in any state, which frees its name."""
    job, _ = _found(context, body)
    context.world.remove(context.caller.account, context.caller.region, job.name)
    return {}


def list_tags(context: Context, body: Body) -> Body:
    """Return the tags of a job, 50 per page."""
    resource = _tagged(context, body)
    page = pager("sagemaker", body.get("NextToken"), {"ResourceArn": resource}, context.trick)
    if page.is_empty:
        return {"Tags": [], "NextToken": page.empty_token()}
    tags = sorted((context.world.tags.get(resource) or {}).items())
    start = 0 if page.key is None else int(page.key[0])
    # MaxResults may exceed 50, the model's maximum for one response.
    end = start + TAG_PAGE
    token = page.next_token([end] if end < len(tags) else None)
    answer: Body = {"Tags": _as_list(dict(tags[start:end]))}
    return answer if token is None else {**answer, "NextToken": token}


def add_tags(context: Context, body: Body) -> Body:
    """Add or update tags of a job and return the tags of the request."""
    resource = _tagged(context, body)
    tags = {**context.world.tags.get(resource, {}), **{tag["Key"]: tag["Value"] for tag in body["Tags"]}}
    if len([key for key in tags if not key.startswith("aws:")]) > USER_TAGS:
        raise ErrorAnswer("ResourceLimitExceeded", f"A resource can have at most {USER_TAGS} tags.")
    context.world.tags[resource] = tags
    return {"Tags": body["Tags"]}


def delete_tags(context: Context, body: Body) -> Body:
    """Remove tags from a job; keys that it does not have are ignored."""
    resource = _tagged(context, body)
    for key in body["TagKeys"]:
        context.world.tags.get(resource, {}).pop(key, None)
    return {}


def _found(context: Context, body: Body) -> tuple[Job, LifeMoment]:
    found = context.world.shelf(context.caller.account, context.caller.region).get(body["OptimizationJobName"])
    if found is None:
        raise ErrorAnswer(context.habits.missing_code, "Requested resource not found.")
    return found


def _tagged(context: Context, body: Body) -> str:
    """Return the ARN of the request, which must be that of an existing job in the caller's account and region."""
    resource: str = body["ResourceArn"]
    account, region = context.caller.account, context.caller.region
    name = resource.rpartition("/")[2]
    if resource != arn(account, region, name) or context.world.shelf(account, region).get(name) is None:
        raise ErrorAnswer("ValidationException", f"Requested resource not found: {resource}")
    return resource


def _as_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


OPERATIONS: Mapping[str, Operation] = {
    "CreateOptimizationJob": create_optimization_job,
    "DescribeOptimizationJob": describe_optimization_job,
    "ListOptimizationJobs": list_optimization_jobs,
    "StopOptimizationJob": stop_optimization_job,
    "DeleteOptimizationJob": delete_optimization_job,
    "ListTags": list_tags,
    "AddTags": add_tags,
    "DeleteTags": delete_tags,
}
"""The supported SageMaker operations by AWS name."""
