"""Log lines hold no secret, and nothing that the Agent's C code refuses."""

from __future__ import annotations

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizationjob.jobs.printable_text import printable
from optimizationjob.jobs.safe_logs import logger_of

TOKEN = "hf_" + "a1B2" * 8
BAD = ["a\x00b", "\ud800", "\x1b[31m", f"Bearer {TOKEN}", "%s %d", "\x85"]


def is_taken(text):
    """Whether the Agent's C code takes a text."""
    text.encode()
    return "\x00" not in text


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error", "exception"])
@pytest.mark.parametrize("text", BAD)
def test_lines_are_safe_at_each_level(caplog, level, text):
    logger = logger_of("optimizationjob.test")
    caplog.set_level(logging.DEBUG)
    try:
        raise ValueError(text)
    except ValueError as error:
        getattr(logger, level)("it failed: %s", error)
    assert is_taken(caplog.text)
    assert TOKEN not in caplog.text
    assert "it failed: " in caplog.text
    if level == "exception":
        assert "ValueError" in caplog.text


def test_a_long_traceback_keeps_its_end(caplog):
    def deep(depth):
        if depth == 0:
            raise ValueError("the cause")
        deep(depth - 1)

    try:
        deep(150)
    except ValueError:
        logger_of("optimizationjob.test").exception("failed")
    assert "ValueError: the cause" in caplog.text


def test_a_line_that_cannot_be_formatted_is_logged_without_its_arguments(caplog):
    logger_of("optimizationjob.test").warning("one %d", "text")
    assert "one %d" in caplog.text


@given(st.text(st.characters(codec=None), max_size=50))
def test_printable_text_can_be_sent_and_is_left_alone_the_second_time(text):
    once = printable(text)
    assert is_taken(once)
    assert printable(once) == once
    assert len(once) == len(text)


def test_a_message_is_one_line_in_which_nothing_is_hidden(caplog):
    logger = logger_of("optimizationjob.test")
    try:
        raise ValueError("one\u202eowt")
    except ValueError:
        logger.exception("first\nWARNING second\u2028third \u202efourth\u200b")
    (record,) = caplog.records
    assert record.message == "first WARNING second third  fourth "
    assert all(line.isprintable() for line in record.exc_text.split("\n"))
