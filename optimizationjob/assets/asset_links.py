"""What one asset says of another: links to dashboards, and the SLO of an alert. Pure.

In a file a link leads to Datadog's list of dashboards, searched for the title, which works without any ID:
`/dashboard/lists?q=SageMaker+Optimization+Job+Detail&tpl_var_job%5B0%5D=...`. A push puts the dashboard's own address
in its place. An alert of an SLO names it as its file is named; a push puts the ID there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from optimizationjob.assets.asset_files import Json

_LINK: Final = re.compile(r"/dashboard/lists\?q=([\w+]+)(&?)")
_SLO: Final = re.compile(r'(?<=^burn_rate\(")[^"]+(?=")')


def titles(value: Any) -> frozenset[str]:  # noqa: ANN401 - JSON of any kind
    """Return the titles of the dashboards that are linked."""
    if isinstance(value, str):
        return frozenset(found[1].replace("+", " ") for found in _LINK.finditer(value))
    members = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return frozenset().union(*map(titles, members))


def linked(value: Any, ids: Mapping[str, str], site: str = "") -> Any:  # noqa: ANN401 - the same
    """Return JSON with the addresses of dashboards in its links, as far as their IDs are known.

    Args:
        value: the JSON.
        ids: the IDs of dashboards by title.
        site: the URL of Datadog's web application; empty for addresses within it.
    """
    if isinstance(value, str):
        return _LINK.sub(lambda found: _address(found, ids, site), value)
    if isinstance(value, Mapping):
        return {name: linked(member, ids, site) for name, member in value.items()}
    return [linked(item, ids, site) for item in value] if isinstance(value, list) else value


def slo_of(body: Json) -> str | None:
    """Return the SLO that a body alerts on, or None."""
    found = _SLO.search(str(body.get("query", "")))
    return found[0] if found else None


def with_slo(body: Json, identity: str) -> dict[str, Any]:
    """Return the body of an alert with the ID of its SLO."""
    return {**body, "query": _SLO.sub(lambda _: identity, body["query"])}


def _address(found: re.Match[str], ids: Mapping[str, str], site: str) -> str:
    identity = ids.get(found[1].replace("+", " "))
    return found[0] if identity is None else f"{site}/dashboard/{identity}{'?' if found[2] else ''}"
