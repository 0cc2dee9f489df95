"""Writes dashboards and monitors to files, each atomically."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from optimizationjob.assets.asset_files import Asset, AssetError
from optimizationjob.assets.terraform_export import document
from optimizationjob.cli.atomic_files import written
from optimizationjob.cli.command_failure import WRONG_USE, CommandFailed

Form = Literal["json", "terraform"]


def export(assets: Sequence[Asset], folder: Path, *, form: Form, overwrite: bool) -> Iterator[Path]:
    """Write assets below a folder, and yield each file once it is written.

    Raises:
        CommandFailed: a file exists and must not be overwritten, or an asset lacks one that it names.
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
        try:
            return {folder / "main.tf.json": document(assets)}
        except AssetError as failure:
            raise CommandFailed(str(failure), status=WRONG_USE) from failure
    return {folder / asset.path.parent.name / asset.path.name: asset.body for asset in assets}


def write_text(path: Path, text: str) -> None:
    """Write a file atomically, and create its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with written(path) as draft:
        draft.write_text(text, encoding="utf-8")
