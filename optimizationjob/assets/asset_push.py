"""Pushes assets into an account: each is created, updated or left alone, and the result says which."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from optimizationjob.assets.asset_content import marked
from optimizationjob.assets.asset_files import Asset, Json, Kind
from optimizationjob.assets.datadog_refusal import DatadogRefusal, Halt
from optimizationjob.assets.push_decision import PushStep, decision


class Outcome(StrEnum):
    """How it went with an asset."""

    CREATED = "created"
    UPDATED = "updated"
    SAME = "up to date"
    KEPT = "edited by hand (kept)"
    FAILED = "failed"
    NOT_TRIED = "not tried"


@dataclass(frozen=True, slots=True)
class PushResult:
    """How it went with an asset.

    Attributes:
        asset: the asset.
        outcome: how it went; in a rehearsal, how it would go.
        words: what else is to say, in one line.
        difference: what changed, as the lines of a unified diff.
    """

    asset: Asset
    outcome: Outcome
    words: str = ""
    difference: tuple[str, ...] = ()


class PushTarget(Protocol):
    """What a push needs of an account."""

    def found(self, kind: Kind) -> dict[str, list[str]]:
        """Return the ids of everything that a push left here, by the names of the assets, the oldest first."""
        ...

    def read(self, kind: Kind, identity: str) -> Json:
        """Return a whole body."""
        ...

    def create(self, kind: Kind, body: Json) -> None:
        """Write a new body."""
        ...

    def replace(self, kind: Kind, identity: str, body: Json) -> None:
        """Write a body over another."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """Brings assets into an account.

    Attributes:
        place: the account.
        overwrite: whether what was edited by hand may be overwritten.
        is_rehearsal: whether to write nothing and only return what would be done.
    """

    place: PushTarget
    overwrite: bool
    is_rehearsal: bool

    def results(self, assets: Sequence[Asset]) -> Iterator[PushResult]:
        """Push assets one after another, and yield how it went with each as soon as it is done.

        What fails for one asset does not keep the next from being tried, unless it would fail for the same reason.
        """
        there: dict[Kind, dict[str, list[str]]] = {}
        unseen: dict[Kind, str] = {}
        is_over = False
        for asset in assets:
            if is_over:
                yield PushResult(asset, Outcome.NOT_TRIED)
                continue
            if asset.kind in unseen:
                yield PushResult(asset, Outcome.FAILED, unseen[asset.kind])
                continue
            try:
                if asset.kind not in there:
                    there[asset.kind] = self.place.found(asset.kind)
                yield self._pushed(asset, there[asset.kind].get(asset.name, []))
            except DatadogRefusal as refusal:
                yield PushResult(asset, Outcome.FAILED, str(refusal))
                is_over = isinstance(refusal, Halt)
                if asset.kind not in there:
                    unseen[asset.kind] = str(refusal)

    def _pushed(self, asset: Asset, identities: Sequence[str]) -> PushResult:
        kind, identity = asset.kind, identities[0] if identities else ""
        there = self.place.read(kind, identity) if identity else None
        decided = decision(asset, there, overwrite=self.overwrite)
        outcome = Outcome.UPDATED
        if decided.step is PushStep.NOTHING:
            outcome = Outcome.SAME
        elif decided.step is PushStep.KEEP:
            outcome = Outcome.KEPT
        elif decided.step is PushStep.CREATE:
            outcome = Outcome.CREATED
            if not self.is_rehearsal:
                self.place.create(kind, marked(kind, asset.name, asset.body))
        elif not self.is_rehearsal:
            self.place.replace(kind, identity, marked(kind, asset.name, asset.body, there))
        copies = ", ".join(identities[1:])
        words = f"{identity} is the oldest that carries its mark; left alone: {copies}" if copies else ""
        return PushResult(asset, outcome, words, decided.difference)
