"""What an examination finds, and how an error, a clock or a duration is judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

from optimizationjob.aws import errors
from optimizationjob.aws.aws_actions import DESCRIBE, GET_RESOURCES, LIST, LIST_TAGS

SUBJECTS: Final[Mapping[str, str]] = {
    "configuration": "The profile and the regions of the configuration",
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
}
"""The names of findings, and what is looked at."""

SKEW_TO_MIND: Final = timedelta(seconds=60)
SKEW_REFUSED: Final = timedelta(minutes=5)
"""AWS refuses signatures that are older or newer than this."""
SLOW_SECONDS: Final = 2.0


class Verdict(StrEnum):
    """How a thing is, the better first."""

    OK = "ok"
    WARNING = "warning"
    """The check works, but not as well as it could."""
    FAILURE = "failure"
    """Something must be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at, and what to do about it."""

    name: str
    """One of SUBJECTS."""
    verdict: Verdict = Verdict.OK
    account: str = ""
    """Empty where it is of no account, or the account is not known."""
    region: str = ""
    """Empty where it is of no region."""
    text: str
    cause: str = ""
    """What AWS or its library said, where that explains it; free of secrets."""
    remedy: str = ""
    """What to do; empty where nothing needs to be done."""


MEANINGS: Final[tuple[tuple[type[errors.AwsError], Verdict, str], ...]] = (
    (errors.CredentialsError, Verdict.FAILURE, "the credentials are missing or not accepted"),
    (errors.AccessDenied, Verdict.FAILURE, "it is not allowed"),
    (errors.DeniedByPolicy, Verdict.WARNING, "a policy of the organization forbids the region"),
    (errors.Unsupported, Verdict.WARNING, "the region does not offer optimization jobs to this account"),
    (errors.Throttled, Verdict.WARNING, "AWS asks to slow down"),
    (errors.Unreachable, Verdict.FAILURE, "no answer came"),
    (errors.ServerError, Verdict.FAILURE, "AWS answered with a fault of its own"),
    (errors.BadAnswer, Verdict.FAILURE, "the answer is not what AWS documents"),
    (errors.DeadlineReached, Verdict.WARNING, "it was not tried, since the time was over"),
)
"""The first kind that fits an error says how bad it is; any other is a refused request."""


def worst(findings: Iterable[Finding]) -> Verdict:
    """Return the worst verdict there is."""
    order = list(Verdict)
    return max((finding.verdict for finding in findings), key=order.index, default=Verdict.OK)


def meaning(error: errors.AwsError) -> tuple[Verdict, str]:
    """Return how bad a failed call is, and what it means."""
    for kind, verdict, words in MEANINGS:
        if isinstance(error, kind):
            return verdict, words
    return Verdict.FAILURE, "AWS refused the request"


def remedy(error: errors.AwsError) -> str:
    """Return what to do about a failed call."""
    return error.advice.format(operation=error.operation, region=error.region)


def clock_finding(skew: timedelta | None) -> Finding:
    """Judge what the machine's clock lacks to AWS's; None where no answer had a date."""
    if skew is None:
        text, advice = "AWS's time is not known, since no answer came.", "Fix what prevents an answer, and try again."
        return Finding(name="clock", verdict=Verdict.WARNING, text=text, remedy=advice)
    seconds = round(abs(skew).total_seconds())
    text = f"The clock is {seconds} seconds {'behind' if skew > timedelta(0) else 'ahead of'} AWS's."
    if seconds <= 1:
        return Finding(name="clock", text="The clock agrees with AWS's.")
    if seconds < SKEW_TO_MIND.total_seconds():
        return Finding(name="clock", text=text)
    advice = "Set the machine's clock, and let NTP or chrony keep it right."
    if abs(skew) < SKEW_REFUSED:
        return Finding(name="clock", verdict=Verdict.WARNING, text=text, remedy=advice)
    refused = f"{text} AWS refuses signatures from 5 minutes on."
    return Finding(name="clock", verdict=Verdict.FAILURE, text=refused, remedy=advice)


def slowness(seconds: float) -> tuple[Verdict, str]:
    """Judge how long a call took; return the verdict and what to do."""
    if seconds < SLOW_SECONDS:
        return Verdict.OK, ""
    return Verdict.WARNING, "Look at the network path and the proxy; if it stays so slow, raise `max_run_seconds`."
