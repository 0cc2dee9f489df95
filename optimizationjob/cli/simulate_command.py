"""`optimizationjob simulate`: a simulated AWS behind a local endpoint, to try out the check and boto3."""

from __future__ import annotations

import os
import shlex
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from optimizationjob.cli.command_failure import PROGRAM
from optimizationjob.cli.interrupts import CtrlC, noted
from optimizationjob.clock import SystemClock
from optimizationjob.simulator import Places, PortInUseError, Simulator, SpedClock, arrivals, fleet

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

PLACES = Places(accounts=("111111111111", "222222222222"), regions=("us-east-1", "eu-west-1"))
ROLE = "arn:aws:iam::222222222222:role/datadog-optimizationjob"
EXTERNAL_ID = "optimizationjob-simulator"
DAY = timedelta(days=1)
SECONDS_BETWEEN_LOADS = 1.0
"""Real seconds between checks for whether the next day's jobs are due."""

TYPED = "OPTIMIZATIONJOB_TYPED"
"""The variable in which the script `run` of a checkout says how it was called."""


def _next_steps(url: str, speed: float, environment: Mapping[str, str]) -> str:
    """Return what the user can paste into another terminal, and what to know about this AWS."""
    first, second = PLACES.accounts
    regions = " ".join(f"--region {region}" for region in PLACES.regions)
    lines = [
        "In another terminal:",
        "",
        f"    export AWS_ENDPOINT_URL={url}",
        f"    export AWS_ACCESS_KEY_ID=AKIA{first} AWS_SECRET_ACCESS_KEY=simulated",
        f"    export AWS_REGION={PLACES.regions[0]} AWS_DEFAULT_REGION={PLACES.regions[0]}",
        f"    {_typed(environment)} watch {regions}",
        "",
        f"The key AKIA{second} is that of the second account. It has a role to assume, too:",
        f"{ROLE}, external id {EXTERNAL_ID}.",
    ]
    if speed != 1:
        lines += [
            f"The clock of this AWS runs {speed:g} times as fast as yours: watch, check and doctor",
            "soon report a wrong date. With --speed 1 they do not.",
        ]
    return "\n".join([*lines, "Stop with Ctrl-C."])


def _typed(environment: Mapping[str, str]) -> str:
    """Return what starts this program in another terminal: `run` of the checkout, `uv run`, or its name alone."""
    if TYPED in environment:
        return shlex.quote(environment[TYPED])
    return f"uv run {PROGRAM}" if "UV_RUN_RECURSION_DEPTH" in environment else PROGRAM


def simulate(
    port: Annotated[int, typer.Option(metavar="PORT", help="On 127.0.0.1; 0 picks a free one.", min=0, max=65535)] = 0,
    speed: Annotated[float, typer.Option(metavar="FACTOR", help="Simulated seconds in a second.", min=0.001)] = 1.0,
    jobs: Annotated[int, typer.Option(metavar="N", help="Jobs of the day before the start.", min=0)] = 40,
    seed: Annotated[int, typer.Option(metavar="N", help="The same seed gives the same fleet.")] = 1,
) -> None:
    """Serve a simulated AWS with an active fleet until Ctrl-C.

    The URL goes to standard output; what to paste into another terminal goes to standard error.

    Example:
        optimizationjob simulate --port 4566 --speed 120 --jobs 200
    """
    clock = SpedClock(SystemClock(), speed)
    try:
        simulator = Simulator(clock=clock, seed=seed, port=port)
    except PortInUseError as failure:
        typer.echo(f"optimizationjob: {failure}; give another --port, or 0 to pick a free one", err=True)
        raise typer.Exit(1) from None
    with simulator:
        simulator.add_role(ROLE, external_id=EXTERNAL_ID)
        start = clock.now()
        simulator.load(fleet(seed, jobs, start, places=PLACES, ahead=DAY))
        with noted() as ctrl_c:
            typer.echo(simulator.url)
            typer.echo(_next_steps(simulator.url, speed, os.environ), err=True)
            _keep_arriving(simulator, clock, ctrl_c, start + DAY, seed=seed, jobs=jobs)
            typer.echo("stopped", err=True)


def _keep_arriving(  # noqa: PLR0913 - a story and its world
    simulator: Simulator, clock: SpedClock, ctrl_c: CtrlC, until: datetime, *, seed: int, jobs: int
) -> None:
    """Add the jobs of each simulated day before it starts, until Ctrl-C."""
    while not ctrl_c.comes_within(SECONDS_BETWEEN_LOADS):
        while clock.now() + DAY / 2 >= until and not ctrl_c.is_pressed:
            seed += 2
            simulator.load(arrivals(seed, jobs, until, until + DAY, PLACES))
            until += DAY
