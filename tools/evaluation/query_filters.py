"""Metric filters and event searches, which select the series, events and statuses of a query."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from optimizationjob.config.wildcards import matches_any
from optimizationjob.telemetry.signals import AlertType
from tools.evaluation.query_syntax import Scanner
from tools.evaluation.recording import RecordedEvent, Tags

Variables = Mapping[str, str]
"""Template variables of a dashboard by name: `*` or a filter such as `region:us-east-1`."""
Group = tuple[tuple[str, str], ...]
"""The tags of a group, in the order of the query's `by`."""

KEY: Final = r"[A-Za-z_][A-Za-z0-9_.-]*"
ATTRIBUTE: Final = r"@?[A-Za-z_][A-Za-z0-9_.-]*"
"""A tag key, or an attribute of an event."""
VALUE: Final = r"[A-Za-z0-9_./*-]+"
ABSENT: Final = "N/A"
"""Shown as the value of a tag that a series does not have."""
STATUSES: Final[Mapping[AlertType, str]] = {"error": "error", "warning": "warn", "success": "ok", "info": "info"}
"""Alert types by their names in the event search."""


@dataclass(frozen=True, slots=True)
class Term:
    """One condition on tags."""

    key: str
    pattern: str
    """`*` matches any text."""
    is_negated: bool = False

    def accepts(self, tags: Tags) -> bool:
        """Return whether tags match; one matching value of the key is enough."""
        fits = any(key == self.key and matches_any(value, (self.pattern,)) for key, value in tags)
        return fits is not self.is_negated


Filter = tuple[Term, ...]
"""Conditions that must all match; an empty filter matches everything."""


def accepts(terms: Filter, tags: Tags) -> bool:
    """Return whether tags match all conditions."""
    return all(term.accepts(tags) for term in terms)


def groups_of(tags: Tags, by: Iterable[str]) -> tuple[Group, ...]:
    """Return the groups that tags belong to: one per value if a key has several."""
    groups: tuple[Group, ...] = ((),)
    for key in by:
        values = sorted(value for name, value in tags if name == key) or [ABSENT]
        groups = tuple((*group, (key, value)) for group in groups for value in values)
    return groups


def read_filter(scanner: Scanner, variables: Variables) -> Filter:
    """Read a metric filter in braces: comma-separated conditions, `*` and template variables."""
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
    """Read comma-separated keys."""
    keys = [scanner.need(KEY, "a tag key").lower()]
    while scanner.take(","):
        keys.append(scanner.need(KEY, "a tag key").lower())
    return tuple(keys)


def parse_filters(texts: Iterable[str], variables: Variables) -> Filter:
    """Parse a list of filters, as in service check widgets and monitors.

    Raises:
        UnsupportedQuery: a filter is not supported.
    """
    scanner = Scanner(f"{{{','.join(texts) or '*'}}}")
    terms = read_filter(scanner, variables)
    scanner.finish()
    return terms


def parse_search(text: str, variables: Variables) -> Filter:
    """Parse an event search: `key:value`, `-key:value`, quoted values, variables, `*`.

    Raises:
        UnsupportedQuery: the search uses anything else, such as OR or free text.
    """
    scanner = Scanner(text)
    terms: list[Term] = []
    while scanner.position < len(text):
        if scanner.take(r"(?:AND|\*)(?!\S)") is not None:
            continue
        terms += _read_variable(scanner, variables) if scanner.take(r"\$") else (_read_term(scanner, "-"),)
    return tuple(terms)


def event_tags(recorded: RecordedEvent) -> Tags:
    """Return the tags, status and attributes of an event, which searches and groups use.

    It has no source: Datadog gives one only to events of integrations that are registered with it.
    """
    event = recorded.event
    return recorded.tags | {("status", STATUSES[event.alert_type]), ("@aggregation_key", event.aggregation_key)}


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
        scanner.fail(f"unknown template variable ${name}")
    value = variables[name]
    if value == "*":
        return ()
    inner = Scanner(value)
    term = _read_term(inner, "!")
    inner.finish()
    return (term,)
