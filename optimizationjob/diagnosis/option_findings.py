"""Findings about options of the configuration that do not exist: the Agent ignores them. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Final

from optimizationjob.config.option_readers import shown
from optimizationjob.config.settings import Settings
from optimizationjob.diagnosis.finding import Finding, Verdict

OF_INSTANCES: Final = frozenset(option.name for option in fields(Settings)) | {
    "empty_default_hostname",
    "enable_legacy_tags_normalization",
    "loader",
    "metric_patterns",
    "name",
    "namespace",
    "no_index",
}
"""The check's own options, and those that the Agent reads itself."""
OF_INIT_CONFIG: Final = frozenset({"loader", "min_collection_interval", "proxy", "service", "skip_proxy"})
LEAST_LIKENESS: Final = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options as they are in the configuration.

    Attributes:
        init_config: those for all instances.
        instance: those of the instance.
    """

    init_config: Mapping[str, object] = field(default_factory=dict)
    instance: Mapping[str, object] = field(default_factory=dict)


def option_findings(given: Options) -> tuple[Finding, ...]:
    """Return a finding for each option that does not exist."""
    return (
        *_unknown(given.init_config, OF_INIT_CONFIG, "init_config", {"instances": OF_INSTANCES}),
        *_unknown(given.instance, OF_INSTANCES, "the instance", {"init_config": OF_INIT_CONFIG}),
    )


def _unknown(
    names: Iterable[object], known: Collection[str], section: str, others: Mapping[str, Collection[str]]
) -> Iterator[Finding]:
    for name in (str(one) for one in names if one not in known):
        close = difflib.get_close_matches(name.lower(), known, n=1, cutoff=LEAST_LIKENESS)
        place = next((other for other, options in others.items() if name in options), None)
        if place is not None:
            advice = f"Move it to `{place}`."
        elif close:
            advice = f"Did you mean `{close[0]}`?"
        else:
            advice = "Remove it: conf.yaml.example has all options."
        text = f"`{shown(name)[1:-1]}` is not an option of {section}, and the Agent ignores it."
        yield Finding(name="options", verdict=Verdict.WARNING, text=text, remedy=advice)
