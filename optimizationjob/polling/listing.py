"""Reads the lists of one region: the newest jobs in every run, the whole window now and then, a few pages a run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from optimizationjob.aws.aws_actions import LIST
from optimizationjob.aws.errors import AwsError, BadAnswer, DeadlineReached, Refused
from optimizationjob.aws.sagemaker_api import PAGE_SIZE, OptimizationJobApi, Page
from optimizationjob.clock import Clock
from optimizationjob.jobs.job import ACTIVE_STATUSES, JobKey, JobStatus, OptimizationJob

# Pages beyond those that `max_jobs` full ones need: empty pages with a token are followed, but not for ever.
SPARE_PAGES: Final = 10
# Jobs of a run are held whole until it is told, so a run reads no more than this in one go; the rest follows.
PAGES_A_RUN: Final = 100
# The Date header has whole seconds and an answer takes a while: less than this is no skew.
LEAST_SKEW: Final = timedelta(seconds=5)
# A job may appear in the lists a little later than one that was created after it.
OVERLAP: Final = timedelta(seconds=300)
# Whether a list's bound on the time includes it is not known: this much is read twice.
A_SECOND: Final = timedelta(seconds=1)
# So many jobs of a status are described rather than listed: that is no dearer, and surely finds them.
WORTH_A_LIST: Final = 1
# Where a filter on the status walks through pages of other jobs, it is not used again for so long.
FILTER_PAUSE: Final = timedelta(days=1)
ENDLESS_PAUSE: Final = timedelta(minutes=5)


@dataclass(slots=True, kw_only=True)
class Reading:
    """What the lists of one run gave; filled while they are read."""

    at: datetime
    """The moment of the run by AWS's clock."""
    since: datetime
    """The window begins here."""
    skew: timedelta | None = None
    """What the machine's clock lacks to AWS's; None where AWS did not tell."""
    jobs: dict[JobKey, OptimizationJob] = field(default_factory=dict)
    pages: int = 0
    malformed: int = 0
    """Rows that could not be read."""
    newest_created_at: datetime | None = None
    has_reached: bool = False
    """Whether the newest jobs were read down to those that were known, or to the end."""
    next_token: str | None = None
    """Where the newest jobs go on."""
    oldest_created_at: datetime | None = None
    """The creation time of the last job of the last page that had any."""
    error: AwsError | None = None
    """Why the newest jobs could not be read."""

    def ends_before(self, moment: datetime) -> bool:
        """Whether nothing created after a moment can follow."""
        return self.oldest_created_at is not None and self.oldest_created_at < moment

    def take(self, page: Page) -> None:
        """Add a page; the first mention of a job stands, since pages shift while jobs are created."""
        self.pages += 1
        self.malformed += page.malformed
        self.next_token = page.next_token
        if page.jobs:
            self.oldest_created_at = page.jobs[-1].created_at
        for job in page.jobs:
            self.jobs.setdefault(job.key, job)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """How far the reading of the whole window got."""

    started_at: datetime
    token: str | None
    last_created_at: datetime | None = None
    """The oldest job read so far: where to go on if the token is refused."""
    created_before: datetime | None = None
    """The bound on the time that the token was given for."""
    statuses: tuple[JobStatus, ...] = ACTIVE_STATUSES
    """Statuses whose jobs of any age are still to be listed."""
    is_in_window: bool = True
    """Whether the window is still being read."""
    pages: int = 0
    malformed: int = 0
    tokens: frozenset[int] = frozenset()
    """Hashes of the tokens seen, to notice one that comes again."""
    is_catching_up: bool = False
    """Whether jobs may lie in what is not read yet that nobody knows."""
    is_done: bool = False
    is_truncated: bool = False
    """Whether the bound on pages, or a list without an end, ended it."""
    is_endless: bool = False
    """Whether a list led back to where it came from."""

    def next_at(self, interval: timedelta) -> datetime:
        """Return when the sweep after this one is due; one that met a list without an end may go well soon."""
        return self.started_at + (min(interval, ENDLESS_PAUSE) if self.is_endless else interval)


class RepeatedToken(BadAnswer):
    """A list leads back to where it came from."""


