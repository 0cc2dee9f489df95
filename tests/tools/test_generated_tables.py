"""The table of a record's columns and metadata.csv are what the code says."""

from __future__ import annotations

from pathlib import Path

from tools.metadata_csv import document
from tools.record_table import documentation, renewed

ROOT = Path(__file__).parents[2]


def test_the_table_of_columns_is_the_declaration():
    page = (ROOT / "docs" / "resource-records.md").read_text(encoding="utf-8")
    assert page.count(documentation()) == 1
    assert renewed(page) == page


def test_a_stale_page_is_renewed():
    stale = "a\n<!-- columns: begin -->\nold\n<!-- columns: end -->\nb\n"
    assert renewed(stale) == f"a\n<!-- columns: begin -->\n{documentation()}<!-- columns: end -->\nb\n"


def test_the_file_of_metrics_is_what_their_table_gives():
    written = (ROOT / "metadata.csv").read_bytes().decode("ascii")
    assert written == document(), "metadata.csv is stale: bash .ci/generated --write"
