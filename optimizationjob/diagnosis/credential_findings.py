"""Findings about the identity of the credentials and whether they can assume the role."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Final

from optimizationjob.aws.aws_actions import ASSUME_ROLE, IDENTITY, OPERATIONS
from optimizationjob.aws.aws_session import AwsSession
from optimizationjob.aws.calls import Answer, Request
from optimizationjob.aws.errors import CredentialsError, UnknownKey
from optimizationjob.aws.sagemaker_api import date_of
from optimizationjob.clock import Clock
from optimizationjob.config.settings import Settings
from optimizationjob.diagnosis.call_findings import TimedAnswer, failed, inquire, skew_of, was_answered
from optimizationjob.diagnosis.finding import Finding, Verdict
from optimizationjob.diagnosis.timed_calls import TimedCaller
from optimizationjob.jobs.inert_text import foreign
from optimizationjob.jobs.job import is_account

ORIGINS: Final = {"explicit": "the configuration", "env": "environment variables"}
"""User-friendly names for some of botocore's credential sources."""
LONGEST_ARN: Final = 300
_IDENTITY_ARN: Final = re.compile(r"arn:aws[a-z-]*:(?:iam|sts)::\d{12}:[\w+=,.@/-]+", re.ASCII)
"""What may become the principal of a policy."""
ROLE_REMEDY: Final = (
    "AWS does not say which is wrong: the role's name, its trust policy, `external_id`, or the permission "
    f"`{ASSUME_ROLE}` of the credentials above."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """The identity that calls AWS."""

    account: str = ""
    """The account whose jobs are read; empty if unknown."""
    source_arn: str = ""
    """ARN of the identity that assumes the role or, without a role, reads everything."""
    findings: tuple[Finding, ...]
    skew: timedelta | None = None
    is_hopeless: bool = False
    """Whether no call can be signed."""
    is_accepted: bool = False
    """Whether STS accepts the credentials that sign the calls."""


def who(settings: Settings, session: AwsSession, *, caller: TimedCaller, clock: Clock) -> Who:
    """Identify the credentials with STS, and again in the role if there is one."""
    own = session
    if settings.assume_role:
        own = AwsSession(replace(settings, assume_role=None, external_id=None), clock=clock, caller=caller)
    # As a run does: a source that makes calls of its own, such as the role of a profile, names the one that failed.
    own.look_up_credentials()
    source = _known(own, "identity", caller=caller, clock=clock)
    if own is session:
        return source
    account = session.known_account_id or ""
    if source.is_hopeless:
        return replace(source, account=account)
    role = _known(session, "role", caller=caller, clock=clock)
    return replace(
        role,
        account=account,
        source_arn=source.source_arn,
        findings=source.findings + role.findings,
        skew=source.skew if source.skew is not None else role.skew,
    )


def _known(session: AwsSession, name: str, *, caller: TimedCaller, clock: Clock) -> Who:
    known = session.known_account_id or ""
    try:
        origin = session.credentials_from()
        reply = _identity(session, caller=caller, clock=clock)
    except CredentialsError as error:
        return Who(account=known, findings=(failed(name, error, account=known, region=""),), is_hopeless=True)
    if reply.error is not None:
        return _unknown(reply, name, account=known)
    answer: Answer = reply.result or {}
    account = str(answer["Account"]) if is_account(str(answer["Account"])) else known
    arn = str(answer["Arn"])
    shown = foreign(arn, LONGEST_ARN)
    # Include the time to assume the role.
    reply = replace(reply, seconds=reply.seconds + caller.seconds(ASSUME_ROLE, reply.region))
    finding = replace(reply.finding(name, f"{shown}, from {ORIGINS.get(origin, origin)}", account=account), region="")
    return Who(
        account=account,
        source_arn=arn if _IDENTITY_ARN.fullmatch(arn) else "",
        findings=(finding,),
        skew=skew_of(date_of(answer), clock),
        is_accepted=True,
    )


def _identity(session: AwsSession, *, caller: TimedCaller, clock: Clock) -> TimedAnswer[Answer]:
    """Ask STS in the first region that knows the credentials: one that is not enabled does not.

    Raises:
        CredentialsError: there are none.
    """
    replies: list[TimedAnswer[Answer]] = []
    for region in session.sts_regions:
        # Create the client before timing the call.
        with suppress(Exception):  # which the call has, too
            session.route(OPERATIONS[IDENTITY].service, region)
        ask = partial(session.ask, Request(IDENTITY, region, required=("Account", "Arn")))
        replies.append(inquire(IDENTITY, region, ask, caller=caller, clock=clock))
        if replies[-1].error is None:
            return replies[-1]
        if not isinstance(replies[-1].error, UnknownKey):
            break
    return replies[0]


def _unknown(reply: TimedAnswer[Answer], name: str, *, account: str) -> Who:
    error = reply.error
    assert error is not None  # noqa: S101 - checked by the caller
    finding = failed(name, error, account=account, region="")
    is_role = error.operation == ASSUME_ROLE
    if is_role and was_answered(error):
        finding = replace(finding, text=f"{ASSUME_ROLE}: the role cannot be assumed.", remedy=ROLE_REMEDY)
    elif not is_role and not isinstance(error, CredentialsError):
        # The check continues without STS.
        finding = replace(finding, verdict=Verdict.WARNING, text=f"{finding.text} The account is taken from its jobs.")
    # Rejected credentials may be valid elsewhere: a region that is not enabled returns the same error.
    is_hopeless = is_role or (isinstance(error, CredentialsError) and not was_answered(error))
    return Who(account=account, findings=(finding,), skew=reply.skew, is_hopeless=is_hopeless)
