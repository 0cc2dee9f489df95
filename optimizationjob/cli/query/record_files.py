"""The files of `--from`: what they hold is seen in their first bytes, whatever their names."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from optimizationjob.cli.command_failure import WRONG_USE, CommandFailed
from optimizationjob.clock import SystemClock
from optimizationjob.jobs.record_columns import COLUMN_NAMES

CAN_READ: Final = "a file of --save, whole records of --format json, or a document of `check --json`"
DUCKDB: Final = (8, b"DUCK")
"""Where a DuckDB file has its mark, and what it is."""
KINDS: Final = {
    b"PAR1": "Parquet",
    b"SQLite format 3": "a SQLite file",
    b"\x1f\x8b": "compressed",
    b"PK\x03\x04": "a ZIP",
}
_BOM: Final = b"\xef\xbb\xbf"


def is_saved_table(path: Path) -> bool:
    """Return whether a file is a DuckDB file; else it is JSON.

    Raises:
        CommandFailed: it is neither, or cannot be read.
    """
    if not path.is_file():
        raise CommandFailed(f"{path} is not a file: give {CAN_READ}", status=WRONG_USE)
    try:
        with path.open("rb") as file:
            head = file.read(64)
    except OSError as failure:
        raise CommandFailed(f"{path} cannot be read: {failure.strerror}", status=WRONG_USE) from failure
    place, mark = DUCKDB
    if head[place : place + len(mark)] == mark:
        return True
    if head.removeprefix(_BOM).lstrip()[:1] in (b"[", b"{"):
        return False
    kind = next((f" is {name}, which" for start, name in KINDS.items() if head.startswith(start)), "")
    raise CommandFailed(f"{path}{kind} cannot be read: give {CAN_READ}", status=WRONG_USE)


def changed_at(path: Path) -> datetime:
    """Return when a file was last changed, its records are from that time; the present where that cannot be."""
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except (ValueError, OverflowError):
        return SystemClock().now()


def records_of(path: Path) -> Sequence[Mapping[str, Any]]:
    """Return the records of a file: a list of records, or a document of `check --json`.

    Raises:
        CommandFailed: it has none.
    """
    refused = CommandFailed(f"{path} has no records: give {CAN_READ}")
    try:
        found: Any = json.loads(path.read_bytes().removeprefix(_BOM))
        if isinstance(found, Mapping):
            runs = [run for instance in found["instances"] for run in instance["runs"]]
            # Later runs have newer records of a job.
            found = list({one["key"]: one["fields"] for run in runs for one in run["records"]}.values())
    except (ValueError, KeyError, TypeError, RecursionError) as failure:
        raise refused from failure
    if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
        raise refused
    # The answer to another statement has other columns.
    if found and not any(name in one for one in found for name in COLUMN_NAMES):
        raise refused
    return found
