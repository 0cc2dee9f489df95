"""Users' expressions: those that could halt the Agent are refused, and all that are taken are quick."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optimizationjob.config import wildcards
from optimizationjob.config.name_expressions import LONGEST_NAME, SlowExpression, compiled, found
from optimizationjob.config.option_readers import OptionRefused, regular_expression, shown_url

USUAL = [
    "",
    "^$",
    "(?i)prod",
    "llama",
    "V+-V2",
    r"^(foo|bar)-.*-v\d+$",
    "llama.*(int8|fp8)",
    "^team-[a-z]+-.*$",
    "prod.*llama.*int8.*v2",
    ".*foo.*bar.*",
    r"^(?!test-).*",
    r"^(?=.*prod)(?=.*llama)",
    r"(?<!not-)prod$",
    r"^(\d{4}-\d{2})?-.*",
    r"^[^-]+-[^-]+-\w{2,}?$",
    "(?:dev|test|staging|prod)-(?:llama|mistral|mixtral)-.*-(?:awq|fp8|int8)$",
    "|".join(f"^job-{number}$" for number in range(500)),
    ".*prod.*(awq|gptq).*",
    "^.*prod.*(awq|gptq).*",
]
EVIL = [
    "(a+)+$",
    "(a|a)*b",
    "(a|aa)+$",
    "(a*)*b",
    "([a-zA-Z]+)*1",
    ".*.*.*.*.*.*x",
    "(x+x+)+y",
    "(.*a){11}",
    "(a?){40}a{40}",
    "((a{1,20}){1,20}){1,20}b",
    "(a{0,63}){0,63}b",
    r"^(([a-z])+.)+[A-Z]([a-z])+$",
    r"(\w+\s?)+!",
    "(?i:a|A-?)+!",
    "(?=(a+)+$)a",
    "([a-z]|[^-])+!",
    "(a|b|[ab]c?)+d",
    r"(a+)\1*b",
    "((a+)+b)?",
    "^a?((a+)+b)*",
    "(?:(a+)+b|c*)",
    "((a+)+b|)(c|)",
    "(?:(?:(?:(?:a?)?)?)?)?" * 8 + "b",
    "a?" * 40 + "a" * 40,
    "(a|a)" * 40 + "b",
    "(a)" * 5_000,
    "(?x) (a+  # comment )\n )+b",
    "(?#[)(a+)+b",
    "[]](a+)+b",
    r"[\]](a+)+b",
    "(?P<x>a+)(?P=x)*b",
    "(a)?(?(1)a|b)+",
    "(a{2,})+b",
    "(a{,9})*b",
    # Quick, and refused for the sake of a rule that is easy to see through.
    "(abc|abx)+",
    "^[a-z0-9]+(-[a-z0-9]+)*$",
    r"([a-z]+-)+v\d+$",
]

CHILD = """
import re, sys
from hypothesis import given, settings, strategies as st
from optimizationjob.config.name_expressions import SlowExpression, compiled, found

leaves = st.sampled_from(["a", "b", "-", "[ab]", "[^b]", ".", r"\\d", r"\\w", "ab", "aa", "(?!b)", "^", "$", "a|ab"])
def grown(inner):
    repeats = st.sampled_from(["*", "+", "?", "{2}", "{1,3}", "{0,40}", "{20,}", "*?", "+?", "++"])
    return st.one_of(
        st.builds("(?:{}){}".format, inner, repeats),
        st.builds("(?:{}|{})".format, inner, inner),
        st.builds("{}{}".format, inner, inner),
        st.builds("(?>{})".format, inner),
    )
tails = ["", "!", "b", "1", "-"]
cores = ["a", "ab", "b", "-", "a-", "1", "aab", "abb"]
names = [((core * 63)[: 63 - len(tail)] + tail) for core in cores for tail in tails]
taken = 0

@settings(max_examples=400, deadline=None, database=None, derandomize=True)
@given(st.recursive(leaves, grown, max_leaves=8))
def search(pattern):
    global taken
    try:
        expression = compiled(pattern)
    except (SlowExpression, re.error):
        return
    taken += 1
    print(pattern, flush=True)
    for name in names:
        found(expression, name)

search()
assert taken > 100, taken
"""


@pytest.mark.parametrize("pattern", USUAL)
def test_a_usual_expression_is_taken_as_it_is(pattern):
    assert compiled(pattern) == re.compile(pattern)


@pytest.mark.parametrize("pattern", EVIL)
def test_an_expression_that_could_hang_is_refused(pattern):
    with pytest.raises(SlowExpression, match="quick on every name"):
        compiled(pattern)


@pytest.mark.parametrize(
    "pattern", ["a{2}{", "a{,}", "{}", "x{a}+", r"\(a+\)+", "[(a+)+]", "[^]+*]+x", "(ab){3}", "a{0,63}"]
)
def test_what_only_looks_like_a_repeated_group_is_taken(pattern):
    assert compiled(pattern) == re.compile(pattern)


def test_a_number_that_python_does_not_read_is_refused_by_name():
    with pytest.raises(OptionRefused, match="a regular expression that compiles"):
        regular_expression("a{" + "9" * 5_000 + "}")


def test_what_is_taken_is_quick_on_hostile_names():
    child = [sys.executable, "-W", "error", "-c", CHILD]
    ended = subprocess.run(child, check=False, cwd=Path(__file__).parents[2], timeout=50, capture_output=True)
    assert ended.returncode == 0, ended.stderr.decode()


def test_a_name_beyond_the_longest_is_searched_in_its_begin():
    assert found(compiled("^a+$"), "a" * LONGEST_NAME + "b" * 1000)
    assert not found(compiled("b"), "a" * LONGEST_NAME + "b" * 1000)


texts = st.text(alphabet="ab:-\n", max_size=12)


@given(texts, st.text(alphabet="ab*:-\n", max_size=8))
def test_a_wildcard_means_what_it_says(text, pattern):
    said = re.compile(".*".join(map(re.escape, re.sub(r"\*+", "*", pattern).split("*"))), re.DOTALL)
    assert wildcards.matches_any(text, [pattern]) == bool(said.fullmatch(text))


def test_many_wildcards_take_no_longer_than_one():
    hostile = "team:" + "a" * 100_000
    assert not wildcards.matches_any(hostile, ["*a" * 30 + "b", "*" + "a*" * 30 + "b*"])
    assert wildcards.matches_any(hostile, ["*a" * 30])


def test_a_long_url_is_not_looked_at_for_long():
    assert shown_url("http://" + "a" * 1_000_000 + "!") == "********"
