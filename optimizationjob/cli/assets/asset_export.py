"""Writes dashboards and monitors to files, each atomically."""

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
    """Write assets below a folder, and yield each file once it is written.

    Raises:
        CommandFailed: a file exists and must not be overwritten; nothing is written.
    """
    contents = _contents(assets, folder, form)
    there = [str(path) for path in contents if path.exists()]
    if there and not overwrite:
        raise CommandFailed(f"these files exist already: {', '.join(there)}; add --overwrite to replace them")
    for path, content in contents.items():
        write_text(path, json.dumps(content, indent=2) + "\n")
        yield path


def _contents(assets: Sequence[Asset], folder: Path, form: Form) -> dict[Path, Mapping[str, Any]]:
    """Return the content of each file."""
    if form == "terraform":
        return {folder / "main.tf.json": document(assets)}
    return {folder / FOLDERS[asset.kind] / f"{asset.name}.json": asset.body for asset in assets}


def write_text(path: Path, text: str) -> None:
    """Write a file atomically, and create its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with written(path) as draft:
        draft.write_text(text, encoding="utf-8")
