"""The simulated day contains everything that the evaluation of the assets needs."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import pytest

from optimizationjob.assets.metric_metadata import rows
from optimizationjob.jobs.failure_reason_patterns import FailureCategory
from optimizationjob.jobs.job import STATUSES
from tools.evaluation.metric_query import parse_metric_query
from tools.evaluation.recording_reader import QueryWindow, RecordingReader

# The day is slow to simulate, so its tests share a process.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.xdist_group("day")]


@pytest.fixture
def total(day):
    """The sum of a query's values by group values, over a period or the whole day."""

    def totals(query, stretch=None):
        start, end = (stretch.start, stretch.end) if stretch else (day.start, day.end)
        reading = RecordingReader.of(parse_metric_query(query, {}), day.recording)
        lines = reading.lines(QueryWindow(start.timestamp(), end.timestamp()), 120).reduced("sum")
        return {"/".join(value for _, value in group): value for group, value in lines.values().items()}

    return totals


def test_day_lasts_24_hours_with_a_run_every_two_minutes(day):
    assert day.end - day.start == timedelta(days=1)
    (series, *_) = day.recording.series("optimizationjob.poll.jobs")
    assert series.times[0] == day.start.timestamp()
    assert {later - earlier for earlier, later in pairwise(series.times)} == {120}


def test_day_has_two_accounts_and_two_regions(day):
    places = {(dict(status.tags)["aws_account"], dict(status.tags)["region"]) for status in day.recording.statuses}
    assert len(places) == 3
    assert {len({place[part] for place in places}) for part in (0, 1)} == {2}


def test_jobs_end_with_every_status_and_category(total):
    categories = total("sum:optimizationjob.job.finished{*} by {failure_category}.as_count()")
    assert categories.keys() == {category.value for category in FailureCategory}
    assert len(total("sum:optimizationjob.job.finished{*} by {optimization_type}.as_count()")) == 4
    assert len(total("sum:optimizationjob.job.finished{*} by {deployment_instance_type}.as_count()")) >= 5
    assert len(total("sum:optimizationjob.job.finished{*} by {team}.as_count()")) == 3
    statuses = total("sum:optimizationjob.jobs{*} by {optimization_job_status}")
    assert statuses.keys() == {status.tag_value for status in STATUSES}
    assert all(value > 0 for value in statuses.values())


def test_no_job_is_active_in_the_quiet_night(day, total):
    night = day.moments["quiet_night"]
    query = "sum:optimizationjob.jobs{{optimization_job_status:{0}}}"
    assert [total(query.format(status), night) for status in ("starting", "inprogress", "stopping")] == [{"": 0}] * 3


def test_the_bad_hour_has_more_failures_than_the_rest_of_the_day(day, total):
    query = "sum:optimizationjob.job.finished{optimization_job_status:failed}.as_count()"
    in_the_hour = total(query, day.moments["bad_hour"])[""]
    assert in_the_hour > total(query)[""] / 2


def test_outage_affects_one_region(day, total):
    outage = day.moments["outage"]
    up = total("sum:optimizationjob.api.up{*} by {aws_account,region}", outage)
    assert sorted(up.values()) == [0, 20, 20]
    calls = total("sum:optimizationjob.api.calls{outcome:error} by {region}.as_count()")
    assert calls == {"eu-west-1": 60}


def test_throttled_calls_succeed_on_retry(day, total):
    throttled = day.moments["throttling"]
    assert total("sum:optimizationjob.api.calls{outcome:throttled}.as_count()", throttled) == {"": 15}
    assert total("sum:optimizationjob.api.calls{outcome:throttled}.as_count()") == {"": 15}
    assert set(total("min:optimizationjob.api.up{*}", throttled).values()) == {15}


def test_failure_during_the_silence_is_reported_afterwards(day):
    silence = day.moments["silence"]
    (event,) = [
        event for event in day.recording.events if ("optimization_job_name", "qwen-2-5-32b-unseen") in event.tags
    ]
    assert event.at == silence.end
    account = dict(event.tags)["aws_account"]
    heard = [status.at for status in day.recording.statuses if dict(status.tags)["aws_account"] == account]
    assert [at for at in heard if silence.start <= at < silence.end] == []
    assert silence.end in heard


def test_no_end_is_reported_twice(day):
    keys = [(event.event.aggregation_key, event.event.event_type) for event in day.recording.events]
    assert len(set(keys)) == len(keys)


def test_day_reports_exactly_the_documented_metrics(day):
    reported = {name: {series.kind for series in day.recording.series(name)} for name in day.recording.metrics}
    documented = {row.metric_name: {row.metric_type} for row in rows()}
    assert reported == documented
    units = {row.metric_name: row.unit_name for row in rows() if row.unit_name}
    for name in documented:
        assert ("seconds" in name or "duration" in name) == (units.get(name) == "second" or name.endswith(".count"))
