"""The IAM policies of one instance, with notes on the placeholders to fill in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from optimizationjob.aws.aws_session import AwsSession
from optimizationjob.cli.command_failure import WRONG_USE, CommandFailed
from optimizationjob.clock import Clock
from optimizationjob.config.region_patterns import partition_of
from optimizationjob.config.settings import Settings, SettingsError
from optimizationjob.diagnosis import iam_policy
from optimizationjob.diagnosis.credential_findings import who
from optimizationjob.diagnosis.timed_calls import TimedCaller


def policies(settings: Settings, clock: Clock) -> tuple[Mapping[str, Any], tuple[str, ...]]:
    """Return the policy, or all three if a role is assumed, and notes on placeholders to replace.

    STS identifies the credentials; if it cannot be reached, the policies contain placeholders.

    Raises:
        CommandFailed: the profile does not exist or no region can be resolved.
    """
    caller = TimedCaller(settings, clock)
    try:
        session = AwsSession(settings, clock=clock, caller=caller)
    except SettingsError as failure:
        raise CommandFailed(str(failure), status=WRONG_USE) from failure
    caller.start_run(settings.max_run_seconds)
    asking = who(settings, session, caller=caller, clock=clock)
    account = asking.account or iam_policy.EXAMPLE_ACCOUNT
    notes = []
    if not asking.account:
        causes = "; ".join(finding.cause.rstrip(".") for finding in asking.findings if finding.cause)
        notes.append(f"The account is not known ({causes}): replace {account} with it.")
    own = iam_policy.permissions(
        settings, partition=partition_of(session.regions[0]), account_id=account, regions=session.regions
    )
    role = settings.assume_role
    if role is None:
        return own, tuple(notes)
    agent = iam_policy.principal(asking.source_arn) if asking.source_arn else iam_policy.EXAMPLE_AGENT
    if not asking.source_arn:
        notes.append(f"The identity of the credentials is not known: replace {agent} with the Agent's role or user.")
    if settings.external_id:
        notes.append(f"Replace {iam_policy.EXTERNAL_ID} with the external id.")
    else:
        notes.append("Also set `external_id`: without it the trust policy relies on the Agent's ARN alone.")
    documents = {
        "permissions_of_the_role": own,
        "trust_policy_of_the_role": iam_policy.trust(settings, agent=agent),
        "permissions_of_the_agent": iam_policy.assumption(role),
    }
    return documents, tuple(notes)
