"""Proof that no end of a job is lost or reported twice, whatever happens in between.

A hypothesis state machine plays the owner of the jobs, the network, the Agent and its machine: jobs are created, moved,
deleted, their names used again; the check polls through faults, breaks while it delivers or writes, runs out of time,
is restarted, and its clock is wrong. Every run is held against the truth (truth_ledger.py).

In the suite it plays few examples, the same in every run. For a proof of 2,000 random ones, or another number:

    uv run pytest -m slow tests/stateful --hypothesis-profile=proof
    OPTIMIZATIONJOB_EXAMPLES=500 uv run pytest -m slow tests/stateful --hypothesis-profile=proof
"""

from __future__ import annotations

import os
from datetime import timedelta

import pytest
from botocore.session import Session
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test
from truth_ledger import Ledger
from truth_watcher import KILLED, Sabotage, Watcher
from truth_world import FULL_PAGE, REGIONS, World

from datadog_checks.base.stubs import datadog_agent as agent_stub
from optimizationjob.simulator import Fault

NAMES = ("alpha", "beta", "gamma")
OPERATIONS = ("ListOptimizationJobs", "DescribeOptimizationJob", "GetResources", "ListTags", "GetCallerIdentity")
# Two instances with the same endpoint and name filters share one memory by design, and so tell each end once
# between them: no setting for two. The second one here watches some of the first one's jobs, with a memory of its own.
FILTERS = ({}, {"include_jobs": ["a$"], "exclude_jobs": ["^alpha", "^crowd"]})
TAG_RULES = ({}, {}, {"include_job_tags": ["team:*"]}, {"exclude_job_tags": ["team:ads"]}, {"group_by_tags": ["team"]})

places = st.sampled_from(REGIONS)
watchers = st.integers(0, 1)
picks = st.integers(0, 7)
pauses = st.sampled_from([0, 1, 20, 60, 130, 299, 301, 900, 3600, 3 * 3600, 10 * 3600, 30 * 3600])
lateness = st.sampled_from([0, 0, 20, 240])
tag_lags = st.sampled_from([0, 0, 0, 30, 90])
ends = st.fixed_dictionaries(
    {
        "status": st.sampled_from(["FAILED", "FAILED", "COMPLETED", "STOPPED"]),
        "late": lateness,
        "is_stamped": st.sampled_from([True, True, False]),
    }
)
# What there is to tell in a run in which something goes wrong: the end of an active job, or nothing new.
news = st.tuples(picks, ends) | st.none()
sure_news = st.tuples(picks, ends)
# Few events and histograms are sent in a run, and many gauges.
steps = st.tuples(
    st.sampled_from(["event", "service_check"]), st.integers(0, 1), st.sampled_from([1, 3, 1000])
) | st.tuples(
    st.sampled_from(["histogram", "gauge", "submit_generic_resource", "count"]),
    st.integers(0, 9),
    st.sampled_from([1, 3, 1000]),
)
faults = st.lists(
    st.fixed_dictionaries(
        {
            # A call that hangs takes real time: the table of faults has it.
            "fault": st.sampled_from([fault for fault in Fault if fault is not Fault.HANG]),
            "operation": st.sampled_from(OPERATIONS),
            "times": st.sampled_from([1, 2, None]),
            "after": st.sampled_from([0, 0, 1, 2, 4]),
        }
    )
    | st.fixed_dictionaries(
        {"fault": st.just(Fault.DENIED), "operation": st.just("DescribeOptimizationJob"), "job": st.sampled_from(NAMES)}
    ),
    min_size=1,
    max_size=3,
)


