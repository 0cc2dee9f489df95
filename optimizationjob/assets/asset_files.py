"""The files of dashboards and monitors, where they are and what is in them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

Kind = Literal["dashboard", "monitor"]
Json = Mapping[str, Any]

FOLDERS: Final[Mapping[Kind, str]] = {"dashboard": "dashboards", "monitor": "monitors"}
PACKAGED: Final = Path(__file__).parent / "data"
"""Where a wheel has the files; pyproject.toml puts them there."""

CHECKED_OUT: Final = Path(__file__).parents[2] / "assets"
_NAME: Final = re.compile(r"[a-z][a-z0-9_-]*")
_TEXTS: Final[Mapping[Kind, tuple[str, ...]]] = {"dashboard": ("layout_type",), "monitor": ("name", "type", "query")}


class AssetError(Exception):
    """A file is not what it should be, or is not there; the message is one line."""


class UnknownNameError(AssetError):
    """Nothing is called what the user named."""


@dataclass(frozen=True, slots=True)
class Asset:
    """A dashboard or a monitor.

    Attributes:
        kind: which of the two.
        name: the file's name without its suffix.
        path: the file.
        document: what is in the file.
    """

    kind: Kind
    name: str
    path: Path
    document: Json

    @property
    def title(self) -> str:
        """What a person calls it."""
        return str(self.document["title"])

    @property
    def body(self) -> Json:
        """What Datadog's API takes: a monitor's file has it among words about it."""
        body: Json = self.document["definition"] if self.kind == "monitor" else self.document
        return body

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


def folder() -> Path:
    """Return where the files are: in the package of a wheel, else in the checkout."""
    return PACKAGED if PACKAGED.is_dir() else CHECKED_OUT


def paths(root: Path) -> Iterator[tuple[Kind, Path]]:
    """Yield every file below a folder, dashboards first."""
    for kind, name in FOLDERS.items():
        yield from ((kind, path) for path in sorted((root / name).glob("*.json")))


def read(kind: Kind, path: Path) -> Asset:
    """Read a file.

    Raises:
        AssetError: it cannot be read, is not JSON, or lacks what every file of its kind has.
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
        UnknownNameError: there is none of that name.
        AssetError: there is none at all, or one is not right.
    """
    found = list(paths(root))
    if not found:
        raise AssetError(f"there are no dashboards or monitors in {root}")
    unknown = sorted(set(names) - {path.stem for _, path in found})
    if unknown:
        known = ", ".join(sorted({path.stem for _, path in found}))
        raise UnknownNameError(f"there is no dashboard or monitor called {', '.join(unknown)}; there are: {known}")
    return tuple(read(kind, path) for kind, path in found if not names or path.stem in names)


def part(value: Any, *names: str) -> Any:  # noqa: ANN401 - JSON of any kind
    """Return what is so far inside, or None where there is no such member, or nothing that has members."""
    for name in names:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _place(path: Path) -> str:
    return "/".join(path.parts[-2:])


def _fault(kind: Kind, path: Path, document: object) -> str:
    """Return what keeps a file from being an asset at all, or nothing."""
    if not _NAME.fullmatch(path.stem):
        return "has a name that is more than lower-case letters, digits, _ and -"
    if not isinstance(document, dict):
        return "is not a JSON object"
    if not isinstance(document.get("title"), str):
        return "lacks the text `title`"
    body = document.get("definition") if kind == "monitor" else document
    if not isinstance(body, dict):
        return "lacks the object `definition`"
    if kind == "dashboard" and not isinstance(body.get("widgets"), list):
        return "lacks the list `widgets`"
    where = "definition." if kind == "monitor" else ""
    missing = next((member for member in _TEXTS[kind] if not isinstance(body.get(member), str)), None)
    return f"lacks the text `{where}{missing}`" if missing else ""
