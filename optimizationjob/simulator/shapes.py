"""One validator per shape of botocore's model, compiled once and fast enough for a page of 100 rows."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, Literal

Kind = Literal["unknown", "type", "union", "missing", "value"]
Check = Callable[[object, str, bool, "list[Problem]"], None]
Rule = tuple[Callable[[Any], bool], str]

# Unicode's separators (category Z), which Python's re has no class for.
SEPARATORS = r" \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
# Members and values of the current AWS API that an older botocore, such as an Agent's, does not have.
NEWER_MEMBERS = frozenset(
    {"MaxInstanceCount", "TrainingPlanArns", "ModelShardingConfig", "ModelSpeculativeDecodingConfig", "SageMakerModel"}
)
NEWER_MINIMA = {"MaxPendingTimeInSeconds": 1_800}
NEWER_VALUES = {
    "OptimizationJobDeploymentInstanceType": (
        "ml.p5.48xlarge",
        "ml.p5e.48xlarge",
        "ml.p5en.48xlarge",
        "ml.g6e.48xlarge",
        "ml.p6-b200.48xlarge",
    )
}
PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
    "timestamp": (int, float, datetime),
}


class Odd(dict[str, Any]):
    """A structure that violates the model on purpose; validation skips it."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One violation of a shape; kind `value` is an invalid value, all other kinds are a wrong shape."""

    kind: Kind
    text: str


def compiled(shape: Any) -> Check:  # noqa: ANN401 - botocore has no types
    """Return the check of a shape: a function of value, path, whether to check values, and the list of problems."""
    if shape.type_name == "structure":
        return _structure(shape)
    if shape.type_name == "list":
        return _list(shape)
    if shape.type_name == "map":
        return _map(shape)
    return _scalar(shape)


def _structure(shape: Any) -> Check:  # noqa: ANN401 - botocore has no types
    members = {name: (name[:1].lower() + name[1:], compiled(member)) for name, member in shape.members.items()}
    required = tuple(shape.required_members)
    union = bool(getattr(shape, "is_tagged_union", False))
    name = shape.name

    def check(value: object, path: str, values: bool, problems: list[Problem]) -> None:
        if isinstance(value, Odd):
            return
        if not isinstance(value, dict):
            problems.append(Problem("type", f"{_at(path)} is not a structure {name}: {value!r}"))
            return
        for key, item in value.items():
            member = members.get(key)
            if member is None and key in NEWER_MEMBERS:
                continue
            if member is None:
                problems.append(Problem("unknown", f"unknown member {key!r} in {_at(path)} ({name})"))
            else:
                member[1](item, f"{path}.{member[0]}" if path else member[0], values, problems)
        for key in required:
            if key not in value:
                label = members[key][0]
                text = _failure("null", f"{path}.{label}" if path else label, "Member must not be null")
                problems.append(Problem("missing", text))
        if union and len(value) != 1:
            problems.append(Problem("union", f"{_at(path)} ({name}) must have exactly one member, has {sorted(value)}"))

    return check


def _list(shape: Any) -> Check:  # noqa: ANN401 - botocore has no types
    member = compiled(shape.member)
    bounds = _length_bounds(shape)

    def check(value: object, path: str, values: bool, problems: list[Problem]) -> None:
        if not isinstance(value, list):
            problems.append(Problem("type", f"{_at(path)} is not a list: {value!r}"))
            return
        if values:
            bounds(value, path, problems)
        for index, item in enumerate(value, 1):
            member(item, f"{path}.{index}.member", values, problems)

    return check


def _map(shape: Any) -> Check:  # noqa: ANN401 - botocore has no types
    check_key, check_value, bounds = compiled(shape.key), compiled(shape.value), _length_bounds(shape)

    def check(value: object, path: str, values: bool, problems: list[Problem]) -> None:
        if not isinstance(value, dict):
            problems.append(Problem("type", f"{_at(path)} is not a map: {value!r}"))
            return
        if values:
            bounds(value, path, problems)
        for key, item in value.items():
            check_key(key, f"{path}.key", values, problems)
            check_value(item, f"{path}.{key}.member", values, problems)

    return check


