"""Evaluates the burn-rate alert of an SLO against a recording.

The burn rate of a window is its share of bad events, divided by the share that the target admits. An alert needs it
above the threshold in the long window and in the short one; a window without events burns nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from tools.evaluation.metric_query import parse_metric_query
from tools.evaluation.monitor_options import refusal
from tools.evaluation.monitor_query import SECONDS
from tools.evaluation.monitor_states import Alert, Ledger, MonitorState
from tools.evaluation.query_syntax import Scanner
from tools.evaluation.recording import Recording
from tools.evaluation.recording_reader import QueryWindow, RecordingReader
from tools.evaluation.widget_data import Definition

STEP: Final = timedelta(minutes=5)
SPAN: Final = r"\d+[mhd]"


def evaluate_burn_rate(
    definition: Definition, slo: Definition, recording: Recording, *, start: datetime, end: datetime
) -> tuple[Alert, ...]:
    """Return when the alert of an SLO was not OK.

    Raises:
        UnsupportedQuery: the query uses unsupported syntax, or the SLO has no target for its time.
    """
    scanner = Scanner(definition["query"])
    scanner.need(r'burn_rate\("[\w-]+"\)\.over\("', "burn_rate(...).over(")
    over = scanner.need(SPAN, "the time of a target")
    scanner.need(r'"\)\.long_window\("', ".long_window(")
    spans = [scanner.need(SPAN, "a window")]
    scanner.need(r'"\)\.short_window\("', ".short_window(")
    spans.append(scanner.need(SPAN, "a window"))
    scanner.need(r'"\) >', "a comparison by >")
    threshold = float(scanner.need(r"\d+(?:\.\d+)?", "a threshold"))
    scanner.finish()
    targets = {each["timeframe"]: each["target"] for each in slo["thresholds"]}
    if over not in targets:
        raise refusal(slo["thresholds"], f"the SLO has no target for {over}")
    admitted = 1 - targets[over] / 100
    ledger, at = Ledger(), start
    while at <= end:
        burns = [_bad_share(slo, recording, at, span) / admitted > threshold for span in spans]
        ledger.note({(): MonitorState.ALERT if all(burns) else MonitorState.OK}, at)
        at += STEP
    return ledger.alerts()


def _bad_share(slo: Definition, recording: Recording, at: datetime, span: str) -> float:
    """Return the share of bad events in the window before a time."""
    window = QueryWindow(at.timestamp() - int(span[:-1]) * SECONDS[span[-1]], at.timestamp())

    def number(query: str) -> float:
        lines = RecordingReader.of(parse_metric_query(query, {}), recording).lines(window, window.interval())
        return sum(lines.reduced("sum").values().values())

    total = number(slo["query"]["denominator"])
    return 1 - number(slo["query"]["numerator"]) / total if total else 0.0
