"""Which jobs are shown, in which order, and how their cells look."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizationjob.cli.watch.watch_columns import bar, columns, fitted
from optimizationjob.cli.watch.watch_once import document, table
from optimizationjob.cli.watch.watch_overview import Overview
from optimizationjob.cli.watch.watch_selection import Selection
from optimizationjob.jobs.job import Limits
from tests.cli.watching import EVIL, HARMFUL, NOON, OTHER, WEST, a_job, a_picture

COLUMNS = columns(has_bar=True, has_account=True, now=NOON)
JOBS = (
    a_job("near", ran=114, age=120),
    a_job("waits", "STARTING", age=30, tags=[("team", "search")]),
    a_job("old", age=600, ran=10, limits=Limits()),
    a_job("beyond", "STOPPING", place=WEST, age=90, ran=60, is_stuck=True),
    a_job("failed-one", "FAILED", reason="CUDA out of memory", category="memory", ran=5),
    a_job("done", "COMPLETED", ran=5, place=OTHER),
)


def names(jobs=JOBS, **selection):
    return [job.name for job in Selection(**selection).shown(jobs, COLUMNS)]


def test_active_jobs_come_first_nearest_to_a_limit_on_top():
    assert names() == ["near", "beyond", "waits", "old", "done", "failed-one"]
    assert names(is_reversed=True) == names()[::-1]


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("NEA", ["near"]),
        ("failed", ["failed-one"]),
        ("memory", ["failed-one"]),
        ("quantization !g5", []),
        ("12xlarge running", ["near", "old"]),
        ("stuck", ["beyond"]),
        ("team:search", ["waits"]),
        ("222222222222", ["done"]),
        ("eu-west", ["beyond"]),
        ("!running !failed !  ", ["beyond", "waits", "done"]),
        ("(", []),
    ],
)
def test_filter_is_words_of_all_that_is_known_of_a_job(typed, expected):
    assert names(typed=typed) == expected


def test_statuses_and_a_name_narrow_the_list():
    assert names(statuses=("failed", "starting")) == ["waits", "failed-one"]
    assert names(name=re.compile("^.ea")) == ["near"]


def test_status_key_goes_through_all_and_back():
    state, seen = Selection(), []
    for _ in range(7):
        state = state.with_next_status()
        seen.append(state.statuses)
    assert seen == [("starting",), ("inprogress",), ("stopping",), ("completed",), ("failed",), ("stopped",), ()]
    assert Selection(statuses=("failed", "starting")).with_next_status().statuses == ()


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("NAME", ["beyond", "done", "failed-one", "near", "old", "waits"]),
        ("LIMIT", ["near", "beyond", "waits", "done", "failed-one", "old"]),
        ("CATEGORY", ["failed-one", "near", "beyond", "waits", "old", "done"]),
        ("RAN", ["near", "beyond", "old", "done", "failed-one", "waits"]),
        ("REGION", ["beyond", "near", "waits", "old", "done", "failed-one"]),
    ],
)
def test_order_of_a_column_has_what_is_unknown_last(order, expected):
    assert names(order=order) == expected
    unknown = sum(1 for column in COLUMNS for job in JOBS if column.title == order and column.value(job) is None)
    assert names(order=order, is_reversed=True)[6 - unknown :] == expected[6 - unknown :]


def test_every_column_can_be_sorted_both_ways():
    state = Selection()
    for column in COLUMNS:
        state = state.sorted_by(column.title)
        assert (state.order, state.is_reversed) == (column.title, False)
        assert state.sorted_by(column.title).is_reversed
        assert sorted(job.name for job in state.shown(JOBS, COLUMNS)) == sorted(names())


def test_order_key_goes_through_all_columns_and_back():
    state, titles = Selection(), tuple(column.title for column in COLUMNS)
    for title in (*titles, ""):
        state = state.with_next_order(titles)
        assert state.order == title


@pytest.mark.parametrize(
    ("percent", "full"), [(0.0, 0), (4.0, 0), (50.0, 5), (96.0, 9), (99.9, 9), (100.0, 10), (250.0, 10)]
)
def test_a_bar_is_full_only_at_its_limit(percent, full):
    text = bar(percent, 10, is_over=False).plain
    assert (text.count("\u2501"), text.count("\u2500"), len(text)) == (full, 10 - full, 15)


@pytest.mark.parametrize(("percent", "color"), [(79.9, "green"), (80, "yellow"), (90, "red")])
def test_colors_show_how_near_a_limit_is(percent, color):
    assert {span.style for span in bar(percent, 10, is_over=False).spans} == {color, "dim"}
    assert {span.style for span in bar(percent, 10, is_over=True).spans} == {"dim"}


@given(st.text(max_size=80), st.integers(0, 70), st.booleans())
def test_fitted_text_never_exceeds_its_width(text, width, is_name):
    from rich.cells import cell_len  # noqa: PLC0415 - for this test alone

    assert cell_len(fitted(text, width, is_name=is_name)) <= width or not text.isprintable()


def test_a_long_name_keeps_its_end():
    assert fitted("llama-3-1-70b-eagle-71fcdc-40", 20, is_name=True) == "llama-3-1-70b\u2026cdc-40"


def test_unknown_values_are_a_dash():
    bare = a_job("bare", "STARTING", limits=Limits())
    bare = replace(bare, job=replace(bare.job, instance_type="", techniques=(), detail=None))
    cells = {column.title: column.text(bare).plain for column in COLUMNS}
    assert {title for title, text in cells.items() if text == "-"} == {
        *("LIMIT", "RAN", "ENDED", "CATEGORY", "INSTANCE", "TECHNIQUE", "REASON")
    }


def test_moments_of_another_day_have_their_date():
    (ended,) = (column for column in COLUMNS if column.title == "ENDED")
    (other,) = (
        column for column in columns(has_bar=True, has_account=True, now=NOON.replace(day=6)) if column.title == "ENDED"
    )
    assert (ended.text(JOBS[4]).plain, other.text(JOBS[4]).plain) == ("12:00:00", "01-05 12:00")


def test_table_and_document_have_every_job_and_nothing_harmful():
    overview = Overview((a_picture(*JOBS, a_job(EVIL, "FAILED", reason=EVIL, tags=[(EVIL, EVIL)])),))
    text = table(overview, Selection())
    assert text.splitlines()[1].split()[:5] == ["near", "running", "95%", "6m", "1h54m"]
    assert text.splitlines()[-1] == "1 starting, 2 running, 1 stopping, 1 completed, 2 failed, 0 stopped"
    for words in (text, document(overview, Selection())):
        assert all(job.name in words for job in JOBS)
        assert not set(words) & HARMFUL
