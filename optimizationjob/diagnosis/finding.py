"""Findings of an examination, and the rating of errors, clock skew and durations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from optimizationjob.aws import errors
from optimizationjob.aws.aws_actions import DESCRIBE, GET_RESOURCES, LIST, LIST_TAGS
from optimizationjob.config.settings import SettingsError

SUBJECTS: Final[Mapping[str, str]] = {
    "configuration": "The profile and the regions of the configuration",
    "options": "Options that do not exist",
    "versions": "The packages that the check runs with",
    "identity": "Credentials, and whose they are",
    "role": "The role of `assume_role`",
    "clock": "The machine's clock against AWS's",
    "region": "Whether the region is known and open to the account",
    "endpoint": "Where calls go, and through which proxy",
    "list": LIST,
    "describe": DESCRIBE,
    "tags": f"{GET_RESOURCES}, which reads the tags of a hundred jobs in one call",
    "list-tags": f"{LIST_TAGS}, which reads the tags of one job",
    "forecast": "Calls to AWS and custom metrics to be expected",
    "calls": "What this examination asked of AWS",
    "events": "Whether the check's events arrive in Datadog",
}
"""The names of findings and their subjects."""

SKEW_TO_MIND: Final = timedelta(seconds=60)
SKEW_REFUSED: Final = timedelta(minutes=5)
"""AWS rejects signatures that are older or newer than this."""
SLOW_SECONDS: Final = 2.0


class Verdict(StrEnum):
    """Severity of a finding, from best to worst."""

    OK = "ok"
    WARNING = "warning"
    """The check works, but with limitations."""
    FAILURE = "failure"
    """The check does not work until this is fixed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The result of one test, with its remedy."""

    name: str
    """One of SUBJECTS."""
    verdict: Verdict = Verdict.OK
    account: str = ""
    """Empty if it concerns no account, or the account is unknown."""
    region: str = ""
    """Empty if it concerns no region."""
    text: str
    cause: str = ""
    """The error message of AWS or botocore, if it helps; without secrets."""
    remedy: str = ""
    """What to do; empty if nothing needs to be done."""


MEANINGS: Final[tuple[tuple[type[errors.AwsError], Verdict, str], ...]] = (
    (errors.CredentialsError, Verdict.FAILURE, "the credentials are missing or not accepted"),
    (errors.AccessDenied, Verdict.FAILURE, "access is denied"),
    (errors.DeniedByPolicy, Verdict.WARNING, "a service control policy of the organization denies the region"),
    (errors.Unsupported, Verdict.WARNING, "the region does not offer optimization jobs to this account"),
    (errors.Throttled, Verdict.WARNING, "AWS throttles the calls"),
    (errors.Unreachable, Verdict.FAILURE, "no response arrived"),
    (errors.ServerError, Verdict.FAILURE, "AWS returned a server error"),
    (errors.BadAnswer, Verdict.FAILURE, "the response does not match AWS's documentation"),
    (errors.DeadlineReached, Verdict.WARNING, "it was not tried because the time was up"),
)
"""The first matching class determines the severity; any other error is a rejected request."""


def worst(findings: Iterable[Finding]) -> Verdict:
    """Return the worst verdict."""
    order = list(Verdict)
    return max((finding.verdict for finding in findings), key=order.index, default=Verdict.OK)


def meaning(error: errors.AwsError) -> tuple[Verdict, str]:
    """Return the severity and the meaning of a failed call."""
    for kind, verdict, words in MEANINGS:
        if isinstance(error, kind):
            return verdict, words
    return Verdict.FAILURE, "AWS rejected the request"


def remedy(error: errors.AwsError) -> str:
    """Return what to do about a failed call."""
    return error.remedy


def refused_settings(error: SettingsError) -> Finding:
    """Return the finding for settings that cannot be used."""
    text = str(error).removesuffix(f": {error.allowed}")
    advice = f"{error.allowed[:1].upper()}{error.allowed[1:]}."
    return Finding(name="configuration", verdict=Verdict.FAILURE, text=f"{text}.", remedy=advice)


def clock_finding(skew: timedelta | None) -> Finding:
    """Return the finding for the clock skew; None means that no response had a date."""
    if skew is None:
        text, advice = "AWS's time is unknown because no response arrived.", "Fix the connection to AWS and try again."
        return Finding(name="clock", verdict=Verdict.WARNING, text=text, remedy=advice)
    seconds = round(abs(skew).total_seconds())
    text = f"The clock is {seconds} seconds {'behind' if skew > timedelta(0) else 'ahead of'} AWS's."
    if seconds <= 1:
        return Finding(name="clock", text="The clock matches AWS's.")
    if seconds < SKEW_TO_MIND.total_seconds():
        return Finding(name="clock", text=text)
    advice = "Set the machine's clock and keep it in sync with NTP or chrony."
    if abs(skew) < SKEW_REFUSED:
        return Finding(name="clock", verdict=Verdict.WARNING, text=text, remedy=advice)
    refused = f"{text} AWS rejects signatures that are off by 5 minutes or more."
    return Finding(name="clock", verdict=Verdict.FAILURE, text=refused, remedy=advice)


def slowness(seconds: float) -> tuple[Verdict, str]:
    """Return the verdict and the remedy for the duration of a call."""
    if seconds < SLOW_SECONDS:
        return Verdict.OK, ""
    return Verdict.WARNING, "Check the network path and the proxy; if calls stay slow, raise `max_run_seconds`."
