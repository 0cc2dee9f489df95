"""The compact collection behaves like a plain dictionary of jobs, at a fraction of its size."""

from __future__ import annotations

import sys
from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from optimizationjob.jobs.job import COMPLETED, FAILED, STOPPED, OptimizationJob
from optimizationjob.jobs.job_counts import JobKind, KnownKinds, hour_of
from optimizationjob.state.ended_jobs import EndedJob, EndedJobs

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


def collection_of(found, *, is_counted=True, is_recorded=False):
    kept_jobs = EndedJobs()
    for job in found:
        kind = JobKind(job.instance_type, job.techniques, ())
        kept_jobs.add(EndedJob(job=job, kind=kind, is_counted=is_counted, needs_record=not is_recorded))
    return kept_jobs


@given(st.lists(jobs, max_size=60))
def test_what_was_added_is_there_and_named(found):
    kept_jobs = collection_of(found)
    first = {job.key: job for job in reversed(found)}
    assert len(kept_jobs) == kept_jobs.unrecorded == len(first)
    assert all(key in kept_jobs for key in first)
    assert a_job(99).key not in kept_jobs
    assert {job.key: job for job in kept_jobs.without_record()} == first
    assert kept_jobs.counts() == Counter(map(KnownKinds(()).count_key, first.values()))
    moments = [job.created_at for job in kept_jobs.without_record()]
    assert moments == sorted(moments, reverse=True)


@given(st.lists(jobs, max_size=40), st.lists(jobs, max_size=40))
def test_jobs_that_another_collection_lacks_are_found(found, again):
    here, there = collection_of(found), collection_of(again)
    kept = {job.key for job in again}
    missing = {job.key for job in here.missing_in(there, T0 + timedelta(days=1))}
    assert missing == {job.key for job in found} - kept
    for job in found:
        there.adopt(here, job.key)
    assert not list(here.missing_in(there, T0 + timedelta(days=1)))
    there.adopt(here, a_job(99).key)
    assert a_job(99).key not in there


@given(st.lists(jobs, max_size=40), st.data())
def test_recorded_jobs_need_no_record_any_more(found, data):
    kept_jobs = collection_of(found)
    keys = sorted({job.key for job in found})
    done = data.draw(st.sets(st.sampled_from(keys))) if keys else set()
    for key in [*done, a_job(99).key]:
        kept_jobs.note_record(key)
    assert {job.key for job in kept_jobs.without_record()} == set(keys) - done
    assert kept_jobs.unrecorded == len(keys) - len(done)
    kept_jobs.drop_before(hour_of(T0) + 1)
    assert {job.key for job in kept_jobs.without_record()} == {
        key for key in set(keys) - done if key.created_at >= T0 + timedelta(hours=1)
    }
    assert kept_jobs.unrecorded == len(list(kept_jobs.without_record()))


def test_jobs_that_are_not_counted_are_known_but_neither_counted_nor_told_to_be_missing():
    kept_jobs = collection_of([a_job(1)], is_counted=False, is_recorded=True)
    assert a_job(1).key in kept_jobs
    assert not kept_jobs.counts()
    assert not list(kept_jobs.missing_in(EndedJobs(), T0 + timedelta(days=1)))


def test_a_job_takes_a_few_dozen_bytes():
    kept_jobs = collection_of([a_job(number, seconds=number) for number in range(3600)])
    (hour,) = kept_jobs._hours.values()
    size = sum(
        sys.getsizeof(part)
        for part in (hour.hashes, hour.created, hour.labels, hour.starts, hour.lengths, hour.recorded, hour.names)
    )
    assert size / 3600 < 60
