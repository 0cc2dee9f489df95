"""Findings about single calls."""

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
    """Outcome of one call: a result or an error."""

    operation: str
    region: str
    seconds: float
    result: T | None = None
    error: AwsError | None = None
    skew: timedelta | None = None
    """How far the local clock is behind AWS's, if the error response has a date."""

    def finding(self, name: str, text: str, *, account: str) -> Finding:
        """Return the finding for this call; `text` describes success."""
        if self.error is not None:
            return failed(name, self.error, account=account, region=self.region)
        verdict, advice = slowness(self.seconds)
        text = f"{text}, in {self.seconds:.2f} seconds."
        return Finding(name=name, verdict=verdict, account=account, region=self.region, text=text, remedy=advice)


def inquire(operation: str, region: str, ask: Callable[[], T], *, caller: TimedCaller, clock: Clock) -> TimedAnswer[T]:
    """Make one call through the caller."""
    try:
        result = ask()
    except AwsError as error:
        return TimedAnswer(operation, region, 0.0, error=error, skew=skew_of(date_of(_answer(error)), clock))
    return TimedAnswer(operation, region, caller.seconds(operation, region), result=result)


def failed(name: str, error: AwsError, *, account: str, region: str, words: str = "") -> Finding:
    """Return the finding for a failed call; `words` overrides the default explanation."""
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
    """Return how far the local clock is behind the date of a response that just arrived."""
    return date - clock.now() if date else None


def was_answered(error: AwsError) -> bool:
    """Return whether AWS responded; otherwise no request was sent or no response arrived."""
    return bool(_answer(error))


def _answer(error: AwsError) -> Answer:
    """Return the response behind an error, as stored by botocore."""
    cause = error.__cause__
    while isinstance(cause, AwsError):
        # The outer error names the call that needed the role.
        cause = cause.__cause__
    answer = getattr(cause, "response", None)
    return answer if isinstance(answer, dict) else {}
