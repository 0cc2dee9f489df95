from __future__ import annotations

import math
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from optimizationjob.simulator import STORIES, ManualClock, Places, Plan, SpedClock, arrivals, fleet
from optimizationjob.simulator.job_life import StoppingLimits, position, timeline

ACCOUNT, REGION = "111111111111", "us-east-1"
BORN = datetime(2026, 3, 1, 8, tzinfo=UTC)
STEPS = {
    "COMPLETED": ["STARTING", "INPROGRESS", "COMPLETED"],
    "FAILED": ["STARTING", "INPROGRESS", "FAILED"],
    "never": ["STARTING", "FAILED"],
    "waits": ["STARTING"],
    "stopped": ["STARTING", "INPROGRESS", "STOPPING", "STOPPED"],
    "stopped pending": ["STARTING", "STOPPING", "STOPPED"],
    "deleted": ["STARTING", "INPROGRESS", None],
    "deleted late": ["STARTING", "INPROGRESS", "COMPLETED", None],
}
NEVER_START = {"capacity", "role-not-assumable", "eula", "image-pull", "pending-limit"}
STOPPED = {"runtime-limit", "wait-limit", "stopped-running", "stuck-stopping"}
NAMED = {
    "capacity-wait-without-end": "waits",
    "stopped-pending": "stopped pending",
    "deleted-running": "deleted",
    "deleted-ended": "deleted late",
}


def steps(name):
    if name in NAMED:
        return STEPS[NAMED[name]]
    if name in NEVER_START:
        return STEPS["never"]
    if name in STOPPED:
        return STEPS["stopped"]
    return STEPS[STORIES[name].plan.outcome]


def life(plan=None, stop=None, **limits):
    return [
        (moment.status, round((moment.at - BORN).total_seconds()))
        for moment in timeline(plan or Plan(**(stop or {})), BORN, StoppingLimits(**limits))
    ]


@pytest.mark.parametrize("name", STORIES)
def test_each_story_follows_its_plan(simulator, sagemaker, add, clock, name):
    add("job", story=name)
    seen = []
    for _ in range(2 * 9):
        status = simulator.status(ACCOUNT, REGION, "job")
        if not seen or seen[-1] != status:
            seen.append(status)
            if status is not None:
                described = sagemaker.describe_optimization_job(OptimizationJobName="job")
                assert described["OptimizationJobStatus"] == status
        moments = [moment.at for moment in simulator._world.shelf(ACCOUNT, REGION)._jobs["job"].moments]
        following = [at for at in moments if at > clock.now()]
        if not following or following[0].year > 2100:
            break
        clock.advance((following[0] - clock.now()).total_seconds())
    assert seen == steps(name)
    if seen[-1] == "FAILED":
        reason = described.get("FailureReason")
        assert (reason is None) == (name == "without-reason")
    assert ("OptimizationEndTime" in described) == (seen[-1] in ("COMPLETED", "FAILED", "STOPPED")) or seen[-1] is None


def test_the_stories_cover_every_category_and_technique():
    categories = {story.category for story in STORIES.values()}
    assert categories == {
        "capacity",
        "permission",
        "model_access",
        "storage",
        "memory",
        "image",
        "configuration",
        "runtime_limit",
        "pending_limit",
        "stopped_by_request",
        "internal",
        "unknown",
        "none",
    }
    techniques = {technique for story in STORIES.values() for technique in story.techniques}
    assert techniques == {"Quantization", "Compilation", "Sharding", "SpeculativeDecoding"}
    reasons = " ".join(story.plan.failure_reason or "" for story in STORIES.values())
    assert all(mark in reasons for mark in ("hf_", "{{", "%%%", "@here", "137", "CapacityError: ", "AccessDenied"))
    assert any("HUGGING_FACE_HUB_TOKEN" in story.told.get("environment", {}) for story in STORIES.values())


def test_a_plan_without_limits_is_followed():
    assert life() == [("STARTING", 0), ("INPROGRESS", 60), ("COMPLETED", 960)]
    assert life(Plan(pending_seconds=math.inf))[0] == ("STARTING", 0)


def test_pending_limit_fails_a_job_with_a_reason():
    moments = timeline(Plan(pending_seconds=7200), BORN, StoppingLimits(max_pending=1800))
    assert [moment.status for moment in moments] == ["STARTING", "FAILED"]
    assert moments[-1].at == moments[-1].ended_at == moments[-1].modified_at == BORN + timedelta(seconds=1800)
    assert moments[-1].started_at is None
    assert "MaxPendingTimeInSeconds (1800)" in moments[-1].failure_reason
    assert life(Plan(pending_seconds=1800), max_pending=1800)[-1] == ("COMPLETED", 2700)


def test_runtime_limit_stops_a_job_without_a_reason():
    moments = timeline(Plan(runtime_seconds=7200), BORN, StoppingLimits(max_runtime=3600))
    assert [moment.status for moment in moments] == ["STARTING", "INPROGRESS", "STOPPING", "STOPPED"]
    assert moments[-1].started_at == BORN + timedelta(seconds=60)
    assert moments[-1].ended_at == BORN + timedelta(seconds=60 + 3600 + 30)
    assert moments[-1].failure_reason is None
    assert life(Plan(runtime_seconds=3600), max_runtime=3600)[-1] == ("COMPLETED", 3660)


