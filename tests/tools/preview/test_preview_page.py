"""Dashboards rendered as a page: every widget is shown, data is escaped, values are readable."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from optimizationjob.telemetry.signals import Event, Sample, ServiceCheck, ServiceCheckStatus
from tools.evaluation.recording import Recording
from tools.evaluation.widget_data import widgets_of
from tools.preview.colors import PALETTES, PLAIN, SERIES, colors_of, palette_of
from tools.preview.dashboard_pictures import NoPicture, take_picture
from tools.preview.preview_page import page
from tools.preview.value_words import name_of, scale_of, spoken
from tools.preview.widget_html import PAGE_WIDTHS, CellPosition

ROOT = Path(__file__).parents[3]
BOARDS = [json.loads(path.read_text()) for path in sorted((ROOT / "assets/dashboards").glob("*.json"))]
START = datetime(2026, 11, 3, tzinfo=UTC)
SPAN = (START, START + timedelta(hours=2))
PLACE = ("region:us-east-1", "aws_account:111111111111")
JOB = (*PLACE, "optimization_job_name:llama", "optimization_job_status:inprogress", "deployment_instance_type:ml.g5")
VOID = {"meta", "link", "br", "img", "hr", "col"}


@pytest.fixture
def recording():
    made = Recording()
    for minute in range(0, 120, 10):
        made.begin_run(START + timedelta(minutes=minute))
        made.sample(Sample("job.runtime_utilization", "gauge", 50 + minute / 3, JOB))
        made.sample(Sample("job.total_seconds", "gauge", 60.0 * minute, JOB))
        made.sample(Sample("api.calls", "count", 3, (*PLACE, "operation:list", "outcome:ok")))
        made.service_check(ServiceCheck(status=ServiceCheckStatus.OK, tags=PLACE))
    made.event(
        Event(
            event_type="optimizationjob.job_failed",
            alert_type="error",
            title="Optimization job <script>alert(1)</script> FAILED",
            text="Failure reason: <img src=x onerror=alert(2)>",
            timestamp=int(made.now.timestamp()),
            aggregation_key="one",
            tags=(*JOB, "optimization_job_status:failed", "failure_category:memory"),
        )
    )
    return made


class Outline(HTMLParser):
    """The tags of a page, and whether they are properly nested."""

    def __init__(self):
        super().__init__()
        self.open, self.tags = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.mark.parametrize("is_empty", [False, True])
@pytest.mark.slow
def test_every_widget_of_every_dashboard_is_rendered(recording, is_empty):
    text = page(BOARDS, Recording() if is_empty else recording, SPAN)
    outline = Outline()
    outline.feed(text)
    assert outline.open == []
    articles = [attributes["class"] for tag, attributes in outline.tags if tag == "article"]
    assert sorted(articles) == sorted(widget["type"] for board in BOARDS for _, widget in widgets_of(board))
    for board in BOARDS:
        assert f"<h2>{board['title']}</h2>" in text
    drawn = sum(articles.count(kind) for kind in ("timeseries", "toplist"))
    assert sum(tag == "svg" for tag, _ in outline.tags) == drawn * len(PAGE_WIDTHS)


@pytest.mark.slow
def test_page_is_self_contained_and_escapes_data(recording):
    outline = Outline()
    outline.feed(page(BOARDS, recording, SPAN))
    for tag, attributes in outline.tags:
        assert tag not in ("script", "img", "link", "iframe")
        assert not any(name.startswith("on") for name in attributes)
        assert attributes.get("href", "#").startswith("#")
        assert "url(http" not in (attributes.get("style") or "")


@pytest.mark.slow
def test_each_chart_is_drawn_for_each_width_of_the_page_and_clips_by_itself(recording):
    text = page(BOARDS, recording, SPAN)
    for name, width in PAGE_WIDTHS.items():
        drawn = re.findall(rf'<div class="chart {name}"><svg [^>]*?width="([\d.]+)"', text)
        half_a_page = CellPosition(6, 4, SPAN).width(width)
        assert half_a_page in {round(float(each)) for each in drawn}
        assert half_a_page * 2 < width
    clips = re.findall(r'<clipPath id="([^"]+)"', text)
    assert len(clips) == len(set(clips)) > 0, "a reference leads to the first of a name on the page"


def test_a_status_has_one_color_wherever_it_is_shown(recording):
    kept = {"optimization_job_status:completed": "cool", "optimization_job_status:failed": "warm"}
    for status in ("completed", "failed", "inprogress"):
        recording.sample(Sample("jobs", "gauge", 1, (*PLACE, f"optimization_job_status:{status}")))
    for board in BOARDS:
        for _, widget in widgets_of(board):
            for request in widget.get("requests", ()) if "by status" in widget.get("title", "") else ():
                (query,) = [query["query"] for query in request["queries"]]
                terms = [term for term in kept if re.search(rf"[{{,]{term}\b", query)]
                assert [kept[term] for term in terms] in ([], [request["style"]["palette"]])
    text = page([board for board in BOARDS if board["title"].endswith("Overview")], recording, SPAN)
    (shown,) = re.findall(r"<h4>Jobs in the window by status</h4>(.*?)</article>", text, re.DOTALL)
    assert all(SERIES[palette][0] in shown for palette in ("cool", "warm", "dog_classic"))


@pytest.mark.slow
def test_tables_share_their_width_by_their_words(recording):
    shares = [float(share) for share in re.findall(r'<col style="width:([\d.]+)%">', page(BOARDS, recording, SPAN))]
    assert shares
    assert min(shares) > 3


def test_job_dashboard_shows_the_job_with_most_points(recording):
    (detail,) = [board for board in BOARDS if board["title"].endswith("Detail")]
    assert "$job: llama" in page([detail], recording, SPAN)


def test_picture_without_a_browser_names_what_is_missing(recording, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoPicture, match="chromium"):
        take_picture(BOARDS[0], recording, SPAN, tmp_path / "one.png")
    assert not (tmp_path / "one.png").exists()


def test_failing_browser_leaves_no_file(recording, tmp_path, monkeypatch):
    browser = tmp_path / "chromium"
    browser.write_text("#!/bin/sh\necho no display >&2\nexit 3\n")
    browser.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    with pytest.raises(NoPicture, match="no display"):
        take_picture(BOARDS[0], recording, SPAN, tmp_path / "one.png")
    assert not (tmp_path / "one.png").exists()


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (None, "second", ""),
        (45, "second", "45 s"),
        (180, "second", "3 min"),
        (3900, "second", "1 h 05 min"),
        (200_000, "second", "2.3 d"),
        (93.25, "percent", "93.2 %"),
        (20, "percent", "20 %"),
        (1234.5, "", "1,234"),
        (0, "job", "0"),
    ],
)
def test_values_are_formatted_with_units(value, unit, words):
    assert spoken(value, unit) == words


def test_names_scales_and_colors():
    assert name_of("jobs", ()) == "jobs"
    assert name_of("jobs", (("team", ""), ("region", "us-east-1"))) == "N/A, us-east-1"
    assert name_of("used", (("job", "a"),), is_only_label=False) == "used: a"
    assert scale_of("second", 8000) == (3600, "hours")
    assert scale_of("second", 600) == (60, "minutes")
    assert scale_of("percent", 95) == (1, "%")
    assert len(set(colors_of(["failed", *"abcdef"], "warm").values())) == 7
    assert [*colors_of(["failed"], "cool").values()] == [*colors_of(["completed"], "cool").values()], (
        "no name has a color of its own"
    )
    formats = [{"comparator": ">", "value": 80, "palette": "white_on_red"}]
    assert palette_of(81, formats) == PALETTES["white_on_red"]
    assert palette_of(80, formats) == palette_of(None, formats) == PLAIN


def test_every_palette_of_the_dashboards_is_known():
    text = json.dumps(BOARDS)
    used = set(re.findall(r'"palette": "(\w+_on_\w+)"', text))
    assert used
    assert used <= PALETTES.keys()
