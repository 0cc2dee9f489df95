"""Exports dashboards, SLOs and monitors as one Terraform JSON document."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from optimizationjob.assets.asset_files import Asset, AssetError, Kind
from optimizationjob.assets.asset_links import slo_of
from optimizationjob.assets.asset_rendering import AccountIds, rendered

_RESOURCES: Final[Mapping[Kind, str]] = {
    "dashboard": "datadog_dashboard_json",
    "slo": "datadog_service_level_objective",
    "monitor": "datadog_monitor_json",
}
_SITE: Final = "datadog_url"
_VARIABLES: Final = {
    _SITE: {
        "type": "string",
        "default": "https://app.datadoghq.com",
        "description": "URL of Datadog's web application, which links in messages lead to.",
    }
}
# Stands for a reference until the text around it is escaped. Its letters are in no asset.
_REFERENCE: Final = re.compile("\x02([^\x03]+)\x03")


def document(assets: Sequence[Asset]) -> dict[str, Any]:
    """Return the content of `main.tf.json`: the provider and one resource per asset.

    Monitors refer to the dashboards and SLOs of the same document. Dashboards do not refer to each other, since
    Terraform has no references in a circle.

    Raises:
        AssetError: an alert lacks its SLO.
    """
    resources: dict[str, dict[str, dict[str, Any]]] = {}
    ids = AccountIds(
        {asset.title: _reference(f"{_RESOURCES[asset.kind]}.{asset.name}.id") for asset in _of(assets, "dashboard")},
        {asset.name: _reference(f"{_RESOURCES[asset.kind]}.{asset.name}.id") for asset in _of(assets, "slo")},
        _reference(f"var.{_SITE}"),
    )
    for asset in assets:
        slo = slo_of(asset.body)
        if slo is not None and slo not in ids.slos:
            raise AssetError(f"{asset} alerts on the SLO {slo}; export {slo}, too")
        resources.setdefault(_RESOURCES[asset.kind], {})[asset.name] = _resource(asset, ids)
    return {
        "terraform": {"required_providers": {"datadog": {"source": "DataDog/datadog"}}},
        "variable": _VARIABLES,
        "resource": resources,
    }


def _of(assets: Iterable[Asset], kind: Kind) -> list[Asset]:
    return [asset for asset in assets if asset.kind == kind]


def _resource(asset: Asset, ids: AccountIds) -> dict[str, Any]:
    if asset.kind == "dashboard":
        return {"dashboard": _literal(asset)}
    if asset.kind == "monitor":
        return {"monitor": _literal(rendered(asset, ids, ()))}
    return {**asset.body, "query": [asset.body["query"]]}


def _reference(name: str) -> str:
    return f"\x02{name}\x03"


def _literal(asset: Asset) -> str:
    """Return a body as a string, escaped so that Terraform interpolates nothing but our references."""
    text = json.dumps(asset.body, indent=2, sort_keys=True, ensure_ascii=False)
    return _REFERENCE.sub(
        r"${\1}", text.replace("\\u0002", "\x02").replace("\\u0003", "\x03").replace("${", "$${").replace("%{", "%%{")
    )
