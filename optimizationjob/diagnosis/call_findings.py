"""One call, as a finding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from optimizationjob.aws.calls import Answer
from optimizationjob.aws.errors import AwsError
from optimizationjob.aws.sagemaker_api import date_of
from optimizationjob.clock import Clock
from optimizationjob.diagnosis.finding import Finding, meaning, remedy, slowness
from optimizationjob.diagnosis.timed_calls import TimedCaller

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class TimedAnswer(Generic[T]):
    """What came of one call: a result or an error."""

    operation: str
    region: str
    seconds: float
    result: T | None = None
    error: AwsError | None = None
    skew: timedelta | None = None
    """What the machine's clock lacked to AWS's, where an error had the time."""

    def finding(self, name: str, text: str, *, account: str) -> Finding:
        """Return the finding on this call; the text is for the case that it went well."""
        if self.error is not None:
            return failed(name, self.error, account=account, region=self.region)
        verdict, advice = slowness(self.seconds)
        text = f"{text}, in {self.seconds:.2f} seconds."
        return Finding(name=name, verdict=verdict, account=account, region=self.region, text=text, remedy=advice)


def inquire(operation: str, region: str, ask: Callable[[], T], *, caller: TimedCaller, clock: Clock) -> TimedAnswer[T]:
    """Ask once, through the caller."""
    try:
        result = ask()
    except AwsError as error:
        return TimedAnswer(operation, region, 0.0, error=error, skew=skew_of(date_of(_answer(error)), clock))
    return TimedAnswer(operation, region, caller.seconds(operation, region), result=result)


def failed(name: str, error: AwsError, *, account: str, region: str, words: str = "") -> Finding:
    """Return the finding on a call that failed; words that are given say better what it means."""
    verdict, meant = meaning(error)
    return Finding(
        name=name,
        verdict=verdict,
        account=account,
        region=region,
        text=f"{error.operation}: {words or meant}.",
        cause=error.cause,
        remedy=remedy(error),
    )


def skew_of(date: datetime | None, clock: Clock) -> timedelta | None:
    """Return what the machine's clock lacks to the date of an answer that just came."""
    return date - clock.now() if date else None


def was_answered(error: AwsError) -> bool:
    """Whether AWS itself said no; else nothing was sent, or nothing came back."""
    return bool(_answer(error))


def _answer(error: AwsError) -> Answer:
    """Return the answer that an error was made from, as botocore keeps it."""
    cause = error.__cause__
    while isinstance(cause, AwsError):
        # Said of the call that needed the role.
        cause = cause.__cause__
    answer = getattr(cause, "response", None)
    return answer if isinstance(answer, dict) else {}
