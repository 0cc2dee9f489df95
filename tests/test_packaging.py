"""Files that describe the package to Datadog and to its users agree with each other."""

from __future__ import annotations

import csv
import json
import re
import shutil
import subprocess
import tomllib
import uuid
from pathlib import Path

import pytest
import yaml

from datadog_checks.optimizationjob.__about__ import __version__

ROOT = Path(__file__).parents[1]
MANIFEST = json.loads((ROOT / "manifest.json").read_text(encoding="utf-8"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
TILE, INTEGRATION = MANIFEST["tile"], MANIFEST["assets"]["integration"]

# No pattern matches its own source.
MACHINE_PATH = re.compile(r"(?<![\w.~>}-])/(?:work|root|home/\w+|Users/\w+)/")
INDEX_HOST = re.compile(r"python[h]osted|\bpypi\.(?:org|python)|\b(?:extra-)?index[-]url|artifactor[y]", re.IGNORECASE)
AGENT = "datadog_checks"
FROM_AGENT = (f"{AGENT}.base", f"{AGENT}.optimizationjob", f"{AGENT}.dev")


def files():
    """Every file that Git knows or would know."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("this is no checkout: nothing says which files belong to it", allow_module_level=True)
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    return [ROOT / name for name in names if name and (ROOT / name).is_file()]


def text(path):
    return path.read_bytes().decode("utf-8", "replace")


def readme():
    words = text(ROOT / "README.md")
    if len(words.splitlines()) < 20:
        pytest.skip("README.md is a stub of fewer than 20 lines")
    return words


def test_the_newest_heading_of_the_changelog_is_the_version():
    headings = re.findall(r"^## (.+)$", text(ROOT / "CHANGELOG.md"), re.MULTILINE)
    released = [heading for heading in headings if heading != "Unreleased"]
    assert headings[1:] == released[-len(headings[1:]) :], "only the first may be unreleased"
    assert re.fullmatch(re.escape(__version__) + r" / \d{4}-\d{2}-\d{2}", released[0])
    assert "version" in PROJECT["dynamic"]


def test_the_manifest_names_files_that_exist():
    named = [INTEGRATION[part]["metadata_path"] for part in ("metrics", "service_checks")]
    named += [INTEGRATION["configuration"]["spec"], TILE["changelog"]]
    named += [TILE[part].partition("#")[0] for part in ("overview", "configuration", "support")]
    for kind in ("dashboards", "monitors"):
        paths = set(MANIFEST["assets"].get(kind, {}).values())
        named += paths
        assert paths >= {path.relative_to(ROOT).as_posix() for path in (ROOT / "assets" / kind).glob("*.json")}
    named += [medium["image_url"] for medium in TILE["media"]]
    assert [name for name in named if not (ROOT / name).is_file()] == []


def test_the_manifest_says_what_datadog_asks_for():
    assert MANIFEST["manifest_version"] == "2.0.0"
    assert str(uuid.UUID(MANIFEST["app_uuid"])) == MANIFEST["app_uuid"]
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", MANIFEST["app_id"])
    assert 0 < len(TILE["description"]) <= 80
    assert 0 < len(TILE["title"]) <= 50
    assert len(TILE["media"]) <= 8
    assert isinstance(INTEGRATION["source_type_id"], int)
    assert isinstance(INTEGRATION["auto_install"], bool)
    assert INTEGRATION["events"] == {"creates_events": True}


def test_the_manifests_author_is_the_packages():
    author = PROJECT["authors"][0]
    assert MANIFEST["owner"] == MANIFEST["author"]["name"] == author["name"]
    assert {MANIFEST["author"]["support_email"], MANIFEST["author"]["sales_email"]} == {author["email"]}
    assert MANIFEST["author"]["homepage"].startswith("https://")


def test_the_flows_of_data_are_those_of_the_check():
    provided = yaml.safe_load((ROOT / "assets" / "dataflows.yaml").read_text(encoding="utf-8"))["provides"]
    flows = {flow["data_type"]: flow for flow in provided}
    assert [flow["id"] for flow in provided] == [f"{MANIFEST['app_id']}-{kind}" for kind in flows]
    assert {flow["direction"] for flow in provided} == {"inbound"}, "into Datadog"
    submitted = {tag.partition("::")[2].lower() for tag in TILE["classifier_tags"] if tag.startswith("Submitted")}
    assert set(flows) == submitted == {"metrics", "events"}


def test_the_manifests_tags_are_datadogs():
    tags = TILE["classifier_tags"]
    assert len(tags) == len(set(tags))
    assert {tag.partition("::")[0] for tag in tags} == {"Supported OS", "Category", "Offering", "Submitted Data Type"}
    has_logs = re.search(r"^#+ .*\blogs?\b", text(ROOT / "README.md"), re.MULTILINE | re.IGNORECASE) is not None
    assert ("Category::Log Collection" in tags) is has_logs


def test_the_manifests_metrics_are_in_the_metadata():
    with (ROOT / "metadata.csv").open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    names = {line["metric_name"] for line in lines}
    assert INTEGRATION["metrics"]["check"] in names
    assert all(name.startswith(INTEGRATION["metrics"]["prefix"]) for name in names)
    assert {line["integration"] for line in lines} == {INTEGRATION["source_type_name"].lower().replace(" ", "_")}


def test_the_service_check_is_described():
    (described,) = json.loads((ROOT / "assets" / "service_checks.json").read_text(encoding="ascii"))
    description, version = described.pop("description"), described.pop("agent_version")
    assert described == {
        "check": "optimizationjob.can_connect",
        "groups": ["region", "aws_account"],
        "integration": INTEGRATION["source_type_name"],
        "name": "Can connect",
        "statuses": ["ok", "warning", "critical"],
    }
    assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    assert all(f"`{status}`" in description for status in ("OK", "WARNING", "CRITICAL"))


def test_the_agents_package_is_all_that_is_required():
    assert [re.split(r"[^\w-]", need)[0] for need in PROJECT["dependencies"]] == ["datadog-checks-base"]
    assert PROJECT["name"] == "datadog-optimizationjob"


def test_what_is_installed_in_an_agent_changes_nothing_of_it():
    # `ddev env` does so with the extra `deps`: a pin of another package would replace what the Agent has.
    assert [re.split(r"[^\w-]", need)[0] for need in PROJECT["optional-dependencies"]["deps"]] == ["boto3"]


def test_no_file_names_a_machine_or_a_package_index():
    reported = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in files()
        for pattern in (MACHINE_PATH, INDEX_HOST)
        if (match := pattern.search(text(path)))
    ]
    assert reported == []


def test_the_search_for_machines_finds_them():
    assert all(MACHINE_PATH.search(path.replace("_", "/")) for path in ("_work_main", "_root_.cache", "_home_me_x"))
    assert all(INDEX_HOST.search(f"https://{host}") for host in ("files.python" + "hosted.org", "pypi" + ".org/simple"))


def test_no_line_looks_to_ddev_like_a_forbidden_import():
    # Its rule in full: it reads lines, comments and strings too.
    strange = [
        f"{path.relative_to(ROOT)}:{number}: {line}"
        for path in files()
        if path.suffix == ".py" and path.relative_to(ROOT).parts[0] in (AGENT, "tests")
        for number, line in enumerate(text(path).splitlines(), 1)
        if "import" in line and AGENT in line and not any(name in line for name in FROM_AGENT)
    ]
    assert strange == []


def test_the_readme_has_what_datadog_asks_for():
    lines = readme().splitlines()
    assert {"## Overview", "## Setup"} <= set(lines)
    assert sorted({character for line in lines for character in line if ord(character) > 0x100}) == []
