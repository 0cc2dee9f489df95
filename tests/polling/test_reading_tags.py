"""How AWS tags are read: in bulk or one by one, late ones again, and once more when a job ends."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from optimizationjob.simulator import Fault
from tests.versions import TAKES_RECORDS, needs_records

ACCOUNT, EAST = "111111111111", "us-east-1"
BULK, SINGLY = "GetResources", "ListTags"
QUICK = {"api_rate_limit": 10_000, "api_burst": 10_000}
FAULTS = [
    Fault.DENIED,
    Fault.DENIED_BY_POLICY,
    Fault.RESET,
    Fault.UNAVAILABLE,
    Fault.HTML_OK,
    Fault.EMPTY_OBJECT,
    Fault.UNRECOGNIZED,
    Fault.UNKNOWN_OPERATION,
]


@pytest.fixture
def lag(simulator, clock):
    """Let tags show only some seconds after the creation of their job."""

    def set_lag(seconds):
        def is_shown(arn):
            return clock.now() - born.get(arn, clock.now() - timedelta(days=1)) >= timedelta(seconds=seconds)

        def hide(operation, answer):
            if operation == BULK:
                rows = answer["ResourceTagMappingList"]
                return {**answer, "ResourceTagMappingList": [row for row in rows if is_shown(row["ResourceARN"])]}
            return answer

        born = {}
        simulator.tamper(hide)
        return born

    return set_lag


@pytest.mark.parametrize(
    ("fault", "options"),
    [
        *((fault, {}) for fault in FAULTS),
        *((fault, {"group_by_tags": ["team"]}) for fault in (Fault.DENIED, Fault.RESET)),
        *((fault, {"include_job_tags": ["team:*"]}) for fault in (Fault.UNKNOWN_OPERATION, Fault.HTML_OK)),
    ],
)
def test_tags_are_listed_job_by_job_where_the_tagging_api_does_not_work(
    agent, fill, put, fail, simulator, fault, options
):
    fill(40, tags={"team": "ml"})
    put("one", tags={"team": "ml"})
    simulator.fault(fault, operation=BULK)
    one = agent(**QUICK, **options)
    reported = [one.run(after=60) for _ in range(6)]
    last = reported[-1]
    assert last.service_check() == ("ok", "")
    assert last.total("jobs") == 41
    assert last.value("poll.truncated") == 0
    assert last.values("job.stuck", "team:ml") == [0]
    if "group_by_tags" in options:
        assert last.total("jobs", "team:ml") == 41
    calls = sum((run.calls for run in reported), Counter())
    # Where jobs are counted by tags, those of ended jobs are read for the count and for the record.
    assert calls[SINGLY] <= (41 if not options else 2 * 41)
    assert calls[BULK] <= 3 * 4, "tried again at growing intervals"
    assert last.calls["DescribeOptimizationJob"] == 0
    fail()
    reported = one.run(after=60)
    assert reported.titles() == ["Optimization job one FAILED"]
    assert "team:ml" in reported.events[0]["tags"]


@needs_records
def test_records_wait_for_tags_that_fail_once(agent, fill, simulator):
    fill(30, tags={"team": "ml"})
    simulator.fault(Fault.SERVER_ERROR, operation=BULK, times=3)
    simulator.fault(Fault.SERVER_ERROR, operation=SINGLY, times=3)
    one = agent(**QUICK)
    reported = [one.run(after=60) for _ in range(5)]
    assert reported[0].records == []
    assert reported[0].service_check()[0] == "warning"
    tags = [record["fields"].get("tags") for run in reported for record in run.records]
    assert tags == [["team:ml"]] * 30


def test_an_end_waits_for_its_tags_two_minutes_at_most(agent, put, fail, simulator):
    put("one", tags={"team": "ml"})
    one = agent(**QUICK)
    simulator.fault(Fault.SERVER_ERROR, operation=BULK)
    simulator.fault(Fault.SERVER_ERROR, operation=SINGLY)
    one.run()
    fail()
    reported = [one.run(after=30) for _ in range(6)]
    reporting_runs = [number for number, run in enumerate(reported) if run.titles()]
    assert reporting_runs == [4], "30 + 4 x 30 s after the end"
    assert sum(run.total("job.finished") for run in reported) == 1
    assert reported[4].total("job.finished") == 1
    assert not any("team" in tag for tag in reported[4].events[0]["tags"])
    records = [record["fields"]["optimization_job_status"] for run in reported for record in run.records]
    assert "FAILED" not in records, "a record is final with its tags only"
    simulator.clear_faults()
    reported = [one.run(after=60) for _ in range(10)]
    assert [record["fields"].get("tags") for run in reported for record in run.records] == [["team:ml"]] * TAKES_RECORDS


def test_an_end_whose_tags_can_be_read_in_the_next_run_has_them(agent, put, fail, simulator):
    one = agent(**QUICK)
    one.run()
    put("short", "FAILED", created=0.5, started=0.4, ended=0.1, tags={"team": "ml"}, failure_reason="CapacityError")
    simulator.fault(Fault.SERVER_ERROR, operation=BULK, times=3)
    simulator.fault(Fault.SERVER_ERROR, operation=SINGLY, times=3)
    assert one.run(after=20).titles() == []
    reported = one.run(after=60)
    assert reported.titles() == ["Optimization job short FAILED"]
    assert "team:ml" in reported.events[0]["tags"]
    assert all(record["fields"]["tags"] == ["team:ml"] for record in reported.records)


@pytest.mark.parametrize(
    ("seconds", "options"),
    [
        (0, {}),
        (90, {}),
        (400, {}),
        (400, {"include_job_tags": ["team:*"]}),
        (90, {"exclude_job_tags": ["team:ads"]}),
        (90, {"group_by_tags": ["team"]}),
    ],
)
def test_tags_that_show_late_are_found(agent, put, lag, simulator, clock, seconds, options):
    born = lag(seconds)
    one = agent(**QUICK, **options)
    one.run()
    clock.advance(60)
    born[put("nightly", created=0, started=0, tags={"team": "ml"})] = clock.now()
    reported = []
    for minute in range(25):
        if minute == 20:
            simulator.update_job(ACCOUNT, EAST, "nightly", status="FAILED", ended_at=clock.now())
        reported.append(one.run(after=60))
    (event,) = [event for run in reported for event in run.events]
    assert "team:ml" in event["tags"]
    tagged = [bool(run.values("job.stuck", "team:ml")) for run in reported]
    assert tagged.index(True) <= seconds / 60 + 5
    assert sum(run.calls[BULK] for run in reported) <= 7
    assert reported[-1].total("jobs", *(["team:ml"] if "group_by_tags" in options else [])) == 1


def test_a_job_without_tags_is_asked_a_few_times_only(agent, put):
    put("bare", created=1, started=1)
    one = agent(**QUICK)
    calls = [one.run(after=60).calls[BULK] for _ in range(55)]
    assert sum(calls) <= 6
    assert sum(calls[20:]) == 0


@pytest.mark.parametrize("rule", [{"include_job_tags": ["team:ml"]}, {"exclude_job_tags": ["team:ads"]}])
def test_tags_are_read_once_more_when_a_job_ends_before_a_rule_leaves_it_out(agent, put, fail, simulator, rule):
    put("one", tags={"team": "ads"})
    one = agent(**QUICK, **rule)
    assert one.run().values("job.stuck") == []
    simulator.update_job(ACCOUNT, EAST, "one", tags={"team": "ml"})
    fail()
    reported = one.run(after=60)
    assert reported.titles() == ["Optimization job one FAILED"]
    assert reported.calls[BULK] == 1
    assert one.run(after=60).calls == {"ListOptimizationJobs": 1}


def test_a_quick_job_that_a_tag_rule_wants_waits_for_its_tags(agent, put, lag, clock):
    born = lag(90)
    one = agent(**QUICK, include_job_tags=["team:ml"])
    one.run()
    born[put("quick", "FAILED", created=0, started=0, ended=0, tags={"team": "ml"})] = clock.now()
    titles = [title for _ in range(4) for title in one.run(after=40).titles()]
    assert titles == ["Optimization job quick FAILED"]


def test_excluded_jobs_that_ended_are_not_kept_for_ever(agent, put, simulator, clock):
    one = agent(**QUICK, exclude_job_tags=["team:ads"], lookback=1)
    for number in range(30):
        put(f"job-{number}", created=0, started=0, tags={"team": "ads"})
        one.run(after=60)
        simulator.update_job(ACCOUNT, EAST, f"job-{number}", status="COMPLETED", ended_at=clock.now())
        one.run(after=300)
    reported = one.run(after=60)
    assert reported.value("poll.jobs") == 0
    assert len(one.check._runs._regions[0]._state.live) == 0


@pytest.mark.slow
def test_jobs_are_counted_as_untagged_after_ten_minutes_without_tags_and_rightly_later(agent, fill, simulator):
    fill(110, tags={"team": "ml"})
    simulator.fault(Fault.RESET, operation=BULK)
    simulator.fault(Fault.RESET, operation=SINGLY)
    one = agent(**QUICK, group_by_tags=["team"], full_sweep_interval=1800)
    reported = [one.run(after=60) for _ in range(14)]
    assert reported[5].values("jobs") == []
    assert reported[-1].total("jobs") == 110
    assert reported[-1].total("jobs", "team:ml") == 0
    assert reported[-1].service_check()[0] == "warning"
    assert max(run.calls["ListOptimizationJobs"] for run in reported[1:]) <= 1, "no page is read again"
    assert sum(run.calls["DescribeOptimizationJob"] for run in reported) <= 110
    simulator.clear_faults()
    reported = [one.run(after=60) for _ in range(70)]
    assert reported[-1].total("jobs", "team:ml") == 110
    assert reported[-1].total("jobs") == 110
    tags = {record["key"]: record["fields"].get("tags") for run in reported for record in run.records}
    assert all(value == ["team:ml"] for value in tags.values())


@pytest.mark.parametrize("minutes", [1, 20])
def test_tags_that_could_not_be_read_are_no_warning_once_their_jobs_are_deleted(agent, put, simulator, minutes):
    put("one", tags={"team": "ml"})
    for operation in (BULK, SINGLY):
        simulator.fault(Fault.SERVER_ERROR, operation=operation)
    one = agent(**QUICK)
    reported = [one.run(after=60) for _ in range(minutes)]
    assert reported[-1].service_check()[0] == "warning"
    simulator.delete_job(ACCOUNT, EAST, "one")
    one.run(after=60)
    simulator.clear_faults()
    assert [one.run(after=3700).service_check() for _ in range(2)][-1] == ("ok", "")


def test_the_time_of_the_last_reading_moves_only_if_tags_were_read(agent, put, simulator):
    put("one", tags={"team": "ml"})
    one = agent(**QUICK, full_sweep_interval=600)
    one.run()
    simulator.update_job(ACCOUNT, EAST, "one", tags={"team": "ads"})
    for operation in (BULK, SINGLY):
        simulator.fault(Fault.SERVER_ERROR, operation=operation)
    for _ in range(12):
        one.run(after=60)
    simulator.clear_faults()
    reported = [one.run(after=60) for _ in range(5)]
    assert reported[-1].values("job.stuck", "team:ads") == [0], "not ten minutes later"


def test_a_job_that_is_deleted_after_its_end_keeps_its_tags_until_its_event_is_taken(
    agent, put, fail, simulator, monkeypatch
):
    put("one", tags={"team": "ml"})
    one = agent(**QUICK, include_job_tags=["team:*"])
    one.run()
    fail()
    with monkeypatch.context() as broken:
        broken.setattr(one.check, "event", lambda _: 1 / 0)
        assert one.run(after=60).total("job.finished") == 1
    one.restart()
    simulator.delete_job(ACCOUNT, EAST, "one")
    reported = one.run(after=60)
    assert reported.titles() == ["Optimization job one FAILED"]
    assert "team:ml" in reported.events[0]["tags"]


def test_a_job_is_not_excluded_by_the_tags_that_it_lost_with_its_deletion(agent, put, fill, simulator):
    # Older than the newest hundred, which therefore do not show that it is deleted.
    put("one", created=600, tags={"team": "ml"})
    fill(110)
    one = agent(**QUICK, include_job_tags=["team:*"], full_sweep_interval=600, event_statuses=["DELETED"])
    one.run()
    simulator.delete_job(ACCOUNT, EAST, "one")
    simulator.fault(Fault.DENIED, operation="DescribeOptimizationJob")
    for _ in range(15):
        assert one.run(after=60).titles() == []
    simulator.clear_faults()
    titles = [title for _ in range(70) for title in one.run(after=60).titles()]
    assert titles == ["Optimization job one DELETED"]


@pytest.mark.parametrize("status", ["INPROGRESS", "COMPLETED"])
@pytest.mark.parametrize("rule", [{"include_job_tags": ["team:*"]}, {"exclude_job_tags": ["team:ads"]}])
def test_jobs_whose_tags_are_not_read_yet_are_no_empty_region(agent, put, simulator, status, rule):
    put("one", status, ended=None if status == "INPROGRESS" else 10, tags={"team": "ml"})
    for operation in (BULK, SINGLY):
        simulator.fault(Fault.SERVER_ERROR, operation=operation)
    one = agent(**QUICK, **rule)
    for _ in range(2):
        reported = one.run(after=60)
        assert reported.values("jobs") == []
        assert reported.value("poll.truncated") == 1
    simulator.clear_faults()
    reported = [one.run(after=60) for _ in range(3)][-1]
    assert (reported.total("jobs"), reported.value("poll.truncated")) == (1, 0)


def test_a_new_job_whose_tags_are_not_read_yet_is_missing_and_that_is_said(agent, put, simulator):
    put("one", tags={"team": "ml"})
    one = agent(**QUICK, include_job_tags=["team:*"])
    one.run()
    put("two", created=0, started=None, status="STARTING", tags={"team": "ml"})
    for operation in (BULK, SINGLY):
        simulator.fault(Fault.SERVER_ERROR, operation=operation)
    reported = one.run(after=60)
    assert (reported.total("jobs"), reported.value("poll.truncated")) == (1, 1)
    simulator.clear_faults()
    reported = [one.run(after=60) for _ in range(2)][-1]
    assert (reported.total("jobs"), reported.value("poll.truncated")) == (2, 0)
