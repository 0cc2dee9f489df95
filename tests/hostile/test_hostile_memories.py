"""Whatever the persistent cache holds: the check runs, tells what is true, and sends nothing invalid."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from hostile_world import GOOD, run, shapes, tampered, whole_runs
from hypothesis import example, given
from hypothesis import strategies as st

from datadog_checks.base.stubs import datadog_agent as agent_stub
from optimizationjob.state.persistent_cache import SLOTS, _checksum

DEEP = "[" * 100_000
TIMES = ("known_since", "is_clock_checked", "swept_at", "recorded_until", "newest_created_at")
members = st.sampled_from((*TIMES, "active", "ended", "pending", "kinds", "rows", "series", "version"))
ARN = "arn:aws:sagemaker:us-east-1:111111111111:optimization-job/x"
T = 1793620000.0
job_rows = st.tuples(
    *(shapes | st.just(usual) for usual in (ARN, T, "x", "INPROGRESS", "ml.g5", ["quantization"], 1)),
    st.lists(shapes | st.just(T), min_size=3, max_size=3),
    shapes | st.just([["team", "ml"]]),
).map(list)
KIND = ["ml.g5", ["quantization"], [["team", "ml"]]]
contents = st.one_of(
    st.dictionaries(members, shapes, max_size=3),
    job_rows.map(lambda row: {"active": [row]}),
    job_rows.map(lambda row: {"pending": [[row, T]]}),
    st.tuples(shapes | st.just(498000), shapes | st.just("FAILED"), shapes | st.just(0), shapes).map(
        lambda row: {"kinds": [KIND], "rows": [list(row)]}
    ),
    shapes.map(lambda kind: {"kinds": [kind], "rows": [[498000, "FAILED", 0, 1]]}),
    st.lists(shapes, max_size=3).map(lambda tags: {"series": [tags]}),
)


@cache
def stored() -> dict[str, str]:
    """Return what a first run leaves in the cache."""
    with tampered(lambda _, answer: answer) as here:
        run(here.check())
        return dict(agent_stub._cache)


def played(change) -> None:
    """Run twice from a cache that was changed."""
    kept = stored()
    with tampered(lambda _, answer: answer) as here:
        agent_stub._cache.update({key: change(text) for key, text in kept.items() if key.endswith(SLOTS)})
        check = here.check()
        assert run(check)["health"] == 0
        assert sum(run(check)["jobs"]) >= len((GOOD,))


def sealed(memory: Any) -> str:
    """Return an envelope whose checksum fits."""
    body = json.dumps(memory)
    return json.dumps({"sequence": 9, "checksum": _checksum(9, body), "memory": body})


def with_members(text: str, content: dict[str, Any]) -> str:
    return sealed({**json.loads(json.loads(text)["memory"]), **content})


@whole_runs
@given(st.binary(max_size=60).map(lambda junk: junk.decode("latin-1")) | st.text(max_size=60))
@example(DEEP)
@example("\ud800")
@example('{"sequence": NaN, "checksum": "", "memory": ""}')
def test_any_text_in_the_cache_is_survived(text):
    played(lambda _: text)


@whole_runs
@given(contents)
@example({"rows": [[498000, "FAILED", 0, 10**400]], "kinds": [KIND]})
@example({"rows": [[498000, "FAILED", 0, -5]], "kinds": [KIND]})
@example({"rows": [[10**30, "FAILED", 0, 5]], "kinds": [KIND]})
@example({"rows": [[498000, "FAILED", 0, 1e308]], "kinds": [KIND]})
@example({"active": [["\ud800", T, "x", "INPROGRESS", "", [], 10**400, [None, None, None], None]]})
@example({"active": [[ARN, T, "\ud800", "FAILED", "", [], None, [None, None, None], [["\ud800", "v"]]]]})
@example({"series": [["\ud800", "a,b"]]})
@example({"known_since": float("nan")})
def test_any_memory_with_a_good_checksum_is_survived(content):
    played(lambda text: with_members(text, content))


@whole_runs
@given(shapes)
@example([[[[[[]]]]]])
def test_any_json_with_a_good_checksum_is_survived(content):
    played(lambda _: sealed(content))


def test_a_deep_memory_is_survived():
    body = DEEP + "]" * len(DEEP)
    played(lambda _: json.dumps({"sequence": 9, "checksum": _checksum(9, body), "memory": body}))
