"""What keys do: filter, sort, select, read, pause and end."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizationjob.cli.watch import watch_key_codes as key
from optimizationjob.cli.watch.watch_key_codes import keys
from optimizationjob.cli.watch.watch_screen import Frame, Size
from optimizationjob.cli.watch.watch_state import ALL, WatchState, initial_state, press, rows, settle
from optimizationjob.jobs.job import Limits
from tests.cli.watching import WEST, a_job, a_picture

JOBS = (
    a_job("near", ran=114, age=120),
    a_job("waits", "STARTING", age=30),
    a_job("old", age=600, ran=10, limits=Limits()),
    a_job("beyond", "STOPPING", place=WEST, age=90, ran=60, is_stuck=True),
    a_job("failed-one", "FAILED", reason="CUDA out of memory", category="memory", ran=5),
    a_job("done", "COMPLETED", ran=5),
)
NAMED = (key.UP, key.DOWN, key.PAGE_UP, key.PAGE_DOWN, key.HOME, key.END, key.ENTER, key.ESCAPE, key.BACKSPACE)
NAMED += (key.CLEAR, key.SUSPEND)


def after(*pressed, state=None, jobs=JOBS):
    state = settle(state or WatchState(), rows(jobs, state or WatchState()), page=3)
    for one in pressed:
        state = press(state, one)
        state = settle(state, rows(jobs, state), page=3)
    return state


def names(state, jobs=JOBS):
    return [job.name for job in rows(jobs, state)]


def chosen(state):
    return state.current.arn.rpartition("/")[2]


def test_active_jobs_come_first_nearest_to_a_limit_on_top():
    assert names(WatchState()) == ["near", "beyond", "waits", "old", "failed-one", "done"]


@pytest.mark.parametrize(
    ("times", "expected"),
    [(1, ["old", "near", "beyond", "waits"]), (2, ["beyond", "near", "old", "waits"]), (3, names(WatchState())[:4])],
)
def test_order_key_cycles_through_all_orders(times, expected):
    assert names(after(*"o" * times))[:4] == expected


def test_status_key_cycles_back_to_all():
    assert names(after("s")) == ["waits"]
    assert names(after("s", "s")) == ["near", "old"]
    assert names(after(*"sssss")) == ["failed-one"]
    assert after(*"sssssss").statuses == ALL


def test_several_initial_statuses_are_an_additional_choice():
    state = initial_state(["failed", "starting", "failed"], "")
    assert names(state) == ["waits", "failed-one"]
    assert after("s", state=state).statuses == ALL
    assert after(*"ssssssss", state=state).statuses == ("failed", "starting")
    assert len(initial_state(["failed"], "").choices) == 7


def test_name_filter_applies_while_typing():
    assert names(after("/", *"E")) == ["near", "beyond", "failed-one", "done"]
    assert names(after("/", *"^.ea", key.ENTER)) == ["near"]
    assert after("/", *"nex", key.BACKSPACE, "a", key.ENTER).name == "nea"
    assert after("/", *"nex", key.CLEAR, *"old", key.ENTER).name == "old"
    assert after("/", *"old", key.ENTER, "/", *"q", key.ESCAPE).name == "old"
    assert names(after("/", *"old", key.ENTER, "/", key.ENTER)) == names(WatchState())


def test_invalid_expression_is_matched_as_text():
    assert names(after("/", "("), jobs=(*JOBS, a_job("odd("))) == ["odd("]


def test_typed_characters_are_not_commands():
    state = after("/", *"qps")
    assert (state.sought, state.is_over, state.is_paused) == ("qps", False, False)


def test_the_selection_moves_and_stops_at_the_ends():
    assert chosen(after()) == "near"
    assert chosen(after(key.DOWN)) == "beyond"
    assert chosen(after(key.DOWN, key.DOWN, "k")) == "beyond"
    assert chosen(after(key.PAGE_DOWN)) == "old"
    assert chosen(after(key.END, key.DOWN)) == "done"
    assert chosen(after(key.END, key.HOME, key.UP)) == "near"


def test_selection_follows_its_job_except_at_the_top():
    assert chosen(after(key.DOWN, key.DOWN, "o")) == "waits"
    assert chosen(after("o")) == "old"


def test_selection_keeps_its_position_if_the_job_disappears():
    state = after(key.DOWN, key.DOWN)
    assert chosen(settle(state, rows((*JOBS[:1], *JOBS[2:]), state), page=3)) == "old"
    assert chosen(settle(state, rows((JOBS[0], *JOBS[2:]), replace(state, name="old|near")), page=3)) == "old"
    assert settle(state, (), page=3).current is None


def test_detail_opens_and_closes():
    assert after(key.ENTER).pane == "detail"
    assert after(key.ENTER, key.ENTER).pane == ""
    assert after(key.ENTER, key.ESCAPE).pane == ""
    assert chosen(after(key.ENTER, key.DOWN)) == "beyond"
    assert after(key.ENTER, jobs=()).pane == ""


def test_detail_follows_its_job_when_the_order_changes():
    assert chosen(after(key.ENTER, "o")) == "near"


def test_help_pause_and_the_end():
    assert after("?").pane == "help"
    assert after("?", "?").pane == ""
    assert after("p").is_paused
    assert not after("p", "p").is_paused
    assert after("q").is_over
    assert after("x", key.SUSPEND) == after()


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.one_of(st.sampled_from((*NAMED, *"sopjk/?")), st.characters())),
    st.lists(st.integers(0, len(JOBS)), min_size=1, max_size=4),
)
def test_any_keys_keep_a_valid_selection(pressed, sizes):
    state = WatchState()
    for number, one in enumerate(pressed):
        jobs = JOBS[: sizes[number % len(sizes)]]
        state = press(state, one)
        frame = Frame(picture=a_picture(*jobs), state=state, now=100.0, size=Size(width=60, height=12))
        state = frame.settled()
        assert state.listed == tuple(job.key for job in rows(jobs, state))
        assert 0 <= state.index < max(1, len(state.listed))
        assert state.current in (*state.listed, None)
        assert 0 <= state.scroll <= state.longest_scroll
        assert len(replace(frame, state=state).lines()) == 12


@pytest.mark.parametrize(
    ("written", "found"),
    [
        (b"\x1b[A\x1bOB\x1b[5~", [key.UP, key.DOWN, key.PAGE_UP]),
        (b"aZ\xc3\xa9/\r\n\x7f", ["a", "Z", "\u00e9", "/", key.ENTER, key.ENTER, key.BACKSPACE]),
        (b"\x1b", [key.ESCAPE]),
        (b"\x1b[1;5C\x1b[200~x\x00\x01", ["x"]),
        (b"\xff\xfeq", ["q"]),
    ],
)
def test_bytes_become_keys(written, found):
    assert keys(written, is_all=True) == (found, b"")


@given(st.binary(max_size=30))
def test_any_bytes_are_decoded_without_errors(written):
    found, rest = keys(written, is_all=True)
    assert rest == b""
    assert all(one in NAMED or (len(one) == 1 and one.isprintable()) for one in found)


@pytest.mark.parametrize("cut", [1, 2])
def test_key_sequence_may_arrive_in_parts(cut):
    found, rest = keys(b"\x1b[A"[:cut], is_all=False)
    assert (found, rest) == ([], b"\x1b[A"[:cut])
    assert keys(rest + b"\x1b[A"[cut:], is_all=False) == ([key.UP], b"")
    assert keys(b"\xc3", is_all=False) == ([], b"\xc3")
