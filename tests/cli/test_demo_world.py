"""The demo's world, and the check in it without an Agent."""

from __future__ import annotations

import os

from datadog_checks.base.stubs import aggregator
from optimizationjob.cli.agentless_check import GENERIC_TAGS_ALLOWED, AgentlessCheck
from optimizationjob.cli.demo.demo_options import DemoPlan
from optimizationjob.cli.demo.demo_world import DemoWorld
from optimizationjob.simulator import STORIES, ManualClock, Simulator
from tests.versions import TAKES_RECORDS


def polled(seed):
    with DemoWorld(DemoPlan(jobs=3, seed=seed, interval=60), ManualClock()) as world:
        return world.poll()


def test_the_same_seed_gives_the_same_world():
    one, another = polled(7), polled(7)
    assert one.events == another.events
    assert one.records == another.records
    assert one.healths == another.healths
    assert len(one.samples) == len(another.samples)
    assert one.error == another.error == ""


def test_agentless_check_leaves_no_state_behind(monkeypatch):
    monkeypatch.delenv(GENERIC_TAGS_ALLOWED, raising=False)
    clock = ManualClock()
    with Simulator(clock=clock) as simulator:
        connection = simulator.connection()
        simulator.add_job("111111111111", "us-east-1", "broken", story="cuda-memory", tags={"env": "production"})
        clock.advance(STORIES["cuda-memory"].plan.pending_seconds + 30)
        instance = {
            "regions": ["us-east-1"],
            "endpoint_url": simulator.url,
            **{name: connection[name] for name in ("aws_access_key_id", "aws_secret_access_key")},
        }
        sent = AgentlessCheck(instance, clock).run()
    assert sent.error == ""
    assert sent.records == ("arn:aws:sagemaker:us-east-1:111111111111:optimization-job/broken",) * TAKES_RECORDS
    assert any("env:production" in sample.tags for sample in sent.samples)
    assert {sample.kind for sample in sent.samples} == {"gauge", "count"}
    assert not any(sample.name.startswith("optimizationjob.") for sample in sent.samples)
    assert GENERIC_TAGS_ALLOWED not in os.environ
    assert not list(aggregator.metric_names)


def test_failed_run_reports_the_cause():
    sent = AgentlessCheck({"regions": ["nowhere"]}, ManualClock()).run()
    assert "nowhere" in sent.error
    assert sent.samples == ()


def test_jobs_keep_arriving_after_the_first_day():
    clock = ManualClock()
    with DemoWorld(DemoPlan(jobs=4, seed=1, interval=60), clock) as world:
        world.poll()
        clock.advance(30 * 3600)
        later = world.poll()
    created = [sample for sample in later.samples if sample.name == "job.created"]
    assert sum(sample.value for sample in created) > 4
