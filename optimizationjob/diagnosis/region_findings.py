"""Findings about one region: makes every call of the check there once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final, TypeVar

from optimizationjob.aws import errors
from optimizationjob.aws.aws_actions import DESCRIBE, GET_RESOURCES, LIST, LIST_TAGS
from optimizationjob.aws.aws_session import AwsSession
from optimizationjob.aws.sagemaker_api import Page, SageMakerApi
from optimizationjob.clock import Clock
from optimizationjob.config.option_readers import shown_url
from optimizationjob.config.region_patterns import is_listed, partition_of
from optimizationjob.config.settings import Settings
from optimizationjob.diagnosis.call_findings import TimedAnswer, failed, inquire, skew_of
from optimizationjob.diagnosis.cost_findings import Costs, costs
from optimizationjob.diagnosis.credential_findings import Who
from optimizationjob.diagnosis.finding import Finding, Verdict
from optimizationjob.diagnosis.timed_calls import TimedCaller
from optimizationjob.jobs.job import INPROGRESS, OptimizationJob, Tag

T = TypeVar("T")

NO_SUCH_JOB: Final = "optimizationjob-doctor-no-such-job"
"""Requested if there is no job: AWS checks permissions before existence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExaminedRegion:
    """A region of one instance, and what is needed to make calls there."""

    region: str
    settings: Settings
    session: AwsSession
    caller: TimedCaller
    clock: Clock
    who: Who

    @property
    def api(self) -> SageMakerApi:
        """The SageMaker API of the region; it reads no record columns."""
        return SageMakerApi(self.region, session=self.session, columns=lambda _: {})

    @property
    def services(self) -> tuple[str, ...]:
        """The services to call; STS is called in one region only."""
        sts = ("sts",) if self.region == self.session.regions[0] else ()
        tagging = ("resourcegroupstaggingapi",) if self.settings.collect_tags else ()
        return ("sagemaker", *tagging, *sts)

    def inquire(self, operation: str, ask: Callable[[], T]) -> TimedAnswer[T]:
        """Make one call."""
        return inquire(operation, self.region, ask, caller=self.caller, clock=self.clock)


@dataclass(frozen=True, slots=True)
class Seen:
    """Results of examining a region."""

    findings: tuple[Finding, ...]
    skew: timedelta | None
    costs: Costs | None = None


def examine_region(place: ExaminedRegion) -> Seen:
    """Make each call; stop if the first one shows that the region cannot be read."""
    ways = _ways(place)
    listed = place.inquire(LIST, place.api.list_newest)
    if listed.result is None:
        return Seen((*_closed(place, listed), *ways), listed.skew)
    page = listed.result
    account = place.who.account or (page.jobs[0].arn.split(":")[4] if page.jobs else "")
    number = f"{len(page.jobs)}{' or more' if page.next_token else ''} job{'s' * (len(page.jobs) != 1)}"
    findings = [
        _region(place),
        *ways,
        listed.finding("list", f"{LIST} returned {number}", account=account),
        _described(place, page, account),
    ]
    if place.settings.collect_tags:
        tags, read = _tags(place, page, account)
        page = replace(page, jobs=tuple(replace(job, tags=read.get(job.arn, ())) for job in page.jobs))
        findings += tags
    at = page.answered_at or place.clock.now()
    expected = costs(page, place.settings, at=at, region=place.region)
    named = (replace(finding, account=account) for finding in (*findings, expected.finding))
    return Seen(tuple(named), skew_of(page.answered_at, place.clock), expected)


def _ways(place: ExaminedRegion) -> tuple[Finding, ...]:
    """Report endpoints and proxies; this also creates the clients, so that calls are timed without that."""
    ways: dict[str, None] = {}
    # The call that needs the client reports its error.
    with suppress(Exception):
        for service in place.services:
            route = place.session.route(service, place.region)
            proxy = f"through the proxy {shown_url(route.proxy)}" if route.proxy else "without a proxy"
            ways[f"{shown_url(route.endpoint)} {proxy}"] = None
    if not ways:
        return ()
    text = f"Calls go to {' and to '.join(ways)}."
    return (Finding(name="endpoint", account=place.who.account, region=place.region, text=text.replace("'", "")),)


