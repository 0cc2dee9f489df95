"""What the check tells in metrics: values and tags."""

from __future__ import annotations

from datetime import timedelta

import pytest

from optimizationjob.simulator import Fault
from tests.versions import TAKES_RECORDS

ACCOUNT = "111111111111"
EAST = "us-east-1"


def minutes(number):
    return timedelta(minutes=number)


def test_an_empty_region_is_told_as_six_zeros(agent):
    reported = agent().run()
    assert reported.error == ""
    assert reported.service_check() == ("ok", "")
    jobs = [(m["value"], m["tags"]) for m in reported.metrics if m["name"] == "optimizationjob.jobs"]
    statuses = ["completed", "failed", "inprogress", "starting", "stopped", "stopping"]
    common = [f"region:{EAST}", f"aws_account:{ACCOUNT}"]
    assert jobs == [(0, [*common, f"optimization_job_status:{status}"]) for status in statuses]
    assert reported.value("api.up") == 1
    assert reported.value("poll.data_age_seconds") == 0
    for metric in ("resource.submitted", "resource.dropped"):
        assert reported.values(metric) == ([0] if TAKES_RECORDS else [])


def test_a_running_job_is_measured_against_its_limits(agent, put):
    put("run", created=30, started=20, max_runtime=3600, max_pending=7200, max_wait=9000, tags={"team": "ml"})
    reported = agent().run()
    series = {m["name"].removeprefix("optimizationjob.job."): m for m in reported.metrics if ".job." in m["name"]}
    assert {name: metric["value"] for name, metric in series.items()} == {
        "pending_seconds": 600,
        "runtime_seconds": 1200,
        "total_seconds": 1800,
        "max_pending_seconds": 7200,
        "max_runtime_seconds": 3600,
        "max_wait_seconds": 9000,
        "pending_utilization": pytest.approx(100 * 600 / 7200),
        "runtime_utilization": pytest.approx(100 * 1200 / 3600),
        "pending_remaining_seconds": 6600,
        "runtime_remaining_seconds": 2400,
        "stuck": 0,
    }
    (tags,) = {tuple(metric["tags"]) for metric in series.values()}
    assert tags == (
        f"region:{EAST}",
        f"aws_account:{ACCOUNT}",
        "optimization_job_name:run",
        "optimization_job_status:inprogress",
        "deployment_instance_type:ml.g5.12xlarge",
        "optimization_type:quantization",
        "team:ml",
    )


def test_a_job_with_two_techniques_counts_under_each(agent, put):
    put("two", techniques=("Quantization", "Compilation"))
    reported = agent().run()
    assert reported.value("jobs", "optimization_job_status:inprogress", "optimization_type:compilation") == 1
    assert reported.value("jobs", "optimization_job_status:inprogress", "optimization_type:quantization") == 1
    assert reported.total("jobs") == 1


def test_a_combination_that_leaves_the_window_has_one_last_zero(agent, put, simulator, clock):
    put("old", "COMPLETED", created=60, started=50, ended=40, instance_type="ml.p4d.24xlarge")
    one = agent(lookback=2)
    of_type = ("deployment_instance_type:ml.p4d.24xlarge", "optimization_job_status:completed")
    assert one.run().values("jobs", *of_type) == [1]
    assert one.run(after=3600 * 2).values("jobs", *of_type) == [0]
    reported = one.run(after=60)
    assert reported.values("jobs", *of_type) == []
    assert len(reported.values("jobs")) == 6


def test_jobs_created_and_finished_are_counted_once(agent, put, simulator):
    one = agent()
    put("there-before")
    assert one.run().values("job.created") == []
    put("new", created=1, started=None, status="STARTING")
    reported = one.run(after=60)
    assert reported.value("job.created", "deployment_instance_type:ml.g5.12xlarge") == 1
    assert one.run(after=60).values("job.created") == []
    simulator.update_job(
        ACCOUNT, EAST, "new", status="FAILED", ended_at=one.clock.now(), failure_reason="CapacityError: x"
    )
    reported = one.run(after=60)
    assert reported.value("job.finished", "optimization_job_status:failed", "failure_category:capacity") == 1
    assert reported.values("job.queue_duration", "failure_category:capacity") == [180]
    assert reported.titles() == ["Optimization job new FAILED"]
    reported = one.run(after=60)
    assert (reported.values("job.finished"), reported.titles()) == ([], [])


def test_finished_jobs_are_counted_without_events(agent, put, simulator):
    put("one")
    quiet = agent(collect_events=False)
    quiet.run()
    simulator.update_job(ACCOUNT, EAST, "one", status="COMPLETED", ended_at=quiet.clock.now())
    reported = quiet.run(after=60)
    assert reported.events == []
    assert reported.value("job.finished", "failure_category:none") == 1


