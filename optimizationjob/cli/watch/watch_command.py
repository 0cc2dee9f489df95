"""`optimizationjob watch`: the jobs of an AWS account, live in the terminal."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlsplit

import typer

from optimizationjob.cli.command_failure import WRONG_USE, CommandFailed
from optimizationjob.cli.demo.demo_screen_data import STATUS_NAMES
from optimizationjob.cli.instance_options import Config, EndpointUrl, Instances, Profile, Regions, instances_of
from optimizationjob.config.name_expressions import SlowExpression, compiled

RECENT_SECONDS = 3600
RUN_SECONDS = 5.0
"""Longest poll of a live watch: the screen shows what was read, and the next poll continues immediately."""

REGIONS_AT_ONCE = 32
LOCAL_RATE = 50.0
"""Calls per second to a simulator on the same machine, which needs no rate limit."""


def watch(  # noqa: PLR0913, PLR0917 - the command's options
    regions: Regions = None,
    profile: Profile = None,
    endpoint_url: EndpointUrl = None,
    config: Config = None,
    interval: Annotated[float, typer.Option(help="Seconds between two polls.", min=5, max=86400)] = 15.0,
    status: Annotated[
        list[str] | None,
        typer.Option("--status", help="Show only jobs of this status; may be repeated.", show_default=False),
    ] = None,
    name: Annotated[
        str,
        typer.Option("--name", metavar="REGEX", help="Show only jobs whose name matches.", show_default=False),
    ] = "",
) -> None:
    """Show the jobs of an account as a live table: limits used, recent ends and their reasons, and job details.

    Uses the first instance of a configuration file. Keys filter, sort and select; ? lists them, q quits.
    Without a terminal it polls once and prints a plain table. Nothing is sent to Datadog.

    Example:
        optimizationjob watch --region us-east-1 --region eu-west-1 --status failed
    """
    from optimizationjob.cli.watch.watch_state import initial_state  # noqa: PLC0415 - rich takes its time to load

    state = initial_state(_statuses(status or []), _expression(name))
    instances = instances_of(regions=regions, profile=profile, endpoint_url=endpoint_url, config=config)

    from optimizationjob.cli.watch import watch_loop, watch_plain_table  # noqa: PLC0415 - the same
    from optimizationjob.cli.watch.watch_polls import Watch  # noqa: PLC0415 - the AWS library takes its time, too
    from optimizationjob.clock import SystemClock  # noqa: PLC0415 - the same
    from optimizationjob.config.settings import SettingsError  # noqa: PLC0415 - the same

    is_live = watch_loop.is_possible()
    (settings,) = eager(instances, interval, is_live=is_live).settings()
    try:
        made = Watch(settings, SystemClock())
    except SettingsError as failure:
        is_missing = failure.key == "regions" and not settings.regions
        words = "no region is configured: give --region, or set AWS_DEFAULT_REGION" if is_missing else str(failure)
        raise CommandFailed(words, status=WRONG_USE) from failure
    if is_live:
        raise typer.Exit(watch_loop.run(made, state))
    watch_plain_table.run(made, state)


def eager(instances: Instances, interval: float, *, is_live: bool) -> Instances:
    """Return the instances with the options of a watch: read only what the screen shows, as early as possible."""
    usual: Mapping[str, Any] = {"event_lookback": RECENT_SECONDS, "max_concurrency": REGIONS_AT_ONCE}
    own = {
        "min_collection_interval": interval,
        "collect_resources": False,
        "collect_events": False,
        "collect_job_metrics": False,
        **({"max_run_seconds": RUN_SECONDS} if is_live else {}),
    }
    return Instances(
        instances.init_config,
        tuple({**usual, **_rate(given.get("endpoint_url")), **given, **own} for given in instances.instances),
    )


def _rate(endpoint_url: object) -> Mapping[str, float]:
    """Return the rate limit for an endpoint on this machine; empty for any other."""
    endpoint_url = endpoint_url or os.environ.get("AWS_ENDPOINT_URL")
    try:
        host = urlsplit(endpoint_url).hostname if isinstance(endpoint_url, str) else None
    except ValueError:  # the check says what is wrong with it
        host = None
    return {"api_rate_limit": LOCAL_RATE} if host in ("127.0.0.1", "localhost", "::1") else {}


def _statuses(given: list[str]) -> list[str]:
    """Return statuses as tag values; `running` is an alias of INPROGRESS."""
    wanted = [{"running": "inprogress"}.get(status.lower(), status.lower()) for status in given]
    for status in wanted:
        if status not in STATUS_NAMES:
            raise CommandFailed(f"`--status` has {status!r}: give one of {', '.join(STATUS_NAMES)}", status=WRONG_USE)
    return wanted


def _expression(name: str) -> str:
    try:
        compiled(name, re.IGNORECASE)
    except SlowExpression as failure:
        raise CommandFailed(f"`--name` may take too long: give {failure}", status=WRONG_USE) from failure
    except (ValueError, re.error, OverflowError, RecursionError) as failure:
        raise CommandFailed(f"`--name` is not a regular expression: {failure}", status=WRONG_USE) from failure
    return name
