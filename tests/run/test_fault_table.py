"""Every fault on every call: its service check, what is kept and reported meanwhile, and that it recovers."""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime

import pytest
from botocore import xform_name

from optimizationjob.simulator import Fault, ManualClock
from tests.run.fault_rows import DESCRIBE, LIST, ROLE, ROWS, TAGS, TAGS_OF_ONE, WHO
from tests.versions import TAKES_RECORDS, needs_records

ACCOUNT, EAST = "111111111111", "us-east-1"
T0 = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
LONGEST_DELIVERY_SECONDS = 10
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/watch"


class PatientClock(ManualClock):
    """Never waits for less than a millisecond, as no machine does."""

    def wait(self, signal, seconds):
        return super().wait(signal, max(seconds, 0.001))


@pytest.fixture
def clock():
    return PatientClock(T0)


class Story:
    """Some jobs, the runs that see them, and a fault that comes twice: in the first run, and over a good picture."""

    def __init__(self, agent, put, fail, simulator, row):
        self.put, self.fail, self.simulator, self.row = put, fail, simulator, row
        simulator.add_role(ROLE_ARN)
        self.agent = agent(
            assume_role=ROLE_ARN if row.operation == ROLE else None,
            max_attempts=1,
            read_timeout=0.2 if row.fault is Fault.HANG else None,
            stale_after=7200,
        )
        self.reported = []

    def begin(self):
        self.put("one", tags={"team": "ml"})
        self.put("late", "FAILED", ended=5, failure_reason="CapacityError: none left")
        self.put("old", "COMPLETED", created=200, started=190, ended=180)

    def go_on(self):
        self.agent.clock.advance(1)
        self.fail("one")
        self.put("two", created=1, started=1, tags={"team": "ml"})
        self.put("three", "COMPLETED", created=1, started=1, ended=0)

    def break_down(self):
        self.simulator.fault(self.row.fault, operation=self.row.operation)
        if self.row.operation == TAGS_OF_ONE:
            # Only where the bulk call is denied are tags read one by one.
            self.simulator.fault(Fault.DENIED, operation=TAGS)

    def run(self, after):
        reported = self.agent.run(after=after)
        assert reported.error == ""
        counted = Counter()
        for metric in reported.metrics:
            if metric["name"] == "optimizationjob.api.calls":
                (operation,) = [tag for tag in metric["tags"] if tag.startswith("operation:")]
                counted[operation] += int(metric["value"])
        seen = self.seen(at_least=counted.total())
        assert counted == seen, "api.calls counts every attempt, and nothing else"
        self.reported.append(reported)
        return reported

    def seen(self, at_least):
        """The requests that the simulator saw. One that was given up soon may reach it after the run."""
        until = time.monotonic() + LONGEST_DELIVERY_SECONDS
        while len(calls := self.simulator.calls) < at_least and time.monotonic() < until:
            time.sleep(0.01)
        return Counter(f"operation:{xform_name(call.operation)}" for call in calls)

    def world(self):
        """How many jobs there are, by status."""
        statuses = (self.simulator.status(ACCOUNT, EAST, name) for name in ("one", "late", "old", "two", "three"))
        return Counter(status.lower() for status in statuses if status)

    def reasons(self):
        return Counter(
            tag.partition(":")[2]
            for reported in self.reported
            for metric in reported.metrics
            if metric["name"] == "optimizationjob.job.finished"
            for tag in metric["tags"]
            if tag.startswith("failure_category:")
            for _ in range(int(metric["value"]))
        )


def fleet(reported):
    """The jobs reported, by status; None where none are reported, which is not zero."""
    counts = Counter()
    for metric in reported.metrics:
        if metric["name"] == "optimizationjob.jobs":
            (status,) = [tag.partition(":")[2] for tag in metric["tags"] if "job_status:" in tag]
            counts[status] += int(metric["value"])
    return +counts if reported.values("jobs") else None


def meets(reported, row, status):
    assert reported.service_check()[0] == status
    assert (row.words in reported.service_check()[1]) if status != "ok" else (reported.service_check()[1] == "")
    operation = f"operation:{xform_name(row.operation)}"
    assert (
        reported.total("api.calls", operation, f"outcome:{row.outcome}") == reported.total("api.calls", operation) >= 1
    )
    assert reported.value("api.up") == (not row.costs_the_lists)


