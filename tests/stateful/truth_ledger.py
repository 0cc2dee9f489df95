"""What one watcher may and must tell of one region: the model that every run is held against.

What is remembered in the process (`now`) and what is surely in the persistent cache (`kept`) are two things: a restart
goes back to the latter. So `kept` names what must not be reported again after a restart, and no more than that.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from truth_watcher import Run
from truth_world import Life, World

LONGEST_WAIT = timedelta(seconds=120)
TERMINAL = ("COMPLETED", "FAILED", "STOPPED")
SINCE = re.compile(r"is (\w+).*? since (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC")
# AWS's Date header has whole seconds, and a run takes a while when it waits.
BLUR = timedelta(seconds=5)
# Ended jobs are counted by the hour of their creation, and leave the window with it.
HOUR = timedelta(hours=1) + BLUR


@dataclass(frozen=True)
class Remembered:
    """What a memory holds."""

    first_try: datetime | None = None
    is_dated: bool = False
    """Whether AWS has returned the time since."""
    active: frozenset[Life] = frozenset()
    """Jobs that were seen active."""
    owed: frozenset[Life] = frozenset()
    """Jobs that were seen to have ended, and whose end is no history."""
    reported: frozenset[Life] = frozenset()
    deleted: frozenset[Life] = frozenset()
    """Jobs whose deletion was reported."""


@dataclass
class Ledger:
    """The account of one watcher over one region."""

    world: World
    region: str
    watches: Callable[[str], bool]
    lookback: timedelta
    event_lookback: timedelta
    is_whole: bool = True
    """Whether `max_jobs` is more than there can be."""
    tags_known_after: timedelta | None = None
    """With a rule on tags, how long it may take until tags that show late are read; None without such a rule."""
    now: Remembered = Remembered()
    kept: Remembered = Remembered()
    ever: Remembered = Remembered()
    """The earliest first try, and everything that was ever seen or reported, crash or not."""
    owed_at: dict[Life, datetime] = field(default_factory=dict)
    """When the end of a job was first seen."""
    pictured: frozenset[Life] | None = None
    """The jobs of the last good picture of this process."""
    uncounted: Counter[str] = field(default_factory=Counter)
    """By status: ends that an event has told, less those that `job.finished` has counted."""
    has_lost: bool = False
    """Whether something was not submitted in this process."""
    may_miss_counts: bool = False
    """Whether a count that the Agent did not take was lost with the process."""

    def restart(self) -> None:
        """The process is lost, and with it what is to be submitted again, except for events."""
        # A lost count and an event that is still to come add up to nothing here, so the sums alone do not say.
        self.may_miss_counts |= self.has_lost
        self.has_lost = False
        self.now, self.pictured = self.kept, None
        self.owed_at = {life: at for life, at in self.owed_at.items() if life in self.now.owed}

    def judge(self, run: Run) -> None:
        """Hold a run against the truth, and learn from it what is to be reported later."""
        self.now = replace(self.now, first_try=self.now.first_try or run.until)
        self.ever = replace(
            self.ever,
            first_try=self.ever.first_try or run.at,
            active=self.ever.active | {life for life, status in run.shown if self._is_active(status)},
        )
        ended, deleted = self._told(run)
        self.has_lost |= run.is_broken
        self._judge_counts(run, ended)
        if not run.is_broken:
            self._judge_outage(run)
            if run.is_quiet and not self._may_lack_tags(run):
                self._judge_picture(run, ended, is_exact=False)
        self._learn(run, ended, deleted)

    def judge_last(self, run: Run) -> None:
        """After a quiet phase the picture is exact and no word is missing."""
        if not self.is_whole:
            return
        assert self._is_clean(run)
        self._judge_picture(run, self._named(run, TERMINAL), is_exact=True)
        unreported = {life for life in self.now.owed - self.ever.reported if not self._hid_its_tags(life)}
        assert not unreported, f"ended, and never reported: {unreported}"
        vanished = {life for life in self.now.active if not (life.exists and life.is_active)}
        vanished -= self.ever.reported | self.ever.deleted
        vanished = {life for life in vanished if not self._hid_its_tags(life)}
        assert not vanished, f"were active, and nothing more was reported: {vanished}"
        assert self.may_miss_counts or not any(self.uncounted.values()), self.uncounted

    def owe_what_is_there(self) -> None:
        """What has ended and still exists in the window must be reported by a check that can work in quiet."""
        owed = {life for life in self._lives() if life.exists and self._is_due(life)}
        self.now = replace(self.now, owed=self.now.owed | owed)
        self.owed_at = dict.fromkeys(owed, self.world.now) | self.owed_at

    def _lives(self) -> Iterable[Life]:
        return (life for life in self.world.lives if life.region == self.region and self.watches(life.name))

    def _is_due(self, life: Life) -> bool:
        """Whether the end of a job must be reported once it was seen, or is there to be seen."""
        if life.ended_at is None:
            return False
        if life in self.now.active:
            return True
        is_in_window = life.created_at >= self.world.now - self.lookback + BLUR
        return is_in_window and life.ended_at >= self.now.first_try - self.event_lookback + BLUR

    def _told(self, run: Run) -> tuple[set[Life], set[Life]]:
        """Return whose end and deletion a run reported; each is true, new, and was not reported before."""
        ended, deleted = self._named(run, TERMINAL), set[Life]()
        again = ended & self.now.reported
        assert not again, f"reported twice: {again}"
        for life in ended - self.ever.active:
            assert life.ended_at >= self.ever.first_try - self.event_lookback - BLUR, f"history was reported: {life}"
        for event in self._events(run, ("DELETED",)):
            name = _name(event)
            deleted_lives = [
                life for life in self._lives() if life.name == name and not life.exists and life in self.ever.active
            ]
            fit = [
                life
                for life in deleted_lives
                if life not in self.now.deleted | self.now.reported | self.now.owed | deleted
            ]
            assert fit, f"deletion reported of a job that was not active, or reported twice: {name}, {deleted_lives}"
            deleted.add(fit[0])
        return ended, deleted

    def _named(self, run: Run, statuses: Iterable[str]) -> set[Life]:
        """Return the jobs whose ends the events of a run tell."""
        named: set[Life] = set()
        tagged = run.is_quiet and set(statuses) == set(TERMINAL)
        for event in self._events(run, statuses):
            found = SINCE.search(event["msg_text"])
            assert found, event["msg_text"]
            status, moment = found[1], datetime.strptime(found[2], "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
            fit = [
                life
                for life in self._lives()
                if (life.name, life.status, life.ended_at) == (_name(event), status, moment)
            ]
            assert len(fit) == 1, f"no job ended so: {event['msg_title']} at {moment}: {list(self._lives())}"
            assert fit[0] not in named, f"reported twice in one run: {fit[0]}"
            named.add(fit[0])
            if tagged and fit[0].exists and (run.at - fit[0].created_at).total_seconds() > fit[0].tag_lag:
                assert "team:ml" in event["tags"], f"an event without its team: {fit[0]}"
            if status == "FAILED":
                text = event["msg_text"]
                assert fit[0].reason in text or "reason unavailable (" in text, f"no word on the reason: {text}"
        return named

    def _events(self, run: Run, statuses: Iterable[str]) -> list[dict]:
        types = {f"optimizationjob.job_{status.lower()}" for status in statuses}
        here = [event for event in run.reported.events if f"region:{self.region}" in event["tags"]]
        assert all(event["event_type"].rpartition("_")[2].upper() in (*TERMINAL, "DELETED") for event in here)
        return [event for event in here if event["event_type"] in types]

    def _judge_counts(self, run: Run, ended: set[Life]) -> None:
        """`job.finished` says what the events say, once both were submitted.

        What a process repeats that lost its memory may be counted a second time or not: its count may have been kept.
        """
        for status in TERMINAL:
            counted = int(run.reported.total("job.finished", *self._tags(status)))
            again = sum(life.status == status for life in ended & self.ever.reported)
            new = sum(life.status == status for life in ended - self.ever.reported)
            before = self.uncounted[status]
            self.uncounted[status] += new - counted + min(again, max(0, counted - new))
            if before == 0 and not run.is_broken and not self.may_miss_counts:
                assert self.uncounted[status] == 0, (status, counted, ended)

    def _judge_outage(self, run: Run) -> None:
        """Every run says whether the region can be read, and one that cannot is not empty."""
        assert len(run.reported.values("api.up", *self._tags())) == 1, f"nothing was reported of {self.region}"
        assert run.reported.service_check(self.region)
        is_up = run.reported.value("api.up", *self._tags())
        if run.is_quiet:
            assert is_up
            assert run.reported.service_check(self.region) == ("ok", "")
        elif not is_up and self.pictured is not None and self._is_known(run) and not self._may_lack_tags(run):
            jobs = run.reported.values("jobs", *self._tags())
            assert jobs, "the last good picture is kept"
            still = {
                life for life in self.pictured if life.exists and (life.is_active or self._is_in_window(life, run))
            }
            assert sum(jobs) or not still, f"an outage reads as no jobs: {still}"

    def _judge_picture(self, run: Run, ended: set[Life], *, is_exact: bool) -> None:
        """The gauges agree with the world.

        Deleted jobs that had ended, and active ones older than the window, may need the next full sweep; then the
        picture is exact.
        """
        jobs = {status: run.reported.values("jobs", *self._tags(status)) for status in (*TERMINAL, *_ACTIVE)}
        if is_exact:
            assert all(jobs.values())
        elif not all(jobs.values()) or not self._is_clean(run):
            return
        lives = list(self._lives())
        sure = {life for life in lives if life.exists and self._is_in_window(life, run, BLUR)}
        old = {life for life in lives if life.exists and life.is_active} - sure
        maybe = {life for life in lives if life.exists and self._is_in_window(life, run, -HOUR)} - sure - old | ended
        if is_exact:
            sure |= old
        else:
            maybe |= old | {life for life in lives if not life.exists and not life.is_active}
        for status, values in jobs.items():
            least = sum(life.status == status for life in sure)
            most = sum(life.status == status for life in sure | maybe)
            reported = [(metric["name"], metric["value"], metric["tags"]) for metric in run.reported.metrics]
            words = f"{status}: {sum(values)} jobs, of {sure}, maybe {maybe}; {run.reported.calls}, {reported}"
            assert least <= sum(values) <= most, words
        series = {
            (_tag(metric, "optimization_job_name"), _tag(metric, "optimization_job_status").upper())
            for metric in run.reported.metrics
            if metric["name"] == "optimizationjob.job.stuck" and f"region:{self.region}" in metric["tags"]
        }
        reported = {(life.name, life.status) for life in ended}
        active = {(life.name, life.status) for life in sure if life.is_active}
        assert active | reported <= series <= active | reported | {(life.name, life.status) for life in old}, series

    def _learn(self, run: Run, ended: set[Life], deleted: set[Life]) -> None:
        """Note what is remembered after a run, and what of that is surely written."""
        self.ever = replace(self.ever, reported=self.ever.reported | ended, deleted=self.ever.deleted | deleted)
        if run.is_killed:
            if not run.is_unwritten:
                # What counts as history was written before anything was reported.
                self.kept = replace(self.kept, first_try=self.now.first_try)
            return
        now = replace(self.now, reported=self.now.reported | ended, deleted=self.now.deleted | deleted)
        if self._is_clean(run):
            active = {life for life, status in run.shown if self._is_active(status) and self.watches(life.name)}
            self.now = now = replace(now, active=now.active | active, is_dated=True)
            over = {life for life, status in run.shown if status in TERMINAL and self.watches(life.name)}
            owed = {life for life in over if self._is_due(life)}
            now = replace(now, owed=now.owed | owed)
            self.owed_at = dict.fromkeys(owed, run.until) | self.owed_at
            owed = {life for life in now.owed - self.ever.reported if not self._hid_its_tags(life)}
            late = {life for life in owed if run.at - self.owed_at[life] > LONGEST_WAIT}
            assert run.is_broken or not late, f"ended a while ago, and still not reported: {late}"
            if run.reported.values("jobs", *self._tags()) and not self._may_lack_tags(run):
                self.pictured = frozenset(
                    life for life in self._lives() if life.exists and self._is_in_window(life, run)
                )
        self.now = now
        if not run.is_unwritten:
            self.kept = now

    def _is_clean(self, run: Run) -> bool:
        """Whether a run read the lists to their end, and knew whose they are."""
        values = [run.reported.values(name, *self._tags()) for name in ("api.up", "poll.truncated")]
        return not run.is_broken and self._is_known(run) and values == [[1], [0]]

    def _may_lack_tags(self, run: Run) -> bool:
        """Whether a rule cannot be applied rightly yet to a job whose tags show late."""
        wait = self.tags_known_after
        return wait is not None and any(
            life.tag_lag and run.at - life.created_at <= wait + timedelta(seconds=life.tag_lag)
            for life in self._lives()
        )

    def _hid_its_tags(self, life: Life) -> bool:
        """Whether a job may have been deleted before its tags could be read, so that a tag rule leaves it out."""
        return self.tags_known_after is not None and life.tag_lag > 0 and not life.exists

    def _is_known(self, run: Run) -> bool:
        return bool(run.reported.values("poll.jobs", *self._tags()))

    def _is_in_window(self, life: Life, run: Run, blur: timedelta = timedelta(0)) -> bool:
        return life.created_at >= run.at - self.lookback + blur

    def _is_active(self, status: str) -> bool:
        return status in _ACTIVE

    def _tags(self, status: str | None = None) -> tuple[str, ...]:
        of = (f"optimization_job_status:{status.lower()}",) if status else ()
        return (f"region:{self.region}", *of)


_ACTIVE = ("STARTING", "INPROGRESS", "STOPPING")


def _name(event: dict) -> str:
    return next(tag.partition(":")[2] for tag in event["tags"] if tag.startswith("optimization_job_name:"))


def _tag(metric: dict, key: str) -> str:
    return next(tag.partition(":")[2] for tag in metric["tags"] if tag.startswith(f"{key}:"))
