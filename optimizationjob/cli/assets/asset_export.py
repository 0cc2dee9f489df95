"""Writing dashboards and monitors to files, each of them whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from optimizationjob.assets.asset_files import FOLDERS, Asset
from optimizationjob.assets.terraform_export import document
from optimizationjob.cli.atomic_files import written
from optimizationjob.cli.command_failure import CommandFailed

Form = Literal["json", "terraform"]


def export(assets: Sequence[Asset], folder: Path, *, form: Form, overwrite: bool) -> Iterator[Path]:
    """Write assets below a folder, and yield each file as it is there.

    Raises:
        CommandFailed: a file is there already, and may not be overwritten; then nothing was written.
    """
    contents = _contents(assets, folder, form)
    there = [str(path) for path in contents if path.exists()]
    if there and not overwrite:
        raise CommandFailed(f"these files are there already: {', '.join(there)}; add --overwrite to write over them")
    for path, content in contents.items():
        write_text(path, json.dumps(content, indent=2) + "\n")
        yield path


def _contents(assets: Sequence[Asset], folder: Path, form: Form) -> dict[Path, Mapping[str, Any]]:
    """Return what goes into which file."""
    if form == "terraform":
        return {folder / "main.tf.json": document(assets)}
    return {folder / FOLDERS[asset.kind] / f"{asset.name}.json": asset.body for asset in assets}


def write_text(path: Path, text: str) -> None:
    """Write a file, and its folders where they are missing; what was there stays until the new text is whole."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with written(path) as draft:
        draft.write_text(text, encoding="utf-8")
