"""Renders the message of a monitor as Datadog does for one notification.

Variables in two braces are HTML-escaped, those in three are not. A variable that does not exist is empty in Datadog; it
is an error here, like a `%%%` in the result, which ends the Markdown of a message.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Final

from tools.evaluation.monitor_query import by_of
from tools.evaluation.monitor_states import MonitorState
from tools.evaluation.query_filters import Group
from tools.evaluation.query_syntax import UnsupportedQuery
from tools.evaluation.recording import RecordedEvent
from tools.evaluation.widget_data import Definition

BLOCK: Final = re.compile(r"\{\{([#^])(\w+)\}\}(.*?)\{\{/\2\}\}", re.DOTALL)
VARIABLE: Final = re.compile(r"\{\{\{\s*([^{}]+?)\s*\}\}\}|\{\{\s*([^{}]+?)\s*\}\}")
EVALUATED: Final = re.compile(r'eval\s+"([^"]+)"')
CONDITIONS: Final[Mapping[str, MonitorState]] = {
    "is_alert": MonitorState.ALERT,
    "is_warning": MonitorState.WARN,
    "is_no_data": MonitorState.NO_DATA,
    "is_recovery": MonitorState.OK,
}
MARKDOWN_MARK: Final = "%%%"
OPERATORS: Final[Mapping[type[ast.operator], Callable[[float, float], float]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
FUNCTIONS: Final[Mapping[str, Callable[[float], float]]] = {"int": int, "round": round}


@dataclass(frozen=True, slots=True, kw_only=True)
class Notification:
    """What a notification is about.

    Attributes:
        state: the state that the group is in now.
        group: the group, as the query groups.
        value: the value that was compared; None without data.
        event: the newest event of the group, for a monitor of events.
        check_message: the message of the service check.
        triggered_at: when the group left OK, in seconds since the epoch.
    """

    state: MonitorState
    group: Group
    value: float | None = None
    event: RecordedEvent | None = None
    check_message: str | None = None
    triggered_at: float = 0.0


def rendered(definition: Definition, notification: Notification, *, part: str = "message") -> str:
    """Return the message, or another text of a monitor, for a notification.

    Raises:
        UnsupportedQuery: a variable does not exist, or the text does not render in Datadog.
    """
    text = definition["options"][part] if part == "escalation_message" else definition[part]
    shown = _expanded(text, _blocks_of(text, notification), _variables(definition, notification))
    if MARKDOWN_MARK in shown:
        raise UnsupportedQuery(shown, shown.index(MARKDOWN_MARK), "the Markdown of the message ends here")
    return shown


def _blocks_of(text: str, notification: Notification) -> str:
    """Return a text with the blocks that hold for the notification."""

    def block(found: re.Match[str]) -> str:
        kind, name, inner = found.groups()
        if name not in CONDITIONS:
            raise UnsupportedQuery(text, found.start(), f"the condition {name} is not supported")
        return inner if (CONDITIONS[name] == notification.state) is (kind == "#") else ""

    return BLOCK.sub(block, text)


def _expanded(whole: str, text: str, variables: Mapping[str, str | float]) -> str:
    def value(found: re.Match[str]) -> str:
        raw, name = found[1] is not None, found[1] or found[2]
        evaluated = EVALUATED.fullmatch(name)
        if evaluated:
            number = _number(evaluated[1], variables)
            return str(int(number)) if number == int(number) else str(number)
        if name not in variables:
            raise UnsupportedQuery(whole, max(0, whole.find(name)), f"there is no variable {name}")
        shown = str(variables[name])
        return shown if raw else escape(shown)

    return VARIABLE.sub(value, text)


def _variables(definition: Definition, notification: Notification) -> dict[str, str | float]:
    options, event = definition["options"], notification.event
    named = set(options.get("notify_by") or by_of(definition))
    found: dict[str, str | float] = {f"{key}.name": value for key, value in notification.group if key in named}
    found |= {name: limit for name, limit in _limits(options).items() if limit is not None}
    found |= {"last_triggered_at_epoch": 1000 * notification.triggered_at, "comparator": ">"}
    if notification.value is not None:
        found["value"] = notification.value
    if notification.check_message is not None:
        found["check_message"] = notification.check_message
    if event is not None:
        found |= {"event.title": event.event.title, "event.text": event.event.text}
        found |= {f"event.tags.{key}": value for key, value in event.tags}
    return found


def _limits(options: Definition) -> dict[str, float | None]:
    thresholds = options["thresholds"]
    return {"threshold": thresholds.get("critical"), "warn_threshold": thresholds.get("warning")}


def _number(text: str, variables: Mapping[str, str | float]) -> float:
    """Return the value of an arithmetic expression over numeric variables."""

    def of(node: ast.AST) -> float:
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
            return node.value
        if isinstance(node, ast.Name) and isinstance(variables.get(node.id), int | float):
            return float(variables[node.id])
        if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
            return OPERATORS[type(node.op)](of(node.left), of(node.right))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS:
            (argument,) = node.args
            return FUNCTIONS[node.func.id](of(argument))
        raise UnsupportedQuery(text, 0, "eval takes numbers, numeric variables, arithmetic, int and round")

    return of(ast.parse(text, mode="eval").body)