def test_the_wait_limit_counts_from_creation():
    assert life(max_wait=500)[2:] == [("STOPPING", 500), ("STOPPED", 530)]
    assert life(max_wait=30)[1:] == [("STOPPING", 30), ("STOPPED", 60)]


def test_a_stop_after_the_end_changes_nothing():
    assert life(Plan(stopped_after=2000)) == life()
    assert life(Plan(stopped_after=500))[2:] == [("STOPPING", 500), ("STOPPED", 530)]


def test_deletion_cancels_everything_later():
    assert life(Plan(deleted_after=500))[1:] == [("INPROGRESS", 60), (None, 500)]
    assert life(Plan(stopped_after=490, deleted_after=500))[2:] == [("STOPPING", 490), (None, 500)]


def test_times_have_the_precision_of_aws():
    odd = BORN.replace(microsecond=123_987)
    assert timeline(Plan(), odd, StoppingLimits())[0].at == BORN.replace(microsecond=123_000)


def test_job_does_not_exist_before_its_creation():
    moments = timeline(Plan(), BORN, StoppingLimits())
    assert [position(moments, BORN + timedelta(seconds=seconds)) for seconds in (-1, 0, 59, 60, 9999)] == [
        -1,
        0,
        0,
        1,
        2,
    ]


def test_manual_clock_moves_only_on_request():
    clock = ManualClock(BORN)
    clock.advance(90)
    assert (clock.now(), clock.monotonic()) == (BORN + timedelta(seconds=90), 90)
    clock.set(BORN - timedelta(hours=1))
    assert (clock.now(), clock.monotonic()) == (BORN - timedelta(hours=1), 90)
    with pytest.raises(ValueError, match="backwards"):
        clock.advance(-1)
    with pytest.raises(ValueError, match="no time zone"):
        clock.set(datetime(2026, 1, 1))  # noqa: DTZ001 - a naive time must be rejected


def test_a_clock_can_run_faster_than_its_base():
    base = ManualClock(BORN)
    clock = SpedClock(base, 60)
    elsewhere = SpedClock(base, 60, BORN + timedelta(days=1))
    base.advance(10)
    assert (clock.now(), clock.monotonic()) == (BORN + timedelta(seconds=600), 10)
    assert elsewhere.now() == BORN + timedelta(days=1, seconds=600)
    with pytest.raises(ValueError, match="positive"):
        SpedClock(base, 0)


def test_a_fleet_is_the_same_for_the_same_seed():
    places = Places(accounts=("111111111111", "222222222222"), regions=("us-east-1", "eu-west-1"))
    assert fleet(7, 50, BORN, places=places) == fleet(7, 50, BORN, places=places)
    assert fleet(7, 50, BORN) != fleet(8, 50, BORN)


def test_a_fleet_has_a_past_a_present_and_a_future(simulator, clock):
    jobs = fleet(3, 300, clock.now())
    assert len({job.name for job in jobs}) == len(jobs) == 600
    assert sum(job.created_at < clock.now() for job in jobs) == 300
    simulator.load(jobs)
    statuses = Counter(simulator.status(ACCOUNT, REGION, job.name) for job in jobs)
    assert set(statuses) == {None, "STARTING", "INPROGRESS", "COMPLETED", "FAILED", "STOPPED"} | (
        {"STOPPING"} & set(statuses)
    )
    clock.advance(6 * 3600)
    later = Counter(simulator.status(ACCOUNT, REGION, job.name) for job in jobs)
    assert later[None] < statuses[None]
    assert later["COMPLETED"] > statuses["COMPLETED"]


def test_arrivals_lie_between_their_bounds_in_order():
    end = BORN + timedelta(hours=1)
    jobs = arrivals(1, 40, BORN, end)
    times = [job.created_at for job in jobs]
    assert times == sorted(times)
    assert BORN <= times[0] <= times[-1] <= end
    assert arrivals(1, 0, BORN, end) == ()


def test_two_simulators_of_one_seed_give_the_same_answers(boto, simulator, clock):
    from optimizationjob.simulator import Simulator  # noqa: PLC0415 - only used here

    with Simulator(clock=clock, seed=1) as other:
        answers = []
        for each in (simulator, other):
            each.load(fleet(5, 30, clock.now()))
            each.add_role("arn:aws:iam::222222222222:role/r")
            sagemaker, sts = (boto.client(name, **each.connection()) for name in ("sagemaker", "sts"))
            answers.append(
                (
                    sagemaker.list_optimization_jobs(MaxResults=100),
                    sts.assume_role(RoleArn="arn:aws:iam::222222222222:role/r", RoleSessionName="me")["Credentials"],
                )
            )
            sagemaker.close()
            sts.close()
    assert answers[0] == answers[1]
