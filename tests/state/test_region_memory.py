"""What is remembered survives being written and read; what is not a memory is refused by name."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizationjob.jobs.job import JobKey, JobStatus, OptimizationJob, Tag
from optimizationjob.jobs.job_counts import CountKey, JobKind
from optimizationjob.state.persistent_cache import DictCache, MemoryStore
from optimizationjob.state.region_memory import PendingEnd, RegionMemory
from optimizationjob.state.saved_state import UnreadableMemory, from_json, to_json

T0 = datetime(2026, 11, 2, 12, tzinfo=UTC)
moments = st.integers(0, 10**9).map(lambda milliseconds: T0 + timedelta(milliseconds=milliseconds))
names = st.text("abc-", min_size=1, max_size=8)
keys = st.builds(JobKey, names, moments)
techniques = st.lists(names, unique=True, max_size=2).map(sorted).map(tuple)
tags = st.lists(st.builds(Tag, names, names), max_size=2).map(tuple)
jobs = st.builds(
    OptimizationJob,
    arn=names,
    name=names,
    status=st.sampled_from(["STARTING", "INPROGRESS", "PAUSED"]).map(JobStatus),
    created_at=moments,
    started_at=st.none() | moments,
    instance_type=names,
    techniques=techniques,
    max_instance_count=st.none() | st.integers(1, 9),
    modified_at=st.none() | moments,
    ended_at=st.none() | moments,
    detail=st.none(),
    tags=st.none() | tags,
)
rows = st.builds(
    CountKey,
    st.integers(490_000, 500_000),
    st.sampled_from(["COMPLETED", "FAILED"]),
    st.builds(JobKind, names, techniques, tags),
)
memories = st.builds(
    RegionMemory,
    events_since=moments,
    is_clock_checked=st.booleans(),
    swept_at=st.none() | moments,
    records_complete_until=st.none() | moments,
    frontier=st.none() | moments,
    active=st.lists(jobs, max_size=5).map(lambda found: {job.key: job for job in found}),
    ended=st.dictionaries(keys, moments, max_size=5),
    pending=st.lists(st.builds(PendingEnd, jobs, moments), max_size=3).map(lambda found: {p.job.key: p for p in found}),
    counts=st.dictionaries(rows, st.integers(1, 99), max_size=5),
    series=st.frozensets(st.lists(names, max_size=3).map(tuple), max_size=4),
)
junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(memories)
def test_a_memory_survives_json(memory):
    assert from_json(json.loads(json.dumps(to_json(memory)))) == memory


@given(memories, st.sampled_from(sorted(to_json(RegionMemory(events_since=T0)))), junk)
def test_a_damaged_memory_is_refused_or_still_a_memory(memory, member, value):
    stored = {**to_json(memory), member: value}
    with contextlib.suppress(UnreadableMemory):
        assert isinstance(from_json(stored), RegionMemory)


@given(junk)
def test_junk_is_no_memory(value):
    with pytest.raises(UnreadableMemory):
        from_json(value)


@given(memories, memories)
def test_the_store_gives_back_what_was_saved_last(first, second):
    cache = DictCache()
    MemoryStore(cache).save("1", "r", first)
    store = MemoryStore(cache)
    assert store.load("1", "r") == first
    store.save("1", "r", second)
    assert MemoryStore(cache).load("1", "r") == second


@pytest.mark.slow
@given(st.lists(memories, min_size=2, max_size=6), st.data())
def test_a_torn_write_costs_one_save_at_most(saved, data):
    cache = DictCache()
    store = MemoryStore(cache)
    for memory in saved:
        store.save("1", "r", memory)
    different = [memory for memory, before in zip(saved, [None, *saved], strict=False) if memory != before]
    newest = max(
        (key for key in cache if not key.endswith("corrupt")), key=lambda key: json.loads(cache[key])["sequence"]
    )
    cache[newest] = cache[newest][: data.draw(st.integers(0, len(cache[newest]) - 1))]
    loaded = MemoryStore(cache).load("1", "r")
    assert loaded == (different[-2] if len(different) > 1 else None)


@given(memories, st.text(max_size=30) | memories.map(lambda memory: json.dumps(to_json(memory))))
def test_foreign_text_in_the_cache_is_put_aside(memory, text):
    cache = DictCache()
    cache.write("1_r_a", text)
    assert MemoryStore(cache).load("1", "r") is None
    assert cache.read("1_r_corrupt") == text
    MemoryStore(cache).save("1", "r", memory)
    assert MemoryStore(cache).load("1", "r") == memory
