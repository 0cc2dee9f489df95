"""Generates the column table in docs/resource-records.md from the column definitions.

`python -m tools.record_table --write docs/resource-records.md` regenerates it.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from optimizationjob.jobs.record_columns import COLUMNS, walk


def documentation() -> str:
    """Return the Markdown table of the columns, including fields of structures."""
    rows = ["| column | type | AWS member | meaning |", "| --- | --- | --- | --- |"]
    for path, member, column in walk(COLUMNS):
        notes = " *Masked.*" * column.sensitive + " *Newer AWS models only.*" * column.beyond
        rows.append(f"| `{path}` | {column.type} | {f'`{member}`' if member else '-'} | {column.help}{notes} |")
    return "\n".join(rows) + "\n"


def renewed(page: str) -> str:
    """Return a Markdown page with its table regenerated between the two marker comments."""
    return re.sub(r"(?s)(?<=<!-- columns: begin -->\n).*?(?=<!-- columns: end -->)", lambda _: documentation(), page)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tools.record_table", description="Regenerate the column table.")
    parser.add_argument("--write", type=Path, required=True, help="page with the two marker comments")
    page: Path = parser.parse_args().write
    page.write_text(renewed(page.read_text(encoding="utf-8")), encoding="utf-8")
