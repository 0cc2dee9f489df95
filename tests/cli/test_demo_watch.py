"""The live demo: both accounts in the watch, and what was sent next to them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from optimizationjob.cli.demo import demo_world
from optimizationjob.cli.demo.demo_options import DemoPlan
from optimizationjob.cli.demo.demo_plain_summary import farewell, summary
from optimizationjob.cli.demo.demo_screen_data import View
from optimizationjob.cli.demo.demo_watch import DemoWatch
from optimizationjob.cli.watch.watch_app import WatchApp
from optimizationjob.cli.watch.watch_overview import Overview
from optimizationjob.cli.watch.watch_polls import AllPolls
from optimizationjob.cli.watch.watch_selection import Selection
from optimizationjob.clock import SystemClock
from optimizationjob.simulator import ManualClock
from optimizationjob.simulator.manual_clock import START
from optimizationjob.telemetry.signals import ServiceCheckStatus
from tests.cli.watching import EVIL, HARMFUL, shown


class Still(DemoWatch):
    """A demo that shows a given view."""

    def __init__(self, view):
        super().__init__(DemoPlan(jobs=0, seed=1, interval=60))
        self.view = view


@pytest.fixture(scope="module", autouse=True)
def simulated_time():
    """The demo's time passes from poll to poll only."""
    with pytest.MonkeyPatch.context() as patch:
        clock = ManualClock(START)
        patch.setattr(demo_world, "sped_clock", lambda _: clock)
        yield clock


def a_demo():
    return DemoWatch(DemoPlan(jobs=0, seed=1, interval=60, speed=1000, event_lookback=86_400))


@pytest.fixture(scope="module")
def polled(simulated_time):
    """The demo after an hour."""
    demo = a_demo()
    assert demo.title == "optimizationjob demo"
    assert 0 <= demo.poll() < 1
    simulated_time.advance(3600)
    demo.poll()
    yield demo
    demo._world.__exit__(None, None, None)


def screen(demo, *keys, size=(120, 40)):
    app = WatchApp(AllPolls([demo], SystemClock()), Selection(), asked=[], sent=demo)
    return shown(app, *keys, size=size)


@pytest.mark.parametrize("size", [(120, 40), (170, 40)])
def test_jobs_of_both_accounts_and_what_was_sent_are_shown(polled, size):
    text = screen(polled, size=size)
    for words in ("4 of 4 regions ok", "111111111111", "222222222222", "Metrics", "Service checks  4 ok", "UTC 1000x"):
        assert words in text
    assert f"{polled.view.total.metrics:,}" in text
    assert polled.view.feed[0].name in text


def test_the_check_and_the_watch_agree(polled):
    overview = Overview((polled.picture,))
    counted = {status: number for status, number in polled.view.by_status.items() if number}
    assert {status: overview.totals[status] for status in ("starting", "inprogress", "stopping", "failed")} == {
        status: counted[status] for status in ("starting", "inprogress", "stopping", "failed")
    }


def test_each_job_that_is_over_has_an_event(simulated_time):
    demo = a_demo()
    for _ in range(3):
        demo.poll()
        simulated_time.advance(60)
    over = sum(job.is_over for job in Overview((demo.picture,)).jobs)
    demo._world.__exit__(None, None, None)
    assert demo.view.total.events == over > 0


@pytest.mark.parametrize("size", [(120, 40), (170, 40)])
def test_detail_takes_the_place_of_the_pane(polled, size):
    assert "Service checks" not in screen(polled, "enter", size=size)
    assert "Service checks" in screen(polled, "enter", "escape", size=size)


def test_a_failed_poll_is_shown_and_the_demo_continues(monkeypatch):
    demo = a_demo()
    monkeypatch.setattr(demo, "_start", lambda: 1 / 0)
    assert demo.poll() >= 0
    assert "the demo cannot be read: ZeroDivisionError('division by zero'); please report it" in screen(demo)
    demo.cancel()


def test_what_is_wrong_with_a_region_is_shown(view):
    text = screen(Still(view))
    assert "1 ok  1 warning" in text
    assert "222222222222 eu-west-1: Tags are denied. Allow tag:GetResources." in text


def test_text_from_outside_has_no_effect(view):
    rows = tuple(replace(row, name=EVIL, status=EVIL, reason=EVIL, category=EVIL) for row in view.feed)
    healths = {
        place._replace(region=EVIL): replace(health, message=EVIL, status=ServiceCheckStatus.WARNING)
        for place, health in view.healths.items()
    }
    text = screen(Still(replace(view, feed=rows, healths=healths)), size=(200, 40))
    assert text.count("[red]b[/]") >= 4
    assert not set(text) & HARMFUL


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
