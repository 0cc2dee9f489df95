"""`optimizationjob demo`: the real check on a simulated AWS, live in the terminal."""

from __future__ import annotations

import os
from typing import Annotated, NoReturn

import typer

from optimizationjob.cli.demo.demo_options import DemoPlan
from optimizationjob.clock import SystemClock

WINDOW_SECONDS = 86_400.0
"""The live demo shows the jobs that ended within it."""


def demo(
    speed: Annotated[
        float, typer.Option(metavar="FACTOR", help="Simulated seconds in a second.", min=0.1, max=3600)
    ] = 60.0,
    seed: Annotated[int, typer.Option(metavar="N", help="The same seed gives the same fleet.")] = 1,
    jobs: Annotated[
        int,
        typer.Option(metavar="N", help="Jobs of the day before, beyond a fixed set.", min=0, max=20000),
    ] = 120,
    interval: Annotated[
        float, typer.Option(metavar="SECONDS", help="Simulated, between two polls.", min=1, max=86400)
    ] = 60.0,
    once: Annotated[bool, typer.Option("--once", help="Poll 15 times at once and print a summary.")] = False,
) -> None:
    """Show what the check sends to Datadog, on a simulated AWS.

    Two accounts in two regions, jobs in every state, failures of every kind. Needs no credentials and no network.
    Without a terminal it behaves as with --once. Ctrl-C ends it with status 0.

    Example:
        optimizationjob demo --speed 120 --jobs 300
    """
    forget_own_aws()
    # Imported on demand: textual, the simulator and the Agent's base package are slow to load.
    from optimizationjob.cli.terminal_signals import is_paintable  # noqa: PLC0415 - see above

    if not once and is_paintable():
        _show(DemoPlan(jobs=jobs, seed=seed, interval=interval, speed=speed, event_lookback=WINDOW_SECONDS))

    from optimizationjob.cli.demo import demo_plain_run  # noqa: PLC0415 - the same

    demo_plain_run.run(DemoPlan(jobs=jobs, seed=seed, interval=interval))


def _show(plan: DemoPlan) -> NoReturn:
    from optimizationjob.cli.demo.demo_plain_summary import farewell  # noqa: PLC0415 - see `demo`
    from optimizationjob.cli.demo.demo_watch import DemoWatch  # noqa: PLC0415 - the same
    from optimizationjob.cli.watch import watch_live  # noqa: PLC0415 - the same
    from optimizationjob.cli.watch.watch_polls import AllPolls  # noqa: PLC0415 - the same
    from optimizationjob.cli.watch.watch_selection import Selection  # noqa: PLC0415 - the same

    watched = DemoWatch(plan)
    polls = AllPolls((watched,), SystemClock())
    watch_live.run(polls, Selection(), sent=watched, farewell=lambda: farewell(watched.view))


def forget_own_aws() -> None:
    """Remove the user's AWS settings from the environment."""
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ["AWS_CONFIG_FILE"] = os.environ["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
