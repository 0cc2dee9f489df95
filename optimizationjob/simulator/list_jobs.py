"""ListOptimizationJobs: filtering, sorting and pagination."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from optimizationjob.simulator.error_answers import DIALECTS, error
from optimizationjob.simulator.page_tokens import Key, pager
from optimizationjob.simulator.simulated_job import summarize

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator, Sequence

    from optimizationjob.simulator.job_life import LifeMoment
    from optimizationjob.simulator.operation_context import Body, Context
    from optimizationjob.simulator.simulated_job import Job
    from optimizationjob.simulator.sorted_jobs import Row, Shelf

DEFAULT_PAGE = 50
HIGHEST = "\U0010ffff"
EPOCH = datetime.fromtimestamp(0, UTC)
MILLISECOND = timedelta(milliseconds=1)

SortKey = tuple[Any, ...]
"""Sort key of a row: status and creation time if the sort order uses them, then always the name."""


@dataclass(frozen=True, slots=True)
class TimeBounds:
    """A time range; either bound may be open."""

    after: datetime | None
    before: datetime | None
    inclusive: bool

    @property
    def is_open(self) -> bool:
        """Whether the range has no bounds."""
        return self.after is None and self.before is None

    def __contains__(self, moment: datetime) -> bool:
        if self.after is not None and (moment < self.after or (moment == self.after and not self.inclusive)):
            return False
        return self.before is None or moment < self.before or (moment == self.before and self.inclusive)

    def cut(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Return the rows within the range; the rows must be sorted by time."""
        low, high = 0, len(rows)
        if self.after is not None:
            low = bisect_left(rows, (self.after, "")) if self.inclusive else bisect_right(rows, (self.after, HIGHEST))
        if self.before is not None:
            high = (
                bisect_right(rows, (self.before, HIGHEST)) if self.inclusive else bisect_left(rows, (self.before, ""))
            )
        return rows[low:high]


def list_optimization_jobs(context: Context, body: Body) -> Body:
    """Return one page of the jobs in the caller's account and region."""
    query = {name: value for name, value in body.items() if name not in ("NextToken", "MaxResults")}
    page = pager("sagemaker", body.get("NextToken"), query, context.trick)
    if page.is_empty:
        return {"OptimizationJobSummaries": [], "NextToken": page.empty_token()}
    size = body.get("MaxResults", DEFAULT_PAGE)
    shelf = context.world.shelf(context.caller.account, context.caller.region)
    late = context.habits.filters_after_cut
    keys = _behind(_ordered(shelf, body, context), page.key, descending=body.get("SortOrder") == "Descending")
    first = _matcher(body, context, ("created", "words") if late else ("created", "words", "state"))
    second = _matcher(body, context, ("state",) if late else ())
    rows: list[Any] = []
    taken, last = 0, None
    for key in keys:
        found = shelf.get(key[-1])
        if found is None or not first(*found):
            continue
        if taken == size:
            break
        taken, last = taken + 1, key
        if second(*found):
            rows.append(summarize(*found))
    else:
        last = None
    token = page.next_token(None if last is None else [_written(part) for part in last])
    answer: Body = {"OptimizationJobSummaries": rows}
    return answer if token is None else {**answer, "NextToken": token}


def _ordered(shelf: Shelf, body: Body, context: Context) -> Sequence[SortKey]:
    """Return the sort keys of all candidate jobs from the indexes, ascending."""
    status = None if context.habits.filters_after_cut else body.get("StatusEquals")
    order = body.get("SortBy", "CreationTime")
    if order == "Name":
        return shelf.by_name
    if order == "Status":
        return [(state, *row) for state, row in shelf.rows_by_status() if status in (None, state)]
    rows = shelf.by_creation if status is None else shelf.by_status.get(status, [])
    return _span(body, "CreationTime", context).cut(rows)


def _behind(keys: Sequence[SortKey], after: Key | None, *, descending: bool) -> Iterator[SortKey]:
    """Yield the keys in the requested order, starting after `after`."""
    low, high = 0, len(keys)
    if after is not None:
        last = tuple(EPOCH + part * MILLISECOND if isinstance(part, int) else part for part in after)
        if descending:
            high = bisect_left(keys, last)
        else:
            low = bisect_right(keys, last)
    indexes = range(high - 1, low - 1, -1) if descending else range(low, high)
    return (keys[index] for index in indexes)


def _matcher(body: Body, context: Context, parts: Container[str]) -> Callable[[Job, LifeMoment], bool]:
    """Return a filter for the given parts: creation time, text in names and techniques, status and its time."""
    created, modified = _span(body, "CreationTime", context), _span(body, "LastModifiedTime", context)
    tests: list[Callable[[Job, LifeMoment], bool]] = []
    if "created" in parts and not created.is_open:
        tests.append(lambda job, _: job.created_at in created)
    if "words" in parts and (text := body.get("NameContains")) is not None:
        tests.append(lambda job, _: text in job.name)
    if "words" in parts and (technique := body.get("OptimizationContains")) is not None:
        tests.append(lambda job, _: any(technique in name for name in job.types))
    if "state" in parts and not modified.is_open:
        tests.append(lambda _, moment: moment.modified_at in modified)
    if "state" in parts and (status := body.get("StatusEquals")) is not None:
        tests.append(lambda _, moment: moment.status == status)
    return lambda job, moment: all(test(job, moment) for test in tests)


def _span(body: Body, name: str, context: Context) -> TimeBounds:
    return TimeBounds(_time(body, f"{name}After"), _time(body, f"{name}Before"), context.habits.inclusive_times)


def _time(body: Body, member: str) -> datetime | None:
    """Return a time from the request, sent as seconds since the epoch.

    Raises:
        ErrorAnswer: `datetime` cannot represent the time.
    """
    seconds = body.get(member)
    if seconds is None:
        return None
    try:
        return EPOCH + timedelta(seconds=seconds)
    except (OverflowError, ValueError) as failure:
        raise error(DIALECTS["sagemaker"].malformed, f"{member} is not a valid time: {seconds}") from failure


def _written(part: object) -> str | int:
    """Return one part of a sort key as stored in a token, with times in milliseconds since the epoch."""
    return (part - EPOCH) // MILLISECOND if isinstance(part, datetime) else str(part)
