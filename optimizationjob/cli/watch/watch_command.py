"""`optimizationjob watch`: the jobs of AWS accounts, live in the terminal."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import typer

from optimizationjob.cli.command_failure import WRONG_USE, CommandFailed
from optimizationjob.cli.completions import complete_status
from optimizationjob.cli.demo.demo_screen_data import STATUS_NAMES
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
from optimizationjob.config.name_expressions import SlowExpression, compiled

if TYPE_CHECKING:
    from optimizationjob.cli.watch.watch_polls import Watched
    from optimizationjob.config.settings import Settings

RUN_SECONDS = 5.0
"""Longest poll of a live watch: the screen shows what was read, and the next poll continues immediately."""
REGIONS_AT_ONCE = 32
LOCAL_RATE = 50.0
"""Calls per second to a simulator on the same machine, which needs no rate limit."""
WINDOW = re.compile(r"(\d{1,4})(m|h|d)", re.IGNORECASE)
UNITS = {"m": "minutes", "h": "hours", "d": "days"}
LONGEST_WINDOW = timedelta(days=365)


class WatchFormat(StrEnum):
    """How the jobs are printed once."""

    TABLE = "table"
    JSON = "json"


def watch(  # noqa: PLR0913, PLR0917 - the command's options
    regions: Regions = None,
    profile: Profile = None,
    endpoint_url: EndpointUrl = None,
    config: Config = None,
    instance: Number = None,
    since: Annotated[
        str, typer.Option(metavar="DURATION", help="Also jobs that ended in the last 30m, 24h or 7d.")
    ] = "24h",
    status: Annotated[
        list[str] | None,
        typer.Option(
            "--status",
            metavar="STATUS",
            help="Only jobs of this status; repeatable.",
            show_default=False,
            autocompletion=complete_status,
        ),
    ] = None,
    name: Annotated[
        str,
        typer.Option("--name", metavar="REGEX", help="Only jobs whose name matches.", show_default=False),
    ] = "",
    interval: Annotated[
        float, typer.Option(metavar="SECONDS", help="Seconds between two polls.", min=5, max=86400)
    ] = 15.0,
    once: Annotated[
        WatchFormat | None,
        typer.Option("--format", metavar="FORMAT", help="Poll once and print: table or json.", show_default=False),
    ] = None,
) -> None:
    """Show the jobs of all accounts and regions live.

    With limits used, ends and their reasons, and details. Uses all instances of a configuration file. Type / to
    filter; ? lists the keys, q quits. Without a terminal it polls once and prints a table. Nothing is sent to
    Datadog.

    Example:
        optimizationjob watch --config conf.yaml --since 7d --status failed
    """
    window, statuses, expression = _window(since), _statuses(status or []), _expression(name)
    refuse_number_alone(instance, config)
    found = instances_of(regions=regions, profile=profile, endpoint_url=endpoint_url, config=config, number=instance)

    # Imported on demand: the AWS library and textual are slow to load.
    from optimizationjob.cli.terminal_signals import is_paintable  # noqa: PLC0415 - see above
    from optimizationjob.cli.watch.watch_selection import Selection  # noqa: PLC0415 - see above

    is_live = once is None and is_paintable()
    watched = _watched(found, interval, window, first=instance or 1, is_live=is_live)
    selection = Selection(statuses=statuses, name=expression)
    if is_live:
        from optimizationjob.cli.watch import watch_live  # noqa: PLC0415 - see above
        from optimizationjob.cli.watch.watch_polls import AllPolls  # noqa: PLC0415 - see above
        from optimizationjob.clock import SystemClock  # noqa: PLC0415 - see above

        watch_live.run(AllPolls(watched, SystemClock()), selection)
    from optimizationjob.cli.watch import watch_once  # noqa: PLC0415 - see above

    watch_once.run(watched, selection, as_json=once is WatchFormat.JSON)


def _watched(found: Instances, interval: float, window: timedelta, *, first: int, is_live: bool) -> list[Watched]:
    """Return what is polled, one for each instance.

    Raises:
        CommandFailed: no instance can be polled.
    """
    from optimizationjob.cli.watch.watch_polls import RefusedInstance, Watch  # noqa: PLC0415 - see `watch`
    from optimizationjob.clock import SystemClock  # noqa: PLC0415 - see `watch`
    from optimizationjob.config.settings import SettingsError  # noqa: PLC0415 - see `watch`

    watched: list[Watched] = []
    refused: list[str] = []
    for number, settings in enumerate(eager(found, interval, window, is_live=is_live), first):
        label = f"instance {number}" if len(found.instances) > 1 else ""
        try:
            watched.append(Watch(settings, SystemClock(), since=window, label=label))
        except SettingsError as failure:
            refused.append(str(failure))
            watched.append(RefusedInstance(str(failure), label=label))
    if len(refused) == len(watched):
        raise CommandFailed("; ".join(dict.fromkeys(refused)), status=WRONG_USE)
    return watched


def eager(instances: Instances, interval: float, window: timedelta, *, is_live: bool) -> list[Settings]:
    """Return the settings of a watch: read only what the screen shows, as early as possible."""
    usual: Mapping[str, Any] = {"max_concurrency": REGIONS_AT_ONCE}
    own = {
        "event_lookback": window.total_seconds(),
        "min_collection_interval": interval,
        "collect_resources": False,
        "collect_events": False,
        "collect_job_metrics": False,
        **({"max_run_seconds": RUN_SECONDS} if is_live else {}),
    }
    read = Instances(
        instances.init_config,
        tuple({**usual, **_rate(given.get("endpoint_url")), **given, **own} for given in instances.instances),
    ).settings()
    return [replace(settings, lookback=max(settings.lookback, window)) for settings in read]


def _rate(endpoint_url: object) -> Mapping[str, float]:
    """Return the rate limit for an endpoint on this machine; empty for any other."""
    endpoint_url = endpoint_url or os.environ.get("AWS_ENDPOINT_URL")
    try:
        host = urlsplit(endpoint_url).hostname if isinstance(endpoint_url, str) else None
    except ValueError:  # the check says what is wrong with it
        host = None
    return {"api_rate_limit": LOCAL_RATE} if host in ("127.0.0.1", "localhost", "::1") else {}


def _window(since: str) -> timedelta:
    given = WINDOW.fullmatch(since)
    window = timedelta(**{UNITS[given[2].lower()]: int(given[1])}) if given else timedelta(0)
    if not timedelta(0) < window <= LONGEST_WINDOW:
        words = f"`--since` is {since!r}: give minutes, hours or days up to a year, such as 30m, 24h or 7d"
        raise CommandFailed(words, status=WRONG_USE)
    return window


def _statuses(given: list[str]) -> tuple[str, ...]:
    """Return statuses as tag values; `running` is an alias of INPROGRESS."""
    wanted = tuple({"running": "inprogress"}.get(status.lower(), status.lower()) for status in given)
    for status in wanted:
        if status not in STATUS_NAMES:
            raise CommandFailed(f"`--status` has {status!r}: give one of {', '.join(STATUS_NAMES)}", status=WRONG_USE)
    return wanted


def _expression(name: str) -> re.Pattern[str] | None:
    try:
        return compiled(name, re.IGNORECASE) if name else None
    except SlowExpression as failure:
        raise CommandFailed(f"`--name` may take too long: give {failure}", status=WRONG_USE) from failure
    except (ValueError, re.error, OverflowError, RecursionError) as failure:
        raise CommandFailed(f"`--name` is not a regular expression: {failure}", status=WRONG_USE) from failure
