"""Issues for the Agent's own list: problems that last until an operator fixes them. Pure.

A denied call is an issue while AWS denies it; a later call that succeeds resolves it. A run without that call neither
opens nor resolves the issue.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from optimizationjob.aws.aws_actions import DESCRIBE, GET_RESOURCES, LIST, LIST_TAGS
from optimizationjob.aws.call_counts import CallCount, operation_tag
from optimizationjob.aws.errors import AccessDenied, AwsError, CredentialsError, Unsupported
from optimizationjob.jobs.inert_text import cut
from optimizationjob.package_versions import lacks, listed
from optimizationjob.polling.poll_result import PollResult
from optimizationjob.telemetry.datadog_tags import Tagging
from optimizationjob.telemetry.metric_table import NAMESPACE
from optimizationjob.telemetry.signals import Issue, IssueType, Severity

LONGEST_DESCRIPTION: Final = 1000
LASTING: Final = (AccessDenied, CredentialsError, Unsupported)
"""Errors that an operator has to do something about."""


@dataclass(frozen=True, slots=True)
class Ability:
    """Something that the check must be allowed to do in a region.

    Attributes:
        name: as issues name it; it does not change.
        what: in words.
        operations: as IAM calls them; one that goes well is enough.
        severity: how bad the lack of it is.
    """

    name: str
    what: str
    operations: tuple[str, ...]
    severity: Severity


LISTING: Final = Ability("list", "Optimization jobs cannot be listed", (LIST,), Severity.HIGH)
ABILITIES: Final = (
    LISTING,
    Ability(
        "describe",
        "Limits, failure reasons and records of optimization jobs are missing",
        (DESCRIBE,),
        Severity.MEDIUM,
    ),
    Ability("tags", "Tags of optimization jobs are missing", (GET_RESOURCES, LIST_TAGS), Severity.LOW),
)


def permission_issues(
    poll: PollResult, calls: Mapping[CallCount, int], tagging: Tagging, credentials_id: str, is_open: Mapping[str, bool]
) -> tuple[Issue, ...]:
    """Return the issues that appeared or were resolved since the last run.

    Args:
        poll: what this run found.
        calls: the requests of this run.
        tagging: makes the tags.
        credentials_id: identifies the credentials, since others may have other permissions.
        is_open: whether an issue is open, by its id; an unknown id may be open from an earlier process, and is
            resolved, too.
    """
    allowed = {count.operation for count in calls if count.outcome == "ok"}
    found: list[Issue] = []
    for ability in ABILITIES:
        issue_id = f"{NAMESPACE}:{ability.name}:{tagging.region}:{credentials_id}"
        error = _denial(poll, ability)
        if error is None and not allowed.intersection(map(operation_tag, ability.operations)):
            continue
        if is_open.get(issue_id) is not (error is not None):
            found.append(_issue(ability, issue_id, tagging, error))
    return tuple(found)


def version_issue(found: Mapping[str, str]) -> Issue:
    """Return whether the Agent's packages are new enough, by their versions; the same for each instance."""
    missing = list(map(str, lacks(found)))
    return Issue(
        id=f"{NAMESPACE}:versions",
        type=IssueType.UNSUPPORTED_VERSION,
        title="The Agent's packages are too old for everything that optimizationjob reports",
        description=f"{listed(found)} Needed: {'; '.join(missing) or 'nothing newer'}.",
        steps=("Update the Agent.", "`datadog-agent diagnose` shows the versions, in the finding `versions`."),
        severity=Severity.LOW,
        is_resolved=not missing,
    )


def _denial(poll: PollResult, ability: Ability) -> AwsError | None:
    """Return why something is not allowed, if this run saw that."""
    if ability is LISTING:
        return poll.error if isinstance(poll.error, LASTING) else None
    return next(
        (one for one in poll.troubles if isinstance(one, LASTING) and one.operation in ability.operations),
        None,
    )


def _issue(ability: Ability, issue_id: str, tagging: Tagging, error: AwsError | None) -> Issue:
    steps: tuple[str, ...] = ()
    if error is not None:
        steps = (error.remedy, "Run `datadog-agent diagnose` or `optimizationjob doctor`: each tries every call.")
    return Issue(
        id=issue_id,
        type=IssueType.MISSING_PERMISSION,
        title=f"{ability.what} in {tagging.region}",
        description=cut(str(error or ""), LONGEST_DESCRIPTION),
        steps=steps,
        severity=ability.severity,
        tags=tagging.common,
        is_resolved=error is None,
    )