def test_an_ended_job_has_series_only_in_the_run_that_tells_it(agent, put, simulator):
    put("one", max_runtime=3600)
    one = agent()
    one.run()
    simulator.update_job(ACCOUNT, EAST, "one", status="COMPLETED", ended_at=one.clock.now())
    assert one.run(after=60).values("job.runtime_seconds", "optimization_job_status:completed") == [1200]
    assert one.run(after=60).values("job.runtime_seconds") == []


def test_per_job_series_can_be_turned_off(agent, put):
    put("one")
    reported = agent(collect_job_metrics=False).run()
    assert not [m for m in reported.metrics if any(tag.startswith("optimization_job_name:") for tag in m["tags"])]
    assert reported.total("jobs") == 1


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"status": "STOPPING", "created": 60, "started": 50, "modified": 14}, 0),
        ({"status": "STOPPING", "created": 60, "started": 50, "modified": 16}, 1),
        ({"created": 90, "started": 74, "max_runtime": 3600}, 0),
        ({"created": 90, "started": 76, "max_runtime": 3600}, 1),
        ({"status": "STARTING", "created": 44, "started": None, "max_pending": 1800}, 0),
        ({"status": "STARTING", "created": 46, "started": None, "max_pending": 1800}, 1),
        ({"created": 90, "started": 20, "max_pending": 1800, "max_runtime": 3600}, 0),
    ],
)
def test_a_job_is_stuck_when_it_stops_or_passes_a_limit_for_too_long(agent, put, clock, fields, expected):
    modified = fields.pop("modified", None)
    if modified is not None:
        fields["modified_at"] = clock.now() - minutes(modified)
    put("one", **fields)
    assert agent(stuck_after=900).run().value("job.stuck") == expected


def test_active_jobs_of_any_age_are_in_the_picture(agent, put):
    put("ancient", created=60 * 24 * 9, started=60 * 24 * 9 - 5)
    for number in range(3):
        put(f"old-{number}", "COMPLETED", created=60 * 24 * 8 + number, started=60 * 24 * 8, ended=60 * 24 * 8)
    reported = agent().run()
    assert reported.total("jobs", "optimization_job_status:inprogress") == 1
    assert reported.total("jobs") == 1


def test_an_unknown_status_is_carried_under_its_own_name(agent, simulator, clock):
    simulator.put_job(
        ACCOUNT, EAST, "odd", status="PAUSED", created_at=clock.now() - minutes(5), odd=True, members={"Novelty": 1}
    )
    reported = agent().run()
    assert reported.error == ""
    assert reported.value("jobs", "optimization_job_status:paused") == 1
    assert len(reported.values("jobs")) == 7
    statuses = [record["fields"]["optimization_job_status"] for record in reported.records]
    assert statuses == (["PAUSED"] if TAKES_RECORDS else [])


def test_sums_over_jobs_that_ended_give_means(agent, put, simulator):
    for name, started in (("one", 20), ("two", 10), ("three", None)):
        put(name, "STARTING" if started is None else "INPROGRESS", started=started)
    one = agent()
    one.run()
    for name in ("one", "two", "three"):
        simulator.update_job(ACCOUNT, EAST, name, status="STOPPED", ended_at=one.clock.now())
    reported = one.run(after=60)
    assert reported.total("job.finished") == 3
    assert reported.total("job.finished.runtime_seconds") == (20 + 10) * 60
    assert reported.total("job.finished.pending_seconds") == (10 + 20 + 30) * 60
    assert one.run(after=60).values("job.finished.runtime_seconds") == []


def test_a_stopping_job_without_a_time_of_change_is_stuck_only_after_a_while(agent, put, simulator):
    def without_times(_, answer):
        rows = [{k: v for k, v in row.items() if k != "LastModifiedTime"} for row in answer["OptimizationJobSummaries"]]
        return {**answer, "OptimizationJobSummaries": rows}

    simulator.tamper(without_times, operation="ListOptimizationJobs")
    simulator.fault(Fault.DENIED, operation="DescribeOptimizationJob")
    put("one", created=300, started=290)
    one = agent(stuck_after=900)
    assert one.run().value("job.stuck") == 0
    simulator.update_job(ACCOUNT, EAST, "one", status="STOPPING")
    assert one.run(after=60).value("job.stuck") == 0
    one.restart()
    assert one.run(after=600).value("job.stuck") == 0
    assert one.run(after=301).value("job.stuck") == 1
