"""The watch screen at every size: lines fit, essentials are shown, and external text is harmless."""

from __future__ import annotations

from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console

from optimizationjob.cli.demo.demo_screen_data import Meter
from optimizationjob.cli.watch.watch_cells import bar
from optimizationjob.cli.watch.watch_picture import Picture
from optimizationjob.cli.watch.watch_plain_table import table
from optimizationjob.cli.watch.watch_screen import Frame, Size, WatchScreen
from optimizationjob.cli.watch.watch_state import WatchState
from optimizationjob.jobs.job import Limits
from tests.cli.watching import EAST, WEST, a_job, a_picture, no_credentials

EVIL = "a\x1b[2J[red]b[/]\x9b31m\u202e\r\nc"
JOBS = (
    a_job("near-its-limit", ran=114, age=120),
    a_job("waits-for-capacity", "STARTING", age=100, place=WEST),
    a_job("hangs", "STOPPING", age=90, ran=60, is_stuck=True),
    a_job("without-a-limit", age=600, ran=3, limits=Limits()),
    a_job("ended-badly", "FAILED", reason="AlgorithmError: CUDA out of memory. " + "x" * 900, category="memory", ran=5),
    a_job("ended-well", "COMPLETED", ran=5, place=WEST),
)
SIZES = [(80, 24), (200, 50), (170, 40), (104, 30), (60, 16), (40, 10), (20, 5), (10, 1), (1, 1)]


def drawn(picture, state=None, *, width=80, height=24, **kind):
    options = {"force_terminal": True, "color_system": None, "legacy_windows": False, **kind}
    console = Console(file=StringIO(), width=width, height=height, record=True, **options)
    frame = Frame(picture=picture, state=state or WatchState(), now=100.0, size=Size(width=width, height=height))
    console.print(WatchScreen(replace(frame, state=frame.settled())), end="")
    return console.file.getvalue()


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("pane", ["", "detail", "help"])
@pytest.mark.parametrize("picture", [Picture(), a_picture(*JOBS), a_picture(*JOBS, error=no_credentials())])
def test_a_screen_fits_the_terminal(picture, pane, width, height):
    lines = drawn(picture, WatchState(pane=pane), width=width, height=height).split("\n")
    assert len(lines) == height
    assert {len(line) for line in lines} == {width}


def test_80_columns_show_the_essentials():
    text = drawn(a_picture(*JOBS))
    for words in (
        "2 of 2 regions ok  data 10s old",
        "Starting 1  Running 2  Stopping 1  Completed 60  Failed 8  Stopped 0",
        "6 jobs  status all  name all  order nearest to a limit",
        "> near-its-limit       running  quant g5.12xlarge       2h",
        "95%",
        "83%",
        "stuck",
        "12:00 failed    ended-badly          memory CUDA out of memory. xxxxx",
        "q quit",
    ):
        assert words in text


def test_wide_screen_shows_regions_and_full_words():
    text = drawn(a_picture(*JOBS), width=200, height=50)
    assert "eu-west-1      starting quantization" in text
    assert "ml.g5.12xlarge" in text


@pytest.mark.parametrize(("width", "shown"), [(118, "llama-3-1-70b-eagle-71fcdc"), (104, "llama-3-1-")])
def test_name_gets_more_width_than_a_bar(width, shown):
    text = drawn(a_picture(a_job("llama-3-1-70b-eagle-71fcdc", ran=60)), width=width)
    (row,) = (line for line in text.split("\n") if "50%" in line)
    assert row.startswith(f"> {shown}")


@pytest.mark.parametrize(
    ("percent", "full"), [(0.0, 0), (4.0, 0), (50.0, 5), (96.0, 9), (99.9, 9), (100.0, 10), (250.0, 10)]
)
def test_a_bar_is_full_only_at_its_limit(percent, full):
    text = bar(Meter(percent, 100.0, percent), 15, is_over=False).plain
    assert (text.count("\u2588"), text.count("\u2591"), len(text)) == (full, 10 - full, 15)


