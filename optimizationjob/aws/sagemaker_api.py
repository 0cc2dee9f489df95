"""The API that the poller uses, and its implementation with boto3: optimization jobs and their tags."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, Protocol

from optimizationjob.aws.aws_actions import DESCRIBE, GET_RESOURCES, LIST, LIST_TAGS
from optimizationjob.aws.aws_session import AwsSession
from optimizationjob.aws.calls import Answer, Request
from optimizationjob.aws.errors import BadAnswer
from optimizationjob.aws.job_parsing import SANE_YEARS, MalformedJob, job_from_detail, text_member
from optimizationjob.aws.listed_rows import ListedRows
from optimizationjob.jobs.job import JobStatus, OptimizationJob, Tag

PAGE_SIZE: Final = 100
LIST_MEMBERS: Final = ("OptimizationJobSummaries",)
ARNS_PER_TAG_CALL: Final = 100
MOST_TAG_PAGES: Final = 5
# The most that AWS returns: of tags of one job, of characters of a tag's key and value, and of a token.
MOST_TAGS: Final = 50
LONGEST_KEY: Final = 128
LONGEST_VALUE: Final = 256
LONGEST_TOKEN: Final = 8192


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of a list, newest job first."""

    jobs: tuple[OptimizationJob, ...]
    next_token: str | None
    answered_at: datetime | None
    """AWS's own time, from the response's Date header."""
    malformed: int = 0
    """Rows that could not be read."""


class OptimizationJobApi(Protocol):
    """The API of one region. Every method raises AwsError."""

    @property
    def region(self) -> str:
        """The region of the calls."""
        ...

    def list_newest(self, *, max_attempts: int | None = None, failed_attempts: int = 0) -> Page:
        """Return the newest jobs, up to 100, without waiting for the rate limit."""
        ...

    def list_page(
        self, *, token: str | None = None, status: JobStatus | None = None, created_before: datetime | None = None
    ) -> Page:
        """Return a page of up to 100 jobs, newest first."""
        ...

    def describe(self, job: OptimizationJob) -> OptimizationJob:
        """Return the current job of that name, with its detail."""
        ...

    def tags_of(self, arns: Sequence[str]) -> dict[str, tuple[Tag, ...]]:
        """Return the tags of up to 100 jobs in one call; a job without tags has an empty entry."""
        ...

    def tags_of_one(self, arn: str) -> tuple[Tag, ...]:
        """Return the tags of one job."""
        ...


