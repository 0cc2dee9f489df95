"""`optimizationjob doctor`: problems of the check, their remedies, and the IAM policy that it needs."""

from __future__ import annotations

import sys
from functools import partial
from typing import Annotated

import typer

from optimizationjob.cli.command_failure import WRONG_USE, CommandFailed
from optimizationjob.cli.datadog_options import ApiUrl, Site
from optimizationjob.cli.instance_options import (
    Config,
    EndpointUrl,
    Profile,
    Regions,
    instances_of,
    refuse_number_alone,
)
from optimizationjob.cli.terminal_output import json_text
from optimizationjob.clock import SystemClock
from optimizationjob.config.settings import Settings
from optimizationjob.diagnosis import Verdict, examine, worst

Instance = Annotated[
    int | None,
    typer.Option("--instance", help="Only this one of the file's instances, from 1.", min=1, show_default=False),
]


def doctor(  # noqa: PLR0913, PLR0917 - the command's options
    regions: Regions = None,
    profile: Profile = None,
    endpoint_url: EndpointUrl = None,
    config: Config = None,
    instance: Instance = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    policy: Annotated[bool, typer.Option("--policy", help="Print the IAM policy of one instance instead.")] = False,
    site: Site = "datadoghq.com",
    api_url: ApiUrl = None,
) -> None:
    """Test everything that the check needs from AWS, and explain how to fix what fails.

    Examines credentials, role, clock, endpoints and permissions in each region, and forecasts the cost of the check.
    With keys in DD_API_KEY and DD_APP_KEY, also searches Datadog for the check's events. Changes nothing. The exit
    status is 1 if there is a failure.

    Example:
        optimizationjob doctor --config /etc/datadog-agent/conf.d/optimizationjob.d/conf.yaml
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

    clock = SystemClock()
    findings = tuple(
        finding
        for number, settings in enumerate(instances, instance or 1)
        for finding in examine(settings, clock, progress=partial(_report_progress, number))
    )
    # Findings about the machine are the same for all instances.
    findings = (*dict.fromkeys(findings), *event_findings(instances, site=site, url=api_url))
    if as_json:
        typer.echo(json_text(doctor_tables.document(findings)))
    else:
        doctor_tables.show(findings)
    raise typer.Exit(1 if worst(findings) is Verdict.FAILURE else 0)


def _report_progress(number: int, what: str) -> None:
    sys.stderr.write(f"Instance {number}: looking at {what} ...\n")


def _print_policy(instances: tuple[Settings, ...]) -> None:
    from optimizationjob.cli.doctor.doctor_policy import policies  # noqa: PLC0415 - only used here

    if len(instances) > 1:
        words = f"the file has {len(instances)} instances, each with its own policy: select one with --instance"
        raise CommandFailed(words, status=WRONG_USE)
    documents, notes = policies(instances[0], SystemClock())
    for note in notes:
        sys.stderr.write(f"{note}\n")
    typer.echo(json_text(documents))
