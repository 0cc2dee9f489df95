"""Looks up for the doctor whether events arrive in Datadog, where there are keys of an account."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from time import sleep

from optimizationjob.assets.datadog_refusal import DatadogRefusal
from optimizationjob.assets.datadog_site import SettingError, api_url, given_url, keys
from optimizationjob.assets.event_search import sightings
from optimizationjob.cli.command_failure import WRONG_USE, CommandFailed
from optimizationjob.config.settings import Settings
from optimizationjob.diagnosis import Finding
from optimizationjob.diagnosis.event_findings import events_finding, unknown_finding


def event_findings(
    instances: Iterable[Settings], *, site: str, url: str | None, progress: Callable[[str], None]
) -> tuple[Finding, ...]:
    """Return the finding on events; none without keys in the environment.

    Args:
        instances: the instances, of which at least one must send events.
        site: the Datadog site.
        url: URL of the API, if it is not the site's.
        progress: shows what the search waits for.

    Raises:
        CommandFailed: the URL is invalid.
    """
    missing = [name for name in ("DD_API_KEY", "DD_APP_KEY") if not os.environ.get(name, "").strip()]
    if len(missing) > 1 and not url:
        return ()
    if missing:
        return (Finding(name="events", text=f"Whether events arrive was not looked up: {missing[0]} is not set."),)
    if not any(settings.collect_events for settings in instances):
        return (Finding(name="events", text="No events are sent, since `collect_events` is off."),)
    try:
        address = given_url(url) if url else None
    except SettingError as failure:
        raise CommandFailed(str(failure), status=WRONG_USE) from failure

    def wait(seconds: float) -> None:
        progress(f"Datadog limits calls; waiting {seconds:.0f} s")
        sleep(seconds)

    progress("Looking for events in Datadog ...")
    try:
        by_tag, by_source = sightings(address or api_url(site), keys(os.environ), wait)
    except (SettingError, DatadogRefusal) as failure:
        return (unknown_finding(str(failure)),)
    return (events_finding(by_tag=by_tag, by_source=by_source),)
