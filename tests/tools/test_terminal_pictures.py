"""`python -m tools.terminal_pictures`: reproducible pictures for the documentation."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from itertools import groupby
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from rich.text import Text

from tools.terminal_pictures.draw_terminals import keep
from tools.terminal_pictures.terminal_svg import CELL, CYAN, GREEN, RED, YELLOW, drawing

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
KEPT = ROOT / "assets" / "images"
NAMES = ("check", "demo", "doctor", "query", "watch", "watch_detail")
FILES = [f"terminal_{name}.svg" for name in NAMES]
LINK = re.compile(r"!\[[^\]]+\]\(([^)\s]+\.svg)\)")
SVG = "{http://www.w3.org/2000/svg}"
TITLES_AND_KEYS = {"#ffc473", "#ffa62b"}
"""Of the watch, by textual's own theme."""
DRAWN = {"svg", "style", "rect", "g", "circle", "text"}
WORDS = {
    "demo": ("optimizationjob demo  2026-01-05 12:11 UTC 60x", "Service checks  4 ok", "Events, newest first", "95%"),
    "watch": ("4 of 4 regions ok  data 4s old", "mixtral-8x7b-neuron-weekly", "95%", "ACCOUNT", "q Quit"),
    "watch_detail": ("failed    ", "Category  storage", "No space left on", "28m of 10h"),
    "check": ("Instance 1, run 2 of 2, 12:11:00 UTC", "optimizationjob.api.up  gauge  1", "Events (3)"),
    "doctor": ("endpoint   Calls go to http://127.0.0.1:4566 without a proxy.", "-> Allow", "1 failure."),
    "query": ("$ optimizationjob query", "FROM aws_sagemaker_optimizationjob", "waited_minutes", "CapacityError"),
}


@pytest.fixture(scope="module")
def run():
    """Run the generator as a separate program."""

    def program(*arguments, **environment):
        command = [sys.executable, "-m", "tools.terminal_pictures", *arguments]
        env = {**os.environ, **environment}
        return subprocess.run(command, check=False, capture_output=True, text=True, timeout=50, env=env)

    return program


@pytest.fixture(scope="module")
def made(run, tmp_path_factory):
    """A folder of pictures of a world with only the fixed jobs."""
    folder = tmp_path_factory.mktemp("made") / "new" / "pictures"
    ended = run(str(folder), "--jobs", "0")
    assert (ended.returncode, ended.stdout.splitlines()[:1]) == (0, [str(folder / "terminal_demo.svg")])
    return folder


def words_of(path):
    """The texts of the screen, without the title of the window."""
    return [one for one in ET.parse(path).iter(f"{SVG}text") if "-title" not in one.get("class")]


def shown(path):
    """The lines of a picture as a reader sees them."""
    for _, parts in groupby(words_of(path), lambda one: one.get("y")):
        line = ""
        for part in parts:
            line = line.ljust(round(float(part.get("x")) / CELL)) + part.text
        yield line


def test_all_pictures_are_written_and_nothing_else(made):
    assert sorted(path.name for path in made.iterdir()) == FILES


def test_documentation_shows_exactly_the_generated_pictures():
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    linked = {
        page.name: [(page.parent / link).resolve() for link in LINK.findall(page.read_text(encoding="utf-8"))]
        for page in pages
    }
    # One picture of the dashboards is enough there.
    assert linked["README.md"] == []
    assert {path for links in linked.values() for path in links} == {KEPT / name for name in FILES}
    assert sorted(path.name for path in KEPT.glob("*.svg")) == FILES
    for name in ("demo", "watch", "check", "doctor", "query"):
        assert linked[f"{name}.md"][0].name == f"terminal_{name}.svg"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("is_kept", [True, False])
def test_picture_shows_the_command_output(made, name, is_kept):
    text = "\n".join(shown((KEPT if is_kept else made) / f"terminal_{name}.svg"))
    assert [words for words in WORDS[name] if words not in text] == []


@pytest.mark.parametrize("name", FILES)
def test_picture_is_self_contained(name):
    text = (KEPT / name).read_text(encoding="utf-8")
    parts = list(ET.fromstring(text).iter())
    assert {part.tag.removeprefix(SVG) for part in parts} <= DRAWN
    assert not [key for part in parts for key in part.attrib if "href" in key or key.startswith("on")]
    outside = [part.text or "" for part in parts if part.tag == f"{SVG}style"]
    outside += [value for part in parts for value in part.attrib.values()]
    assert not re.search(r"@|url\((?!#)|//", "\n".join(outside))


