"""Runs queries against a recording and returns lines by group.

As in Datadog, a series is a distinct tag set. Time aggregation combines its points within an interval: their average,
or their sum if the query counts. Space aggregation then combines the series of a group with the query's aggregator. A
series with two values of a key belongs to both groups, one without the key to the group N/A. Unlike Datadog for
gauges, missing values are not interpolated: if the intervals are shorter than the check's, a line has gaps.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tools.evaluation.metric_query import MetricQuery
from tools.evaluation.query_filters import Filter, Group, accepts, event_tags, groups_of
from tools.evaluation.recording import RecordedEvent, Recording, Series
from tools.evaluation.value_lines import AGGREGATIONS, Lines, Points, bucketed

INTERVALS: Final = (60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)
"""Interval lengths in seconds, chosen so that intervals start at round times."""
LEAST_BAR: Final = 300
MOST_POINTS: Final = 300
MOST_BARS: Final = 100


@dataclass(frozen=True, slots=True)
class QueryWindow:
    """A time span including its start and excluding its end, in seconds since the epoch."""

    start: float
    end: float

    def grid(self, interval: float) -> tuple[float, ...]:
        """Return the start times of the intervals that overlap the span, which are multiples of the interval."""
        first, last = int(self.start // interval), int(-(-self.end // interval))
        return tuple(number * interval for number in range(first, last))

    def interval(self, *, bars: bool = False) -> float:
        """Return the default interval of a line or of bars, for queries that set none."""
        least = max(LEAST_BAR, self._seconds / MOST_BARS) if bars else self._seconds / MOST_POINTS
        return next((float(length) for length in INTERVALS if length >= least), float(INTERVALS[-1]))

    @property
    def _seconds(self) -> float:
        return self.end - self.start


@dataclass(frozen=True, slots=True)
class RecordingReader:
    """The series that a query selects, found once and read for many spans."""

    query: MetricQuery
    series: tuple[tuple[tuple[Group, ...], Series], ...]

    @classmethod
    def of(cls, query: MetricQuery, recording: Recording) -> RecordingReader:
        """Select the series of a query."""
        found = (series for series in recording.series(query.metric) if accepts(query.filter, series.tags))
        return cls(query, tuple((groups_of(series.tags, query.by), series) for series in found))

    def lines(self, span: QueryWindow, interval: float) -> Lines:
        """Return the lines of a span; the query's own interval takes precedence."""
        length = float(self.query.interval or interval)
        rolled = (
            (group, points)
            for groups, series in self.series
            if (points := _rolled_up(series, self.query, span, length))
            for group in groups
        )
        return bucketed(rolled, span.grid(length), self.query.by, self.query.aggregator)


def event_lines(
    events: Iterable[RecordedEvent], search: Filter, by: tuple[str, ...], span: QueryWindow, interval: float
) -> Lines:
    """Count the matching events per interval and group."""
    counts: dict[Group, Counter[float]] = {}
    for event in found_events(events, search, span):
        at = _begin(event.event.timestamp, interval)
        for group in groups_of(event_tags(event), by):
            counts.setdefault(group, Counter())[at] += 1
    return bucketed(counts.items(), span.grid(interval), by, "sum")


def found_events(events: Iterable[RecordedEvent], search: Filter, span: QueryWindow) -> list[RecordedEvent]:
    """Return the matching events with a timestamp in the span, newest first."""
    within = (event for event in events if span.start <= event.event.timestamp < span.end)
    found = [event for event in within if accepts(search, event_tags(event))]
    return sorted(found, key=lambda event: event.event.timestamp, reverse=True)


def _rolled_up(series: Series, query: MetricQuery, span: QueryWindow, interval: float) -> Points:
    first, last = bisect_left(series.times, span.start), bisect_left(series.times, span.end)
    if first == last:
        return {}
    buckets: dict[float, list[float]] = {}
    for at, value in zip(series.times[first:last], series.values[first:last], strict=True):
        buckets.setdefault(_begin(at, interval), []).append(value)
    is_rated = query.modifier == "as_rate" and series.kind == "count"
    is_counted = query.modifier == "as_count" and series.kind != "gauge"
    reduce = AGGREGATIONS[query.rollup or ("sum" if is_rated or is_counted else "avg")]
    seconds = interval if is_rated else 1.0
    return {at: reduce(values) / seconds for at, values in buckets.items()}


def _begin(at: float, interval: float) -> float:
    return at // interval * interval
