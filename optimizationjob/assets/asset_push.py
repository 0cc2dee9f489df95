"""Pushes assets to an account: creates, updates or skips each one and reports the outcome."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from optimizationjob.assets.asset_files import Asset, Json
from optimizationjob.assets.asset_links import slo_of
from optimizationjob.assets.asset_rendering import AccountIds
from optimizationjob.assets.datadog_refusal import DatadogRefusal, Halt
from optimizationjob.assets.push_decision import PushStep
from optimizationjob.assets.push_plan import PlannedAsset, PushPlan, PushPlanner


class Outcome(StrEnum):
    """Outcome of pushing one asset."""

    CREATED = "created"
    UPDATED = "updated"
    SAME = "up to date"
    KEPT = "edited by hand (kept)"
    FAILED = "failed"
    NOT_TRIED = "not tried"


OUTCOMES: Final = {
    PushStep.CREATE: Outcome.CREATED,
    PushStep.UPDATE: Outcome.UPDATED,
    PushStep.NOTHING: Outcome.SAME,
    PushStep.KEEP: Outcome.KEPT,
}


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


class Push:
    """Pushes assets to an account: looks at everything, lets Datadog validate it, and only then writes."""

    def __init__(self, planner: PushPlanner, *, is_rehearsal: bool) -> None:
        """Prepare a push.

        Args:
            planner: decides what to do.
            is_rehearsal: whether this is a dry run that writes nothing.
        """
        self._planner = planner
        self._place = planner.place
        self._is_rehearsal = is_rehearsal

    def results(self, assets: Sequence[Asset]) -> Iterator[PushResult]:
        """Push assets one by one and yield each result once it is known; a later one of an asset replaces the first.

        If one cannot be pushed, none is. A failed write does not stop the others, unless they would fail, too.
        """
        plan = self._planner.plan(assets)
        if plan.refusals:
            yield from _refused(assets, plan)
        elif self._is_rehearsal:
            yield from (_result(one) for one in plan.planned)
        else:
            yield from self._written(plan)

    def _written(self, plan: PushPlan) -> Iterator[PushResult]:
        ids, is_over = plan.ids, False
        bodies: list[tuple[PlannedAsset, Json]] = []
        for number, one in enumerate(plan.planned):
            if is_over:
                yield PushResult(one.asset, Outcome.NOT_TRIED)
                continue
            try:
                if one.is_written:
                    one, body, ids = self._write(one, ids)  # noqa: PLW2901 - the same, with its ID
                    bodies.append((one, body))
                yield _result(one)
                if one.asset.kind == "dashboard" and not _has_more_dashboards(plan.planned[number + 1 :]):
                    yield from self._relinked(bodies, ids)
            except DatadogRefusal as refusal:
                yield PushResult(one.asset, Outcome.FAILED, str(refusal))
                is_over = isinstance(refusal, Halt)

    def _write(self, one: PlannedAsset, ids: AccountIds) -> tuple[PlannedAsset, Json, AccountIds]:
        """Write an asset; return it with its ID, the body, and the IDs that are known now."""
        asset, slo = one.asset, slo_of(one.asset.body)
        if slo is not None and slo not in ids.slos:
            raise DatadogRefusal(f"its SLO {slo} could not be created")
        body = one.body(ids)
        if one.there is not None:
            self._place.replace(asset.kind, one.identity, body)
            return one, body, ids
        if slo is not None:
            self._place.validate("", body)
        one = replace(one, identity=self._place.create(asset.kind, body))
        if asset.kind == "dashboard":
            ids = replace(ids, dashboards={**ids.dashboards, asset.title: one.identity})
        elif asset.kind == "slo":
            ids = replace(ids, slos={**ids.slos, asset.name: one.identity})
        return one, body, ids

    def _relinked(self, bodies: Sequence[tuple[PlannedAsset, Json]], ids: AccountIds) -> Iterator[PushResult]:
        """Write the links between dashboards, now that the IDs of all are known."""
        for one, before in bodies:
            body = one.body(ids)
            if body == before:
                continue
            try:
                self._place.replace(one.asset.kind, one.identity, body)
            except Halt:
                raise
            except DatadogRefusal as refusal:
                yield PushResult(one.asset, Outcome.FAILED, f"its links were not written: {refusal}")


def _refused(assets: Sequence[Asset], plan: PushPlan) -> Iterator[PushResult]:
    """Yield why nothing is written, and what would not have been written anyway."""
    planned = {str(one.asset): one for one in plan.planned}
    for asset in assets:
        one = planned.get(str(asset))
        if str(asset) in plan.refusals:
            yield PushResult(asset, Outcome.FAILED, plan.refusals[str(asset)])
        elif one is not None and not one.is_written:
            yield _result(one)
        else:
            yield PushResult(asset, Outcome.NOT_TRIED)


def _result(one: PlannedAsset) -> PushResult:
    copies = ", ".join(one.copies)
    words = f"{one.identity} is the oldest with its mark and is used; ignored: {copies}" if copies else ""
    return PushResult(one.asset, OUTCOMES[one.decided.step], words, one.decided.difference)


def _has_more_dashboards(rest: Sequence[PlannedAsset]) -> bool:
    return any(one.asset.kind == "dashboard" for one in rest)