@pytest.mark.parametrize("name", FILES)
def test_every_word_has_its_own_place_and_is_drawn_alike_by_every_renderer(name):
    """librsvg, for one, drops blanks at the start of a text, and fonts have lines of their own."""
    for part in words_of(KEPT / name):
        assert re.fullmatch(r"[^\s\u2500-\u259f]+( [^\s\u2500-\u259f]+)*", part.text), part.text
        assert float(part.get("textLength", CELL)) == len(part.text) * CELL


@pytest.mark.parametrize("name", FILES)
def test_pictures_have_one_scale_of_colors_and_are_small(name):
    text = (KEPT / name).read_text(encoding="utf-8")
    assert len(text.encode()) < 30_000
    colors = re.findall(r"fill: (#\w{6})", text)
    hues = {color for color in colors if max(rgb(color)) > 128 and max(rgb(color)) - min(rgb(color)) > 80}
    scale = {"#{:02x}{:02x}{:02x}".format(*color) for color in (GREEN, YELLOW, RED, CYAN)}
    assert hues - scale <= (TITLES_AND_KEYS if "watch" in name or "demo" in name else set())


def rgb(color):
    return [int(color[place : place + 2], 16) for place in (1, 3, 5)]


def test_picture_contains_no_data_of_the_machine(made):
    text = "\n".join(line for path in (*made.iterdir(), *KEPT.glob("*.svg")) for line in shown(path))
    assert set(re.findall(r"(?:127\.0\.0\.1|localhost):\d+", text)) == {"127.0.0.1:4566"}
    assert not re.search(r"Python \d|boto3 \d", text)
    assert not [part for part in (str(ROOT), str(Path.home())) if part in text]
    assert set(re.findall(r"20\d\d-\d\d-\d\d", text)) == {"2026-01-05"}


def test_pictures_are_reproducible(made, run, tmp_path):
    around = {"NO_COLOR": "1", "COLUMNS": "40", "TZ": "Asia/Tokyo", "AWS_PROFILE": "nobody"}
    ended = run(str(tmp_path), "--jobs", "0", **around)
    assert (ended.returncode, ended.stderr.count("\n")) == (0, 1)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        path.name: path.read_bytes() for path in made.iterdir()
    }


def test_unusable_folder_is_rejected_early_in_one_line(run, tmp_path):
    (tmp_path / "file").write_text("kept")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        ended = run(str(folder))
        assert (ended.returncode, ended.stdout, ended.stderr.count("\n")) == (1, "", 1)
        assert f"cannot write to the folder {folder} " in ended.stderr
    assert (tmp_path / "file").read_text() == "kept"


def test_blanks_are_places_and_bars_are_shapes():
    shown = Text.assemble("  two  words here  ", ("\u2501\u2501\u2500", "green"), "|x", style="on blue")
    root = ET.fromstring(drawing(shown, name="one", title="title", width=30, height=1))
    (matrix,) = (part for part in root.iter(f"{SVG}g") if part.get("class") == "one-matrix")
    drawn = [(part.text, float(part.get("x")) / CELL) for part in matrix if part.tag == f"{SVG}text"]
    assert drawn == [("two", 2), ("words here", 7), ("|x", 22)]
    (thick, thin) = ([float(part.get(name)) for name in ("x", "width", "height")] for part in matrix if not part.text)
    assert thick[:2] == [19 * CELL, 2 * CELL]
    assert thin[:2] == [21 * CELL, CELL]
    assert thick[2] > thin[2]
    grounds = [part for part in root.iter(f"{SVG}rect") if part.get("shape-rendering")]
    assert [float(part.get("width")) / CELL for part in grounds] == [24], "one for all of a color"


def test_pictures_are_written_all_or_none(tmp_path):
    (tmp_path / "terminal_one.svg").write_text("old")
    with pytest.raises(UnicodeEncodeError):
        keep({"one": "new", "two": "\ud800"}, tmp_path)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"terminal_one.svg": "old"}
    keep({"one": "new", "two": "too"}, tmp_path)
    assert sorted(path.read_text() for path in tmp_path.iterdir()) == ["new", "too"]