def _scalar(shape: Any) -> Check:  # noqa: ANN401 - botocore has no types
    kind = shape.type_name
    types = PYTHON_TYPES[kind]
    constraints = _constraints(shape)

    def check(value: object, path: str, values: bool, problems: list[Problem]) -> None:
        if not isinstance(value, types) or (isinstance(value, bool) and kind != "boolean"):
            problems.append(Problem("type", f"{_at(path)} is not of type {kind}: {value!r}"))
        elif values:
            for holds, words in constraints:
                if not holds(value):
                    problems.append(Problem("value", _failure(f"'{value}'", path, words)))

    return check


def _constraints(shape: Any) -> list[Rule]:  # noqa: ANN401 - botocore has no types
    rules: list[Rule] = []
    if enum := shape.metadata.get("enum"):
        allowed = frozenset((*enum, *NEWER_VALUES.get(shape.name, ())))
        rules.append((allowed.__contains__, f"Member must satisfy enum value set: [{', '.join(enum)}]"))
    if shape.type_name == "string":
        rules += [_of_length(rule) for rule in _bounds(shape)]
    else:
        rules += [(holds, f"Member must have value {words}") for holds, words in _bounds(shape)]
    if pattern := shape.metadata.get("pattern"):
        rules.append((_matching(pattern), f"Member must satisfy regular expression pattern: {pattern}"))
    return rules


def _matching(pattern: str) -> Callable[[Any], bool]:
    compiled_pattern = translated(pattern)

    def matches(value: Any) -> bool:  # noqa: ANN401 - a string; the type is checked first
        return compiled_pattern.fullmatch(value) is not None

    return matches


def _bounds(shape: Any) -> list[Rule]:  # noqa: ANN401 - botocore has no types
    rules: list[Rule] = []
    low, high = NEWER_MINIMA.get(shape.name, shape.metadata.get("min")), shape.metadata.get("max")
    if low is not None:
        rules.append((lambda number: number >= low, f"greater than or equal to {low}"))
    if high is not None:
        rules.append((lambda number: number <= high, f"less than or equal to {high}"))
    return rules


def _of_length(rule: Rule) -> Rule:
    holds, words = rule

    def fits(value: Any) -> bool:  # noqa: ANN401 - any sized value
        return holds(len(value))

    return fits, f"Member must have length {words}"


def _length_bounds(shape: Any) -> Callable[[Any, str, list[Problem]], None]:  # noqa: ANN401 - botocore has no types
    rules = [_of_length(rule) for rule in _bounds(shape)]

    def check(value: Any, path: str, problems: list[Problem]) -> None:  # noqa: ANN401 - a list or a map
        for holds, words in rules:
            if not holds(value):
                shown = f"'[{', '.join(str(item) for item in value)}]'"
                problems.append(Problem("value", _failure(shown, path, words)))

    return check


@cache
def translated(pattern: str) -> re.Pattern[str]:
    r"""Convert one of the model's Java patterns to Python and compile it.

    Letters and numbers together become `\w`; its extra character, the underscore, is in every such class of the
    models. Code points with more than four digits get Python's eight-digit form.
    """
    pattern = pattern.replace(r"\p{L}", r"\w").replace(r"\p{N}", r"\d").replace(r"\p{Z}", SEPARATORS)
    pattern = re.sub(r"\\u(10[0-9A-F]{4}|[1-9A-F][0-9A-F]{4})(?=[\-\]])", lambda m: f"\\U{m[1]:0>8}", pattern)
    return re.compile(pattern)


def _at(path: str) -> str:
    return f"'{path}'" if path else "the body"


def _failure(value: str, path: str, words: str) -> str:
    return f"Value {value} at '{path}' failed to satisfy constraint: {words}"
