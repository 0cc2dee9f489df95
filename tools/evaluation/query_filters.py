"""Which series, events and statuses a query is about: the filters of metrics and the searches of events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from optimizationjob.config.wildcards import matches_any
from optimizationjob.telemetry.metric_table import NAMESPACE
from optimizationjob.telemetry.signals import AlertType
from tools.evaluation.query_syntax import Scanner
from tools.evaluation.recording import RecordedEvent, Tags

Variables = Mapping[str, str]
"""The template variables of a dashboard by name: `*` or a whole filter such as `region:us-east-1`."""
Group = tuple[tuple[str, str], ...]
"""The tags that a line stands for, in the order of the query's `by`."""

KEY: Final = r"[A-Za-z_][A-Za-z0-9_.-]*"
VALUE: Final = r"[A-Za-z0-9_./*-]+"
ABSENT: Final = "N/A"
"""What stands for the value of a tag that a series does not have."""
STATUSES: Final[Mapping[AlertType, str]] = {"error": "error", "warning": "warn", "success": "ok", "info": "info"}
"""How the search of events calls the alert types."""


@dataclass(frozen=True, slots=True)
class Term:
    """One condition on tags."""

    key: str
    pattern: str
    """`*` stands for anything."""
    is_negated: bool = False

    def accepts(self, tags: Tags) -> bool:
        """Whether tags fulfil the condition; one of several values of the key is enough."""
        fits = any(key == self.key and matches_any(value, (self.pattern,)) for key, value in tags)
        return fits is not self.is_negated


Filter = tuple[Term, ...]
"""Conditions that must all be fulfilled; none for everything."""


def accepts(terms: Filter, tags: Tags) -> bool:
    """Whether tags fulfil all conditions."""
    return all(term.accepts(tags) for term in terms)


def groups_of(tags: Tags, by: Iterable[str]) -> tuple[Group, ...]:
    """Return the groups that tags fall into: one for each value where a key has several."""
    groups: tuple[Group, ...] = ((),)
    for key in by:
        values = sorted(value for name, value in tags if name == key) or [ABSENT]
        groups = tuple((*group, (key, value)) for group in groups for value in values)
    return groups


def read_filter(scanner: Scanner, variables: Variables) -> Filter:
    """Read a metric's filter with its braces: conditions joined by commas, `*`, template variables."""
    scanner.need(r"\{", "a filter in braces")
    terms: list[Term] = []
    while True:
        if scanner.take(r"\*(?=\s*[,}])") is None:
            terms += _read_variable(scanner, variables) if scanner.take(r"\$") else (_read_term(scanner, "!"),)
        if scanner.take(","):
            continue
        scanner.need(r"\}", "a comma or the end of the filter")
        return tuple(terms)


def read_keys(scanner: Scanner) -> tuple[str, ...]:
    """Read keys joined by commas."""
    keys = [scanner.need(KEY, "a tag key").lower()]
    while scanner.take(","):
        keys.append(scanner.need(KEY, "a tag key").lower())
    return tuple(keys)


def parse_filters(texts: Iterable[str], variables: Variables) -> Filter:
    """Return the conditions of a list of filters, as status widgets and status monitors have them.

    Raises:
        UnsupportedQuery: one of them is not understood.
    """
    scanner = Scanner(f"{{{','.join(texts) or '*'}}}")
    terms = read_filter(scanner, variables)
    scanner.finish()
    return terms


def parse_search(text: str, variables: Variables) -> Filter:
    """Return the conditions of a search of events: `key:value`, `-key:value`, quoted values, variables, `*`.

    Raises:
        UnsupportedQuery: the search has something else, such as OR or words to be found in the text.
    """
    scanner = Scanner(text)
    terms: list[Term] = []
    while scanner.position < len(text):
        if scanner.take(r"(?:AND|\*)(?!\S)") is not None:
            continue
        terms += _read_variable(scanner, variables) if scanner.take(r"\$") else (_read_term(scanner, "-"),)
    return tuple(terms)


def event_tags(recorded: RecordedEvent) -> Tags:
    """Return what an event can be searched and grouped by: its tags, source and status."""
    status = STATUSES[recorded.event.alert_type]
    return recorded.tags | {("source", NAMESPACE), ("status", status)}


def _read_term(scanner: Scanner, negation: str) -> Term:
    is_negated = scanner.take(negation) is not None
    key = scanner.need(KEY, "a tag key, `*` or a template variable").lower()
    scanner.need(":", "a colon after the tag key")
    quoted = scanner.take(r'"[^"*]*"')
    value = quoted.strip('"') if quoted is not None else scanner.need(VALUE, "a tag value")
    return Term(key, value.lower(), is_negated)


def _read_variable(scanner: Scanner, variables: Variables) -> Filter:
    name = scanner.need(KEY, "the name of a template variable")
    if name not in variables:
        scanner.fail(f"there is no template variable ${name}")
    value = variables[name]
    if value == "*":
        return ()
    inner = Scanner(value)
    term = _read_term(inner, "!")
    inner.finish()
    return (term,)
