"""The formulas give what docs/costs.md works out as examples."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from optimizationjob.config.settings import Settings
from optimizationjob.diagnosis.cost_forecast import (
    Traffic,
    calls_a_run,
    calls_an_hour,
    calls_of_the_first_reading,
    custom_metrics,
    traffic_of,
)
from optimizationjob.jobs.job import COMPLETED, INPROGRESS, OptimizationJob

PAGE = " ".join((Path(__file__).parents[2] / "docs/costs.md").read_text(encoding="utf-8").split())
EXAMPLE = Traffic(
    window=250, has_older=True, active=5, started_an_hour=5, combinations=6, created_combinations=4, ended_sets=3
)


@pytest.fixture
def settings():
    return Settings.from_mapping({"min_collection_interval": 60})


def test_calls_an_hour_as_on_the_page(settings):
    reported = calls_an_hour(replace(EXAMPLE, started_an_hour=10), settings)
    assert (reported.lists, reported.describes, reported.tags, reported.total) == (65, 40, 21, 126)
    assert "60 + 2 + 3 = 65 List calls, about 40 Describe calls and 21 GetResources calls" in PAGE
    assert calls_an_hour(replace(EXAMPLE, window=10_000), settings).lists == 163
    assert "it is 60 + 100 + 3 = 163 List calls" in PAGE


def test_the_first_reading_as_on_the_page(settings):
    calls = calls_of_the_first_reading(10_000, settings)
    assert calls == 101 + 10_000 + 100
    assert "(101 List, 10,000 Describe, 100 GetResources)" in PAGE
    assert calls_a_run(settings) == 50
    assert "50 with the defaults and an interval of 60 seconds" in PAGE
    assert round(calls / calls_a_run(settings)) == 204
    assert "about 204 runs" in PAGE


def test_custom_metrics_as_on_the_page(settings):
    region = replace(EXAMPLE, active=20)
    (reported,) = re.findall(r"in all (\d+)", PAGE)
    assert 2 * custom_metrics(region, settings) == int(reported) == 730
    (less,) = re.findall(r"stuck jobs; (\d+) are left in the example", PAGE)
    assert 2 * custom_metrics(region, replace(settings, collect_job_metrics=False)) == int(less) == 180
    without = custom_metrics(region, replace(settings, collect_resources=False))
    assert custom_metrics(region, settings) - without == 2, "`collect_resources: false` drops two series a region"
    assert custom_metrics(Traffic(window=0), settings) == 6 + 8 + 3


def test_nothing_of_tags_is_asked_where_they_are_not_collected(settings):
    assert calls_an_hour(EXAMPLE, replace(settings, collect_tags=False)).tags == 0


def jobs(clock, number, minutes_apart, status=COMPLETED):
    for place in range(number):
        created = clock.now() - timedelta(minutes=minutes_apart * (place + 1))
        yield OptimizationJob(arn=str(place), name=str(place), status=status, created_at=created, instance_type="a")


def test_a_whole_window_is_counted_and_not_estimated(settings, clock):
    listed = [*jobs(clock, 3, 60), *jobs(clock, 1, 200 * 60, INPROGRESS)]
    reported = traffic_of(listed, settings, at=clock.now(), has_more=False)
    assert (reported.window, reported.has_older, reported.active, reported.combinations) == (3, True, 1, 1)
    assert reported.started_an_hour == pytest.approx(3 / 168)
    assert (reported.created_combinations, reported.ended_sets) == (1, 1)


def test_a_page_speaks_for_a_window_that_is_longer(settings, clock):
    reported = traffic_of(list(jobs(clock, 100, 6)), settings, at=clock.now(), has_more=True)
    assert reported.started_an_hour == pytest.approx(10)
    assert (reported.window, reported.has_older) == (1680, True)
    assert traffic_of(list(jobs(clock, 100, 6)), replace(settings, max_jobs=500), at=clock.now(), has_more=True).window


def test_a_page_beyond_the_window_is_enough(settings, clock):
    reported = traffic_of(list(jobs(clock, 100, 6 * 60)), settings, at=clock.now(), has_more=True)
    assert reported.window == 28


def test_no_jobs_cost_little(settings, clock):
    reported = traffic_of([], settings, at=clock.now(), has_more=False)
    assert reported == Traffic(window=0)
    assert calls_an_hour(reported, settings).total == 60
