"""Pictures of the commands for the documentation, from the demo's world at one point in time.

They do not depend on the machine or the date: the same plan gives the same bytes.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from rich.console import Group, RenderableType
from rich.segment import Segment, Segments
from rich.text import Text

from optimizationjob.cli.agentless_check import AgentlessCheck
from optimizationjob.cli.atomic_files import refuse_existing, written
from optimizationjob.cli.check.check_json import Run
from optimizationjob.cli.check.check_text import RunText, title_of_run
from optimizationjob.cli.command_failure import CommandFailed
from optimizationjob.cli.demo.demo_options import DemoPlan
from optimizationjob.cli.demo.demo_plain_run import views
from optimizationjob.cli.demo.demo_screen_data import View
from optimizationjob.cli.demo.demo_watch import sent_pane
from optimizationjob.cli.demo.demo_world import DemoWorld
from optimizationjob.cli.doctor.doctor_tables import tables
from optimizationjob.cli.instance_options import Instances
from optimizationjob.cli.interrupts import CtrlC
from optimizationjob.cli.query.answer_table import answer_table
from optimizationjob.cli.query.query_command import sql_failures
from optimizationjob.cli.query.record_collection import asked_for, collect
from optimizationjob.cli.watch.watch_app import WatchApp
from optimizationjob.cli.watch.watch_command import eager
from optimizationjob.cli.watch.watch_job_list import JobList
from optimizationjob.cli.watch.watch_polls import AllPolls, Watch
from optimizationjob.cli.watch.watch_selection import Selection
from optimizationjob.clock import Clock
from optimizationjob.config.settings import Settings
from optimizationjob.diagnosis import Finding, examine
from optimizationjob.simulator import Fault, ManualClock
from tools.terminal_pictures.terminal_svg import COLORS, drawing

WIDTH: Final = 120
"""In characters; still readable when a page shows the picture 800 pixels wide."""
POLLS: Final = 12
"""After this many polls, jobs of the cast are near their limits and many have failed."""
CALL_SECONDS: Final = 0.012
"""Duration of a call in the pictures."""
WINDOW: Final = timedelta(days=1)
LOOK_SECONDS: Final = 4.0
"""Time between the last poll and the picture of the watch."""
CHOSEN: Final = "mixtral-8x7b-awq-full"
"""The selected job of the cast: it has failed by then, with a failure reason."""
SHOWN_URL: Final = "http://127.0.0.1:4566"
"""The URL used in the documentation, shown instead of the simulator's, whose port varies."""
SQL: Final = """\
SELECT deployment_instance_type AS instance_type,
       count(*) AS jobs,
       count(*) FILTER (optimization_job_status = 'FAILED') AS failed,
       median(date_diff('minute', creation_time, optimization_start_time))::INT AS waited_minutes,
       median(date_diff('minute', optimization_start_time, optimization_end_time))::INT AS ran_minutes,
       split_part(arg_max(failure_reason, optimization_end_time), ':', 1) AS last_error
FROM aws_sagemaker_optimizationjob
GROUP BY ALL ORDER BY jobs DESC, instance_type LIMIT 12"""


class CallClock:
    """A clock that advances `monotonic()` by a fixed amount at every reading."""

    def __init__(self, base: Clock) -> None:
        self._base = base
        self._passed = 0.0

    def now(self) -> datetime:
        """Return the base clock's time."""
        return self._base.now()

    def monotonic(self) -> float:
        """Return the base clock's seconds plus those of all readings so far."""
        self._passed += CALL_SECONDS
        return self._base.monotonic() + self._passed

    def wait(self, signal: threading.Event, seconds: float) -> bool:
        """Wait as the base clock does."""
        return self._base.wait(signal, seconds)


def make(plan: DemoPlan, folder: Path) -> Iterator[Path]:
    """Write all pictures to a folder, which is created if missing, and yield each; either all are written or none.

    Raises:
        CommandFailed: the folder cannot be written to, DuckDB is missing, or the check failed.
    """
    with sql_failures():
        _probe(folder)
        sys.stderr.write("Running the commands against a simulated AWS, which takes a few seconds ...\n")
        yield from keep(drawings(plan), folder)


def keep(drawn: Mapping[str, str], folder: Path) -> tuple[Path, ...]:
    """Write pictures by name; none is moved into place before all are written."""
    paths = tuple(folder / f"terminal_{name}.svg" for name in drawn)
    for path in paths:
        refuse_existing(path, overwrite=True)
    with ExitStack() as stack:
        for path, text in zip(paths, drawn.values(), strict=True):
            stack.enter_context(written(path)).write_text(text, encoding="utf-8")
    return paths


