"""What is remembered survives restarts, a full disk, a torn write and a new configuration."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from datadog_checks.base.stubs import datadog_agent as agent_stub
from optimizationjob.simulator import Fault
from tests.agent_doubles import RunPath
from tests.versions import needs_records

EAST, WEST = "us-east-1", "eu-west-1"


def test_a_memory_that_cannot_be_written_is_no_failure(agent, simulator, clock, running, fail, monkeypatch, caplog):
    disk = RunPath(monkeypatch)
    one = agent()
    one.run()
    fail()
    disk.room = 0
    reported = one.run(after=60)
    assert (reported.error, reported.titles()) == ("", ["Optimization job one FAILED"])
    assert "run path" in caplog.text
    assert one.run(after=60).titles() == []
    disk.room = None
    one.run(after=60)
    one.restart()
    assert one.run(after=60).titles() == [], "written once it could be"


def test_a_run_path_that_is_full_for_hours_is_said_once_an_hour(agent, simulator, clock, put, monkeypatch, caplog):
    disk = RunPath(monkeypatch)
    one = agent()
    one.run()
    disk.room = 0
    for number in range(13):
        put(f"job-{number}", "INPROGRESS", created=1, started=1)
        one.run(after=600)
    disk.room = None
    said = [record for record in caplog.records if "run path" in record.getMessage()]
    assert len(said) == 3, "at first, and after each hour"
    caplog.clear()
    one.run(after=60)
    disk.room = 0
    put("last", "INPROGRESS", created=1, started=1)
    one.run(after=60)
    assert "run path" in caplog.text, "it was well between"


@pytest.mark.parametrize("junk", ["{", "[]", "null", '{"sequence": 9, "checksum": "x", "memory": "{}"}', "\x00\x01"])
def test_a_corrupt_memory_is_logged_put_aside_and_rebuilt(agent, simulator, clock, running, fail, junk, caplog):
    one = agent()
    one.run()
    for key in [key for key in agent_stub._cache if key.endswith(("_a", "_b"))]:
        agent_stub._cache[key] = junk
    fail()
    one.restart()
    reported = one.run(after=60)
    assert reported.titles() == ["Optimization job one FAILED"]
    assert "It is kept as" in caplog.text
    assert junk in agent_stub._cache.values()
    caplog.clear()
    one.restart()
    assert one.run(after=60).titles() == []


def test_a_corrupt_memory_that_cannot_be_put_aside_is_no_failure(agent, running, fail, monkeypatch, caplog):
    one = agent()
    one.run()
    for key in [key for key in agent_stub._cache if key.endswith(("_a", "_b"))]:
        agent_stub._cache[key] = "{"

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(agent_stub, "write_persistent_cache", full)
    fail()
    one.restart()
    reported = one.run(after=60)
    assert (reported.error, reported.titles()) == ("", ["Optimization job one FAILED"])
    assert "run path" in caplog.text


def test_half_a_write_falls_back_to_the_slot_before(agent, simulator, clock, running, fail):
    one = agent()
    one.run()
    fail()
    one.run(after=60)
    slots = {key: value for key, value in agent_stub._cache.items() if key.endswith(("_a", "_b"))}
    newest = max(slots, key=lambda key: json.loads(slots[key])["sequence"])
    agent_stub._cache[newest] = slots[newest][: len(slots[newest]) // 2]
    one.restart()
    assert one.run(after=60).titles() == ["Optimization job one FAILED"], "reported again rather than lost"


def test_a_slot_whose_text_is_whole_but_not_what_was_written_is_not_believed(agent, simulator, running, fail, caplog):
    one = agent()
    one.run()
    fail()
    one.run(after=60)
    slots = {key: value for key, value in agent_stub._cache.items() if key.endswith(("_a", "_b"))}
    newest = max(slots, key=lambda key: json.loads(slots[key])["sequence"])
    agent_stub._cache[newest] = slots[newest].replace("us-east-1", "us-west-9")
    assert agent_stub._cache[newest] != slots[newest]
    one.restart()
    assert one.run(after=60).titles() == ["Optimization job one FAILED"], "reported again rather than lost"
    assert "checksum" in caplog.text


def test_nothing_is_written_while_nothing_changes(agent, running, monkeypatch):
    one = agent()
    one.run()
    one.run(after=60)
    disk = RunPath(monkeypatch)
    one.run(after=1)
    assert disk.written == []


def test_neither_a_new_tag_nor_a_new_region_forgets_anything(agent, simulator, clock, running, fail):
    agent().run()
    clock.advance(7200)
    fail()
    clock.advance(7200)
    reported = agent(regions=[EAST, WEST], tags=["team:platform"]).run()
    assert reported.titles() == ["Optimization job one FAILED"]


@needs_records
def test_a_restart_describes_nothing_that_was_recorded(agent, put):
    put("active")
    for number in range(30):
        put(f"ended-{number}", "COMPLETED", created=600 + number, started=500, ended=400)
    one = agent()
    assert one.run().calls["DescribeOptimizationJob"] == 31
    one.run(after=60)
    one.restart()
    reported = one.run(after=60)
    assert reported.calls["DescribeOptimizationJob"] == 1
    assert reported.value("poll.backlog") == 0
    assert reported.total("jobs") == 31, "the fleet is there at once"
    assert one.run(after=60).calls == {"ListOptimizationJobs": 1}


@pytest.mark.slow
@needs_records
def test_a_restart_in_the_middle_of_a_first_reading_submits_no_record_again(agent, put, fill, simulator):
    for number in range(4):
        fill(60, f"hour-{number}", ago=200 + 60 * number)
    put("active", tags={"team": "ml"})
    simulator.fault(Fault.DENIED, operation="DescribeOptimizationJob", job="hour-1-20")
    one = agent(full_sweep_interval=600, api_rate_limit=100, api_burst=1000)
    keys = Counter()
    for number in range(14):
        if number in (3, 4):
            one.restart()
        keys.update(record["key"] for record in one.run(after=60).records)
    simulator.clear_faults()
    for number in range(70):
        if number == 20:
            one.restart()
        keys.update(record["key"] for record in one.run(after=60).records)
    assert len(keys) == 241
    again = {key.rpartition("/")[2]: number for key, number in keys.items() if number > 1}
    # A restart repeats at most the hour that was under way, or that has a job which is denied.
    assert sum(again.values()) - len(again) <= 3 * 60, again
    assert "active" not in again


@needs_records
def test_a_restart_submits_no_record_of_an_active_job_again(agent, put, simulator, clock):
    for number in range(3):
        put(f"active-{number}")
    one = agent()
    assert len(one.run().records) == 3
    one.restart()
    assert one.run(after=60).records == []
    simulator.update_job("111111111111", EAST, "active-1", status="STOPPING", modified_at=clock.now())
    one.restart()
    assert len(one.run(after=60).records) == 1
    one.restart()
    assert len(one.run(after=13 * 3600).records) == 3, "at half of their life"


def test_an_instance_that_moves_to_another_runner_finds_a_shared_memory(agent, running, fail):
    one, other = agent(), agent(tags=["kube_cluster_name:a"])
    # The Agent names a check by a digest of its configuration, to which a Cluster Agent adds tags.
    other.check.check_id = "optimizationjob:other"
    one.run()
    fail()
    assert other.run(after=60).titles() == ["Optimization job one FAILED"], "what the first one saw run"
    one.restart()
    assert one.run(after=60).titles() == [], "reported by the other, so the memory is newer than when it left"


@pytest.mark.parametrize("room", [0, 40])
def test_a_full_disk_is_logged_and_leaves_one_good_slot(agent, running, put, fail, monkeypatch, caplog, room):
    disk = RunPath(monkeypatch)
    one = agent()
    one.run()
    put("two", created=1, started=1)
    one.run(after=60)
    good = disk.slots()
    assert set(good) == {"a", "b"}
    disk.room = room
    fail()
    reported_titles = []
    for number in range(4):
        put(f"more-{number}", created=1, started=1)
        reported = one.run(after=60)
        reported_titles += reported.titles()
        assert reported.error == ""
    assert reported_titles == ["Optimization job one FAILED"]
    assert "run path" in caplog.text
    assert [slot for slot, value in disk.slots().items() if good[slot] == value] != [], "one slot is as it was"
    disk.room = None
    one.run(after=60)
    one.restart()
    reported = one.run(after=60)
    assert reported.titles() == [], "written once it could be"
    assert reported.total("jobs") == 6


def test_a_restart_on_a_full_disk_finds_what_was_saved_before(agent, running, fail, put, monkeypatch):
    disk = RunPath(monkeypatch)
    one = agent()
    one.run()
    fail()
    assert one.run(after=60).titles() == ["Optimization job one FAILED"]
    disk.room = 0
    put("two", created=1, started=1)
    one.run(after=60)
    put("three", created=1, started=1)
    one.run(after=60)
    one.restart()
    assert one.run(after=60).titles() == []


def test_a_run_path_that_cannot_be_read_costs_memory_and_no_metrics(agent, running, fail, monkeypatch, caplog):
    disk = RunPath(monkeypatch)
    one = agent()
    one.run()
    disk.is_readable = False
    one.restart()
    reported = one.run(after=60)
    assert (reported.error, reported.total("jobs"), reported.service_check()) == ("", 1, ("ok", ""))
    assert "run path" in caplog.text
    disk.is_readable = True
    fail()
    assert one.run(after=60).titles() == ["Optimization job one FAILED"]
    one.restart()
    assert one.run(after=60).titles() == [], "a newer slot than the one that could not be read"
