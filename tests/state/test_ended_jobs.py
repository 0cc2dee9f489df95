"""The compact archive behaves like a plain dictionary of jobs, at a fraction of its size."""

from __future__ import annotations

import sys
from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from optimizationjob.jobs.job import COMPLETED, FAILED, STOPPED, OptimizationJob
from optimizationjob.jobs.job_counts import JobKind, count_key_of, hour_of
from optimizationjob.state.ended_jobs import EndedJobs

T0 = datetime(2026, 11, 2, 12, tzinfo=UTC)
PREFIX = "arn:aws:sagemaker:us-east-1:111111111111:optimization-job/"


def a_job(number, status=COMPLETED, seconds=0.0, prefix=PREFIX, instance_type="ml.g5.xlarge"):
    name = f"job-{number}"
    created_at = T0 + timedelta(seconds=seconds)
    return OptimizationJob(
        arn=prefix + name, name=name, status=status, created_at=created_at, instance_type=instance_type
    )


jobs = st.builds(
    a_job,
    st.integers(0, 30),
    st.sampled_from([COMPLETED, FAILED, STOPPED]),
    st.sampled_from([0.0, 0.25, 59.0, 3600.0, 7300.123456]),
    st.sampled_from([PREFIX, "arn:aws-cn:odd:x:2:job/"]),
    st.sampled_from(["ml.g5.xlarge", "ml.p4d.24xlarge"]),
)


def archived(found, *, is_counted=True, is_recorded=False):
    archive = EndedJobs()
    for job in found:
        kind = JobKind(job.instance_type, job.techniques, ())
        archive.add(job, kind, is_counted=is_counted, is_recorded=is_recorded)
    return archive


@given(st.lists(jobs, max_size=60))
def test_what_was_added_is_there_and_named(found):
    archive = archived(found)
    first = {job.key: job for job in reversed(found)}
    assert len(archive) == archive.unrecorded == len(first)
    assert all(key in archive for key in first)
    assert a_job(99).key not in archive
    assert {job.key: job for job in archive.without_record()} == first
    assert archive.counts() == Counter(count_key_of(job, ()) for job in first.values())
    moments = [job.created_at for job in archive.without_record()]
    assert moments == sorted(moments, reverse=True)


@given(st.lists(jobs, max_size=40), st.lists(jobs, max_size=40))
def test_one_archive_tells_what_another_lacks(found, again):
    here, there = archived(found), archived(again)
    kept = {job.key for job in again}
    missing = {job.key for job in here.missing_in(there, T0 + timedelta(days=1))}
    assert missing == {job.key for job in found} - kept
    for job in found:
        assert there.adopt(here, job.key)
    assert not list(here.missing_in(there, T0 + timedelta(days=1)))
    assert there.adopt(here, a_job(99).key) is False


@given(st.lists(jobs, max_size=40), st.data())
def test_recorded_jobs_need_no_record_any_more(found, data):
    archive = archived(found)
    keys = sorted({job.key for job in found})
    done = data.draw(st.sets(st.sampled_from(keys))) if keys else set()
    for key in [*done, a_job(99).key]:
        archive.note_record(key)
    assert {job.key for job in archive.without_record()} == set(keys) - done
    assert archive.unrecorded == len(keys) - len(done)
    archive.drop_before(hour_of(T0) + 1)
    assert {job.key for job in archive.without_record()} == {
        key for key in set(keys) - done if key.created_at >= T0 + timedelta(hours=1)
    }
    assert archive.unrecorded == len(list(archive.without_record()))


def test_jobs_that_are_not_counted_are_known_but_neither_counted_nor_told_to_be_missing():
    archive = archived([a_job(1)], is_counted=False, is_recorded=True)
    assert a_job(1).key in archive
    assert not archive.counts()
    assert not list(archive.missing_in(EndedJobs(), T0 + timedelta(days=1)))


def test_a_job_takes_a_few_dozen_bytes():
    archive = archived([a_job(number, seconds=number) for number in range(3600)])
    (hour,) = archive._hours.values()
    size = sum(
        sys.getsizeof(part)
        for part in (hour.hashes, hour.created, hour.labels, hour.starts, hour.lengths, hour.recorded, hour.names)
    )
    assert size / 3600 < 60