def _probe(folder: Path) -> None:
    """Fail early if the folder is not writable."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".optimizationjob-", dir=folder):
            pass
    except OSError as failure:
        words = f"cannot write to the folder {folder} ({failure.strerror}); specify another one"
        raise CommandFailed(words) from failure


def drawings(plan: DemoPlan) -> dict[str, str]:
    """Return all pictures by name, as SVG."""
    clock = ManualClock()
    calls = CallClock(clock)
    with DemoWorld(plan, clock) as world:
        own, other = world.instances
        # Per-job metrics would not fit in the picture.
        few = {**own, "regions": own["regions"][:1], "collect_job_metrics": False}
        check = AgentlessCheck(few, calls)
        check.run()
        for _ in views(world, clock, interval=plan.interval, polls=POLLS):
            pass
        waited = (POLLS - 1) * plan.interval
        shots: dict[str, tuple[str, int, RenderableType]] = {
            "check": (f"check --config conf.yaml --runs 2 --interval {waited:g}", 1, _second_run(check, calls)),
            "query": ("query", 1, _answer(world, clock)),
            "doctor": ("doctor --config conf.yaml", 1, _findings(world, other, calls)),
        }
    return {
        name: drawing(shown, name=name, title=f"optimizationjob {title}", width=WIDTH, height=height)
        for name, (title, height, shown) in {**_screens(plan), **shots}.items()
    }


def _screens(plan: DemoPlan) -> dict[str, tuple[str, int, RenderableType]]:
    """Return the pictures of the screens, of a world of their own, since the polls use up the rate limit."""
    clock = ManualClock()
    with DemoWorld(plan, clock) as world:
        watches = [_watch(instance, clock) for instance in world.instances]
        view = View()
        for view in views(world, clock, interval=plan.interval, polls=POLLS):  # noqa: B007 - the last view is used
            for watch in watches:
                watch.poll()
        sent = _Sent(f"optimizationjob demo  {world.now():%Y-%m-%d %H:%M} UTC {plan.speed:g}x", sent_pane(view))
    clock.advance(LOOK_SECONDS)
    polls = AllPolls(watches, clock)

    def screen(height: int, chosen: str = "", sent: _Sent | None = None) -> RenderableType:
        return asyncio.run(_screen(WatchApp(polls, Selection(), asked=[], sent=sent), height, chosen=chosen))

    return {
        "demo": ("demo", 36, screen(36, sent=sent)),
        "watch": ("watch --config conf.yaml", 30, screen(30)),
        "watch_detail": ("watch --config conf.yaml", 40, screen(40, CHOSEN)),
    }


def _watch(instance: Mapping[str, object], clock: Clock) -> Watch:
    # Waiting for a rate limit would advance the clock.
    unlimited = {**instance, "api_rate_limit": 10_000.0, "api_burst": 10_000}
    (settings,) = eager(Instances({}, (unlimited,)), 15.0, WINDOW, is_live=True)
    return Watch(settings, clock, since=WINDOW, label="instance")


@dataclass(frozen=True, slots=True)
class _Sent:
    """The pane of what was sent, at one moment."""

    title: str
    pane: RenderableType

    def shown(self) -> RenderableType:
        """Return the pane."""
        return self.pane


async def _screen(app: WatchApp, height: int, *, chosen: str = "") -> RenderableType:
    """Return the screen of the watch as it opens, or with the detail of a job."""
    app.ansi_theme_dark = COLORS
    async with app.run_test(size=(WIDTH, height)) as pilot:
        while not app.query("FooterKey"):
            await pilot.pause()
        if chosen:
            jobs = app.query_one(JobList)
            jobs.cursor = [job.name for job in jobs.jobs].index(chosen)
            await pilot.press("enter")
            await pilot.pause()
        # As `App.export_screenshot` does, whose SVG loads fonts from the network.
        lines = app.screen._compositor.render_strips()  # noqa: SLF001 - textual has no other way
        return Segments([segment for line in lines for segment in (*line, Segment.line())])


def _second_run(check: AgentlessCheck, clock: Clock) -> RenderableType:
    at, begun_at = clock.now(), clock.monotonic()
    sent = check.run()
    return RunText(Run(1, at, clock.monotonic() - begun_at, sent), title_of_run(1, 2, 2))


def _answer(world: DemoWorld, clock: Clock) -> RenderableType:
    from optimizationjob.sql.job_table import opened  # noqa: PLC0415 - see `sql_failures`

    records: list[Mapping[str, object]] = []
    # Sequentially: concurrent instances would advance the clock in a random order.
    for instance in world.instances:
        wanted = asked_for(Settings.from_mapping(instance), None)
        read = collect([(1, wanted)], clock, CtrlC(), max_seconds=None, show=lambda _: None)
        if read.missing:
            raise CommandFailed(f"cannot read the jobs: {'; '.join(read.missing)}; please report this as a bug")
        records += read.records.values()
    with opened() as table:
        table.create(records)
        answer = answer_table(table.answer(SQL))
    return Group(Text(f'$ optimizationjob query --config conf.yaml "\n{SQL}"', style="bold"), Text(), answer)


def _findings(world: DemoWorld, instance: Mapping[str, object], clock: Clock) -> RenderableType:
    """Return the doctor's findings when a permission is missing."""
    world.simulator.fault(Fault.DENIED, operation="DescribeOptimizationJob", region="eu-west-1")
    found = examine(Settings.from_mapping(dict(instance)), clock)
    return tables([_anywhere(finding, world.simulator.url) for finding in found if finding.name != "versions"])


def _anywhere(finding: Finding, url: str) -> Finding:
    return replace(finding, text=finding.text.replace(url, SHOWN_URL))