def is_well(reported, world, live):
    assert reported.service_check() == ("ok", "")
    assert fleet(reported) == world
    assert reported.value("api.up") == 1
    assert reported.value("poll.data_age_seconds") == 0
    assert reported.value("poll.truncated") == 0
    for metric in ("job.stuck", "job.max_runtime_seconds"):
        assert len(reported.values(metric, f"optimization_job_name:{live}", "team:ml")) == 1


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.operation}-{row.fault.value}")
def test_a_fault_is_said_costs_nothing_that_is_known_and_heals(agent, put, fail, simulator, row):
    story = Story(agent, put, fail, simulator, row)
    story.begin()
    story.break_down()
    reported = story.run(after=0)
    meets(reported, row, row.without_picture)
    assert fleet(reported) == (None if row.costs_the_lists else story.world())
    simulator.clear_faults()
    good = story.run(after=row.seconds_to_heal)
    is_well(good, story.world(), live="one")

    story.go_on()
    story.break_down()
    if row.operation == WHO:
        # It is asked once in a process.
        story.agent.restart()
    # Credentials of a role last an hour.
    gap = 3600 if row.operation == ROLE else 60
    reported = story.run(after=gap - 1)
    meets(reported, row, row.with_picture)
    if row.costs_the_lists:
        assert fleet(reported) == fleet(good), "the last good picture"
        assert reported.value("poll.data_age_seconds") == gap
        running = ("job.runtime_seconds", "optimization_job_name:one")
        assert reported.values(*running) == good.values(*running)
        assert (reported.events, reported.records) == ([], []), "what is not seen is not reported"
    else:
        assert fleet(reported) == story.world()
    simulator.clear_faults()
    is_well(story.run(after=row.seconds_to_heal), story.world(), live="two")
    assert story.run(after=60).titles() == []
    # A record alone waits for up to an hour where its call failed.
    assert story.run(after=3600).value("poll.backlog") == 0

    ends = ["late FAILED", "one FAILED", "three COMPLETED"]
    titles = [title for reported in story.reported for title in reported.titles()]
    assert sorted(titles) == [f"Optimization job {end}" for end in ends], "each end once, and nothing else"
    assert story.reasons() == Counter({"unknown" if row.hides_reasons else "capacity": 2, "none": 1})
    assert sum(reported.total("job.created") for reported in story.reported) == 2
    records = {record["fields"]["optimization_job_name"] for reported in story.reported for record in reported.records}
    assert records == ({"one", "two", "three", "late", "old"} if TAKES_RECORDS else set())


def test_pages_that_are_always_empty_are_followed_bounded_and_never_passed_off_as_no_jobs(agent, put, fail, simulator):
    put("one")
    one = agent(max_jobs=100)
    good = one.run()
    simulator.fault(Fault.EMPTY_PAGES, operation=LIST)
    reported = one.run(after=60)
    assert (reported.error, reported.value("poll.truncated")) == ("", 1)
    assert fleet(reported) == fleet(good)
    assert reported.calls[LIST] <= 2 * (100 / 100 + 10), "the frontier's pages and the sweep's, each bounded"
    fail()
    assert one.run(after=60).titles() == ["Optimization job one FAILED"], "active jobs are asked for by name"
    first = agent(max_jobs=100, endpoint_url=f"{simulator.url}/").run()
    assert (first.error, fleet(first), first.value("poll.truncated")) == ("", None, 1)
    simulator.clear_faults()
    reported = one.run(after=60)
    assert (reported.service_check(), fleet(reported), reported.titles()) == (("ok", ""), {"failed": 1}, [])


def test_a_list_that_repeats_itself_is_said_and_heals(agent, put, fail, simulator):
    put("one", created=1, started=1)
    simulator.fault(Fault.REPEATED_TOKEN, operation=LIST)
    one = agent()
    for healed in (False, True):
        reported = one.run(after=60)
        assert reported.service_check()[0] == "warning", "what the first page has is reported"
        assert "a token came twice" in reported.service_check()[1]
        assert fleet(reported) == ({"inprogress": 1} if healed else None)
        simulator.clear_faults()
        reported = one.run(after=60)
        assert (reported.service_check(), fleet(reported)) == (("ok", ""), {"inprogress": 1})
        simulator.fault(Fault.REPEATED_TOKEN, operation=LIST)
    fail()
    assert one.run(after=60).titles() == ["Optimization job one FAILED"]


def test_an_empty_page_of_tags_is_not_read_as_no_tags(agent, put, simulator):
    put("one", tags={"team": "ml"})
    simulator.fault(Fault.DENIED, operation=TAGS)
    simulator.fault(Fault.EMPTY_PAGES, operation=TAGS_OF_ONE, times=1)
    assert agent().run().values("job.stuck", "team:ml") == [0]


def test_a_denial_after_a_good_time_waits_five_minutes_again(agent, put, simulator):
    one = agent()
    for number in range(2):
        put(f"job-{number}", created=number, started=number, tags={"team": "ml"})
        for operation in (TAGS, TAGS_OF_ONE):
            simulator.fault(Fault.DENIED, operation=operation)
        assert one.run(after=3600).service_check()[0] == "warning"
        simulator.clear_faults()
        simulator.fault(Fault.DENIED, operation=TAGS)
        assert one.run(after=299).calls[TAGS_OF_ONE] == 0
        reported = one.run(after=1)
        assert (reported.calls[TAGS_OF_ONE], reported.service_check()) == (number + 1, ("ok", "")), "allowed again"


@needs_records
def test_a_record_whose_call_failed_once_follows_in_the_next_run(agent, put, simulator):
    put("old", "COMPLETED", created=200, started=190, ended=180)
    simulator.fault(Fault.UNAVAILABLE, operation=DESCRIBE, times=1)
    one = agent(max_attempts=1)
    one.run()
    assert one.run(after=60).value("poll.backlog") == 0


@needs_records
def test_a_job_that_ended_in_the_second_of_a_poll_has_its_record(agent, put, fail, simulator):
    put("one")
    one = agent()
    one.run()
    fail()
    simulator.fault(Fault.DENIED, operation=DESCRIBE)
    assert one.run(after=60).titles() == ["Optimization job one FAILED"]
    simulator.clear_faults()
    records = [record for _ in range(2) for record in one.run(after=3600).records]
    assert [record["fields"]["optimization_job_status"] for record in records] == ["FAILED"]
