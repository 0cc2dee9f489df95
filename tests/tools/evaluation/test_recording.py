"""Submitted data is stored the way Datadog stores it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.evaluation.query_filters import event_tags
from tools.evaluation.recording import aggregates, tags_of

values = st.floats(min_value=-1e9, max_value=1e9)


def the_values(recording, metric):
    return {dict(series.tags).get("a"): series.values for series in recording.series(metric)}


def test_series_ignores_order_and_case_of_tags(scribe, minute):
    scribe.at(0).gauge("jobs", 1, "a:X", "b:y").at(2).gauge("jobs", 2, "B:y", "a:x").gauge("jobs", 3, "a:z")
    assert the_values(scribe.recording, "optimizationjob.jobs") == {"x": [1, 2], "z": [3]}
    (first, _) = scribe.recording.series("optimizationjob.jobs")
    assert first.times == [minute(0).timestamp(), minute(2).timestamp()]


def test_points_at_the_same_time_are_merged(scribe):
    scribe.at(0).count("n", 1).count("n", 2).gauge("g", 1).gauge("g", 2)
    assert the_values(scribe.recording, "optimizationjob.n") == {None: [3]}
    assert the_values(scribe.recording, "optimizationjob.g") == {None: [2]}


def test_a_histogram_becomes_five_series_at_each_flush(scribe):
    scribe.at(0)
    for value in (4.0, 1.0, 2.0, 3.0):
        scribe.tell("histogram", "job.duration", value, "a:x")
    scribe.at(2).tell("histogram", "job.duration", 9.0, "a:x")
    found = {name: the_values(scribe.recording, name)["x"] for name in scribe.recording.metrics}
    assert found == {
        "optimizationjob.job.duration.avg": [2.5, 9],
        "optimizationjob.job.duration.max": [4, 9],
        "optimizationjob.job.duration.median": [2, 9],
        "optimizationjob.job.duration.95percentile": [4, 9],
        "optimizationjob.job.duration.count": [4, 1],
    }
    (numbers,) = scribe.recording.series("optimizationjob.job.duration.count")
    assert numbers.kind == "rate"


@given(st.lists(values, min_size=1, max_size=200))
def test_aggregates_are_within_the_values(numbers):
    found = aggregates(numbers)
    assert found["max"] == max(numbers)
    assert found["median"] <= found["95percentile"] <= found["max"]
    assert {found["median"], found["95percentile"]} <= {*numbers}
    assert min(numbers) - 1e-6 <= found["avg"] <= found["max"] + 1e-6
    assert math.isclose(found["avg"] * len(numbers), math.fsum(numbers), abs_tol=1e-3)


def test_a_run_cannot_be_earlier_than_the_last(scribe):
    scribe.at(2)
    with pytest.raises(ValueError, match="cannot follow"):
        scribe.at(1)


def test_event_has_status_aggregation_key_and_timestamp(scribe, minute):
    (event,) = scribe.at(6).event("region:us-east-1", timestamp=minute(3)).recording.events
    assert (event.at, event.moment) == (minute(6), minute(3))
    assert event_tags(event) == {("region", "us-east-1"), ("@aggregation_key", "c"), ("status", "error")}


def test_a_tag_without_a_colon_is_a_key():
    assert tags_of(("spot", "a:b:c")) == {("spot", ""), ("a", "b:c")}
