"""What a pull request to integrations-extras has: the folder, its README, and what goes next to it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.test_packaging import files
from tools.upstream.extras_folder import LEFT_OUT, NAME, NotAFolderForExtrasError, write

files()  # Skips where no checkout says which files belong to it.


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    target = tmp_path_factory.mktemp("extras") / "new"
    assert write(target) > 100
    return target


@pytest.fixture
def folder(repository):
    return repository / NAME


@pytest.fixture
def readme(folder):
    return (folder / "README.md").read_text(encoding="utf-8")


def test_it_has_what_an_integration_has_and_nothing_else(folder):
    needed = {"CHANGELOG.md", "README.md", "assets", "datadog_checks", "hatch.toml", "images", "manifest.json"}
    needed |= {"metadata.csv", "pyproject.toml", "tests"}
    there = {path.name for path in folder.iterdir()}
    assert there == needed | {"optimizationjob", "tools"}
    assert not there & set(LEFT_OUT)
    assert [path for path in folder.rglob("*") if path.name == "__pycache__" or path.is_symlink()] == []


def test_the_readme_has_the_parts_of_datadogs_template(readme):
    assert re.findall(r"^## (.+)$", readme, re.MULTILINE) == ["Overview", "Setup", "Data Collected", "Troubleshooting"]
    parts = ["Installation", "Configuration", "Validation", "Metrics", "Events", "Service Checks"]
    assert re.findall(r"^### (.+)$", readme, re.MULTILINE) == parts


def test_links_are_references_to_what_is_there(readme, folder):
    defined = dict(re.findall(r"^\[(\d+)\]: (\S+)$", readme, re.MULTILINE))
    used = re.findall(r"\]\[(\d+)\]", readme)
    assert list(defined) == [str(number) for number in range(1, len(defined) + 1)]
    assert sorted(set(used), key=int) == list(defined)
    assert "](" not in readme, "a link with its address in the text"
    own = re.compile(
        r"https://(?:github\.com|raw\.githubusercontent\.com)/DataDog/integrations-extras/(?:blob/)?master/(.+)"
    )
    named = [match[1] for address in defined.values() if (match := own.fullmatch(address))]
    assert len(named) >= 5
    assert [name for name in named if not (folder.parent / name).is_file()] == []


def test_the_readmes_configuration_is_one(readme):
    (text,) = re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL)
    assert set(yaml.safe_load(text)) == {"init_config", "instances"}


def test_the_manifest_names_files_of_the_folder(folder):
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    named = [medium["image_url"] for medium in manifest["tile"]["media"]]
    named += [path for kind in ("dashboards", "monitors") for path in manifest["assets"][kind].values()]
    assert len(named) >= 10
    assert [name for name in named if not (folder / name).is_file()] == []
    heading = manifest["tile"]["support"].partition("#")[2]
    assert f"## {heading}" in (folder / "README.md").read_text(encoding="utf-8")


def test_the_repository_gets_an_owner_and_a_job(repository):
    owners = (repository / ".github" / "CODEOWNERS").read_text(encoding="utf-8")
    assert owners.split() == ["/optimizationjob/", "@optimizationjob-maintainers"]
    workflow = (repository / ".github" / "workflows" / "test-all.yml").read_text(encoding="utf-8")
    (job,) = yaml.safe_load(workflow)["jobs"].values()
    assert (job["with"]["target"], job["with"]["job-name"]) == (NAME, "SageMaker Optimization Jobs")


def test_nothing_is_overwritten(repository):
    with pytest.raises(NotAFolderForExtrasError, match="is not empty"):
        write(repository)


@pytest.mark.slow
def test_its_tests_can_be_loaded(folder):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    command = [sys.executable, "-P", "-m", "pytest", "-q", "-n0", "--collect-only", "-p", "no:cacheprovider", "-m", ""]
    ended = subprocess.run(
        command, cwd=folder, env={**kept, "PYTHONPATH": str(folder)}, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout[-2000:]
    assert f"{Path('tests') / 'agent'}" in ended.stdout
