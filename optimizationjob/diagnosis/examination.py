"""Examines one instance: versions, credentials, clock and every region."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from optimizationjob.aws.aws_session import AwsSession
from optimizationjob.clock import Clock
from optimizationjob.config.settings import Settings, SettingsError, secrets_of
from optimizationjob.diagnosis.cost_findings import total
from optimizationjob.diagnosis.credential_findings import Who, who
from optimizationjob.diagnosis.finding import Finding, clock_finding, refused_settings
from optimizationjob.diagnosis.option_findings import Options, option_findings
from optimizationjob.diagnosis.region_findings import ExaminedRegion, Seen, examine_region
from optimizationjob.diagnosis.timed_calls import TimedCaller
from optimizationjob.diagnosis.version_findings import versions_finding
from optimizationjob.jobs.redaction import without
from optimizationjob.package_versions import installed

Progress = Callable[[str], None]


def examine(
    settings: Settings, clock: Clock, *, given: Options | None = None, progress: Progress = lambda _: None
) -> tuple[Finding, ...]:
    """Examine everything once and return the findings; see `Examination`."""
    examination = Examination(settings, clock, given=given, progress=progress)
    examination.run()
    return examination.findings()


class Examination:
    """One examination of an instance. No call is retried, and none starts after `max_run_seconds`.

    Args:
        settings: the instance.
        clock: the time.
        given: the options as they are in the configuration, to find those that do not exist.
        progress: called with the current subject, also from other threads.
    """

    def __init__(
        self, settings: Settings, clock: Clock, *, given: Options | None = None, progress: Progress = lambda _: None
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._progress = progress
        self._caller = TimedCaller(settings, clock)
        self._start = (versions_finding(installed()), *option_findings(given or Options()))
        self._refused: Finding | None = None
        self._regions: tuple[str, ...] = ()
        self._asking: Who | None = None
        self._seen: dict[str, Seen] = {}

    def run(self) -> None:
        """Examine everything."""
        caller, clock, settings = self._caller, self._clock, self._settings
        try:
            session = AwsSession(settings, clock=clock, caller=caller)
        except SettingsError as error:
            self._refused = refused_settings(error)
            return
        caller.start_run(settings.max_run_seconds)
        self._regions = session.regions
        self._progress("whose credentials there are")
        asking = who(settings, session, caller=caller, clock=clock)
        if asking.account:
            session.learn_account_id(asking.account)
        self._asking = asking
        places = [
            ExaminedRegion(region=region, settings=settings, session=session, caller=caller, clock=clock, who=asking)
            for region in session.regions
        ]
        if asking.is_hopeless:
            return
        workers = min(settings.max_concurrency, len(places))
        with ThreadPoolExecutor(workers, thread_name_prefix="optimizationjob-doctor") as pool:
            # The first failure is raised here.
            list(pool.map(self._look_at, places))

    def _look_at(self, place: ExaminedRegion) -> None:
        self._progress(place.region)
        self._seen[place.region] = examine_region(place)

    def findings(self) -> tuple[Finding, ...]:
        """Return what was found so far; may be called from any thread."""
        asking = self._asking
        if self._refused is not None or asking is None:
            found = (*self._start, *((self._refused,) if self._refused else ()))
            return _without_secrets(found, self._settings)
        seen = [self._seen[region] for region in self._regions if region in self._seen]
        skews = [skew for skew in (asking.skew, *(one.skew for one in seen)) if skew is not None]
        expected = [one.costs for one in seen if one.costs]
        found = (
            *self._start,
            # Where nothing was asked, another finding says why.
            *([clock_finding(skews[0] if skews else None)] if self._caller.counts.made() else []),
            *asking.findings,
            *([total(expected, account=asking.account)] if expected else []),
            _count(self._caller, self._regions, asking),
            *(finding for one in seen for finding in one.findings),
        )
        return _without_secrets(found, self._settings)


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
    secrets = secrets_of(settings)

    return tuple(
        replace(
            one,
            text=without(one.text, secrets),
            cause=without(one.cause, secrets),
            remedy=without(one.remedy, secrets),
        )
        for one in findings
    )
