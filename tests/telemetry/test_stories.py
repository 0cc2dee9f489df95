"""Whole lives of jobs: every story of the simulator is told once and with its category, a few as golden files."""

from __future__ import annotations

from datetime import timedelta

import pytest

from optimizationjob.simulator import STORIES
from tests.versions import TAKES_RECORDS, known_members

ACCOUNT, EAST = "111111111111", "us-east-1"
EVERY_STATUS = ["STARTING", "INPROGRESS", "STOPPING", "COMPLETED", "FAILED", "STOPPED", "DELETED"]
TERMINAL = {"COMPLETED", "FAILED", "STOPPED"}
STEP = 420.0
LONGEST = timedelta(days=3)


def lived(one, simulator, name, *, step=STEP):
    """Run until the job has ended or is gone, and for a while after."""
    reported = [one.run()]
    born = one.clock.now()
    simulator.add_job(ACCOUNT, EAST, name, story=name)
    rest = 3
    while rest:
        reported.append(one.run(after=step))
        is_over = simulator.status(ACCOUNT, EAST, name) in {*TERMINAL, None} or one.clock.now() - born > LONGEST
        rest -= is_over
    return reported


def lines(reported):
    """What a run told, one line a value, as a golden file holds it."""
    return {
        "metrics": [f"{m['name']} {m['kind']} {m['value']:g} {' '.join(m['tags'])}" for m in reported.metrics],
        "events": reported.events,
        "service_checks": reported.service_checks,
        "records": reported.records,
        "calls": dict(sorted(reported.calls.items())),
    }


@pytest.mark.parametrize("name", sorted(STORIES))
def test_every_story_is_told_once_and_with_its_category(agent, simulator, name):
    one = agent(collect_resources=False, event_statuses=EVERY_STATUS, lookback=24 * 30)
    reported = lived(one, simulator, name, step=STEP if "without-end" not in name else 8 * 3600)
    statuses = [event["event_type"].removeprefix("optimizationjob.job_") for run in reported for event in run.events]
    assert len(set(statuses)) == len(statuses), "each status once"
    ends = [m for run in reported for m in run.metrics if m["name"] == "optimizationjob.job.finished"]
    last = simulator.status(ACCOUNT, EAST, name)
    if last in TERMINAL:
        (end,) = ends
        assert f"optimization_job_status:{last.lower()}" in end["tags"]
        assert f"failure_category:{STORIES[name].category}" in end["tags"]
        assert statuses[-1] == last.lower()
    elif last is None and not ends:
        assert statuses[-1] == "deleted"
    assert all(run.error == "" and run.service_check() == ("ok", "") for run in reported)


@pytest.mark.parametrize(
    "name", ["quantization", "capacity-wait", "pending-limit", "runtime-limit", "markup-in-reason"]
)
def test_golden_stories(agent, simulator, golden, name):
    """A run every ten minutes until the end; of the runs in which nothing changed, none is kept."""
    one = agent(event_statuses=EVERY_STATUS)
    reported = [lines(run) for run in lived(one, simulator, name, step=600.0)]
    changed = [run for run in reported if run["events"] or run["records"]]
    golden(name, {"first": reported[0], "changed": changed, "last": reported[-1]}, seen=as_seen)


def as_seen(content):
    """What a golden file holds, as the base package and the botocore that are here can be told of it."""
    runs = [content["first"], *content["changed"], content["last"]]
    for run in runs:
        for record in run["records"]:
            _leave_out_unread(record["fields"])
        if not TAKES_RECORDS:
            run["records"] = []
            run["metrics"] = [line for line in run["metrics"] if not line.startswith("optimizationjob.resource.")]
    return content


def _leave_out_unread(fields):
    """Take from a record what an older botocore does not read: the settings of speculative decoding."""
    if "ModelSpeculativeDecodingConfig" not in known_members():
        configs = fields.pop("optimization_configs")
        kept = [config for config in configs if "model_speculative_decoding_config" not in config]
        fields.update({"optimization_configs": kept} if kept else {})
