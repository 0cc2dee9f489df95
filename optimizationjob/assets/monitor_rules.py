"""Rules for monitors that Datadog itself does not enforce."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from optimizationjob.assets.asset_files import Json

_DEPRECATED: Final = frozenset({"device_ids", "locked", "new_host_delay", "silenced"})
_REPLACED: Final = frozenset({"notify_no_data", "no_data_timeframe"})
"""Options that `on_missing_data` replaces, but for monitors of a service check."""

_UNROUNDED: Final = re.compile(r"\{\{\{?\s*(value|threshold|warn_threshold)\s*\}")
_EMPTY: Final = ("", None)


def problems(definition: Json) -> Iterator[str]:
    """Yield the problems of a monitor's definition; wrong types are left to Datadog's models."""
    priority = definition.get("priority")
    if not isinstance(priority, int) or not 1 <= priority <= 5:
        yield "definition.priority: must be 1 to 5"
    options = definition.get("options")
    options = options if isinstance(options, dict) else {}
    replaced = _REPLACED if definition.get("type") != "service check" else frozenset()
    for name in sorted((_DEPRECATED | replaced) & options.keys()):
        yield f"definition.options.{name}: is deprecated"
    for name, value in options.items():
        if value in _EMPTY:
            yield f"definition.options.{name}: is empty"
    if options.get("include_tags") and "{{" in str(definition.get("name")):
        yield "definition.name: repeats tags that Datadog adds to the title"
    for found in _UNROUNDED.finditer(str(definition.get("message"))):
        yield f"definition.message: {{{{{found[1]}}}}} is not rounded; use eval"
