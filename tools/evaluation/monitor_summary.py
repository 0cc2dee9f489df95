"""Evaluates the summary of monitors on a dashboard."""

from __future__ import annotations

from optimizationjob.assets import asset_files
from tools.evaluation.query_syntax import UnsupportedQuery
from tools.evaluation.widget_data import Definition, WidgetData


def monitor_summary(definition: Definition) -> WidgetData:
    """Name the monitors that a summary finds; their states are those of an account.

    Raises:
        UnsupportedQuery: the search is not for one tag.
    """
    query = definition["query"]
    if not query.startswith("tag:") or " " in query:
        raise UnsupportedQuery(query, 0, "only a search for one tag is supported")
    assets = asset_files.load(asset_files.folder())
    found = [asset for asset in assets if asset.kind == "monitor" and query[4:] in asset.body["tags"]]
    found.sort(key=lambda asset: (asset.body["priority"], asset.title))
    text = "\n".join(f"P{asset.body['priority']} {asset.title}" for asset in found)
    return WidgetData(kind="manage_status", title=str(definition.get("title", "")), text=text)