def test_one_job_is_singular():
    assert "1 job  status" in drawn(a_picture(a_job("lone", ran=1)))


def test_detail_shows_everything_known():
    chosen = a_job("chosen", ran=114, age=120, tags=[("team", "search"), ("env", "prod")])
    text = drawn(a_picture(chosen), WatchState(pane="detail", selected=chosen.key))
    for words in (
        "arn:aws:sagemaker:us-east-1:111111111111:optimization-job/chosen",
        "95%  1h54m of 2h",
        "2026-01-05 10:00:00 UTC",
        "s3://models/llama",
        "s3://optimized/llama",
        "team: search",
        "env: prod",
        ", ".join(EAST),
    ):
        assert words in text
    beside = drawn(a_picture(chosen), WatchState(pane="detail", selected=chosen.key), width=200, height=50)
    assert "Active jobs" in beside
    assert "env: prod" in beside


def test_a_long_detail_can_be_scrolled():
    failed = JOBS[4]
    state = WatchState(pane="detail", selected=failed.key, scroll=1000)
    assert "Tags" in drawn(a_picture(*JOBS), state, height=16)
    assert "Tags" not in drawn(a_picture(*JOBS), replace(state, scroll=0), height=16)


@pytest.mark.parametrize("selected", [0, 60, 99])
def test_selected_job_is_visible(selected):
    jobs = [a_job(f"job-{number:02}", "FAILED" if number >= 60 else "INPROGRESS", ran=1) for number in range(100)]
    text = drawn(a_picture(*jobs), WatchState(order="name", selected=jobs[selected].key))
    assert f"> job-{selected:02}" in text or f"job-{selected:02} " in text
    assert text.count("\n> ") == 1


def test_unreadable_region_is_shown_with_a_remedy():
    text = drawn(a_picture(*JOBS, error=no_credentials()))
    assert "1 of 2 regions ok" in text
    assert "eu-west-1 cannot be read: Unable to locate credentials. Give --profile" in text


def test_colors_show_how_near_a_limit_is():
    jobs = [a_job(name, ran=minutes) for name, minutes in (("green", 60), ("yellow", 100), ("red", 114))]
    lines = drawn(a_picture(*jobs), color_system="standard").split("\n")
    for code, name in ((32, "green"), (33, "yellow"), (31, "red")):
        (line,) = [line for line in lines if f"{name} " in line]
        assert f"\x1b[{code}m\u2588" in line or f";{code}m\u2588" in line


def test_no_color_disables_colors():
    text = drawn(a_picture(*JOBS), color_system="standard", no_color=True)
    assert "\x1b[3" not in text.replace("\x1b[3m", "")


def test_external_text_has_no_effect_on_the_terminal():
    evil = a_job(EVIL, "FAILED", reason=EVIL, category="unknown", ran=1, tags=[(EVIL, EVIL)])
    for pane in ("", "detail"):
        state = WatchState(pane=pane, selected=evil.key, name="b" if not pane else "")
        shown = drawn(a_picture(evil), state, force_terminal=False)
        assert "[red]b[/]" in shown
        assert not set(shown) & set("\x1b\x9b\u202e\r")


def test_plain_table_is_complete():
    lines = table(a_picture(*JOBS), WatchState()).splitlines()
    cells = ("2h", "5%", "95%")
    assert lines[0].split()[:3] == ["NAME", "REGION", "STATUS"]
    assert lines[1].split() == ["near-its-limit", "us-east-1", "inprogress", "quantization", "ml.g5.12xlarge", *cells]
    assert lines[-1] == "1 starting, 2 running, 1 stopping, 60 completed, 8 failed, 0 stopped"
    assert not set(table(a_picture(a_job(EVIL), a_job(EVIL, "FAILED", reason=EVIL)), WatchState())) & set(
        "\x1b\x9b\u202e\r"
    )
