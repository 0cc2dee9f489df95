"""The doubles of tests/agent_doubles.py do what they are for: without the check's own care, something is lost."""

from __future__ import annotations

import logging

import pytest

from datadog_checks.optimizationjob import check as module
from optimizationjob.run.record_pace import NoPace
from tests.agent_doubles import CStrings, RecordForwarder, RunPath
from tests.versions import needs_records


@needs_records
def test_a_forwarder_drops_what_does_not_fit_where_records_have_no_pace(agent, fill, clock, monkeypatch):
    monkeypatch.setattr(module, "RECORD_PACE", NoPace())
    forwarder = RecordForwarder(monkeypatch, clock)
    fill(120)
    reported = agent(api_rate_limit=1000, api_burst=1000).run()
    assert (len(reported.records), forwarder.dropped) == (100, 20)
    assert reported.value("resource.submitted") == 120, "the check cannot know"


def test_a_run_path_cuts_a_value_and_says_nothing(monkeypatch):
    disk = RunPath(monkeypatch)
    disk.write("optimizationjob:0af_111/x.y_a", "value")
    assert disk.files == {"optimizationjob/0af_111xy_a": "value"}
    disk.room = 2
    disk.write("optimizationjob:0af_111/x.y_a", "another")
    assert disk.read("optimizationjob:0af_111xy_a") == "an"
    disk.is_readable = False
    assert disk.read("optimizationjob:0af_111xy_a") is None


def test_c_strings_end_at_a_nul_and_know_no_lone_surrogate(agent, monkeypatch):
    strings, check = CStrings(monkeypatch), agent().check
    with pytest.raises(ValueError, match="embedded null"):
        check.service_check("can_connect", 2, message="a\0b")
    with pytest.raises(UnicodeEncodeError):
        strings.emit(logging.makeLogRecord({"msg": "a\ud800"}))
    check.gauge("api.up", 1, tags=["good:1", "cut:\0b", "lost:\ud800"])
    assert strings.refused == ["a\0b", "a\ud800"]
    assert strings.spoiled == ["cut:\0b", "lost:\ud800"]
