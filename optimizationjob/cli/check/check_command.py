"""`optimizationjob check`: runs the real check without an Agent, and prints what it would send."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from optimizationjob.cli.command_failure import WRONG_USE, CommandFailed, Interrupted
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
from optimizationjob.cli.interrupts import PATIENCE_SECONDS, Background, CtrlC, noted
from optimizationjob.cli.terminal_output import json_text
from optimizationjob.clock import SystemClock
from optimizationjob.config.settings import Settings, SettingsError

if TYPE_CHECKING:
    from optimizationjob.cli.agentless_check import AgentlessCheck
    from optimizationjob.cli.check.check_json import Run


def check(  # noqa: PLR0913, PLR0917 - the command's options
    regions: Regions = None,
    profile: Profile = None,
    endpoint_url: EndpointUrl = None,
    config: Config = None,
    instance: Number = None,
    runs: Annotated[int, typer.Option(metavar="N", help="Number of runs.", min=1)] = 1,
    interval: Annotated[
        float | None,
        typer.Option(
            metavar="SECONDS",
            help="Between two runs; default: min_collection_interval.",
            min=0,
            show_default=False,
        ),
    ] = None,
    show_all: Annotated[bool, typer.Option("--all", help="Show every series, event and record.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document at the end.")] = False,
) -> None:
    """Run the check and print what it would send to Datadog.

    It runs as in the Agent, and nothing is sent. The calls to AWS are real and respect the instance's rate limit.
    The exit status is 1 if a run failed or a service check is CRITICAL, and 2 if the configuration is wrong. Ctrl-C
    ends it with the runs that are done.

    Example:
        optimizationjob check --region us-east-1 --runs 2
    """
    refuse_number_alone(instance, config)
    found = instances_of(regions=regions, profile=profile, endpoint_url=endpoint_url, config=config, number=instance)
    pause = longest_interval(found) if interval is None else interval
    made: list[Run] = []
    checks = _checks(found)
    is_cut = False
    with noted() as ctrl_c:
        for run in _runs(checks, ctrl_c, first=instance or 1, runs=runs, pause=pause):
            if run is None:
                is_cut = True
                break
            made.append(run)
            if run.delivery.is_misconfigured and len(found.instances) == 1 and not as_json:
                raise CommandFailed(run.delivery.error, status=WRONG_USE)
            if not as_json:
                _print(made, runs, is_all=show_all)
    if as_json and (made or not is_cut):
        from optimizationjob.cli.check.check_json import document  # noqa: PLC0415 - see `_checks`

        typer.echo(json_text(document(made)))
    if is_cut:
        shown = f"in the middle of a run, after {len(made)} that ended" if made else "before the first run ended"
        raise Interrupted(f"stopped {shown}")
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


def _checks(found: Instances) -> list[AgentlessCheck]:
    # Imported here because rich and the Agent's base package are slow to load, and before Ctrl-C has to wait for them.
    from optimizationjob.cli.agentless_check import AgentlessCheck  # noqa: PLC0415 - see above
    from optimizationjob.cli.check import check_json, check_text  # noqa: F401, PLC0415 - see above

    return [AgentlessCheck(one, SystemClock(), init_config=found.init_config) for one in found.instances]


def _runs(
    checks: Sequence[AgentlessCheck], ctrl_c: CtrlC, *, first: int, runs: int, pause: float
) -> Iterator[Run | None]:
    """Run each instance several times, at a fixed interval, until Ctrl-C; None stands for a run that it cut short."""
    from optimizationjob.cli.check.check_json import Run  # noqa: PLC0415 - see `_checks`
    from optimizationjob.cli.progress_line import progress_line  # noqa: PLC0415 - see `_checks`

    clock = SystemClock()
    due = clock.monotonic()
    for number in range(runs):
        if number:
            # At a fixed interval, as in the Agent: after a long run, the next starts at once.
            due += pause
            if ctrl_c.comes_within(due - clock.monotonic()):
                return
        for place, lone in enumerate(checks, first):
            started_at, started = clock.now(), clock.monotonic()
            work = Background(lone.run)
            with progress_line() as show:
                show(f"Instance {place}, run {number + 1} of {runs}: asking AWS ...")
                has_ended = work.ends_before(ctrl_c)
            if not has_ended:
                lone.cancel()
                work.ends_within(PATIENCE_SECONDS)
                yield None
                return
            yield Run(place, started_at, clock.monotonic() - started, work.result())


def longest_interval(found: Instances) -> float:
    """Return the longest interval of the instances; the check itself rejects one that is not a number."""
    shared = found.init_config.get("min_collection_interval")
    return max(_seconds(one.get("min_collection_interval") or shared) for one in found.instances)


def _seconds(interval: object) -> float:
    try:
        return Settings.from_mapping({"min_collection_interval": interval}).min_collection_interval
    except SettingsError:
        return Settings().min_collection_interval
