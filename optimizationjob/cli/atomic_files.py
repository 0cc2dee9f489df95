"""Writes files atomically: complete, or not at all."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from optimizationjob.cli.command_failure import WRONG_USE, CommandFailed
from optimizationjob.cli.interrupts import raised
from optimizationjob.cli.terminal_output import data_output, for_terminal


def refuse_existing(path: Path, *, overwrite: bool) -> None:
    """Fail early if the file exists and must not be overwritten.

    Raises:
        CommandFailed: the file exists, or its folder does not.
    """
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise CommandFailed(f"{path} is not a file path: give a file in an existing folder", status=WRONG_USE)
    if path.is_file() and not overwrite:
        raise CommandFailed(f"{path} exists already: add --overwrite or give another name", status=WRONG_USE)


@contextmanager
def written(path: Path, *, mode: int | None = None) -> Iterator[Path]:
    """Yield a temporary path, and move the file into place once it is complete.

    With a mode, the file has no more rights than that, and no more than the file that it replaces, whose owner it keeps
    where that is allowed. A target that is not a regular file, such as a device, receives the finished bytes.
    """
    is_plain = path.is_file() or not path.exists()
    folder = path.absolute().parent if is_plain else None
    with raised(), tempfile.TemporaryDirectory(prefix=".optimizationjob-", dir=folder) as draft_folder:
        draft = Path(draft_folder) / path.name
        yield draft
        if is_plain:
            if mode is not None:
                _set_rights(draft, mode, path)
            draft.replace(path)
        else:
            with path.open("wb") as target:
                _copy(draft, target)


def _set_rights(draft: Path, mode: int, replaced: Path) -> None:
    if replaced.exists():
        before = replaced.stat()
        mode &= stat.S_IMODE(before.st_mode)
        with suppress(PermissionError):
            os.chown(draft, before.st_uid, before.st_gid)
    draft.chmod(mode)


@contextmanager
def streamed() -> Iterator[Path]:
    """Yield a temporary path, and copy the finished file to standard output."""
    with raised(), tempfile.TemporaryDirectory(prefix="optimizationjob-") as draft_folder:
        draft = Path(draft_folder) / "answer"
        yield draft
        with data_output() as target:
            _copy(draft, target)


def _copy(draft: Path, target: BinaryIO) -> None:
    """Copy a file; a terminal gets harmless text, and nothing else gets other bytes than a regular file would."""
    if target.isatty():
        target.write(for_terminal(draft))
        return
    with draft.open("rb") as source:
        shutil.copyfileobj(source, target)
