"""Exports dashboards and monitors as one Terraform JSON document."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from optimizationjob.assets.asset_files import Asset, Kind

_RESOURCES: Final[Mapping[Kind, str]] = {"dashboard": "datadog_dashboard_json", "monitor": "datadog_monitor_json"}


def document(assets: Iterable[Asset]) -> dict[str, Any]:
    """Return the content of `main.tf.json`: the provider and one resource per asset."""
    resources: dict[str, dict[str, dict[str, str]]] = {}
    for asset in assets:
        resources.setdefault(_RESOURCES[asset.kind], {})[asset.name] = {asset.kind: _literal(asset)}
    return {"terraform": {"required_providers": {"datadog": {"source": "DataDog/datadog"}}}, "resource": resources}


def _literal(asset: Asset) -> str:
    """Return a body as a string, escaped so that Terraform interpolates nothing."""
    return json.dumps(asset.body, indent=2, sort_keys=True).replace("${", "$${").replace("%{", "%%{")
