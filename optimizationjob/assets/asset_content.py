"""The comparable content of a dashboard, an SLO or a monitor, and the mark that identifies it in Datadog.

Datadog returns more than was written: IDs, times, options with default values. The comparable forms of a body exclude
these, so that only manual edits show up as differences.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from optimizationjob.assets.asset_files import WRAPPED, Json, Kind, part
from optimizationjob.assets.recipients import recipients_of, without_recipients

MANAGED: Final = "managed_by:optimizationjob"
"""The tag of every monitor and SLO created by a push. Dashboards support only team tags."""

_NAME_TAG: Final = "optimizationjob_asset:"
_DIGEST_TAG: Final = "optimizationjob_content:"
_MARK: Final = re.compile(r"\s*\[optimizationjob asset: ([a-z0-9_-]+), content ([0-9a-f]{12})\]")

# Tags are not compared: users may add their own to monitors.
_MEMBERS: Final[Mapping[Kind, tuple[str, ...]]] = {
    "dashboard": ("title", "description", "layout_type", "reflow_type", "template_variables", "widgets"),
    "slo": ("name", "description", "type", "query", "thresholds"),
    "monitor": ("name", "type", "query", "message", "priority", "options"),
}
# Settings of the account, not of the asset: a PUT of a dashboard clears members that it omits.
_KEPT: Final = (
    "tags",
    "notify_list",
    "restricted_roles",
    "template_variable_presets",
    "default_timeframe",
    "is_read_only",
)
_OPTION_DEFAULTS: Final[Mapping[str, object]] = {
    "include_tags": True,
    "locked": False,
    "new_host_delay": 300,
    "notify_audit": False,
    "notify_no_data": False,
    "renotify_interval": 0,
    "timeout_h": 0,
}


@dataclass(frozen=True, slots=True)
class Mark:
    """The mark that a push adds to what it writes.

    Attributes:
        name: the asset's name.
        digest: the digest of the written content.
    """

    name: str
    digest: str


def content(kind: Kind, body: Json) -> dict[str, Any]:
    """Return the members that a push sets, without the mark and what Datadog adds or changes itself."""
    own = {member: body[member] for member in _MEMBERS[kind] if member in body}
    if kind == "dashboard" and isinstance(own.get("description"), str):
        own["description"] = _MARK.sub("", own["description"])
    if kind == "monitor":
        # Whom a monitor notifies is a setting of the account.
        own["message"] = without_recipients(str(own.get("message") or ""))
        # Datadog converts between the two types depending on the query.
        own["type"] = "query alert" if own.get("type") == "metric alert" else own.get("type")
        options = own.get("options")
        if isinstance(options, Mapping):
            own["options"] = {
                name: value
                for name, value in options.items()
                if name != "silenced" and (name not in _OPTION_DEFAULTS or value != _OPTION_DEFAULTS[name])
            }
    bare: dict[str, Any] = _bare(own)
    return bare


def restricted(there: Any, own: Any) -> Any:  # noqa: ANN401 - JSON of any kind
    """Return the body in Datadog, reduced to the members that our own body has at the same place."""
    if isinstance(there, Mapping) and isinstance(own, Mapping):
        return {name: restricted(value, own[name]) for name, value in there.items() if name in own}
    if isinstance(there, list) and isinstance(own, list):
        pairs = zip(there, own, strict=False)
        return [restricted(mine, yours) for mine, yours in pairs] + there[len(own) :]
    return there


def digest(bare: Json) -> str:
    """Return a short digest of content, independent of the order of members."""
    text = json.dumps(bare, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def mark_of(kind: Kind, body: Json) -> Mark | None:
    """Return the mark of a body in Datadog, or None if no push wrote it."""
    if kind == "dashboard":
        found = _MARK.search(body.get("description") or "")
        return Mark(found[1], found[2]) if found else None
    tags = body.get("tags") or ()
    names = [tag.removeprefix(_NAME_TAG) for tag in tags if tag.startswith(_NAME_TAG)]
    digests = [tag.removeprefix(_DIGEST_TAG) for tag in tags if tag.startswith(_DIGEST_TAG)]
    return Mark(names[0], digests[0] if digests else "") if names and MANAGED in tags else None


def lacks_tags(kind: Kind, body: Json, there: Json) -> bool:
    """Return whether a monitor or SLO in Datadog lacks tags of the file."""
    return kind in WRAPPED and not set(body.get("tags") or ()) <= set(there.get("tags") or ())


def notified(kind: Kind, body: Json) -> tuple[str, ...]:
    """Return whom a monitor notifies, by the last line of its message."""
    return recipients_of(str(body.get("message") or "")) if kind == "monitor" else ()


def marked(kind: Kind, name: str, body: Json, there: Json | None = None) -> dict[str, Any]:
    """Return the body to write, including its mark.

    Args:
        kind: dashboard, SLO or monitor.
        name: the asset's name.
        body: the body of the file.
        there: the existing body in Datadog, whose account settings are preserved.
    """
    own = {member: body[member] for member in _MEMBERS[kind] if member in body}
    noted = digest(content(kind, body))
    there = there or {}
    if kind == "dashboard":
        kept = {member: there[member] for member in _KEPT if member in there}
        words = _MARK.sub("", own.get("description") or "").rstrip()
        return {**kept, **own, "description": f"{words}\n\n[optimizationjob asset: {name}, content {noted}]".lstrip()}
    tags = [*(body.get("tags") or ()), *(tag for tag in there.get("tags") or () if not tag.startswith(_DIGEST_TAG))]
    tags += [MANAGED, f"{_NAME_TAG}{name}", f"{_DIGEST_TAG}{noted}"]
    muted = part(there, "options", "silenced")
    options = {**({"silenced": muted} if muted else {}), **(own.get("options") or {})} if kind == "monitor" else {}
    return {**own, "tags": list(dict.fromkeys(tags)), **({"options": options} if kind == "monitor" else {})}


def _bare(value: Any) -> Any:  # noqa: ANN401 - JSON of any kind
    """Return JSON without IDs and empty members, with normalized numbers and strings."""
    if isinstance(value, Mapping):
        members = ((name, _bare(member)) for name, member in value.items() if name != "id")
        return {name: member for name, member in members if member not in (None, "", [], {})}
    if isinstance(value, list):
        return [_bare(item) for item in value]
    if isinstance(value, str):
        return value.strip()
    return int(value) if isinstance(value, float) and value.is_integer() else value
