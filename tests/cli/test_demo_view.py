"""The demo's view aggregates the sent data."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from optimizationjob.cli.demo.demo_screen_data import DemoRegion, Meter, View
from optimizationjob.cli.submitted_data import Delivery, tag_of
from optimizationjob.cli.terminal_text import cut, gist, short_duration
from optimizationjob.telemetry.signals import ServiceCheck, ServiceCheckStatus

EAST, WEST = DemoRegion("111111111111", "us-east-1"), DemoRegion("222222222222", "eu-west-1")
LATER = datetime(2026, 1, 5, 12, 1, tzinfo=UTC)


def test_jobs_are_counted_by_place_and_status(view):
    assert view.places == (EAST, WEST)
    assert view.counts[EAST] == {"starting": 1, "inprogress": 2, "completed": 30, "failed": 4}
    assert view.by_status == {"starting": 1, "inprogress": 2, "completed": 42, "failed": 4, "stopping": 1}


def test_active_jobs_are_listed_nearest_to_a_limit_first(view):
    assert [job.percent for job in view.jobs] == [95, 75, -1, -1]
    assert [job.name for job in view.jobs[1:]] == ["waits", "runs", "hangs"]
    assert view.jobs[1].current == Meter(5400, 7200, 75)
    assert view.jobs[2].current == Meter(90)
    assert [job.is_stuck for job in view.jobs] == [False, False, False, True]


def test_events_are_listed_newest_first_with_their_reasons(view):
    assert [(row.name, row.category, row.reason) for row in view.feed] == [
        ("lost", "unknown", "reason unavailable (Throttled)"),
        ("done", "", ""),
        ("ended", "memory", "AlgorithmError: CUDA out of memory, badly"),
    ]


def test_sent_data_is_counted(view, delivery):
    assert (view.last.metrics, view.last.events, view.last.service_checks, view.last.records) == (
        *(len(delivery.samples), 3, 2, 2),
    )
    assert view.last.calls == {"list_optimization_jobs": 1, "describe_optimization_job": 5, "invent_something": 1}
    assert view.last.failed_calls == 2
    assert view.finished == {("failed", "memory"): 1, ("failed", "unknown"): 1, ("completed", "none"): 1}


def test_next_poll_adds_totals_and_replaces_current_values(view, delivery):
    twice = view.after(delivery, LATER)
    assert (twice.polls, twice.polled_at) == (2, LATER)
    assert twice.jobs == view.jobs
    assert twice.counts == view.counts
    assert len(twice.feed) == 6
    assert twice.total.metrics == 2 * view.last.metrics
    assert twice.total.calls["describe_optimization_job"] == 10
    assert twice.finished["failed", "memory"] == 2


def test_silent_region_keeps_its_last_counts(view):
    broken = ServiceCheck(
        status=ServiceCheckStatus.CRITICAL, tags=("region:us-east-1", "aws_account:111111111111"), message="no way"
    )
    after = view.after(Delivery(healths=(broken,), error="it broke"), LATER)
    assert after.counts == view.counts
    assert after.healths[EAST].status is ServiceCheckStatus.CRITICAL
    assert after.healths[WEST].status is ServiceCheckStatus.WARNING
    assert after.error == "it broke"


def test_kept_events_are_bounded(view, delivery):
    for minute in range(100):
        view = view.after(delivery, LATER + timedelta(minutes=minute))
    assert len(view.feed) == 200
    assert view.total.events == 303


def test_empty_delivery_gives_an_empty_view():
    view = View().after(Delivery(), LATER)
    assert (view.places, view.jobs, view.feed, dict(view.by_status)) == ((), (), (), {})


def test_deliveries_are_joined_in_order(delivery):
    joined = Delivery.joined([delivery, Delivery(records=("three",), error="a"), Delivery(error="b")])
    assert joined.records == ("one", "two", "three")
    assert joined.samples == delivery.samples
    assert joined.error == "a; b"


def test_a_tag_is_found_by_its_whole_key():
    assert tag_of(("regional:x", "region:y", "region:z"), "region") == "y"
    assert tag_of(("region",), "region") == ""


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-1, "0s"),
        (59.9, "59s"),
        (60, "1m"),
        (3599, "59m"),
        (3600, "1h"),
        (3905, "1h05m"),
        (86_400, "1d"),
        (259_199, "2d23h"),
    ],
)
def test_durations_are_short(seconds, words):
    assert short_duration(seconds) == words
    assert len(words) <= 6


def test_cut_text_is_marked():
    assert cut("abcdefgh", 8) == "abcdefgh"
    assert cut("abcdefgh", 7) == "abcd..."
    assert cut("abcdefgh", 2) == ".."


def test_leading_error_class_names_are_removed():
    assert gist("AlgorithmError: torch.OutOfMemoryError: CUDA out of memory") == "CUDA out of memory"
    assert gist("AlgorithmError: ") == "AlgorithmError: "
    assert gist("no Error: here") == "no Error: here"
