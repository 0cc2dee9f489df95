"""What a push does with an asset, decided from the file and from what is in Datadog. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from difflib import unified_diff
from enum import StrEnum
from typing import Any

from optimizationjob.assets.asset_content import content, digest, lacks_tags, mark_of, restricted
from optimizationjob.assets.asset_files import Asset, Json


class PushStep(StrEnum):
    """What is to be done."""

    CREATE = "create"
    UPDATE = "update"
    NOTHING = "nothing"
    KEEP = "keep"
    """Somebody edited it by hand, and --overwrite was not given."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done with an asset, and what would change.

    Attributes:
        step: what is to be done.
        difference: the lines of a unified diff, from what is in Datadog to the file.
    """

    step: PushStep
    difference: tuple[str, ...] = ()


def decision(asset: Asset, there: Json | None, *, overwrite: bool) -> Decision:
    """Return what to do with an asset.

    Args:
        asset: the asset.
        there: the body in Datadog that carries its mark; None if there is none.
        overwrite: whether what was edited by hand may be overwritten.
    """
    wanted = content(asset.kind, asset.body)
    if there is None:
        return Decision(PushStep.CREATE, _difference(asset, {}, wanted))
    mark = mark_of(asset.kind, there)
    noted = mark.digest if mark else ""
    whole = content(asset.kind, there)
    # Where the file has not changed much, leaving out what it does not name hides options that Datadog added.
    shared = content(asset.kind, restricted(there, asset.body))
    is_same = shared == wanted
    if is_same and noted == digest(wanted) and not lacks_tags(asset.kind, asset.body, there):
        return Decision(PushStep.NOTHING)
    is_edited = not is_same and noted not in {digest(whole), digest(shared)}
    before = whole if noted == digest(whole) else shared
    step = PushStep.KEEP if is_edited and not overwrite else PushStep.UPDATE
    return Decision(step, _difference(asset, before, wanted))


def _difference(asset: Asset, before: Json, after: Json) -> tuple[str, ...]:
    texts = (_lines(before), _lines(after))
    return tuple(unified_diff(*texts, f"{asset} in Datadog", f"{asset} in {asset.path.name}", lineterm=""))


def _lines(value: Any) -> list[str]:  # noqa: ANN401 - JSON of any kind
    return json.dumps(value, indent=2, sort_keys=True).splitlines() if value else []
