"""The demo's screen at every size: full lines, as many as fit."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO

import pytest
from rich.console import Console

from optimizationjob.cli.demo.demo_plain_summary import farewell, summary
from optimizationjob.cli.demo.demo_screen import DemoMoment, DemoScreen
from optimizationjob.cli.demo.demo_screen_data import View

MOMENT = DemoMoment(now=datetime(2026, 1, 5, 12, 34, 56, tzinfo=UTC), speed=60)
SIZES = [(80, 24), (140, 40), (100, 30), (136, 30), (135, 29), (200, 60), (60, 16), (40, 10), (20, 5), (10, 1)]


def drawn(view, width, height, *, moment=MOMENT, **kind):
    options = {"force_terminal": True, "color_system": None, "legacy_windows": False, **kind}
    console = Console(file=StringIO(), width=width, height=height, **options)
    console.print(DemoScreen(view, moment), end="")
    return console.file.getvalue().split("\n")[:-1]


@pytest.mark.parametrize(("width", "height"), SIZES)
@pytest.mark.parametrize("is_empty", [True, False])
def test_screen_fills_the_terminal_exactly(view, width, height, is_empty):
    lines = drawn(View() if is_empty else view, width, height)
    assert len(lines) == height
    assert {len(line) for line in lines} == {width}


def plain(lines):
    """Lines without rich's box-drawing characters."""
    return [re.sub(r"[\u2500-\u257f]+", "-", line).rstrip() for line in lines]


def test_eighty_columns(view):
    lines = plain(drawn(view, 80, 24))
    assert [line for line in lines if line] == [
        "optimizationjob demo  can_connect 1 ok 1 warning  Ctr\u2026 2026-01-05 12:34 UTC  60x",
        "Account      Region    Check Starting Running Stopping Completed Failed Stopped",
        "111111111111 us-east-1 ok           1       2        0        30      4       0",
        "222222222222 eu-west-1 warn         0       0        1        12      0       0",
        "all                                 1       2        1        42      4       0",
        "Active jobs, nearest to a limit first  4 -",
        "a-job-with-a-name-of-si\u2026 us-east-1 running  -   95%    57m of 1h",
        "waits                    us-east-1 starting -     75%  1h30m of 2h",
        "runs                     us-east-1 running                          1m",
        "hangs                    eu-west-1 stuck                           10s",
        "Events, newest first  3 -",
        "12:03 failed    lost                      unknown reason unavailable (Throttled)",
        "12:02 completed done",
        "12:01 failed    ended                     memory CUDA out of memory, badly",
        "Sent to Datadog, and calls to AWS  poll 1 -",
        "          Metrics Events Checks Records List Describe Tags STS Other Errors",
        "this poll      27      3      2       2    1        5    0   0     1      2",
        "total          27      3      2       2    1        5    0   0     1      2",
    ]


def test_wide_screen_shows_accounts_both_meters_and_full_names(view):
    text = "\n".join(plain(drawn(view, 140, 40)))
    for words in (
        "222222222222 eu-west-1 warning",
        "DescribeOptimizationJob         5         5",
        "2  failed     memory 1, unknown 1",
        "Job                                Account      Region    Status   Waited                               Ran",
        "111111111111 us-east-1 memory             CUDA out of memory, badly",
    ):
        assert words in text


def test_narrow_screen_keeps_names_and_drops_bars(view):
    text = "\n".join(drawn(view, 60, 14))
    assert re.search(r"waits +us-east-1 starting +75% +1h30m of 2h", text)
    assert re.search(r"a-job-with[a-z-]*\u2026 us-east-1", text)


def test_a_short_screen_keeps_jobs_and_events(view):
    text = "\n".join(drawn(view, 80, 10))
    assert "Active jobs" in text
    assert "Events" in text
    assert "Sent to Datadog" not in text


def test_title_shows_how_many_jobs_fit(view):
    many = replace(view, jobs=view.jobs * 20)
    assert "5 of 80" in "\n".join(drawn(many, 80, 24))


def test_screen_before_the_first_poll():
    lines = drawn(View(), 80, 24, moment=DemoMoment(now=None, speed=60))
    assert lines[0].startswith("optimizationjob demo  first poll under way ...")
    assert lines[0].endswith("starting ...")


def test_failed_poll_is_shown_in_the_headline(view):
    assert "the check failed: no way" in drawn(replace(view, error="no way"), 80, 24)[0]


def test_a_slow_clock_shows_seconds(view):
    slow = DemoMoment(now=MOMENT.now, speed=1.5)
    assert drawn(view, 80, 24, moment=slow)[0].endswith("12:34:56 UTC  1.5x")


def test_failures_are_red_and_nearly_reached_limits_orange(view):
    lines = drawn(view, 80, 24, color_system="256")
    red = [line for line in lines if "\x1b[31m" in line]
    assert len(red) == 5, "two counts of failed jobs, two failed events, and one row of errors, twice"
    assert [line for line in lines if "\x1b[1;38;5;208m" in line] == [line for line in lines if "95%" in line]


def test_no_color_disables_colors(view):
    lines = drawn(view, 80, 24, color_system="256", no_color=True)
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", "".join(lines))


def test_the_plain_summary_fits_eighty_columns_in_ascii(view):
    text = summary(view) + farewell(view)
    assert text.isascii()
    assert max(map(len, text.splitlines())) <= 80
    assert not any(line != line.rstrip() for line in text.splitlines())
    for words in (
        "2026-01-05 12:00 UTC",
        "222222222222 eu-west-1: Tags are denied. Allow tag:GetResources.",
        "waits                        111111111111 us-east-1 starting  75% of 2h",
        "12:01:00 FAILED    111111111111 us-east-1 ended\n                   memory: CUDA out of memory, badly\n",
        "2 failed",
    ):
        assert words in text


def test_summary_without_data():
    assert "0 polls" in summary(View())
    assert "none" in farewell(View())
