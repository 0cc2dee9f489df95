"""The demo without a terminal: several polls over simulated time, followed by a plain summary."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import timedelta

from optimizationjob.cli.command_failure import CommandFailed
from optimizationjob.cli.demo.demo_options import DemoPlan
from optimizationjob.cli.demo.demo_plain_summary import summary
from optimizationjob.cli.demo.demo_screen_data import View
from optimizationjob.cli.demo.demo_world import DemoWorld
from optimizationjob.simulator import ManualClock

POLLS = 15


def run(plan: DemoPlan) -> None:
    """Poll several times at a simulated interval and print what was sent.

    Raises:
        CommandFailed: the check failed.
    """
    passed = timedelta(seconds=plan.interval * (POLLS - 1))
    sys.stderr.write(f"Running the check {POLLS} times over {passed} of simulated time ...\n")
    clock = ManualClock()
    with DemoWorld(plan, clock) as world:
        *_, view = views(world, clock, interval=plan.interval, polls=POLLS)
    sys.stdout.write(summary(view))


def views(world: DemoWorld, clock: ManualClock, *, interval: float, polls: int) -> Iterator[View]:
    """Poll several times at a simulated interval and yield the view after each poll.

    Raises:
        CommandFailed: the check failed.
    """
    view = View()
    for number in range(polls):
        if number:
            clock.advance(interval)
        view = view.after(world.poll(), world.now())
        if view.error:
            raise CommandFailed(f"the check failed: {view.error}; please report it as a bug")
        yield view
