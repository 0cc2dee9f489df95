"""Rows of a list that have not changed are not read again, and all others are."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizationjob.aws import listed_rows
from optimizationjob.aws.listed_rows import ListedRows

PREFIX = "arn:aws:sagemaker:us-east-1:111111111111:optimization-job/"
T0 = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)

rows = st.fixed_dictionaries(
    {
        "OptimizationJobArn": st.sampled_from([f"{PREFIX}one", f"{PREFIX}two", f"{PREFIX}three", "", None, 7]),
        "OptimizationJobName": st.sampled_from(["one", "two", None]),
        "OptimizationJobStatus": st.sampled_from(["INPROGRESS", "FAILED", ""]),
        "CreationTime": st.sampled_from([T0, None]),
        "OptimizationTypes": st.sampled_from([["Quantization"], [], None, "Quantization"]),
    },
    optional={"OptimizationEndTime": st.just(T0), "MaxInstanceCount": st.integers(0, 2)},
)
pages = st.lists(rows | st.sampled_from([None, "row", 7, ["row"]]), max_size=6)


@given(st.lists(pages, max_size=5))
def test_what_is_known_changes_nothing_of_what_is_read(found):
    known = ListedRows("us-east-1")
    for page in found:
        assert list(known.read_newest(page)) == list(ListedRows("us-east-1").read(page))


def test_only_rows_that_changed_are_read_again(monkeypatch):
    read = []
    real = listed_rows.job_from_summary
    monkeypatch.setattr(listed_rows, "job_from_summary", lambda row: read.append(row) or real(row))
    known = ListedRows("us-east-1")
    assert len(list(known.read_newest([row(0), row(1), row(2)]))) == 3
    read.clear()
    jobs = list(known.read_newest([row(3), row(0), {**row(1), "OptimizationJobStatus": "FAILED"}, row(2)]))
    assert [job.name for job in jobs] == ["job-3", "job-0", "job-1", "job-2"]
    assert [one["OptimizationJobName"] for one in read] == ["job-3", "job-1"]
    assert jobs[2].status.value == "FAILED"


@pytest.mark.parametrize("method", ["read", "read_newest"])
def test_the_cause_of_an_unreadable_row_is_logged_once(caplog, method):
    known = ListedRows("us-east-1")
    for _ in range(3):
        jobs = getattr(known, method)([{}, {**row(0), "CreationTime": None}, row(1)])
        assert [job.name for job in jobs] == ["job-1"]
    assert len(caplog.records) == 2


def row(number):
    return {
        "OptimizationJobArn": f"{PREFIX}job-{number}",
        "OptimizationJobName": f"job-{number}",
        "OptimizationJobStatus": "INPROGRESS",
        "CreationTime": T0,
    }
