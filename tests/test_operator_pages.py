"""The pages for operators: each message and log line has an entry, and each number comes from the code."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from optimizationjob.aws import errors
from optimizationjob.aws.denial_advice import ADVICE
from optimizationjob.aws.setting_advice import ADVICE as SETTING_ADVICE
from optimizationjob.config.settings import Settings
from optimizationjob.diagnosis.cost_forecast import (
    Traffic,
    calls_a_run,
    calls_an_hour,
    calls_of_the_first_reading,
    custom_metrics,
)
from optimizationjob.telemetry import service_check
from optimizationjob.telemetry.signals import IssueType

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
FLEETS_PAGE = (ROOT / "docs" / "costs.md").read_text(encoding="utf-8").partition("## To bring it down")[0]
# What these say never reaches an Agent's log.
NOT_IN_AN_AGENT = {"cli", "simulator", "evaluation", "preview", "assets", "sql"}
LEVELS = {"info", "warning", "error", "exception"}
EXAMPLES = r"sagemaker:\w+|arn:aws:\.\.\.|\b[a-z]{2}-[a-z]+-\d\b|\b\d+\b|(?<=slot )a"
"""What the page writes where a message has a placeholder."""
FLEETS = {
    "small": Traffic(
        window=168,
        has_older=True,
        active=2,
        started_an_hour=1,
        combinations=3,
        created_combinations=1,
        ended_sets=1,
    ),
    "medium": Traffic(
        window=1680,
        has_older=True,
        active=15,
        started_an_hour=10,
        combinations=6,
        created_combinations=5,
        ended_sets=5,
    ),
    "large": Traffic(
        window=16_800,
        has_older=True,
        active=150,
        started_an_hour=100,
        combinations=12,
        created_combinations=12,
        ended_sets=20,
    ),
}


def part(title):
    return PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]


def plain(words, placeholder):
    return re.sub(placeholder, "_", words.replace("`", ""))


def is_explained(words, text):
    """Whether a row of a table quotes a part of a message, with examples where it has placeholders."""
    message = plain(words, r"%[sd]|\{[^}]*\}")
    quotes = [plain(quote, EXAMPLES) for quote in re.findall(r"^\| `([^`]+)` \|", text, re.MULTILINE)]
    assert quotes
    return any(quote in message for quote in quotes)


def log_lines():
    """Every text that is logged where an Agent runs it, with the place."""
    for folder in ("optimizationjob", "datadog_checks/optimizationjob"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            if NOT_IN_AN_AGENT & set(path.relative_to(ROOT).parts):
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if (
                    isinstance(node, ast.Call)
                    and isinstance(node.func, ast.Attribute)
                    and node.func.attr in LEVELS
                    and ast.unparse(node.func.value) in ("logger", "self.log", "self._log")
                ):
                    (first, *_) = node.args
                    yield f"{path.relative_to(ROOT)}:{node.lineno}", ast.literal_eval(first)


def test_every_log_line_is_explained():
    lines = dict(log_lines())
    assert len(lines) >= 8
    text = part("Lines of the Agent's log")
    assert [where for where, words in lines.items() if not is_explained(words, text)] == []


def kinds(kind=errors.AwsError):
    for below in kind.__subclasses__():
        yield below
        yield from kinds(below)


@pytest.mark.parametrize("kind", sorted({kind.advice for kind in kinds()} | set(ADVICE) | set(SETTING_ADVICE)))
def test_every_advice_is_explained(kind):
    assert is_explained(kind, part("Messages of the service check"))


def test_every_word_of_the_service_check_is_explained():
    tree = ast.parse(Path(service_check.__file__).read_text(encoding="utf-8"))
    reported = [
        "".join(one.value if isinstance(one, ast.Constant) else "%s" for one in node.values)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr) and len(node.values) > 1
    ]
    reported += [service_check.NO_DATA, service_check.REMEMBERED, service_check.OTHERS_ARE_WELL]
    assert len(reported) == 6
    text = part("Messages of the service check")
    assert [words for words in reported if not is_explained(words, text)] == []


def test_every_issue_is_explained():
    text = part("Issues in the Agent's list")
    assert [kind for kind in IssueType if f"`{kind}`" not in text] == []


def row(title):
    (found,) = [line for line in FLEETS_PAGE.splitlines() if line.replace("*", "").startswith(f"| {title} |")]
    return [cell.strip() for cell in found.strip("|").split("|")[1:]]


def test_the_costs_of_three_fleets_follow_the_formulas():
    settings = Settings.from_mapping({"min_collection_interval": 60})
    quiet = Settings.from_mapping({"min_collection_interval": 60, "collect_job_metrics": False})
    fleets = list(FLEETS.values())
    calls = [calls_an_hour(fleet, settings) for fleet in fleets]
    first = [calls_of_the_first_reading(fleet.window, settings) for fleet in fleets]
    assert row("jobs created in an hour") == [f"{fleet.started_an_hour:,}" for fleet in fleets]
    assert row("jobs in the window of 168 hours") == [f"{fleet.window:,}" for fleet in fleets]
    assert row("active jobs") == [f"{fleet.active:,}" for fleet in fleets]
    assert row("combinations; created and ended ones in an hour") == [
        f"{fleet.combinations}; {fleet.created_combinations} and {fleet.ended_sets}" for fleet in fleets
    ]
    assert row("AWS calls in an hour") == [f"{reported.total:,}" for reported in calls]
    assert row("of these List, Describe, tags") == [
        f"{reported.lists}, {reported.describes}, {reported.tags}" for reported in calls
    ]
    assert row("AWS calls in a minute, on average") == [f"{reported.total / 60:.1f}" for reported in calls]
    assert row("custom metrics") == [f"{custom_metrics(fleet, settings):,}" for fleet in fleets]
    assert row("with `collect_job_metrics: false`") == [f"{custom_metrics(fleet, quiet):,}" for fleet in fleets]
    assert row("calls of the first reading") == [f"{number:,}" for number in first]
    assert row("runs it takes") == [f"{-(-number // calls_a_run(settings)):.0f}" for number in first]
    words = f"{calls[0].total} AWS calls and {custom_metrics(fleets[0], settings)} custom metrics an hour"
    assert words in " ".join(README.split()), "of a small fleet"
