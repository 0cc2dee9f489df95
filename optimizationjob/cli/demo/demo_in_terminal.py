"""The demo in a terminal: polls in a thread and redraws the screen on changes."""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING

from rich.live import Live

from optimizationjob.cli.command_failure import CommandFailed
from optimizationjob.cli.console_output import HarmlessConsole
from optimizationjob.cli.demo.demo_options import DemoPlan
from optimizationjob.cli.demo.demo_plain_summary import farewell
from optimizationjob.cli.demo.demo_screen import DemoMoment, DemoScreen
from optimizationjob.cli.demo.demo_screen_data import View
from optimizationjob.cli.terminal_signals import asked_to_end, exit_status
from optimizationjob.clock import SystemClock

if TYPE_CHECKING:
    from optimizationjob.cli.demo.demo_world import DemoWorld

LOOK_SECONDS = 0.1
"""How often to check for changes."""

LAST_POLL_SECONDS = 5.0
"""How long to wait for a running poll when the demo ends."""


def run(plan: DemoPlan) -> int:
    """Show the demo until a signal ends it, and return the exit status: 0 for Ctrl-C.

    Raises:
        CommandFailed: the demo failed.
    """
    polls = _DemoPolls(plan)
    with asked_to_end() as asked:
        console = HarmlessConsole(highlight=False)
        with Live(console=console, screen=True, auto_refresh=False) as live:
            live.update(DemoScreen(polls.view, polls.moment()), refresh=True)
            # Start after the first screen, which the thread's imports would delay.
            polls.start()
            painted = None
            while not asked and polls.failure is None:
                view, moment = polls.view, polls.moment()
                seen = (view.polls, str(moment), console.size)
                if seen != painted:
                    live.update(DemoScreen(view, moment), refresh=True)
                    painted = seen
                # Not a threading.Event: setting one in a signal handler can deadlock.
                time.sleep(LOOK_SECONDS)
        polls.end()
        if polls.failure is not None:
            raise CommandFailed(f"the demo failed: {polls.failure!r}; please report it as a bug")
        sys.stdout.write(farewell(polls.view))
    return exit_status(asked[0])


class _DemoPolls(threading.Thread):
    """Creates the simulated world and polls it until the demo ends."""

    def __init__(self, plan: DemoPlan) -> None:
        super().__init__(name="polls", daemon=True)
        self.view = View()
        self.failure: Exception | None = None
        self._plan = plan
        self._world: DemoWorld | None = None
        self._ending = threading.Event()

    def moment(self) -> DemoMoment:
        """Return the simulated time and the speed."""
        return DemoMoment(now=self._world.now() if self._world else None, speed=self._plan.speed)

    def run(self) -> None:
        """Poll at every interval; after a poll that overruns, the next starts immediately."""
        try:
            # Imported here because it takes a second or two to load; the screen is already visible.
            from optimizationjob.cli.demo.demo_world import DemoWorld, sped_clock  # noqa: PLC0415 - see above

            with DemoWorld(self._plan, sped_clock(self._plan)) as self._world:
                self._poll(self._world)
        except Exception as failure:  # noqa: BLE001 - the main thread reports it after restoring the terminal
            self.failure = failure

    def end(self) -> None:
        """Stop polling and wait for the running poll."""
        self._ending.set()
        if self._world is not None:
            self._world.cancel()
        self.join(LAST_POLL_SECONDS)

    def _poll(self, world: DemoWorld) -> None:
        real = SystemClock()
        while not self._ending.is_set():
            started = real.monotonic()
            view = self.view.after(world.poll(), world.now())
            if self._ending.is_set():
                # Discard the result of a canceled poll.
                return
            self.view = view
            self._ending.wait(max(0.0, self._plan.interval / self._plan.speed - (real.monotonic() - started)))
