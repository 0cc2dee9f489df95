"""Looks at an account and decides what a push will do, and whether Datadog will take it, before anything is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from optimizationjob.assets.asset_content import marked, notified
from optimizationjob.assets.asset_files import Asset, Json, Kind
from optimizationjob.assets.asset_links import slo_of, titles
from optimizationjob.assets.asset_rendering import AccountIds, rendered
from optimizationjob.assets.datadog_models import faults
from optimizationjob.assets.datadog_refusal import DatadogRefusal, Halt, NotThere
from optimizationjob.assets.push_decision import Decision, PushStep, decision

NEW = "new"
"""Stands for an ID that Datadog gives only when the push writes."""


class PushTarget(Protocol):
    """The account operations that a push needs."""

    def found(self, kind: Kind) -> dict[str, list[str]]:
        """Return the IDs of everything created by a push, by asset name, oldest first."""
        ...

    def read(self, kind: Kind, identity: str) -> Json:
        """Return a complete body."""
        ...

    def validate(self, identity: str, body: Json) -> None:
        """Let Datadog validate a monitor, by its ID if it exists."""
        ...

    def create(self, kind: Kind, body: Json) -> str:
        """Create a dashboard, SLO or monitor and return its ID."""
        ...

    def replace(self, kind: Kind, identity: str, body: Json) -> None:
        """Replace the body of an existing one."""
        ...


@dataclass(frozen=True, slots=True)
class PlannedAsset:
    """What a push does with an asset.

    Attributes:
        asset: the asset.
        identity: its ID; empty if it is to be created.
        there: its body in Datadog, if it exists.
        copies: the IDs of others with the same mark.
        recipients: whom its monitor notifies.
        decided: the step to take.
    """

    asset: Asset
    identity: str
    there: Json | None
    copies: tuple[str, ...]
    recipients: tuple[str, ...]
    decided: Decision

    @property
    def is_written(self) -> bool:
        """Whether the push writes it."""
        return self.decided.step in (PushStep.CREATE, PushStep.UPDATE)

    def body(self, ids: AccountIds) -> Json:
        """Return the body to write."""
        asset = rendered(self.asset, ids, self.recipients)
        return marked(asset.kind, asset.name, asset.body, self.there)


@dataclass(slots=True)
class PushPlan:
    """A plan for all assets.

    Attributes:
        planned: the assets in order; incomplete if Datadog cannot be reached.
        refusals: why assets cannot be pushed, by their words; nothing is written then.
        ids: what is in the account before the push.
    """

    planned: list[PlannedAsset] = field(default_factory=list)
    refusals: dict[str, str] = field(default_factory=dict)
    ids: AccountIds = field(default_factory=lambda: AccountIds({}, {}, ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class PushPlanner:
    """Makes the plan of a push.

    Attributes:
        place: the account.
        site: the URL of Datadog's web application.
        library: all assets that there are; what is pushed may name others.
        recipients: whom all monitors shall notify; empty to leave them as they are.
        overwrite: whether to overwrite manual edits.
    """

    place: PushTarget
    site: str
    library: Sequence[Asset]
    recipients: tuple[str, ...]
    overwrite: bool

    def plan(self, assets: Sequence[Asset]) -> PushPlan:
        """Return the plan for some assets. Nothing is written."""
        plan = PushPlan()
        try:
            found = self._found(assets, plan)
        except Halt as halt:
            plan.refusals[str(assets[0])] = str(halt)
            return plan
        try:
            looked = self._looked(assets, found, plan)
        except Halt:
            return plan
        existing = {(one.kind, one.name): identity for one, identity, there, _ in looked if there is not None}
        plan.ids = self.ids(found, existing)
        new = {(one.kind, one.name): NEW for one, _, there, _ in looked if there is None}
        expected = self.ids(found, existing | new)
        for asset, identity, there, copies in looked:
            recipients = self.recipients or (notified(asset.kind, there) if there else ())
            wanted = rendered(asset, expected, recipients)
            decided = decision(wanted, there, overwrite=self.overwrite)
            plan.planned.append(PlannedAsset(asset, identity, there, copies, recipients, decided))
        self._validate(plan, expected)
        return plan

    def ids(self, found: Mapping[Kind, Mapping[str, list[str]]], others: Mapping[tuple[Kind, str], str]) -> AccountIds:
        """Return the IDs of an account, with those of `others` in place of what was found."""
        by_name = {(kind, name): ids[0] for kind, names in found.items() for name, ids in names.items()} | dict(others)
        known = {asset.name: asset.title for asset in self.library if asset.kind == "dashboard"}
        dashboards = {
            known[name]: one for (kind, name), one in by_name.items() if kind == "dashboard" and name in known
        }
        return AccountIds(dashboards, {name: one for (kind, name), one in by_name.items() if kind == "slo"}, self.site)

    def _found(self, assets: Sequence[Asset], plan: PushPlan) -> dict[Kind, dict[str, list[str]]]:
        """Return the IDs of all kinds that are pushed, or named by what is pushed."""
        kinds: dict[Kind, bool] = {asset.kind: True for asset in assets}
        if any(titles(asset.body) for asset in assets):
            kinds.setdefault("dashboard", False)
        if any(slo_of(asset.body) for asset in assets):
            kinds.setdefault("slo", False)
        found: dict[Kind, dict[str, list[str]]] = {}
        for kind, is_pushed in kinds.items():
            try:
                found[kind] = self.place.found(kind)
            except Halt:
                raise
            except DatadogRefusal as refusal:
                found[kind] = {}
                if is_pushed:
                    plan.refusals.update({str(asset): str(refusal) for asset in assets if asset.kind == kind})
        return found

    def _looked(
        self, assets: Iterable[Asset], found: Mapping[Kind, Mapping[str, list[str]]], plan: PushPlan
    ) -> list[tuple[Asset, str, Json | None, tuple[str, ...]]]:
        """Return each asset with its ID, its body in Datadog and the IDs of its copies."""
        looked: list[tuple[Asset, str, Json | None, tuple[str, ...]]] = []
        for asset in assets:
            identity, there = "", None
            identities = list(found[asset.kind].get(asset.name, ()))
            while identities and there is None and str(asset) not in plan.refusals:
                identity = identities.pop(0)
                try:
                    there = self.place.read(asset.kind, identity)
                except NotThere:
                    identity = ""
                except Halt as halt:
                    plan.refusals[str(asset)] = str(halt)
                    raise
                except DatadogRefusal as refusal:
                    plan.refusals[str(asset)] = str(refusal)
            looked.append((asset, identity, there, tuple(identities)))
        return looked

    def _validate(self, plan: PushPlan, expected: AccountIds) -> None:
        """Add why Datadog will not take what is to be written."""
        for one in plan.planned:
            if not one.is_written or str(one.asset) in plan.refusals:
                continue
            try:
                self._validate_one(one, expected)
            except DatadogRefusal as refusal:
                plan.refusals[str(one.asset)] = str(refusal)
                if isinstance(refusal, Halt):
                    return

    def _validate_one(self, one: PlannedAsset, expected: AccountIds) -> None:
        asset, body = one.asset, one.body(expected)
        wrong = faults(asset.kind, asset.body)
        if wrong:
            raise DatadogRefusal(f"Datadog would not take its file: {wrong[0]}")
        slo = slo_of(asset.body)
        if slo is not None and slo not in expected.slos:
            raise DatadogRefusal(f"its SLO {slo} is not in the account; push {slo}, too")
        # Datadog knows no SLO that is yet to be created: such an alert is validated once its SLO is there.
        if asset.kind == "monitor" and (slo is None or expected.slos[slo] != NEW):
            self.place.validate(one.identity, body)
