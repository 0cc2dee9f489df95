"""`optimizationjob check`: runs the real check without an Agent, and prints what it would send."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from optimizationjob.cli.command_failure import WRONG_USE, CommandFailed
from optimizationjob.cli.instance_options import (
    Config,
    EndpointUrl,
    Instances,
    Number,
    Profile,
    Regions,
    instances_of,
    refuse_number_alone,
)
from optimizationjob.cli.terminal_output import json_text
from optimizationjob.clock import SystemClock
from optimizationjob.config.settings import Settings, SettingsError

if TYPE_CHECKING:
    from optimizationjob.cli.agentless_check import AgentlessCheck
    from optimizationjob.cli.check.check_json import Run
    from optimizationjob.cli.submitted_data import Delivery

LOOK_SECONDS = 0.2
"""How often the main thread wakes up to receive Ctrl-C."""


def check(  # noqa: PLR0913, PLR0917 - the command's options
    regions: Regions = None,
    profile: Profile = None,
    endpoint_url: EndpointUrl = None,
    config: Config = None,
    instance: Number = None,
    runs: Annotated[int, typer.Option(help="Number of runs.", min=1)] = 1,
    interval: Annotated[
        float | None,
        typer.Option(help="Seconds between two runs; default: min_collection_interval.", min=0, show_default=False),
    ] = None,
    show_all: Annotated[bool, typer.Option("--all", help="Show every series, event and record.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document at the end.")] = False,
) -> None:
    """Run the check as the Agent does, and print what it would send to Datadog. Nothing is sent.

    The calls to AWS are real and respect the instance's rate limit. The exit status is 1 if a run failed or a service
    check is CRITICAL, and 2 if the configuration is wrong. Ctrl-C ends it after the current run.

    Example:
        optimizationjob check --region us-east-1 --runs 2
    """
    refuse_number_alone(instance, config)
    found = instances_of(regions=regions, profile=profile, endpoint_url=endpoint_url, config=config, number=instance)
    made: list[Run] = []
    try:
        for run in _runs(found, first=instance or 1, runs=runs, interval=interval):
            made.append(run)
            if run.delivery.is_misconfigured and len(found.instances) == 1 and not as_json:
                raise CommandFailed(run.delivery.error, status=WRONG_USE)
            if not as_json:
                _print(made, runs, is_all=show_all)
    except KeyboardInterrupt:
        if not made:
            raise
    if as_json:
        from optimizationjob.cli.check.check_json import document  # noqa: PLC0415 - see `_runs`

        typer.echo(json_text(document(made)))
    if any(run.delivery.is_misconfigured for run in made):
        raise typer.Exit(WRONG_USE)
    raise typer.Exit(0 if all(run.is_well for run in made) else 1)


def _print(made: list[Run], runs: int, *, is_all: bool) -> None:
    """Print the latest run."""
    # Not at the top: rich is slow to load.
    from optimizationjob.cli.check import check_text  # noqa: PLC0415 - see above

    run = made[-1]
    title = check_text.title_of_run(run.instance, sum(one.instance == run.instance for one in made), runs)
    shown = None if is_all else check_text.SHOWN
    check_text.print_run(check_text.RunText(run, title if len(made) == 1 else f"\n{title}", shown))
    sys.stdout.flush()


def _runs(found: Instances, *, first: int, runs: int, interval: float | None) -> Iterator[Run]:
    """Run each instance several times, at a fixed interval; Ctrl-C stops further calls."""
    # Imported here because the Agent's base package is slow to load.
    from optimizationjob.cli.agentless_check import AgentlessCheck  # noqa: PLC0415 - see above
    from optimizationjob.cli.check.check_json import Run  # noqa: PLC0415 - see above

    clock = SystemClock()
    checks = [AgentlessCheck(one, clock, init_config=found.init_config) for one in found.instances]
    pause = longest_interval(found) if interval is None else interval
    never = threading.Event()
    due = clock.monotonic()
    for number in range(runs):
        if number:
            # At a fixed interval, as in the Agent: after a long run, the next starts at once.
            due += pause
            clock.wait(never, max(0.0, due - clock.monotonic()))
        for place, lone in enumerate(checks, first):
            _show_progress(f"Instance {place}, run {number + 1} of {runs}: asking AWS ...")
            started_at, started = clock.now(), clock.monotonic()
            delivery, is_interrupted = _interruptible(lone)
            yield Run(place, started_at, clock.monotonic() - started, delivery)
            if is_interrupted:
                return


def _show_progress(words: str) -> None:
    """Show progress in a terminal: a run may take `max_run_seconds`."""
    if sys.stderr.isatty():
        sys.stderr.write(f"{words}\n")


def longest_interval(found: Instances) -> float:
    """Return the longest interval of the instances; the check itself rejects one that is not a number."""
    shared = found.init_config.get("min_collection_interval")
    return max(_seconds(one.get("min_collection_interval") or shared) for one in found.instances)


def _seconds(interval: object) -> float:
    try:
        return Settings.from_mapping({"min_collection_interval": interval}).min_collection_interval
    except SettingsError:
        return Settings().min_collection_interval


def _interruptible(lone: AgentlessCheck) -> tuple[Delivery, bool]:
    """Run a check in a thread, and return what it submitted and whether Ctrl-C interrupted it."""
    results: list[Delivery] = []
    thread = threading.Thread(target=lambda: results.append(lone.run()), name="check", daemon=True)
    thread.start()
    is_interrupted = False
    while thread.is_alive():
        try:
            thread.join(LOOK_SECONDS)
        except KeyboardInterrupt:
            if is_interrupted:
                raise
            is_interrupted = True
            lone.cancel()
    (delivery,) = results
    return delivery, is_interrupted
