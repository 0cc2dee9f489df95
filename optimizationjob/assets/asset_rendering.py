"""Renders an asset for one account: with the IDs of what it names, and with recipients. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from optimizationjob.assets.asset_files import Asset
from optimizationjob.assets.asset_links import linked, slo_of, with_slo
from optimizationjob.assets.recipients import with_recipients


@dataclass(frozen=True, slots=True)
class AccountIds:
    """What is in an account.

    Attributes:
        dashboards: the IDs of dashboards by title.
        slos: the IDs of SLOs by the name of their file.
        site: the URL of Datadog's web application.
    """

    dashboards: Mapping[str, str]
    slos: Mapping[str, str]
    site: str


def rendered(asset: Asset, ids: AccountIds, recipients: Iterable[str]) -> Asset:
    """Return an asset as it is to be in an account.

    Links in messages are read outside of Datadog, too, so they have its address.
    """
    site = ids.site if asset.kind == "monitor" else ""
    body = linked(asset.body, ids.dashboards, site)
    if asset.kind == "monitor":
        body = {**body, "message": with_recipients(str(body.get("message", "")), recipients)}
        slo = slo_of(body)
        if slo is not None and slo in ids.slos:
            body = with_slo(body, ids.slos[slo])
    return asset.with_body(body)
