"""Parses the project's Markdown files: code blocks, the command lines in them, and inline code."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROGRAM = "optimizationjob"
# Tool and output folders without pages of the project.
NOT_OURS = re.compile(r"\.(?!ci$|github$)|(build|dist|node_modules|__pycache__)$")
FENCED = re.compile(r"^( *)```([^\n`]*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"(?:(?<=\n\n)|\A)(?:    [^\n]*\n)+")
SPAN = re.compile(r"(?<!`)`([^`]+)`(?!`)")
BETWEEN = {"|", "||", "&", "&&", ";"}
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
# Commands that depend on earlier lines in the same shell.
KEPT = re.compile(r"^export |&$|\$!", re.MULTILINE)
# Shell syntax around our command lines.
HELPERS = {"export", "kill", "sleep", "grep", "cut", "sed", "seq", "printf"}


@dataclass(frozen=True)
class Command:
    """One program with its arguments, as parsed by a shell."""

    words: tuple[str, ...]
    is_in_pipe: bool = False

    def __str__(self) -> str:
        return shlex.join(self.words)

    @property
    def ours(self):
        """The arguments of the console script; None for another program."""
        if self.words[0] == "./run":
            return self.words[1:] if self.words[1:2] != ("test",) else None
        words = self.words[2:] if self.words[:2] == ("uv", "run") else self.words
        return words[1:] if words[:1] == (PROGRAM,) else None


def pages():
    found = [path for path in ROOT.rglob("*.md") if not any(map(NOT_OURS.match, path.relative_to(ROOT).parts))]
    return [path.relative_to(ROOT).as_posix() for path in sorted(found)]


def text_of(page):
    return (ROOT / page).read_text(encoding="utf-8")


def blocks(page):
    """The fenced blocks: info string and text."""
    return [(language, re.sub(f"(?m)^{indent}", "", text)) for indent, language, text in FENCED.findall(text_of(page))]


def spans(page):
    """The inline code in the prose, each on one line."""
    prose = INDENTED.sub("", FENCED.sub("", text_of(page)))
    return [" ".join(span.split()) for span in SPAN.findall(prose)]


def pieces(page):
    """The pieces that a user copies from a page: a line, or a block whose lines depend on each other."""
    found = []
    for language, text in blocks(page):
        if language == "shell":
            found += [text] if KEPT.search(text) else lines(text)
    return found


def lines(text):
    """The non-empty lines of a block, with backslash continuations joined."""
    return [line for line in text.replace("\\\n", "").splitlines() if line.split("#")[0].strip()]


def commands(text):
    """All programs that a shell text starts."""
    return [command for line in lines(text) for command in _commands(line)]


def _commands(line):
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    rest, is_in_pipe = list(lexer), False
    while rest:
        part = list(takewhile(lambda token: token not in BETWEEN, rest))
        end = rest[len(part) : len(part) + 1]
        rest = rest[len(part) + 1 :]
        is_redirected = ">" in part
        words = takewhile(lambda token: token not in (">", "<"), part)
        words = [word for number, word in enumerate(words) if number or not ASSIGNMENT.match(word)]
        if words:
            yield Command(tuple(words), is_in_pipe=is_in_pipe or is_redirected or end in (["|"], ["&"]))
        is_in_pipe = end == ["|"]
