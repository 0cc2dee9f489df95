"""Text from outside is shown in events and tags as text: it opens, notifies, hides and forges nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import settings as run_with
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from optimizationjob.aws.errors import Refused
from optimizationjob.config.settings import Settings
from optimizationjob.jobs.job import FAILED, INPROGRESS, Detail, JobStatus, Limits, OptimizationJob, Tag
from optimizationjob.polling.changes import Changes, Transition
from optimizationjob.telemetry.datadog_tags import OWN_KEYS, Tagging, aws_tag
from optimizationjob.telemetry.events import events

T0 = datetime(2026, 11, 2, 12, tzinfo=UTC)
HOSTILE = {
    "monitor variable": "{{#is_alert}}@pagerduty{{/is_alert}} {{{x}}}",
    "notification": "@pagerduty @slack-x @all @someone@example.com",
    "end of markdown": "%%%\n%%% %%%%%% {{% end",
    "fence": "```\n# owned\n~~~\n```",
    "code span": "` ** ``x`` `",
    "lines": "one\ntwo\r\nthree\x0bfour\x85five\u2028six\u2029- **Failure category:** internal",
    "hidden": "{\u200b{#is_alert}\u200d} @\u2060all %\ufeff%% \u202eevil\u202c \u2066x\u2069 \xad \U000e0041",
    "controls": "\x00\x07\x08\x1b[31mred\x1b]8;;http://evil\x07 \x7f\x9b31m",
    "link": "[click](javascript:alert(1)) ![x](https://evil.example.com/p.png) [a]: http://evil",
    "html": "<script>alert(1)</script><img src=x onerror=alert(1)><!-- --><http://evil.example.com>",
    "table and heading": "| a | b |\n|---|---|\n# title\n> quote\n- list\n---",
    "surrogate": "\udc80 \ud800x",
    "nothing": " \n\t ",
    "long": "@{{`%" * 2000,
}
hostile = st.one_of(
    st.sampled_from(list(HOSTILE.values())),
    st.text(max_size=300),
    st.lists(
        st.sampled_from([*"{}%@`~[]()<>!|#*_\\\n\r\t,: ", "\u200b", "\u202e", "javascript:", "https://e", "a" * 500]),
        max_size=30,
    ).map("".join),
)


def a_job(text, status=FAILED):
    return OptimizationJob(
        arn=f"arn:aws:sagemaker:us-east-1:111111111111:optimization-job/{text}",
        name=text or "x",
        status=status,
        created_at=T0,
        ended_at=T0 + timedelta(minutes=5),
        instance_type=text,
        techniques=tuple(sorted({text, f"a{text}", f"b{text}", *map(str, range(9))})),
        tags=(Tag(text or "k", text), Tag("team", text)),
        detail=Detail(
            limits=Limits(),
            failure_reason=text,
            model_source=text,
            output_location=text,
            columns={},
            described=(status, None, None),
        ),
    )


def the_event(job, *, before=None, cause=None):
    transition = Transition(
        job=job,
        before=before,
        status=job.status,
        unread_reason=cause and Refused(cause, operation="x", region="y"),
    )
    observation = Changes(
        at=T0 + timedelta(minutes=6),
        jobs=(job,),
        transitions=(transition,),
        created=(),
        pending={},
        undecided=frozenset(),
    )
    shown = Settings(event_statuses=(job.status.value,))
    (event,) = events(observation, Tagging.of("111111111111", "us-east-1", shown)).values()
    return event


def harmless(event):
    """What is true of every event, whatever the job says of itself."""
    for text in (event.title, event.text.replace("\n", " ")):
        assert text.isprintable()
        for active in ("%%", "{{", "}}", "@"):
            assert active not in text
    assert len(event.title) <= 100
    assert "](" not in event.title
    assert len(event.text) <= 3990
    assert len(event.aggregation_key) <= 100
    assert "```" not in event.text
    assert event.text.count("`") % 2 == 0
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(event.text)
    inner = [child for token in tokens for child in token.children or ()]
    kinds = {token.type for token in [*tokens, *inner]}
    assert kinds <= {
        *("paragraph_open", "paragraph_close", "inline", "text", "softbreak", "code_inline"),
        *("bullet_list_open", "bullet_list_close", "list_item_open", "list_item_close"),
        *("strong_open", "strong_close", "em_open", "em_close"),
    }
    assert event.text.endswith("`\n"), "nothing was cut from the end"
    assert all(tag.isprintable() and not set(tag) & set(",|") and len(tag) <= 200 for tag in event.tags)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_what_is_known_to_act_does_nothing(text):
    harmless(the_event(a_job(text)))
    harmless(the_event(a_job(text, JobStatus(text)), before=JobStatus(f"{text}x")))
    harmless(the_event(a_job("a"), before=INPROGRESS, cause=text or "x"))


@run_with(deadline=None)
@given(hostile, hostile, hostile)
def test_no_text_acts(text, status, cause):
    harmless(the_event(a_job(text)))
    harmless(the_event(a_job(text, JobStatus(status)), before=JobStatus(cause), cause=cause or None))


@given(hostile)
def test_a_value_forges_no_second_tag(text):
    quiet, given_text = the_event(a_job("quiet")).tags, the_event(a_job(text)).tags
    assert len(given_text) <= len(quiet) + 1
    assert len([tag for tag in given_text if tag.startswith("optimization_job_status:")]) == 1
    assert len([tag for tag in given_text if tag.startswith("region:")]) == 1


@pytest.mark.parametrize(
    "key",
    [
        "aws account",
        "AWS-Account",
        " region",
        "_region",
        "1region",
        "region\u200b",
        "aws\naccount",
        "aws  account",
        "region_",
    ],
)
def test_a_key_that_datadog_reads_as_one_of_ours_is_renamed(key):
    renamed = "-" not in key
    assert aws_tag(Tag(key, "forged")).startswith("aws_tag_") is renamed


@pytest.mark.parametrize("key", ["team", "cost center", "regional", "my_region", "x-region", "aws:region"])
def test_another_key_stays_as_it_is(key):
    assert aws_tag(Tag(key, "x")) == f"{key.replace(':', '_')}:x"


@given(st.sampled_from(sorted(OWN_KEYS)), st.text(max_size=3), st.text(max_size=3))
def test_no_key_around_one_of_ours_loses_its_value(own, before, after):
    assert aws_tag(Tag(before + own + after, "x")).endswith(":x")
