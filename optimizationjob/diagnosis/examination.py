"""Examines one instance: versions, credentials, clock and every region."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Final

from optimizationjob.aws.aws_session import AwsSession
from optimizationjob.clock import Clock
from optimizationjob.config.settings import Settings, SettingsError
from optimizationjob.diagnosis.cost_findings import total
from optimizationjob.diagnosis.credential_findings import Who, who
from optimizationjob.diagnosis.finding import Finding, Verdict, clock_finding
from optimizationjob.diagnosis.region_findings import ExaminedRegion, Seen, examine_region
from optimizationjob.diagnosis.timed_calls import TimedCaller
from optimizationjob.diagnosis.version_findings import versions_finding
from optimizationjob.jobs.redaction import MASK
from optimizationjob.package_versions import installed

SHORTEST_SECRET: Final = 8
"""Masking a shorter secret would also mask unrelated words."""

Progress = Callable[[str], None]


def examine(settings: Settings, clock: Clock, *, progress: Progress = lambda _: None) -> tuple[Finding, ...]:
    """Examine everything once. No call is retried, and none starts after `max_run_seconds`.

    Args:
        settings: the instance.
        clock: the time.
        progress: called with the current subject, also from other threads.
    """
    versions = versions_finding(installed())
    caller = TimedCaller(settings, clock)
    try:
        session = AwsSession(settings, clock=clock, caller=caller)
    except SettingsError as error:
        wrong = Finding(name="configuration", verdict=Verdict.FAILURE, text=f"{error}.", remedy=error.allowed)
        return _without_secrets((versions, wrong), settings)
    caller.start_run(settings.max_run_seconds)
    progress("whose credentials there are")
    asking = who(settings, session, caller=caller, clock=clock)
    if asking.account:
        session.learn_account_id(asking.account)
    places = [
        ExaminedRegion(region=region, settings=settings, session=session, caller=caller, clock=clock, who=asking)
        for region in session.regions
    ]
    seen = () if asking.is_hopeless else _look_at(places, workers=settings.max_concurrency, progress=progress)
    skews = [skew for skew in (asking.skew, *(one.skew for one in seen)) if skew is not None]
    expected = [one.costs for one in seen if one.costs]
    findings = (
        versions,
        clock_finding(skews[0] if skews else None),
        *asking.findings,
        *([total(expected, account=asking.account)] if expected else []),
        _count(caller, session.regions, asking),
        *(finding for one in seen for finding in one.findings),
    )
    return _without_secrets(findings, settings)


def _look_at(places: Sequence[ExaminedRegion], *, workers: int, progress: Progress) -> tuple[Seen, ...]:
    def look(place: ExaminedRegion) -> Seen:
        progress(place.region)
        return examine_region(place)

    with ThreadPoolExecutor(min(workers, len(places)), thread_name_prefix="optimizationjob-doctor") as pool:
        return tuple(pool.map(look, places))


def _count(caller: TimedCaller, regions: Iterable[str], asking: Who) -> Finding:
    made: Counter[str] = Counter()
    for region in regions:
        for count, number in caller.counts.take(region).items():
            made[count.operation] += number
    words = ", ".join(f"{operation} {number}" for operation, number in sorted(made.items()))
    text = f"This examination made {made.total()} call{'s' * (made.total() != 1)} to AWS{': ' * bool(made)}{words}."
    return Finding(name="calls", account=asking.account, text=text)


def _without_secrets(findings: Iterable[Finding], settings: Settings) -> tuple[Finding, ...]:
    """Mask the secrets of the settings in all texts, in addition to earlier masking."""
    proxy = settings.proxy
    users = (re.search(r"://(.*)@", url) for url in (proxy and proxy.http, proxy and proxy.https) if url)
    given = [part for found in users if found for part in (found[1], *found[1].split(":", 1))]
    own = (settings.aws_access_key_id, settings.aws_secret_access_key, settings.aws_session_token, settings.external_id)
    secrets = sorted({one for one in (*own, *given) if one and len(one) >= SHORTEST_SECRET}, key=len, reverse=True)

    def masked(text: str) -> str:
        for secret in secrets:
            text = text.replace(secret, MASK)
        return text

    return tuple(
        replace(one, text=masked(one.text), cause=masked(one.cause), remedy=masked(one.remedy)) for one in findings
    )
