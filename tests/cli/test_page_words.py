"""Every command has a page and an example, and commands and options named in prose exist."""

from __future__ import annotations

import re
import shlex

import pytest

from optimizationjob.cli.app import COMMANDS
from tests.cli.pages import PROGRAM, blocks, commands, lines, pages, pieces, spans, text_of
from tests.cli.parsing import example, fault, leaves, options

# Block types without command lines, in addition to shell blocks.
LANGUAGES = {"shell", "text", "yaml", "json", "ini", "sql", "dockerfile", "hcl"}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_page_with_all_of_its_options(command):
    page = text_of(f"docs/{command}.md")
    assert [option for option in sorted(options(command)) if not re.search(rf"{option}(?![\w-])", page)] == []
    shown = [one.ours[0] for piece in pieces(f"docs/{command}.md") for one in commands(piece) if one.ours]
    assert command in shown
    assert f"(docs/{command}.md)" in text_of("README.md") or f"({command}.md)" in text_of("docs/command-line.md")


def test_every_subcommand_is_shown():
    shown = {" ".join(one.ours[:2]) for piece in pieces("docs/assets.md") for one in commands(piece) if one.ours}
    assert set(leaves("assets")) - {"assets"} <= shown


@pytest.mark.parametrize("command", COMMANDS)
def test_every_help_example_parses(command):
    for name, one in leaves(command).items():
        program, *arguments = shlex.split(example(one))
        assert program == PROGRAM
        assert " ".join(arguments).startswith(name)
        assert fault(arguments) == ""


@pytest.mark.parametrize("page", pages())
def test_every_command_line_parses(page):
    shown = [command.ours for piece in pieces(page) for command in commands(piece) if command.ours]
    # Output, and command lines that take too long, are in text blocks.
    shown += [
        command.ours
        for language, text in blocks(page)
        if language != "shell" and text.startswith(f"{PROGRAM} ")
        for line in lines(text)
        for command in commands(line)
    ]
    assert [(arguments, fault(arguments)) for arguments in shown if fault(arguments)] == []


@pytest.mark.parametrize("page", pages())
def test_commands_in_prose_exist(page):
    ours = [span for span in spans(page) if {PROGRAM, "./run"} & set(span.split())]
    named = [command.ours for span in ours for command in commands(span)]
    faults = {arguments: fault(arguments, may_lack=True) for arguments in named if arguments}
    assert {arguments: words for arguments, words in faults.items() if words} == {}


@pytest.mark.parametrize("command", COMMANDS)
def test_options_in_prose_exist(command):
    page = f"docs/{command}.md"
    known = set().union(*map(options, COMMANDS)) | {"--help"}
    known |= {word for piece in pieces(page) for one in commands(piece) if not one.ours for word in one.words}
    named = [word for span in spans(page) if span.startswith("--") for word in span.split() if word.startswith("--")]
    assert [option for option in named if option not in known] == []


@pytest.mark.parametrize("page", pages())
def test_command_lines_are_in_executed_blocks(page):
    assert {language for language, _ in blocks(page)} <= LANGUAGES
    assert text_of(page).count("```") == 2 * len(blocks(page))


def test_invalid_command_lines_are_detected():
    assert fault(["forecast"]) == "No such command 'forecast'."
    assert "--velocity" in fault(["demo", "--velocity", "3"], may_lack=True)
    assert fault(["assets", "export"]).startswith("Missing option")
    assert fault(["assets", "export"], may_lack=True) == fault(["query", "--from"], may_lack=True) == ""
    assert fault(["query", "--from"]) != ""