class Lists:
    """Reads the lists of one region.

    Args:
        api: the region.
        clock: the machine's time, corrected by AWS's Date header.
        lookback: how far the window reaches back.
        max_jobs: how many jobs a window may hold.
    """

    def __init__(self, api: OptimizationJobApi, *, clock: Clock, lookback: timedelta, max_jobs: int) -> None:
        self._api = api
        self._clock = clock
        self._lookback = lookback
        self._most_pages = math.ceil(max_jobs / PAGE_SIZE) + SPARE_PAGES
        self._skew: timedelta | None = None
        self._dated: tuple[datetime, float] | None = None
        """AWS's time at its last answer, and the monotonic seconds then."""
        self._no_filter_until: datetime | None = None

    def newest(self) -> Reading:
        """Read the page of the newest jobs. A failure is in the reading."""
        now = self._now()
        reading = Reading(at=now, since=now - self._lookback, skew=self._skew)
        try:
            page = self._api.list_page()
        except AwsError as error:
            reading.error = error
        else:
            self._set_time(reading, page)
            reading.take(page)
            reading.newest_created_at = max((key.created_at for key in reading.jobs), default=None)
            reading.has_reached = page.next_token is None
        return reading

    def read_on(self, reading: Reading, frontier: datetime) -> None:
        """Read on, down to the jobs created a while before the frontier.

        A failure ends it and is in the reading, beside what was read before; a lack of time only ends it.
        """
        end = max(frontier - OVERLAP, reading.since)
        tokens: set[int] = set()
        try:
            while not (reading.has_reached or reading.ends_before(end)):
                if reading.pages >= min(self._most_pages, PAGES_A_RUN):
                    return
                _refuse_repetition(reading.next_token, tokens, self._api.region)
                page = self._api.list_page(token=reading.next_token)
                reading.take(page)
                reading.has_reached = page.next_token is None
            reading.has_reached = True
        except DeadlineReached:
            pass
        except AwsError as error:
            reading.error = error

    def sweep(self, reading: Reading, sweep: Sweep, most_pages: int) -> tuple[Sweep, AwsError | None]:
        """Go on with a sweep for some pages, into a reading.

        Returns:
            How far it got, and what ended it before its pages were used up. A lack of time is no error; a token that
            comes twice ends the sweep for good.
        """
        error: AwsError | None = None
        try:
            for _ in range(most_pages):
                if sweep.is_done:
                    break
                sweep = self._step(reading, sweep)
        except DeadlineReached:
            pass
        except RepeatedToken as failure:
            sweep, error = replace(sweep, is_done=True, is_truncated=True, is_endless=True), failure
        except AwsError as failure:
            error = failure
        return sweep, error

    def active(self, reading: Reading, wanted: Mapping[JobKey, JobStatus]) -> None:
        """List active jobs by status, into a reading, for as long as describing those still wanted costs more.

        Args:
            reading: takes what is read.
            wanted: the jobs to be found, with their last known status; one that has another by now is described anyway.

        Raises:
            AwsError: a list could not be read.
        """
        if self._no_filter_until is not None and reading.at < self._no_filter_until:
            return
        for status in ACTIVE_STATUSES:
            sought = [key for key, last in wanted.items() if last == status]
            token: str | None = None
            tokens: set[int] = set()
            # Where many others are newer than those sought, the pages could be more than these.
            for _ in range(min(len(sought), PAGES_A_RUN)):
                if sum(key not in reading.jobs for key in sought) <= WORTH_A_LIST:
                    break
                page = self._api.list_page(status=status, token=token)
                reading.take(page)
                token = page.next_token
                if token and len(page.jobs) + page.malformed < PAGE_SIZE:
                    # The filter works on pages that were cut before: there is no telling how many there are.
                    self._no_filter_until = reading.at + FILTER_PAUSE
                    return
                if token is None:
                    break
                _refuse_repetition(token, tokens, self._api.region)

    def _step(self, reading: Reading, sweep: Sweep) -> Sweep:
        """Read one page of a sweep."""
        status = None if sweep.is_in_window else sweep.statuses[0]
        before = sweep.created_before if sweep.is_in_window else None
        try:
            page = self._api.list_page(token=sweep.token, status=status, created_before=before)
        except Refused:
            if sweep.token is None:
                raise
            # AWS does not know the token any more: go on from the last creation time, or with the status anew.
            return replace(sweep, token=None, tokens=frozenset(), created_before=sweep.last_created_at)
        reading.take(page)
        tokens = set(sweep.tokens)
        _refuse_repetition(page.next_token, tokens, self._api.region)
        oldest = page.jobs[-1].created_at + A_SECOND if page.jobs else sweep.last_created_at
        pages = sweep.pages + 1
        sweep = replace(
            sweep,
            token=page.next_token,
            pages=pages,
            malformed=sweep.malformed + page.malformed,
            tokens=frozenset(tokens),
        )
        if pages >= self._most_pages:
            return replace(sweep, is_done=True, is_truncated=True)
        if sweep.is_in_window:
            sweep = replace(sweep, last_created_at=oldest)
            is_end = page.next_token is None or reading.ends_before(reading.since)
            return _past_window(sweep, page.next_token) if is_end else sweep
        if page.next_token is None:
            statuses = sweep.statuses[1:]
            return replace(sweep, statuses=statuses, is_done=not statuses)
        return sweep

    def _now(self) -> datetime:
        """Return the time by AWS's clock; that of the machine may have been set since AWS told its own."""
        if self._dated is None:
            return self._clock.now()
        moment, seconds = self._dated
        return moment + timedelta(seconds=self._clock.monotonic() - seconds)

    def _set_time(self, reading: Reading, page: Page) -> None:
        if page.answered_at is None:
            return
        now = self._clock.now()
        skew = page.answered_at - now
        self._skew = skew if abs(skew) >= LEAST_SKEW else timedelta(0)
        reading.skew = self._skew
        reading.at = now + self._skew
        self._dated = (reading.at, self._clock.monotonic())
        reading.since = reading.at - self._lookback


def begun(reading: Reading, *, is_first: bool) -> Sweep:
    """Return a sweep that begins with the newest jobs, as they were just read."""
    oldest = reading.oldest_created_at
    sweep = Sweep(
        started_at=reading.at,
        token=reading.next_token,
        last_created_at=oldest and oldest + A_SECOND,
        pages=reading.pages,
        malformed=reading.malformed,
        is_catching_up=is_first or not reading.has_reached,
    )
    is_whole = reading.next_token is None or reading.ends_before(reading.since)
    return _past_window(sweep, reading.next_token) if is_whole else sweep


def _past_window(sweep: Sweep, next_token: str | None) -> Sweep:
    """Return a sweep whose window was read; if there is nothing beyond it, all active jobs were seen, too."""
    return replace(sweep, is_in_window=False, token=None, is_done=next_token is None)


def _refuse_repetition(token: str | None, seen: set[int], region: str) -> None:
    if token is None:
        return
    mark = hash(token)
    if mark in seen:
        raise RepeatedToken("a token came twice, so the list has no end", operation=LIST, region=region)
    seen.add(mark)