def _region(place: ExaminedRegion) -> Finding:
    if is_listed(place.region):
        return Finding(name="region", region=place.region, text="botocore lists the region, and it responds.")
    return Finding(
        name="region",
        verdict=Verdict.WARNING,
        region=place.region,
        text="botocore does not list SageMaker in this region, but it responds.",
        remedy="Update the Agent to get a botocore that knows the region.",
    )


def _closed(place: ExaminedRegion, listed: TimedAnswer[Page]) -> tuple[Finding, ...]:
    """Report why a region cannot be read; the other calls are not made."""
    error = listed.error
    assert error is not None  # noqa: S101 - there is no result
    account, region = place.who.account, place.region
    if isinstance(error, errors.Unsupported):
        return (failed("region", error, account=account, region=region),)
    if isinstance(error, errors.CredentialsError) and place.who.is_accepted:
        words = "the region is most likely not enabled for the account: STS accepts the same credentials"
        closed = failed("region", error, account=account, region=region, words=words)
        return (replace(closed, remedy=errors.RegionNotEnabled.advice.format(region=region)),)
    if is_listed(region):
        return (listed.finding("list", "", account=account),)
    unknown = Finding(
        name="region",
        verdict=Verdict.WARNING,
        account=account,
        region=region,
        text="botocore does not list SageMaker in this region: it is misspelled, or newer than botocore.",
        remedy="Check the name against AWS's list of regions.",
    )
    return (unknown, listed.finding("list", "", account=account))


def _described(place: ExaminedRegion, page: Page, account: str) -> Finding:
    job = page.jobs[0] if page.jobs else _no_such_job(place, account)
    reply = place.inquire(DESCRIBE, lambda: place.api.describe(job))
    if isinstance(reply.error, errors.NotFound):
        words = f"{DESCRIBE} is allowed: AWS says that there is no such job."
        return Finding(name="describe", region=place.region, text=words)
    return reply.finding("describe", f"{DESCRIBE} described the newest job", account=account)


def _tags(place: ExaminedRegion, page: Page, account: str) -> tuple[list[Finding], dict[str, tuple[Tag, ...]]]:
    """Make both calls for tags; the check needs one of them."""
    if not account:
        text = "The calls for tags were not tried: neither the account nor any job is known."
        advice = "Fix the connection to STS and try again."
        return [Finding(name="tags", verdict=Verdict.WARNING, region=place.region, text=text, remedy=advice)], {}
    jobs = page.jobs or (_no_such_job(place, account),)
    many = place.inquire(GET_RESOURCES, lambda: place.api.tags_of([job.arn for job in jobs]))
    one = place.inquire(LIST_TAGS, lambda: place.api.tags_of_one(jobs[0].arn))
    both = many.finding("tags", f"{GET_RESOURCES} returned tags", account=account)
    single = one.finding("list-tags", f"{LIST_TAGS} returned tags", account=account)
    if isinstance(one.error, errors.NotFound | errors.Refused) and not page.jobs:
        words = f"{LIST_TAGS} is allowed: AWS says that there is no such job."
        single = Finding(name="list-tags", region=place.region, text=words)
    if single.verdict is Verdict.OK and isinstance(many.error, errors.AccessDenied):
        text = f"{both.text} Tags are read with one call per job."
        both = replace(both, verdict=Verdict.WARNING, text=text)
    elif both.verdict is not Verdict.FAILURE and isinstance(one.error, errors.AccessDenied):
        text = f"{single.text} It is needed only if {GET_RESOURCES} is denied."
        single = replace(single, verdict=Verdict.WARNING, text=text)
    return [both, single], many.result or {}


def _no_such_job(place: ExaminedRegion, account: str) -> OptimizationJob:
    partition = partition_of(place.region)
    arn = f"arn:{partition}:sagemaker:{place.region}:{account or '0' * 12}:optimization-job/{NO_SUCH_JOB}"
    return OptimizationJob(arn=arn, name=NO_SUCH_JOB, status=INPROGRESS, created_at=place.clock.now())
