"""Files that are there whole or not at all."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from optimizationjob.cli.command_failure import WRONG_USE, CommandFailed


def refuse_existing(path: Path, *, overwrite: bool) -> None:
    """Refuse to write where something is, before anything else is done.

    Raises:
        CommandFailed: there is a file, or no folder to put one in.
    """
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise CommandFailed(f"{path} is no place for a file: give a file in a folder that exists", status=WRONG_USE)
    if path.is_file() and not overwrite:
        raise CommandFailed(f"{path} is there already: give --overwrite, or another name", status=WRONG_USE)


@contextmanager
def written(path: Path) -> Iterator[Path]:
    """Give a path to write to, and put the file in its place once it is whole.

    What is no plain file, such as a device, gets the finished bytes.
    """
    is_plain = path.is_file() or not path.exists()
    folder = path.absolute().parent if is_plain else None
    with tempfile.TemporaryDirectory(prefix=".optimizationjob-", dir=folder) as draft_folder:
        draft = Path(draft_folder) / path.name
        yield draft
        if is_plain:
            draft.replace(path)
        else:
            with draft.open("rb") as source, path.open("wb") as target:
                shutil.copyfileobj(source, target)


@contextmanager
def streamed() -> Iterator[Path]:
    """Give a path to write to, and send the finished file to standard output."""
    with tempfile.TemporaryDirectory(prefix="optimizationjob-") as draft_folder:
        draft = Path(draft_folder) / "answer"
        yield draft
        with draft.open("rb") as source:
            sys.stdout.flush()
            shutil.copyfileobj(source, sys.stdout.buffer)
        sys.stdout.buffer.flush()
