"""The screen of the watch, used without a terminal: sizes, keys, mouse, and text from outside."""

from __future__ import annotations

import time

import pytest

from optimizationjob.cli.watch.watch_app import ROOM_FOR_BARS
from optimizationjob.cli.watch.watch_job_list import JobList
from optimizationjob.cli.watch.watch_picture import Picture
from optimizationjob.cli.watch.watch_selection import Selection
from optimizationjob.jobs.job import Limits
from tests.cli.watching import (
    EAST,
    EVIL,
    HARMFUL,
    OTHER,
    WEST,
    a_job,
    a_picture,
    an_app,
    no_credentials,
    played,
    shown,
    text_of,
)

JOBS = (
    a_job("near-its-limit", ran=114, age=120),
    a_job("waits-for-capacity", "STARTING", age=100, place=WEST),
    a_job("hangs", "STOPPING", age=90, ran=60, is_stuck=True),
    a_job("without-a-limit", age=600, ran=3, limits=Limits()),
    a_job("ended-badly", "FAILED", reason="AlgorithmError: CUDA out of memory. " + "x" * 900, category="memory", ran=5),
    a_job("ended-well", "COMPLETED", ran=5, place=WEST),
)
SIZES = [(80, 24), (200, 50), (150, 16), (100, 15), (60, 16), (40, 10), (20, 5), (8, 3), (1, 1), (120, 40)]
PICTURE = a_picture(*JOBS, places=(EAST, WEST), label="instance 1")
MANY = a_picture(*(a_job(f"job-{number:03}", "FAILED", ran=1) for number in range(100)))


def listed(text):
    """The names in the list."""
    lines = text.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("NAME"))
    return [line.split()[0] for line in lines[start + 1 : -1] if line]


@pytest.mark.slow
@pytest.mark.parametrize("keys", [(), ("enter",), ("question_mark",), ("slash", "x")])
@pytest.mark.parametrize("pictures", [(Picture(),), (PICTURE, a_picture(places=(OTHER,), error=no_credentials()))])
def test_every_size_can_be_shown(keys, pictures):
    async def resize(app, pilot):
        await pilot.press(*keys)
        for width, height in SIZES:
            await pilot.resize_terminal(width, height)
            await pilot.pause()
            lines = text_of(app).splitlines()
            assert len(lines) <= height
            assert max(map(len, lines), default=0) <= width

    played(an_app(*pictures), resize)


def test_80_columns_show_the_essentials():
    text = shown(an_app(PICTURE), size=(80, 24))
    for words in (
        "2 of 2 regions ok  data 10s old  7 calls/min",
        "Starting 1  Running 2  Stopping 1  in 24h: Completed 1  Failed 1  Stopped 0",
        "6 jobs  status all  filter none  order nearest to a limit",
        "near-its-limit     running     95% 6m     1h54m  -           -              us-e",
        "hangs              stuck       50%",
        "ended-badly        failed       4% 55m    5m     12:00:00    memory",
        "q Quit",
    ):
        assert words in text


def test_a_wide_screen_shows_bars_and_all_columns():
    assert "\u2501" not in shown(an_app(PICTURE), size=(ROOM_FOR_BARS - 1, 24))
    text = shown(an_app(PICTURE), size=(230, 24))
    for words in (
        "\u2501" * 7 + "\u2500  95%",
        "us-east-1      ml.g5.12xlarge   quantization",
        "CUDA out of memory. xxx",
    ):
        assert words in text


def test_nothing_is_known_before_the_first_poll():
    text = shown(an_app(Picture()))
    assert "first poll under way" in text
    assert "Running -" in text
    assert listed(text) == ["..."]


def test_an_unreadable_account_is_shown_beside_the_jobs_of_another():
    text = shown(an_app(PICTURE, a_picture(places=(OTHER,), error=no_credentials(), label="instance 2")))
    assert "222222222222 us-east-1 cannot be read: Unable to locate credentials. Give --profile" in text
    assert "2 of 3 regions ok" in text
    assert len(listed(text)) == 6


def test_several_accounts_have_a_column():
    other = a_picture(a_job("other", place=OTHER), places=(OTHER,))
    assert "ACCOUNT" not in shown(an_app(PICTURE), size=(150, 20))
    assert "ACCOUNT" in shown(an_app(PICTURE, other), size=(150, 20))


def test_filter_applies_while_typing_and_escape_clears_it():
    async def filters(app, pilot):
        seen = []
        for keys in (("slash", *"memory"), ("escape",), ("slash", *"qps/", "enter"), ("escape",)):
            await pilot.press(*keys)
            await pilot.pause()
            seen.append(listed(text_of(app)))
        return seen

    while_typing, all_jobs, nothing, again = played(an_app(PICTURE), filters)
    assert (while_typing, nothing) == (["ended-badly"], ["no"])
    assert len(all_jobs) == len(again) == 6