class SageMakerApi:
    """The API of one region over a session.

    Args:
        region: the region of the calls.
        session: makes the calls.
        columns: makes the resource record's columns, masked, from a response of DescribeOptimizationJob.
    """

    def __init__(
        self,
        region: str,
        *,
        session: AwsSession,
        columns: Callable[[Mapping[str, object]], Mapping[str, object]],
    ) -> None:
        self._region = region
        self._session = session
        self._columns = columns
        self._rows = ListedRows(region)

    @property
    def region(self) -> str:
        """The region of the calls."""
        return self._region

    def list_newest(self, *, max_attempts: int | None = None, failed_attempts: int = 0) -> Page:
        """Return the newest jobs, up to 100. This call does not wait for the rate limit.

        Args:
            max_attempts: the number of attempts, instead of the instance's.
            failed_attempts: the number of attempts that this run has made before.
        """
        return self._page(
            Request(
                LIST,
                self._region,
                required=LIST_MEMBERS,
                overdraw=True,
                shows_region=True,
                max_attempts=max_attempts,
                failed_attempts=failed_attempts,
            ),
            self._rows.read_newest,
        )

    def list_page(
        self, *, token: str | None = None, status: JobStatus | None = None, created_before: datetime | None = None
    ) -> Page:
        """Return a page of up to 100 jobs, newest first."""
        parameters: dict[str, object] = {}
        if token:
            parameters["NextToken"] = token
        if status:
            parameters["StatusEquals"] = status.value
        if created_before:
            parameters["CreationTimeBefore"] = created_before
        listed = Request(LIST, self._region, required=LIST_MEMBERS, shows_region=True)
        return self._page(listed, self._rows.read, **parameters)

    def _page(
        self, listed: Request, read: Callable[[Iterable[object]], Iterable[OptimizationJob]], **parameters: object
    ) -> Page:
        # AWS's own default is oldest first.
        answer = self._session.ask(
            listed, SortBy="CreationTime", SortOrder="Descending", MaxResults=PAGE_SIZE, **parameters
        )
        rows = answer["OptimizationJobSummaries"]
        next_token = _token(answer, listed)
        if not isinstance(rows, list):
            raise listed.fault(BadAnswer, "the answer has members of a wrong type")
        if len(rows) > PAGE_SIZE:
            raise listed.fault(BadAnswer, f"the answer has {len(rows)} jobs, {PAGE_SIZE} were asked for")
        jobs = tuple(read(rows))
        malformed = len(rows) - len(jobs)
        return Page(jobs=jobs, next_token=next_token, answered_at=date_of(answer), malformed=malformed)

    def describe(self, job: OptimizationJob) -> OptimizationJob:
        """Return the current job of that name; it may be another job if the name was used again."""
        required = ("OptimizationJobArn", "OptimizationJobName", "OptimizationJobStatus", "CreationTime")
        answer = self._session.ask(Request(DESCRIBE, self._region, required=required), OptimizationJobName=job.name)
        try:
            return job_from_detail(answer, listed=job, columns=self._columns(answer))
        except MalformedJob as error:
            raise Request(DESCRIBE, self._region).fault(BadAnswer, str(error)) from error

    def tags_of(self, arns: Sequence[str]) -> dict[str, tuple[Tag, ...]]:
        """Return the tags of up to 100 jobs; AWS omits jobs that never had a tag."""
        request = Request(GET_RESOURCES, self._region, required=("ResourceTagMappingList",))
        answer = self._session.ask(request, ResourceARNList=list(arns))
        tags: dict[str, tuple[Tag, ...]] = dict.fromkeys(arns, ())
        for mapping in answer["ResourceTagMappingList"]:
            arn = text_member(mapping, "ResourceARN") if isinstance(mapping, Mapping) else None
            if arn in tags:
                tags[arn] = _tags(mapping.get("Tags", ()))
        return tags

    def tags_of_one(self, arn: str) -> tuple[Tag, ...]:
        """Return the tags of one job. All fifty fit in one page, but a page may be empty and have a token."""
        parameters: dict[str, object] = {"ResourceArn": arn, "MaxResults": PAGE_SIZE}
        request = Request(LIST_TAGS, self._region, required=("Tags",))
        rows: list[object] = []
        for _ in range(MOST_TAG_PAGES):
            answer = self._session.ask(request, **parameters)
            rows += answer["Tags"][:MOST_TAGS]
            token = _token(answer, request)
            if token is None:
                return _tags(rows)
            parameters["NextToken"] = token
        raise BadAnswer("the list of the job's tags has no end", operation=LIST_TAGS, region=self._region)


def _tags(rows: Sequence[object]) -> tuple[Tag, ...]:
    readable = [row for row in rows[:MOST_TAGS] if isinstance(row, Mapping) and text_member(row, "Key")]
    pairs = (
        (text_member(row, "Key", longest=LONGEST_KEY), text_member(row, "Value", longest=LONGEST_VALUE))
        for row in readable
    )
    return tuple(sorted(Tag(key or "", value or "") for key, value in pairs))


def _token(answer: Answer, request: Request) -> str | None:
    """Return the token of the next page; None if there is none.

    Raises:
        BadAnswer: it is none of AWS.
    """
    token = answer.get("NextToken") or None
    if not isinstance(token, str | None):
        raise request.fault(BadAnswer, "the answer has members of a wrong type")
    if token is not None and len(token) > LONGEST_TOKEN:
        raise request.fault(BadAnswer, f"the token of the next page has {len(token)} characters")
    return token


def date_of(answer: Answer) -> datetime | None:
    """Return the response's Date header, or None if it is missing or invalid."""
    try:
        date = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
    except (KeyError, OverflowError, TypeError, ValueError):
        return None
    if date.year not in SANE_YEARS:
        return None
    # A date that ends in -0000 comes without a zone.
    return date if date.tzinfo else date.replace(tzinfo=UTC)
