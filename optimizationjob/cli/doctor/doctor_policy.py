"""The policies of one instance, and what must be put in by hand."""

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
    """Return the policy, or all three where a role is assumed, and notes on what is left to fill in.

    STS is asked whose the credentials are; without an answer a placeholder stands for what it would have told.

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
        notes.append(f"The account is not known ({causes}): put it in place of {account}.")
    own = iam_policy.permissions(
        settings, partition=partition_of(session.regions[0]), account_id=account, regions=session.regions
    )
    role = settings.assume_role
    if role is None:
        return own, tuple(notes)
    agent = iam_policy.principal(asking.source_arn) if asking.source_arn else iam_policy.EXAMPLE_AGENT
    if not asking.source_arn:
        notes.append(f"Whose the credentials are is not known: put the Agent's role or user in place of {agent}.")
    if settings.external_id:
        notes.append(f"Put the external id in place of {iam_policy.EXTERNAL_ID}.")
    else:
        notes.append("Set `external_id`, too: without one the trust policy rests on the Agent's ARN alone.")
    documents = {
        "permissions_of_the_role": own,
        "trust_policy_of_the_role": iam_policy.trust(settings, agent=agent),
        "permissions_of_the_agent": iam_policy.assumption(role),
    }
    return documents, tuple(notes)