class Truth(RuleBasedStateMachine):
    """The world, up to two watchers, and a ledger for each of them and each region."""

    agent_class = None

    @initialize(
        lookback=st.sampled_from([2, 24]),
        event_lookback=st.sampled_from([0, 900]),
        regions=st.integers(1, 3),
        number=st.integers(1, 2),
        filters_after_cut=st.booleans(),
        is_known=st.sampled_from([True, True, False]),
        full_sweep_interval=st.sampled_from([600, 3600, 3600, 6 * 3600]),
        max_jobs=st.sampled_from([100, 100, 3000, 5]),
        rate=st.sampled_from([1000, 1000, 2]),
        rule=st.sampled_from(TAG_RULES),
    )
    def begin(self, lookback, event_lookback, regions, number, filters_after_cut, is_known, **others):
        rule, rate, max_jobs = others["rule"], others["rate"], others["max_jobs"]
        agent_stub.reset()
        self.is_sound = False
        self.world = World(filters_after_cut=filters_after_cut)
        self.regions = REGIONS[:regions]
        self.watchers = []
        # With fewer jobs than there may be, only what is said is true; what is missing is said to be.
        self.is_whole = max_jobs > 20
        self.sweep_seconds = others["full_sweep_interval"]
        options = {
            "lookback": lookback,
            "event_lookback": event_lookback,
            "full_sweep_interval": self.sweep_seconds,
            "max_jobs": max_jobs,
            "api_rate_limit": rate,
            "api_burst": max(rate, 10),
            **rule,
        }
        for index, names in enumerate(FILTERS[:number]):
            watcher = Watcher(self.agent_class, self.world, index, self.regions, {**options, **names})
            ledgers = [
                Ledger(
                    world=self.world,
                    region=region,
                    watches=_watched_by(index),
                    lookback=timedelta(hours=lookback),
                    event_lookback=timedelta(seconds=event_lookback),
                    is_whole=self.is_whole,
                    tags_known_after=timedelta(seconds=self.sweep_seconds + 700) if rule else None,
                )
                for region in self.regions
            ]
            self.watchers.append((watcher, ledgers))
        self.is_sound = True
        if is_known:
            for region, name in zip(REGIONS[:1] * 2 + self.regions, (*NAMES, NAMES[0]), strict=False):
                self.world.create(region, name)
            for which in range(number):
                self._run(which)

    # What the owner of the jobs does.

    @rule(place=places, name=st.sampled_from(NAMES), late=lateness, tag_lag=tag_lags)
    def create(self, place, name, late, tag_lag):
        self.world.create(self._region(place), name, late=late, tag_lag=tag_lag)

    @rule(place=places)
    def create_a_crowd(self, place):
        for number in range(12):
            self.world.create(self._region(place), f"crowd-{number}")

    @precondition(lambda self: any(life.is_active for life in self.world.present()))
    @rule(pick=picks, status=st.sampled_from(["INPROGRESS", "STOPPING"]))
    def move(self, pick, status):
        self.world.move(self._pick(pick, is_active=True), status)

    @precondition(lambda self: any(life.is_active for life in self.world.present()))
    @rule(pick=picks, how=ends)
    def end(self, pick, how):
        self.world.move(self._pick(pick, is_active=True), **how)

    @precondition(lambda self: self.world.present())
    @rule(pick=picks)
    def delete(self, pick):
        self.world.delete(self._pick(pick))

    # What passes and turns.

    @rule(seconds=pauses)
    def let_time_pass(self, seconds):
        self.world.clock.advance(seconds)

    # AWS refuses requests that are off by 15 minutes or more, and the check would not believe its date.
    @rule(which=watchers, minutes=st.sampled_from([0, -7, 7, 14, -14]))
    def set_the_clock(self, which, minutes):
        self._watcher(which)[0].clock.wrong_by = timedelta(minutes=minutes)

    @rule(size=st.sampled_from([2, 3, 5, FULL_PAGE]))
    def cut_pages(self, size):
        self.world.page_size = size

    # What the Agent does.

    @rule(which=watchers, step=steps, runs=st.integers(2, 4))
    def break_for_a_while(self, which, step, runs):
        name, after, _ = step
        watcher = self._watcher(which)[0]
        watcher.lasting, watcher.runs_left = Sabotage(step=name, after=after, lasts=1000), runs

    @rule(which=watchers, seconds=st.sampled_from([0, 60, 60, 300]))
    def poll(self, which, seconds):
        self.world.clock.advance(seconds)
        self._run(which)

    @rule(which=watchers, news=news, faults=faults)
    def poll_through_faults(self, which, news, faults):
        self._hear(news)
        self._run(which, faults)

    @precondition(lambda self: any(life.is_active for life in self.world.present()))
    @rule(which=watchers, news=sure_news, step=steps, place=st.none() | places, is_restarted=st.booleans())
    def end_one_and_break_while_delivering(self, which, news, step, place, is_restarted):
        self.poll_and_break_while_delivering(which, news, [], step, place, is_restarted)

    @rule(
        which=watchers,
        news=news,
        faults=st.just([]) | faults,
        step=steps,
        place=st.none() | places,
        is_restarted=st.booleans(),
    )
    def poll_and_break_while_delivering(self, which, news, faults, step, place, is_restarted):
        self._hear(news)
        name, after, lasts = step
        sabotage = Sabotage(step=name, after=after, lasts=lasts, region=place and self._region(place))
        self._run(which, faults, sabotage)
        if is_restarted:
            self.restart(which)

    @rule(
        which=watchers,
        news=news,
        faults=st.just([]) | faults,
        after=st.integers(0, 2),
        place=st.none() | places,
        leaves=st.sampled_from(["before", "after", "half"]),
        end=st.sampled_from(["killed", "restarted", "goes on"]),
    )
    def poll_and_break_while_writing(self, which, news, faults, after, place, leaves, end):
        self._hear(news)
        region = place and self._region(place)
        is_deadly = end == "killed"
        self._run(which, faults, Sabotage(step="write", after=after, region=region, leaves=leaves, is_deadly=is_deadly))
        if end == "restarted":
            self.restart(which)

    @rule(which=watchers, news=news, seconds=st.sampled_from([2.0, 5.0, 9.0]))
    def poll_and_run_out_of_time(self, which, news, seconds):
        self._hear(news)
        clock = self._watcher(which)[0].clock
        clock.runs_away = seconds
        self._run(which)
        clock.runs_away = 0.0

    @rule(which=watchers)
    def restart(self, which):
        watcher, ledgers = self._watcher(which)
        watcher.restart()
        for ledger in ledgers:
            ledger.restart()

    def _hear(self, news):
        """Let an active job end, if there is one."""
        if news is not None and any(life.is_active for life in self.world.present()):
            pick, how = news
            self.world.move(self._pick(pick, is_active=True), **how)

    def _region(self, place):
        return place if place in self.regions else self.regions[0]

    def _pick(self, pick, *, is_active=False):
        lives = [life for life in self.world.present() if life.is_active or not is_active]
        return lives[pick % len(lives)]

    def _watcher(self, which):
        return self.watchers[which % len(self.watchers)]

    def _run(self, which, faults=(), sabotage=None):
        """Run one watcher and hold what it reported against the truth."""
        self.is_sound = False
        for fault in faults:
            self.world.simulator.fault(**fault)
        watcher, ledgers = self._watcher(which)
        runs = watcher.run(sabotage)
        for ledger, run in zip(ledgers, runs, strict=True):
            ledger.judge(run)
        if runs[0].reported.error == KILLED:
            self.restart(which)
        self.is_sound = True
        return runs

    def teardown(self):
        """Let quiet come; then nothing may be missing."""
        if not hasattr(self, "world"):
            return
        try:
            if self.is_sound:
                self._quiet_phase()
        finally:
            self.world.close()

    def _quiet_phase(self):
        for which, (watcher, ledgers) in enumerate(self.watchers):
            watcher.runs_left = 0
            self.world.clock.advance(130)
            self._run(which)
            for ledger in ledgers:
                ledger.owe_what_is_there()
        # An hour is the longest that anything waits besides a full sweep, which takes a run for each of its pages.
        pages = 4 + 2 * len(self.world.present()) // self.world.page_size
        for seconds in (3700, self.sweep_seconds + 100, *[60] * pages, 3700, 60):
            self.world.clock.advance(seconds)
            last = [self._run(which) for which, _ in enumerate(self.watchers)]
        for (_, ledgers), runs in zip(self.watchers, last, strict=True):
            for ledger, run in zip(ledgers, runs, strict=True):
                ledger.judge_last(run)


