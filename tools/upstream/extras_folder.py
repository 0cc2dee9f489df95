"""Chooses the files for integrations-extras, and writes those that are others there."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Final

REPOSITORY: Final = "DataDog/integrations-extras"
NAME: Final = "optimizationjob"
OWNER: Final = f"@{NAME}-maintainers"
"""Who is asked for reviews. GitHub wants a user or a team that may write to the repository."""
ROOT: Final = Path(__file__).parents[2]
# Images are those of the tile; integrations-extras wants them next to the README.
IMAGES: Final = PurePosixPath("assets/images")
MOST_OF_A_TILE: Final = ".png"
# How the check is deployed, measured and built here, and the pages of this repository, which name those files.
LEFT_OUT: Final = (
    ".ci",
    ".gitignore",
    "CONTRIBUTING.md",
    "LICENSE",
    "SECURITY.md",
    "benchmarks",
    "deploy",
    "docs",
    "fuzz",
    "run",
)
LEFT_OUT_TOOLS: Final = ("ruff.toml", "tools/policy_files.py", "tools/record_table.py", "tools/upstream")
# Those that hold the code to these files.
LEFT_OUT_TESTS: Final = (
    "tests/aws/test_credentials_page.py",
    "tests/clients",
    "tests/cli/test_page_words.py",
    "tests/cli/test_pages.py",
    "tests/deploy",
    "tests/diagnosis/test_cost_forecast.py",
    "tests/diagnosis/test_findings.py",
    "tests/diagnosis/test_iam_policy.py",
    "tests/test_agent_versions.py",
    "tests/test_documentation.py",
    "tests/test_operator_pages.py",
    "tests/test_prose.py",
    "tests/test_run_script.py",
    "tests/tools/iam_facts.py",
    "tests/tools/test_extras_folder.py",
    "tests/tools/test_generated_tables.py",
    "tests/tools/test_policy_files.py",
    "tests/tools/test_terminal_pictures.py",
    "tests/wheel",
)
# The inputs of integrations-core's workflow, as the repository hands them on.
INPUTS: Final = {
    "repo": '"${{ inputs.repo }}"',
    "context": "${{ inputs.context }}",
    "python-version": '"${{ inputs.python-version }}"',
    "latest": "${{ inputs.latest }}",
    "agent-image": '"${{ inputs.agent-image }}"',
    "agent-image-py2": '"${{ inputs.agent-image-py2 }}"',
    "agent-image-windows": '"${{ inputs.agent-image-windows }}"',
    "agent-image-windows-py2": '"${{ inputs.agent-image-windows-py2 }}"',
    "test-py2": "${{ inputs.test-py2 }}",
    "test-py3": "${{ inputs.test-py3 }}",
    "setup-env-vars": '"${{ inputs.setup-env-vars }}"',
}


class NotAFolderForExtrasError(Exception):
    """The folder cannot be written, with the reason as its text."""


def write(target: Path) -> int:
    """Write the integration and what the repository needs besides; return how many files the integration has.

    Raises:
        NotAFolderForExtrasError: the folder is not empty, or this is no checkout.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise NotAFolderForExtrasError(f"{target} is not empty; name a new folder")
    folder = target / NAME
    for path in _chosen():
        place = folder / _place(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, place)
    shutil.copyfile(Path(__file__).with_name("README.md"), folder / "README.md")
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    manifest["tile"]["support"] = "README.md#Troubleshooting"
    for medium in manifest["tile"]["media"]:
        medium["image_url"] = _place(PurePosixPath(medium["image_url"])).as_posix()
    _write(folder / "manifest.json", json.dumps(manifest, indent=2) + "\n")
    _write(target / ".github" / "CODEOWNERS", f"{f'/{NAME}/':40} {OWNER}\n")
    _write(target / ".github" / "workflows" / "test-all.yml", _job(manifest))
    return sum(path.is_file() for path in folder.rglob("*"))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _chosen() -> Iterator[PurePosixPath]:
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    try:
        names = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")  # noqa: S603 - fixed words
    except (OSError, subprocess.CalledProcessError) as failure:
        raise NotAFolderForExtrasError(
            "this takes a checkout and git, which says which files belong to it"
        ) from failure
    for path in map(PurePosixPath, filter(None, names)):
        left_out = any(path.is_relative_to(other) for other in (*LEFT_OUT, *LEFT_OUT_TOOLS, *LEFT_OUT_TESTS))
        is_picture = path.is_relative_to(IMAGES) and path.suffix != MOST_OF_A_TILE
        if not left_out and not is_picture and path.name != "README.md" and (ROOT / path).is_file():
            yield path


def _place(path: PurePosixPath) -> PurePosixPath:
    return PurePosixPath("images", path.name) if path.is_relative_to(IMAGES) else path


def _job(manifest: dict[str, Any]) -> str:
    """Return the entry in the repository's list of test jobs, as `ddev validate ci` writes it."""
    title = manifest["assets"]["integration"]["source_type_name"]
    given = {"job-name": title, "target": NAME, "platform": "linux", "runner": "'[\"ubuntu-22.04\"]'", **INPUTS}
    lines = "".join(f"      {name}: {value}\n" for name, value in given.items())
    return (
        "name: Test all\n\njobs:\n"
        f"  j{hashlib.sha256(title.encode()).hexdigest()[:7]}:\n"
        "    uses: DataDog/integrations-core/.github/workflows/test-target.yml@master\n"
        f"    with:\n{lines}    secrets: inherit\n"
    )
