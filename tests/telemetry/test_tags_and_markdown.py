"""Tags within Datadog's limits, and text from outside that is shown and cannot act."""

from __future__ import annotations

import string
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizationjob.config.settings import Settings
from optimizationjob.jobs.inert_text import cut, inert
from optimizationjob.jobs.job import FAILED, Detail, Limits, OptimizationJob, Tag
from optimizationjob.polling.changes import Changes, Transition
from optimizationjob.telemetry.datadog_tags import OWN_KEYS, Tagging, aws_tag, unique
from optimizationjob.telemetry.events import events
from optimizationjob.telemetry.markdown import code, duration

T0 = datetime(2026, 11, 2, 12, tzinfo=UTC)
anything = st.text(max_size=400)


def a_job(**fields):
    usual = {"arn": "arn:aws:sagemaker:us-east-1:111111111111:optimization-job/a", "name": "a", "status": FAILED}
    return OptimizationJob(**{**usual, "created_at": T0, "ended_at": T0 + timedelta(minutes=5), **fields})


def the_event(job, region="us-east-1"):
    observation = Changes(
        at=T0 + timedelta(minutes=6),
        jobs=(job,),
        transitions=(Transition(job=job, before=None, status=job.status),),
        created=(),
        pending={},
        undecided=frozenset(),
    )
    (event,) = events(observation, Tagging.of("111111111111", region, Settings())).values()
    return event


@given(st.lists(st.builds(Tag, anything, anything), max_size=50))
def test_no_tag_of_aws_breaks_datadogs_limits(tags):
    made = Tagging.of("1", "us-east-1", Settings(exclude_tag_keys=())).job(a_job(tags=tuple(tags)))
    assert all(len(tag) <= 200 and not set(tag) & {",", "|", "\n", "\x00"} for tag in made)
    assert len(set(made)) == len(made)


@given(st.text("abcREGION:_", max_size=20).map(lambda text: text.lower()) | st.sampled_from(sorted(OWN_KEYS)))
def test_no_tag_of_aws_passes_for_one_of_ours(key):
    assert aws_tag(Tag(key, "x")).partition(":")[0] not in OWN_KEYS
    assert aws_tag(Tag(key.upper(), "x")).partition(":")[0].lower() not in OWN_KEYS


def test_tags_of_385_characters_are_cut_and_unicode_stays():
    assert unique(["k" * 128 + ":" + "v" * 256]) == ("k" * 128 + ":" + "v" * 71,)
    assert aws_tag(Tag("équipe", "größe, 学")) == "équipe:größe, 学"
    assert unique(["équipe:größe, 学"]) == ("équipe:größe_ 学",)


@given(anything)
def test_inert_text_neither_opens_nor_notifies(text):
    shown = inert(text)
    for active in ("%%%", "{{", "}}", "@", "`", "\n"):
        assert active not in shown
    assert code(text).count("`") == 2


@pytest.mark.parametrize("text", ["%%%%", "%%%%%%", "{{{", "{{{{{", "}}}}}", "{{%%%}}"])
def test_repeated_signs_do_not_reassemble(text):
    for active in ("%%%", "{{", "}}"):
        assert active not in inert(text)


@given(reason=anything, name=anything, source=anything, instance=anything, techniques=st.lists(anything, max_size=4))
def test_no_event_breaks_datadogs_limits(reason, name, source, instance, techniques):
    detail = Detail(
        limits=Limits(max_runtime_seconds=60),
        failure_reason=reason * 9,
        model_source=source,
        output_location=source,
        columns={},
        described=(FAILED, None, None),
    )
    event = the_event(a_job(name=name, detail=detail, instance_type=instance, techniques=tuple(techniques)))
    assert len(event.text) < 4000
    assert len(event.aggregation_key) <= 100
    assert len(event.title) <= 100
    for active in ("%%%", "{{", "@"):
        assert active not in event.text
        assert active not in event.title


def test_two_long_names_keep_two_aggregation_keys():
    keys = {the_event(a_job(name="x" * 90 + end)).aggregation_key for end in string.ascii_letters}
    assert len(keys) == len(string.ascii_letters)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "unknown"),
        (0, "0 s"),
        (59.6, "1 min 00 s"),
        (90, "1 min 30 s"),
        (3600, "1 h 00 min"),
        (36000, "10 h 00 min"),
    ],
)
def test_durations_are_said_as_people_say_them(seconds, text):
    assert duration(seconds) == text


@given(anything, st.integers(3, 50))
def test_cut_text_fits(text, longest):
    assert len(cut(text, longest)) <= longest
