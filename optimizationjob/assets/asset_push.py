"""Pushes assets to an account: creates, updates or skips each one and reports the outcome."""

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
    """Outcome of pushing one asset."""

    CREATED = "created"
    UPDATED = "updated"
    SAME = "up to date"
    KEPT = "edited by hand (kept)"
    FAILED = "failed"
    NOT_TRIED = "not tried"


@dataclass(frozen=True, slots=True)
class PushResult:
    """Result of pushing one asset.

    Attributes:
        asset: the asset.
        outcome: the outcome; in a dry run, the expected one.
        words: further details in one line.
        difference: the changes as lines of a unified diff.
    """

    asset: Asset
    outcome: Outcome
    words: str = ""
    difference: tuple[str, ...] = ()


class PushTarget(Protocol):
    """The account operations that a push needs."""

    def found(self, kind: Kind) -> dict[str, list[str]]:
        """Return the IDs of everything created by a push, by asset name, oldest first."""
        ...

    def read(self, kind: Kind, identity: str) -> Json:
        """Return a complete body."""
        ...

    def create(self, kind: Kind, body: Json) -> None:
        """Create a dashboard or monitor."""
        ...

    def replace(self, kind: Kind, identity: str, body: Json) -> None:
        """Replace the body of an existing one."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """Pushes assets to an account.

    Attributes:
        place: the account.
        overwrite: whether to overwrite manual edits.
        is_rehearsal: whether this is a dry run that writes nothing.
    """

    place: PushTarget
    overwrite: bool
    is_rehearsal: bool

    def results(self, assets: Sequence[Asset]) -> Iterator[PushResult]:
        """Push assets one by one and yield each result once it is known.

        A failed asset does not stop the others, unless they would fail for the same reason.
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
        words = f"{identity} is the oldest with its mark and is used; ignored: {copies}" if copies else ""
        return PushResult(asset, outcome, words, decided.difference)
