"""Code, help, pages and assets are written in plain words: those of the list below have a better one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# What to write instead. A word also counts inside of a name such as `print_told`.
PLAIN = {
    "told": "reported, sent, said",
    "begun": "started",
    "mend": "fix",
    "mends": "fixes",
    "mended": "fixed",
    "anew": "again",
    "lest": "so that ... not",
    "nobody": "no one, or the component as the subject",
    "wellness": "service check",
    "surroundings": "context",
}
WORD = re.compile(rf"(?i)(?<![a-z])(?:{'|'.join(PLAIN)})(?![a-z])|\bin all(?=[.,;:)\n])")
FOLDERS = ("optimizationjob", "datadog_checks", "tools", "benchmarks", "fuzz", "docs", "assets", "deploy", ".ci")
PAGES = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "metadata.csv", "run")
ENDINGS = {".py", ".md", ".json", ".yaml", ".yml", ".sh", ".tf", ".csv", ".css", ".example", ""}
CACHES = {"__pycache__", ".ruff_cache"}
# Names that users have: a field of the simulator's stories, and a key of `check --json`.
KEPT = re.compile(r"\bstory\.told\b|\bself\.told\b|\btold(?=[:=])|\bbegun_at\b")


def texts():
    found = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*") if path.is_file()]
    found += [ROOT / name for name in PAGES]
    return sorted(path for path in found if path.suffix in ENDINGS and not CACHES.intersection(path.parts))


@pytest.mark.parametrize("path", texts(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_words_are_plain(path):
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    assert [(number, line) for number, line in enumerate(lines, 1) if WORD.search(KEPT.sub("", line))] == []
