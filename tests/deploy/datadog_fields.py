"""The fields that files for Datadog's chart and Operator set, and those that the chart does not have.

`python -m tests.deploy.datadog_fields VALUES FILE...` compares files with the chart's own values, for `.ci/deploy`.
"""

from __future__ import annotations

import sys
from pathlib import Path

import yaml

# Maps of which the user chooses the keys.
FREE = ("envDict", "serviceAccountAnnotations", "optimizationjob.d")


def fields(document, above=""):
    """The names of a document down to its values; what a user names, and lists, end it."""
    for key, value in document.items():
        path = f"{above}.{key}" if above else key
        ends = not isinstance(value, dict) or not value or key in FREE
        yield from [path.removesuffix(".optimizationjob.d")] if ends else fields(value, path)


def unknown(document, values):
    """The fields of a document that are not among the chart's values. An empty default takes anything."""
    return [field for field in fields(document) if not _has(values, field.split("."))]


def _has(values, names):
    for name in names:
        if not isinstance(values, dict) or not values:
            return True
        if name not in values:
            return False
        values = values[name]
    return True


def faults(chart, *names):
    """A line for each file with fields that the chart does not have."""
    values = yaml.safe_load(Path(chart).read_text(encoding="utf-8"))
    found = {name: unknown(yaml.safe_load(Path(name).read_text(encoding="utf-8")), values) for name in names}
    return "\n".join(f"{name}: the chart has no {', '.join(wrong)}" for name, wrong in found.items() if wrong)


if __name__ == "__main__":
    # A text goes to standard error, with status 1.
    sys.exit(faults(*sys.argv[1:]) or 0)
