"""The demo without a terminal: its output is complete, plain and consistent."""

from __future__ import annotations

import re

import pytest

from tests.versions import TAKES_RECORDS

COUNTS = re.compile(r"^(?P<name>\S.*?) {2,}(?P<last>[\d,]+) +(?P<total>[\d,]+)$", re.MULTILINE)
PLACES = re.compile(r"^(?P<account>all|\d{12}) (?: +|(?P<region>\S+) +ok +)(?P<numbers>[\d ]+)$", re.MULTILINE)
ENDS = re.compile(r"^(?P<status>COMPLETED|FAILED|STOPPED)(?P<category> \w+)? {2,}(?P<number>\d+)$", re.MULTILINE)
EVENTS = re.compile(
    r"^\d\d:\d\d:\d\d (?P<status>\w+) +(?P<account>\d{12}) (?P<region>\S+) +\S+$(?:\n +(?P<category>\w+))?",
    re.MULTILINE,
)


@pytest.fixture(scope="module")
def counts(demo):
    rows = COUNTS.finditer(demo.stdout)
    return {row["name"]: tuple(int(row[column].replace(",", "")) for column in ("last", "total")) for row in rows}


def test_exits_with_0_and_writes_progress_to_stderr(demo):
    assert demo.returncode == 0
    assert demo.stderr == "Running the check 15 times over 0:14:00 of simulated time ...\n"


def test_output_is_plain_text_in_80_columns(demo):
    assert demo.stdout.isascii()
    assert "\x1b" not in demo.stdout
    assert max(map(len, demo.stdout.splitlines())) <= 80


def test_counts_of_all_accounts_and_regions_add_up(demo):
    rows = [
        (row["account"], row["region"], [*map(int, row["numbers"].split())]) for row in PLACES.finditer(demo.stdout)
    ]
    accounts, regions = ("111111111111", "222222222222"), ("eu-west-1", "us-east-1")
    assert [row[:2] for row in rows] == [
        *((account, region) for account in accounts for region in regions),
        ("all", None),
    ]
    *places, (_, _, total) = rows
    assert [sum(column) for column in zip(*(numbers for _, _, numbers in places), strict=True)] == total
    assert len(total) == 6
    assert min(total) > 0, "a job in each status"


def test_many_kinds_of_failures_are_listed_with_reasons(demo):
    failed = [row["category"] for row in EVENTS.finditer(demo.stdout) if row["status"] == "FAILED"]
    assert len(set(failed)) >= 6
    assert "memory: CUDA out of memory." in demo.stdout


def test_events_match_counted_ends(demo, counts):
    events = list(EVENTS.finditer(demo.stdout))
    ends = [(row["status"], (row["category"] or "").strip(), int(row["number"])) for row in ENDS.finditer(demo.stdout)]
    total = sum(number for _, _, number in ends)
    assert total == counts["events"][1]
    told = re.search(r"EVENTS, NEWEST FIRST \((\d+) of (\d+)\)", demo.stdout)
    assert [len(events), total] == [int(number) for number in told.groups()]
    if len(events) == total:
        for status, category, number in ends:
            assert number == sum(row["status"] == status and (row["category"] or "") == category for row in events)


def test_sent_totals_match_the_polls(counts):
    assert counts["service checks"] == (4, 15 * 4)
    assert counts["ListOptimizationJobs"] == (4, 15 * 4)
    assert counts["metrics"][1] > 15 * counts["metrics"][0] / 2 > 0
    assert counts["resource records"][1] >= 20 * TAKES_RECORDS
    assert counts["AssumeRole"] == (0, 1)
    assert counts["of these not successful"] == (0, 0)
    operations = [numbers for name, numbers in counts.items() if re.fullmatch(r"([A-Z][a-z]+){2,}", name)]
    assert len(operations) == 5
    assert tuple(map(sum, zip(*operations, strict=True))) == counts["CALLS TO AWS"]
