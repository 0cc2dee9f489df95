"""`python -m tools.preview` writes a page and pictures, or reports what is missing."""

from __future__ import annotations

import pytest

from optimizationjob.assets import asset_files
from optimizationjob.cli.command_failure import CommandFailed
from tools.preview.draw_preview import draw

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("short_day")]


@pytest.fixture
def assets():
    return asset_files.load(asset_files.folder())


def test_the_page_has_every_dashboard_and_the_overview_first(assets, tmp_path, capsys):
    target = tmp_path / "new" / "preview.html"
    assert list(draw(assets, target, None)) == [target]
    text = target.read_text()
    places = [text.index(f"<h2>{asset.title}</h2>") for asset in assets if asset.kind == "dashboard"]
    assert len(places) == 3
    assert text.index("<h2>SageMaker Optimization Jobs Overview</h2>") == min(places)
    assert [path.name for path in target.parent.iterdir()] == ["preview.html"]
    assert capsys.readouterr().out == "", "progress goes to standard error"


def test_missing_browser_is_reported_after_the_page_is_written(assets, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CommandFailed, match="the page was written"):
        list(draw(assets, tmp_path / "preview.html", tmp_path / "pictures"))
    assert (tmp_path / "preview.html").exists()
    assert list((tmp_path / "pictures").iterdir()) == []


def test_a_browser_takes_a_picture_of_each_dashboard(assets, tmp_path, browser, monkeypatch):
    monkeypatch.setenv("PATH", f"{browser}:/bin:/usr/bin")
    written = list(draw(assets, tmp_path / "preview.html", tmp_path / "pictures"))
    names = sorted(path.name for path in written[1:])
    assert names == [f"optimizationjob_{name}.png" for name in ("detail", "health", "overview", "overview_top")]
    assert all(path.read_text() == "PNG\n" for path in written[1:])
