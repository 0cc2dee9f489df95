"""The live demo: the watch over two simulated accounts, with a pane of what the check sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.text import Text

from optimizationjob.cli.demo.demo_options import DemoPlan
from optimizationjob.cli.demo.demo_screen_data import FeedRow, View
from optimizationjob.cli.demo.demo_status_tables import sent_list, sent_table
from optimizationjob.cli.status_styles import HEALTH_STYLES, STATUS_STYLES
from optimizationjob.cli.submitted_data import Delivery
from optimizationjob.cli.terminal_text import gist, harmless
from optimizationjob.cli.watch import watch_words as wording
from optimizationjob.cli.watch.watch_picture import Picture, WatchedRun
from optimizationjob.clock import SystemClock
from optimizationjob.run.region_run import RegionSnapshot

if TYPE_CHECKING:
    from optimizationjob.cli.demo.demo_world import DemoWorld

EVENTS_SHOWN = 30
ROOM_FOR_COLUMNS = 79
"""Minimum width of the pane for a column of each kind and operation."""


class DemoWatch:
    """The simulated accounts across polls, and what the check sent about them."""

    def __init__(self, plan: DemoPlan) -> None:
        self._plan = plan
        self._world: DemoWorld | None = None
        self.view = View()
        self.picture = Picture(
            label="the demo",
            interval=plan.interval / plan.speed,
            since=timedelta(seconds=plan.event_lookback),
        )

    def poll(self) -> float:
        """Run the check for both accounts and return the real seconds until the next run."""
        clock = SystemClock()
        started = clock.monotonic()
        snapshots: list[RegionSnapshot] = []
        try:
            world = self._world or self._start()
            delivery = world.poll(snapshots.append)
            self.view = self.view.after(delivery, world.now())
        except Exception as failure:  # noqa: BLE001 - the demo continues; the screen shows the error
            delivery = Delivery(error=f"{failure!r}; {wording.REPORT_IT}")
        run = WatchedRun(snapshots=tuple(snapshots), delivery=delivery)
        self.picture = self.picture.after(run, clock.monotonic())
        return max(0.0, self.picture.interval - (clock.monotonic() - started))

    def _start(self) -> DemoWorld:
        # Imported here because it takes a second or two to load; the screen is already visible.
        from optimizationjob.cli.demo.demo_world import DemoWorld, sped_clock  # noqa: PLC0415 - see above

        self._world = DemoWorld(self._plan, sped_clock(self._plan)).__enter__()
        return self._world

    def cancel(self) -> None:
        """Stop further calls; safe to call from any thread."""
        if self._world is not None:
            self._world.cancel()

    @property
    def title(self) -> str:
        """The name of the program, and the simulated time."""
        if self._world is None:
            return "optimizationjob demo"
        # At high speed, seconds change too fast to read.
        form = "%Y-%m-%d %H:%M:%S UTC" if self._plan.speed < 10 else "%Y-%m-%d %H:%M UTC"
        return f"optimizationjob demo  {self._world.now().strftime(form)} {self._plan.speed:g}x"

    def shown(self) -> RenderableType:
        """Return what was sent: numbers of all kinds, service checks, and the newest events."""
        return sent_pane(self.view)


def sent_pane(view: View) -> RenderableType:
    """Return what was sent, as lines of a pane."""
    return Group(
        _Numbers(view),
        _service_checks(view),
        Text.assemble("\n", ("Events, newest first", "bold"), f"  {view.total.events}"),
        *(_event(row) for row in view.feed[:EVENTS_SHOWN]),
    )


@dataclass(frozen=True, slots=True)
class _Numbers:
    """What was sent and the calls to AWS: in rows, or in columns where the pane is wide enough."""

    view: View

    def __rich_console__(self, _: Console, options: ConsoleOptions) -> RenderResult:
        yield sent_table(self.view) if options.max_width >= ROOM_FOR_COLUMNS else sent_list(self.view)


def _service_checks(view: View) -> Text:
    """Return how many service checks have which status, and what is wrong where one is not ok."""
    text = Text.assemble("\n", ("Service checks", "bold"))
    statuses = [health.status for health in view.healths.values()]
    for status in dict.fromkeys(sorted(statuses)):
        text.append(f"  {statuses.count(status)} {status}", HEALTH_STYLES[status])
    for place, health in sorted(view.healths.items()):
        if health.message:
            words = harmless(f"{place.account} {place.region}: {health.message}")
            text.append("\n").append(words, HEALTH_STYLES[health.status])
    return text


def _event(row: FeedRow) -> Text:
    why = harmless(": ".join(filter(None, (row.category, gist(row.reason)))))
    return Text.assemble(
        (f"{row.at:%H:%M} ", "dim"),
        (f"{harmless(row.status):9} ", STATUS_STYLES.get(row.status, "")),
        harmless(row.name),
        (f"  {why}" if why else "", "dim"),
        no_wrap=True,
        overflow="ellipsis",
    )