def test_filter_line_stays_as_long_as_it_filters():
    async def lines(app, pilot):
        await pilot.press("slash", *"run", "enter")
        kept = app.query_one("#filter").display
        await pilot.press("slash", "backspace", "backspace", "backspace", "enter")
        return kept, app.query_one("#filter").display, app.focused

    assert played(an_app(PICTURE), lines)[:2] == (True, False)


def test_status_order_and_reverse_keys():
    assert listed(shown(an_app(PICTURE), "s")) == ["waits-for-capacity"]
    assert listed(shown(an_app(PICTURE), "o"))[:2] == ["ended-badly", "ended-well"]
    assert listed(shown(an_app(PICTURE), "o", "i"))[:2] == ["without-a-limit", "waits-for-capacity"]
    assert "NAME\u2191" in shown(an_app(PICTURE), "o", "i")


def test_initial_selection_is_shown():
    text = shown(an_app(PICTURE, selection=Selection(statuses=("failed", "completed"))))
    assert listed(text) == ["ended-badly", "ended-well"]
    assert "status completed, failed" in text or "status failed, completed" in text


def test_a_click_on_a_title_sorts_and_a_click_on_a_job_selects_it():
    async def clicks(app, pilot):
        jobs = app.query_one(JobList)
        await pilot.click(JobList, offset=(2, 0))
        first = jobs.jobs[0].name
        await pilot.click(JobList, offset=(2, 0))
        last = jobs.jobs[0].name
        await pilot.click(JobList, offset=(2, 4))
        chosen = jobs.chosen.name
        await pilot.click(JobList, offset=(2, 6), times=2)
        await pilot.pause()
        await pilot.click(JobList, offset=(2, 40))
        return first, last, chosen, jobs.chosen.name, text_of(app)

    first, last, chosen, opened, text = played(an_app(PICTURE), clicks, (120, 50))
    assert (first, last) == ("ended-badly", "without-a-limit")
    assert chosen == "hangs"
    assert f"optimization-job/{opened}" in text


def test_cursor_and_scroll_position_stay_over_a_refresh():
    async def refresh(app, pilot):
        jobs = app.query_one(JobList)
        await pilot.press(*["pagedown"] * 3, "up", "up")
        before = jobs.chosen.name, jobs.cursor - round(jobs.scroll_y)
        more = (a_job("aaa", "FAILED", ran=1), *MANY.ends, a_job("zzz", "FAILED", ran=1))
        app._polls._polls[0].watched.picture = a_picture(*more)
        await pilot.pause(0.5)
        assert len(jobs.jobs) == 102
        return before, (jobs.chosen.name, jobs.cursor - round(jobs.scroll_y))

    before, after = played(an_app(MANY), refresh, (80, 24))
    assert before == after


def test_at_the_top_the_newest_job_is_selected():
    async def refresh(app, pilot):
        app._polls._polls[0].watched.picture = a_picture(a_job("aaa", "FAILED", ran=1), *MANY.ends)
        await pilot.pause(0.5)
        return app.query_one(JobList).chosen.name

    assert played(an_app(MANY), refresh, (80, 24)) == "aaa"


@pytest.mark.parametrize("keys", [["down"] * 25, ["j"] * 9, ["end"], ["G", "k"], ["pagedown"] * 3, ["end", "home"]])
def test_the_cursor_is_always_visible(keys):
    async def move(app, pilot):
        await pilot.press(*keys)
        seen = [(app.query_one(JobList).chosen.name, text_of(app))]
        await pilot.resize_terminal(70, 11)
        await pilot.pause()
        return [*seen, (app.query_one(JobList).chosen.name, text_of(app))]

    for chosen, text in played(an_app(MANY), move, (80, 24)):
        assert chosen in listed(text)


def test_an_empty_list_takes_all_keys():
    keys = ("down", "enter", "end", "c", "pagedown", "o", "i", "s", "r", "p", "p", "left", "right", "escape")
    assert "none" in shown(an_app(a_picture()), *keys)


@pytest.mark.parametrize("size", [(100, 40), (170, 40), (100, 14)])
def test_detail_shows_everything_known_and_follows_the_cursor(size):
    chosen = a_job("chosen", ran=114, age=120, tags=[("team", "search"), ("env", "prod")])

    async def read(app, pilot):
        await pilot.press("enter")
        app.query_one("#detail").scroll_end(animate=False)
        await pilot.pause()
        end = text_of(app)
        app.query_one("#detail").scroll_home(animate=False)
        await pilot.pause()
        start = text_of(app)
        await pilot.press("down")
        await pilot.pause()
        return start + end, text_of(app)

    text, after = played(an_app(a_picture(chosen, *JOBS)), read, size)
    for words in ("Job       chosen", "INPROGRESS since 2026-01-05 10:06:00 UTC", "team: search", "env: prod"):
        assert words in text
    assert "Job       near-its-limit" in after


