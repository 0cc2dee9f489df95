"""The queue of jobs to describe: most urgent first, newest first, and what each failure means for the rest."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from optimizationjob.aws.errors import AccessDenied, DeadlineReached, NotFound, ServerError, Throttled
from optimizationjob.jobs.job import FAILED, INPROGRESS, OptimizationJob
from optimizationjob.polling.detail_reader import DetailReader, DetailRequest, Urgency

T0 = datetime(2026, 11, 2, 12, tzinfo=UTC)


class Api:
    """Answers from a table of failures, and notes who was asked for."""

    region = "us-east-1"

    def __init__(self, failures=None):
        self.failures = failures or {}
        self.asked = []

    def describe(self, job):
        self.asked.append(job.name)
        kind = self.failures.get(job.name)
        if kind == "reused":
            return replace(job, created_at=job.created_at + timedelta(days=1))
        if kind is not None:
            raise kind("no", operation="sagemaker:DescribeOptimizationJob", region=self.region)
        return job


def wanted(urgency, name):
    status = INPROGRESS if urgency is Urgency.ACTIVE else FAILED
    return DetailRequest(urgency, OptimizationJob(arn=f"arn/{name}", name=name, status=status, created_at=T0))


QUEUE = [
    wanted(Urgency.RECORD, "record-1"),
    wanted(Urgency.ACTIVE, "active-1"),
    wanted(Urgency.UNREPORTED_END, "news-1"),
    wanted(Urgency.RECORD, "record-2"),
    wanted(Urgency.ACTIVE, "active-2"),
    wanted(Urgency.UNREPORTED_END, "news-2"),
]
BY_URGENCY = ["news-1", "news-2", "active-1", "active-2", "record-1", "record-2"]


def test_the_most_urgent_come_first_and_the_given_order_stays():
    api = Api()
    result = DetailReader(api).describe(QUEUE, T0)
    assert api.asked == BY_URGENCY
    assert (len(result.jobs), len(result.failures)) == (6, 0)


@pytest.mark.parametrize(
    ("kind", "asked", "backlog"),
    [
        (ServerError, BY_URGENCY, 1),
        (AccessDenied, BY_URGENCY, 1),
        (Throttled, BY_URGENCY, 1),
        (DeadlineReached, BY_URGENCY[:2], 5),
    ],
)
def test_a_failure_stops_no_more_than_it_must(kind, asked, backlog):
    api = Api({"news-2": kind})
    result = DetailReader(api).describe(QUEUE, T0)
    assert (api.asked, len(result.failures)) == (asked, backlog)


@pytest.mark.parametrize("kind", [NotFound, "reused"])
def test_a_job_that_is_gone_is_gone_unless_its_end_is_to_be_told(kind):
    result = DetailReader(Api(dict.fromkeys(BY_URGENCY, kind))).describe(QUEUE, T0)
    assert {key.arn for key in result.deleted} == {f"arn/{name}" for name in BY_URGENCY[2:]}
    assert {key.arn for key in result.failures} == {"arn/news-1", "arn/news-2"}


def test_a_denied_job_is_asked_for_after_5_minutes_then_10_up_to_an_hour():
    api = Api({"news-1": AccessDenied})
    describer = DetailReader(api)
    at, waits = T0, []
    for minute in range(60 * 6):
        describer.describe([QUEUE[2]], T0 + timedelta(minutes=minute))
        if len(api.asked) > len(waits):
            waits.append((T0 + timedelta(minutes=minute) - at).total_seconds() / 60)
            at = T0 + timedelta(minutes=minute)
    assert waits == [0, 5, 10, 20, 40, 60, 60, 60, 60]


def test_a_denial_is_forgotten_with_its_job():
    api = Api({"news-1": AccessDenied})
    describer = DetailReader(api)
    describer.describe([QUEUE[2]], T0)
    describer.keep(lambda _: False)
    describer.describe([QUEUE[2]], T0)
    assert api.asked == ["news-1", "news-1"]


def test_a_denied_job_holds_back_no_other():
    api = Api({"record-1": AccessDenied})
    describer = DetailReader(api)
    assert len(describer.describe(QUEUE, T0).failures) == 1
    assert api.asked == BY_URGENCY
    describer.describe(QUEUE, T0 + timedelta(minutes=4))
    assert api.asked == BY_URGENCY + [name for name in BY_URGENCY if name != "record-1"]


def test_stamps_that_are_rounded_apart_are_one_job():
    class Rounding(Api):
        def describe(self, job):
            return replace(job, created_at=job.created_at + timedelta(milliseconds=3))

    result = DetailReader(Rounding()).describe(QUEUE[:1], T0)
    assert list(result.jobs) == [QUEUE[0].job.key] == [job.key for job in result.jobs.values()]
