"""The pages: README.md fits and begins with what one needs first, links lead somewhere, and nothing is said twice."""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from pathlib import Path

import pytest

from tests.cli.pages import pages, text_of

ROOT = Path(__file__).parents[1]
# In lines. A first screen has the heading, what it is, and the commands to try it.
LONGEST_README, FIRST_SCREEN = 200, 25
# Words in a row that two pages may share: a name, a heading, the words of an option.
REPEATED = 14
# What is released does not change, and the README for integrations-extras goes to another repository.
OF_THEIR_OWN = ("CHANGELOG.md", "tools/upstream/README.md")
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
PICTURE = re.compile(r"!\[[^\]]+\]\(([^)\s]+)\)")
FENCED = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)


def prose(page):
    return FENCED.sub("", text_of(page))


def anchors(page):
    """The names under which GitHub shows the headings of a page."""
    titles = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles]


def links(page):
    """The pages and files of this repository that a page leads to, with the heading."""
    for link in LINK.findall(prose(page)) + PICTURE.findall(prose(page)):
        if "://" not in link and not link.startswith("mailto:"):
            name, _, anchor = link.partition("#")
            target = (ROOT / page).parent / name if name else ROOT / page
            yield target.resolve().relative_to(ROOT).as_posix(), anchor


@pytest.mark.parametrize("page", pages())
def test_links_lead_to_files_and_headings(page):
    missing = [name for name, _ in links(page) if not (ROOT / name).exists()]
    assert missing == []
    assert [(name, anchor) for name, anchor in links(page) if anchor and anchor not in anchors(name)] == []


def test_the_readme_fits_and_begins_with_what_one_tries_first():
    lines = text_of("README.md").splitlines()
    assert len(lines) <= LONGEST_README
    first = lines[:FIRST_SCREEN]
    assert [sum(line.startswith(command) for line in first) for command in ("./run demo ", "./run test ")] == [1, 1]
    assert len(PICTURE.findall(text_of("README.md"))) == 1


def test_every_page_is_in_the_way_in_once():
    listed = [name for name, _ in links("docs/README.md")]
    own = {page for page in pages() if page.startswith("docs/") and page.count("/") == 1} - {"docs/README.md"}
    of_commands = {"docs/assets.md"}
    assert own <= set(listed)
    assert sorted(name for name in set(listed) if listed.count(name) > 1) == sorted(of_commands)
    assert {"docs/README.md", "docs/failed-jobs.md", "docs/troubleshooting.md"} <= {
        name for name, _ in links("README.md")
    }


def test_no_page_says_what_another_says():
    where = defaultdict(set)
    for page in pages():
        if page in OF_THEIR_OWN or page.startswith("docs/adr/"):
            continue
        words = re.findall(r"[\w.:*%-]+", re.sub(r"\]\([^)]*\)", "", prose(page)).lower())
        for place in range(len(words) - REPEATED + 1):
            where[" ".join(words[place : place + REPEATED])].add(page)
    assert {words: sorted(found) for words, found in where.items() if len(found) > 1} == {}


def test_the_page_of_data_has_every_metric():
    rows = re.findall(
        r"^\| (`optimizationjob\.[^|]+) \| (\w+) \| (\w*) ?\|", text_of("docs/data-collected.md"), re.MULTILINE
    )
    shown = {(name, kind, unit) for names, kind, unit in rows for name in re.findall(r"`([^`]+)`", names)}
    with (ROOT / "metadata.csv").open(encoding="utf-8", newline="") as file:
        sent = {(line["metric_name"], line["metric_type"], line["unit_name"]) for line in csv.DictReader(file)}
    histograms = {name for name, kind, _ in shown if kind == "histogram"}
    parts = {name for name, _, _ in sent if name.rpartition(".")[0] in histograms}
    assert {name.rpartition(".")[0] for name in parts} == histograms
    assert {row for row in shown if row[0] not in histograms} == {row for row in sent if row[0] not in parts}
