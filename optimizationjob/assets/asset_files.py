"""Finds and reads the files of dashboards, SLOs and monitors."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

Kind = Literal["dashboard", "slo", "monitor"]
Json = Mapping[str, Any]

FOLDERS: Final[Mapping[str, Kind]] = {
    "dashboards": "dashboard",
    "slos": "slo",
    "monitors": "monitor",
    "slo_alerts": "monitor",
}
"""The kind of the files in each folder; an asset comes after those that it names."""

WRAPPED: Final = frozenset({"slo", "monitor"})
"""Kinds whose files wrap the body in metadata."""

PACKAGED: Final = Path(__file__).parent / "data"
"""Location of the files in a wheel, set in pyproject.toml."""

CHECKED_OUT: Final = Path(__file__).parents[2] / "assets"
_NAME: Final = re.compile(r"[a-z][a-z0-9_-]*")
_TEXTS: Final[Mapping[Kind, tuple[str, ...]]] = {
    "dashboard": ("layout_type",),
    "slo": ("name", "type"),
    "monitor": ("name", "type", "query"),
}


class AssetError(Exception):
    """A file is invalid or missing; the message is one line."""


class UnknownNameError(AssetError):
    """No asset has the requested name."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A dashboard, an SLO or a monitor.

    Attributes:
        kind: dashboard, SLO or monitor.
        name: the file's name without its suffix.
        path: the file.
        document: content of the file.
    """

    kind: Kind
    name: str
    path: Path
    document: Json

    @property
    def title(self) -> str:
        """The display title."""
        return str(self.document["title"])

    @property
    def body(self) -> Json:
        """The body for Datadog's API; some files wrap it in metadata."""
        body: Json = self.document["definition"] if self.kind in WRAPPED else self.document
        return body

    def with_body(self, body: Json) -> Asset:
        """Return the asset with another body."""
        return replace(self, document={**self.document, "definition": body} if self.kind in WRAPPED else body)

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def folder() -> Path:
    """Return the folder of the files: in the installed package, or else in the checkout."""
    return PACKAGED if PACKAGED.is_dir() else CHECKED_OUT


def paths(root: Path) -> Iterator[tuple[Kind, Path]]:
    """Yield every asset file below a folder, dashboards first."""
    for name, kind in FOLDERS.items():
        yield from ((kind, path) for path in sorted((root / name).glob("*.json")))


def read(kind: Kind, path: Path) -> Asset:
    """Read a file.

    Raises:
        AssetError: the file cannot be read, is not JSON, or lacks a required member.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except OSError as failure:
        raise AssetError(f"{_place(path)} cannot be read: {failure.strerror}") from failure
    except UnicodeDecodeError as failure:
        raise AssetError(f"{_place(path)} is not UTF-8") from failure
    except json.JSONDecodeError as failure:
        raise AssetError(f"{_place(path)} is not JSON: line {failure.lineno}: {failure.msg}") from failure
    if fault := _fault(kind, path, document):
        raise AssetError(f"{_place(path)} {fault}")
    return Asset(kind, path.stem, path, document)


def load(root: Path, names: tuple[str, ...] = ()) -> tuple[Asset, ...]:
    """Read all files below a folder, or those with these names.

    Raises:
        UnknownNameError: no file has one of the names.
        AssetError: there are no files, or one is invalid.
    """
    found = list(paths(root))
    if not found:
        raise AssetError(f"there are no dashboards or monitors in {root}")
    unknown = sorted(set(names) - {path.stem for _, path in found})
    if unknown:
        known = ", ".join(sorted({path.stem for _, path in found}))
        raise UnknownNameError(f"no dashboard or monitor is named {', '.join(unknown)}; available: {known}")
    return tuple(read(kind, path) for kind, path in found if not names or path.stem in names)


def part(value: Any, *names: str) -> Any:  # noqa: ANN401 - JSON of any kind
    """Return a nested member, or None if it does not exist."""
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _place(path: Path) -> str:
    return "/".join(path.parts[-2:])


def _fault(kind: Kind, path: Path, document: object) -> str:
    """Return why a file is not a valid asset, or an empty string."""
    if not _NAME.fullmatch(path.stem):
        return "has a name with characters other than lower-case letters, digits, _ and -"
    if not isinstance(document, dict):
        return "is not a JSON object"
    if not isinstance(document.get("title"), str):
        return "lacks the string `title`"
    body = document.get("definition") if kind in WRAPPED else document
    if not isinstance(body, dict):
        return "lacks the object `definition`"
    if kind == "dashboard" and not isinstance(body.get("widgets"), list):
        return "lacks the list `widgets`"
    where = "definition." if kind in WRAPPED else ""
    missing = next((member for member in _TEXTS[kind] if not isinstance(body.get(member), str)), None)
    return f"lacks the string `{where}{missing}`" if missing else ""
