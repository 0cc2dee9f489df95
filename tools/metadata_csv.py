"""Generates metadata.csv from the metric table: `python -m tools.metadata_csv --write metadata.csv`."""

from __future__ import annotations

import argparse
import csv
import io
import sys
from pathlib import Path

from optimizationjob.assets.metric_metadata import MetadataRow, rows


def document() -> str:
    """Return metadata.csv as text."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(MetadataRow._fields)
    writer.writerows(rows())
    return text.getvalue()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tools.metadata_csv", description="Print the file.")
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the file instead")
    target: Path | None = parser.parse_args().write
    if target is None:
        sys.stdout.write(document())
    else:
        target.write_text(document(), encoding="utf-8")
