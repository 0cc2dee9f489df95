"""`optimizationjob doctor`: problems of the check, their remedies, and the IAM policy that it needs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import Annotated

import typer

from optimizationjob.cli.command_failure import WRONG_USE, CommandFailed, Interrupted
from optimizationjob.cli.datadog_options import ApiUrl, Site
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
from optimizationjob.cli.interrupts import Background, noted
from optimizationjob.cli.terminal_output import json_text
from optimizationjob.clock import SystemClock
from optimizationjob.config.settings import Settings
from optimizationjob.diagnosis import Examination, Finding, Options, Verdict, worst

EventSearch = Callable[..., tuple[Finding, ...]]
"""Takes `progress`, which shows what it waits for."""


def doctor(  # noqa: PLR0913, PLR0917 - the command's options
    regions: Regions = None,
    profile: Profile = None,
    endpoint_url: EndpointUrl = None,
    config: Config = None,
    instance: Number = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    policy: Annotated[bool, typer.Option("--policy", help="Print the IAM policy of an instance instead.")] = False,
    site: Site = "datadoghq.com",
    api_url: ApiUrl = None,
) -> None:
    """Test everything that the check needs from AWS.

    Explains how to fix what fails. Examines credentials, role, clock, endpoints and permissions in each region, and
    forecasts the cost of the check. With keys in DD_API_KEY and DD_APP_KEY, also searches Datadog for the check's
    events. Changes nothing. The exit status is 1 if there is a failure.

    Example:
        optimizationjob doctor --config conf.yaml
    """
    refuse_number_alone(instance, config)
    found = instances_of(regions=regions, profile=profile, endpoint_url=endpoint_url, config=config, number=instance)
    instances = found.settings()
    if policy:
        if as_json:
            raise CommandFailed("--policy prints JSON by itself; leave out --json", status=WRONG_USE)
        _print_policy(instances)
        return
    from optimizationjob.cli.doctor import doctor_tables  # noqa: PLC0415 - rich takes its time to load
    from optimizationjob.cli.doctor.doctor_events import event_findings  # noqa: PLC0415 - so does Datadog's client

    search = partial(event_findings, instances, site=site, url=api_url)
    findings, is_whole = _examined(found, instances, search, first=instance or 1)
    if as_json and (is_whole or findings):
        typer.echo(json_text(doctor_tables.document(findings)))
    elif findings:
        doctor_tables.show(findings)
    if not is_whole:
        raise Interrupted("stopped before everything was examined")
    raise typer.Exit(1 if worst(findings) is Verdict.FAILURE else 0)


def _examined(
    found: Instances, instances: tuple[Settings, ...], search: EventSearch, *, first: int
) -> tuple[tuple[Finding, ...], bool]:
    """Examine the instances one after the other, and Datadog; return the findings, and whether Ctrl-C left none out."""
    from optimizationjob.cli.progress_line import progress_line  # noqa: PLC0415 - rich takes its time to load

    findings: list[Finding] = []
    is_whole = True
    with noted() as ctrl_c, progress_line() as show:
        for number, (settings, given) in enumerate(zip(instances, found.instances, strict=True), first):

            def report(what: str, number: int = number) -> None:
                show(f"Instance {number}: looking at {what} ...")

            options = Options(init_config=found.init_config, instance=given)
            examination = Examination(settings, SystemClock(), given=options, progress=report)
            work = Background(examination.run)
            is_whole = work.ends_before(ctrl_c)
            findings += examination.findings()
            if not is_whole:
                break
            work.result()
        if is_whole:
            events = Background(partial(search, progress=show))
            is_whole = events.ends_before(ctrl_c)
            findings += events.result() if is_whole else ()
    # Findings about the machine are the same for all instances.
    return tuple(dict.fromkeys(findings)), is_whole


def _print_policy(instances: tuple[Settings, ...]) -> None:
    from optimizationjob.cli.doctor.doctor_policy import policies  # noqa: PLC0415 - only used here

    if len(instances) > 1:
        words = f"the file has {len(instances)} instances, each with its own policy: select one with --instance"
        raise CommandFailed(words, status=WRONG_USE)
    documents, notes = policies(instances[0], SystemClock())
    for note in notes:
        sys.stderr.write(f"{note}\n")
    typer.echo(json_text(documents))