def _watched_by(index):
    return (lambda name: True) if index == 0 else (lambda name: name in ("beta", "gamma"))


@pytest.fixture
def profile(request):
    """The profile asked for on the command line, or that of the suite."""
    asked = request.config.getoption("--hypothesis-profile") or "suite"
    chosen = settings.get_profile(asked)
    examples = os.environ.get("OPTIMIZATIONJOB_EXAMPLES")
    return settings(chosen, max_examples=int(examples)) if examples else chosen


@pytest.fixture(autouse=True)
def shared_clients(monkeypatch):
    """Make clients once for each endpoint: a restart takes a tenth of the time, and asks the same."""
    clients = {}
    make = Session.create_client

    def client(self, service, *, region_name, endpoint_url, **rest):
        key = (service, region_name, endpoint_url)
        if key not in clients:
            if all(endpoint_url != of for _, _, of in clients):
                clients.clear()
            clients[key] = make(self, service, region_name=region_name, endpoint_url=endpoint_url, **rest)
        return clients[key]

    monkeypatch.setattr(Session, "create_client", client)


@pytest.mark.slow
@pytest.mark.timeout(0)
def test_every_end_is_told_and_told_once(agent, profile):
    Truth.agent_class = type(agent())
    run_state_machine_as_test(Truth, settings=profile)
