"""Decides what a push does with an asset, given the file and the state in Datadog. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from difflib import unified_diff
from enum import StrEnum
from typing import Any

from optimizationjob.assets.asset_content import content, digest, lacks_tags, mark_of, notified, restricted
from optimizationjob.assets.asset_files import Asset, Json


class PushStep(StrEnum):
    """The step to take."""

    CREATE = "create"
    UPDATE = "update"
    NOTHING = "nothing"
    KEEP = "keep"
    """Keep an asset that was edited manually; --overwrite is not set."""


@dataclass(frozen=True, slots=True)
class Decision:
    """The step to take for an asset, and its changes.

    Attributes:
        step: the step to take.
        difference: lines of a unified diff from Datadog to the file.
    """

    step: PushStep
    difference: tuple[str, ...] = ()


def decision(asset: Asset, there: Json | None, *, overwrite: bool) -> Decision:
    """Decide what to do with an asset.

    Args:
        asset: the asset, rendered for the account.
        there: the body in Datadog with the asset's mark; None if there is none.
        overwrite: whether to overwrite manual edits.
    """
    wanted = content(asset.kind, asset.body)
    shown = wanted | _recipients(asset, asset.body)
    if there is None:
        return Decision(PushStep.CREATE, _difference(asset, {}, shown))
    mark = mark_of(asset.kind, there)
    noted = mark.digest if mark else ""
    whole = content(asset.kind, there)
    # Comparing only members that the file has ignores options that Datadog added.
    shared = content(asset.kind, restricted(there, asset.body))
    is_same = shared == wanted
    is_complete = not lacks_tags(asset.kind, asset.body, there)
    if (
        is_same
        and noted == digest(wanted)
        and is_complete
        and _recipients(asset, there) == _recipients(asset, asset.body)
    ):
        return Decision(PushStep.NOTHING)
    is_edited = not is_same and noted not in {digest(whole), digest(shared)}
    before = whole if noted == digest(whole) else shared
    step = PushStep.KEEP if is_edited and not overwrite else PushStep.UPDATE
    return Decision(step, _difference(asset, before | _recipients(asset, there), shown))


def _recipients(asset: Asset, body: Json) -> dict[str, Any]:
    found = notified(asset.kind, body)
    return {"recipients": list(found)} if found else {}


def _difference(asset: Asset, before: Json, after: Json) -> tuple[str, ...]:
    texts = (_lines(before), _lines(after))
    return tuple(unified_diff(*texts, f"{asset} in Datadog", f"{asset} in {asset.path.name}", lineterm=""))


def _lines(value: Any) -> list[str]:  # noqa: ANN401 - JSON of any kind
    return json.dumps(value, indent=2, sort_keys=True).splitlines() if value else []