def test_escape_and_enter_close_the_detail():
    for key in ("escape", "enter"):
        assert "ARN" not in shown(an_app(PICTURE), "enter", key)


def test_the_arn_is_copied():
    async def copy(app, pilot):
        await pilot.press("c")
        return app.clipboard

    assert played(an_app(PICTURE), copy).endswith(":optimization-job/near-its-limit")


def test_pause_and_refresh_reach_the_polls():
    async def pause(app, pilot):
        polls = app._polls
        await pilot.press("p")
        paused, text = [one.is_paused for one in polls._polls], text_of(app)
        await pilot.press("r")
        wanted = [one._wanted.is_set() for one in polls._polls]
        await pilot.press("p")
        return paused, "PAUSED" in text, wanted, polls.is_paused

    assert played(an_app(PICTURE, MANY), pause) == ([True, True], True, [True, True], False)


def test_help_lists_the_keys():
    text = shown(an_app(PICTURE), "question_mark", size=(120, 60))
    for words in ("MaxPendingTimeInSeconds", "Filter", "Suspend", "Reverse"):
        assert words in text
    assert "Suspend" not in shown(an_app(PICTURE), "question_mark", "question_mark", size=(120, 60))


@pytest.mark.parametrize("keys", [("q",), ("ctrl+c",), ("slash", "ctrl+c"), ("question_mark", "q"), ("enter", "q")])
def test_q_and_ctrl_c_end_it(keys):
    async def end(app, pilot):
        await pilot.press(*keys)
        return app._asked

    assert played(an_app(PICTURE), end) == [2]


def test_a_look_while_the_screen_is_taken_down_changes_nothing():
    async def act(app, pilot):
        return app._look

    app = an_app(PICTURE)
    look = played(app, act)
    app._second -= 1
    look()
    assert app.failure is None


def test_text_from_outside_has_no_effect():
    evil = a_job(
        EVIL, "FAILED", reason=EVIL, category=EVIL, ran=1, tags=[(EVIL, EVIL)], place=OTHER._replace(region=EVIL)
    )
    picture = a_picture(evil, places=(evil.place, WEST), error=no_credentials(), label=EVIL)

    async def read(app, pilot):
        await pilot.press("enter", "c", "slash", "d", "enter")
        await pilot.pause()
        strips = app.screen._compositor.render_strips()
        return text_of(app), [segment.style for strip in strips for segment in strip if segment.style]

    text, styles = played(an_app(picture), read, (240, 40))
    assert text.count("[red]b[/][@click=app.quit]c[/]") >= 5
    assert not set(text) & HARMFUL
    assert not [style for style in styles if style.link or ("@click" in style.meta and "quit" in str(style.meta))]


@pytest.mark.parametrize("keys", [(), ("enter",), ("question_mark",), ("slash", "x"), ("c",)])
def test_a_terminal_without_unicode_gets_ascii(keys):
    wide = a_job("\u30e2\u30c7\u30eb", ran=1, tags=[("\u00e9", "\u2026")])
    plain = shown(an_app(a_picture(wide, *JOBS), is_ascii=True), *keys, size=(110, 40))
    assert plain.isascii()
    assert max(map(len, plain.splitlines())) <= 110
    if not keys:
        assert "======-" in plain
        assert "??????" in plain


def test_no_color_means_no_color(monkeypatch):
    async def colors(app, pilot):
        strips = app.screen._compositor.render_strips()
        styles = [segment.style for strip in strips for segment in strip if segment.style]
        found = {color.get_truecolor() for style in styles for color in (style.color, style.bgcolor) if color}
        return {tuple(color) for color in found if len(set(color)) > 1}

    assert played(an_app(PICTURE), colors)
    monkeypatch.setenv("NO_COLOR", "1")
    assert played(an_app(PICTURE), colors) == set()


def test_a_failure_of_the_screen_leaves_no_traceback(capsys):
    app = an_app(PICTURE)

    async def fail(app, pilot):
        app._polls.overview = lambda: 1 / 0
        await pilot.pause(0.5)

    with pytest.raises(ZeroDivisionError):
        played(app, fail)
    assert isinstance(app.failure, ZeroDivisionError)
    assert capsys.readouterr() == ("", "")


@pytest.mark.slow
def test_thousands_of_jobs_stay_quick():
    jobs = [a_job(f"job-{number:04}", ("INPROGRESS", "FAILED")[number % 2], ran=number % 110) for number in range(5000)]

    async def measure(app, pilot):
        started = time.process_time()
        app._show()
        await pilot.press("slash", *"job-49", "escape", "end")
        return time.process_time() - started

    # Nine times the list; some 0.1 seconds each on a slow machine.
    assert played(an_app(a_picture(*jobs)), measure) < 5
