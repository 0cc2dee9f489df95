"""The stand-in account: what it keeps, and how it answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, get_args

from optimizationjob.assets.asset_files import Kind
from optimizationjob.clock import Clock, SystemClock
from tools.datadog_api.stand_in_events import search
from tools.datadog_api.stand_in_validation import refusals

API_KEY: Final = "0123456789abcdef0123456789abcdef"
APP_KEY: Final = "fedcba9876543210fedcba9876543210fedcba98"
MOMENT: Final = "2026-11-02T12:00:{:02d}.000000+00:00"
VALIDATION: Final = "validate"
KINDS: Final = get_args(Kind)
FOR_THE_API_KEY: Final = ("/api/v1/validate", "/api/v1/events")
"""What needs no application key."""

Body = dict[str, Any]
Answer = tuple[int, Mapping[str, str], Any]
"""Status, headers, and the body or a text."""


@dataclass
class StandInAccount:
    """Keeps dashboards, SLOs, monitors and events.

    Attributes:
        kept: bodies by kind and ID, with the members that Datadog adds.
        calls: the received calls as `METHOD path`.
        faults: injected responses: (method, part of the path) -> [(status, headers, errors)].
        api_key: the valid API key.
        app_key: the valid application key.
        takes_any_key: whether every key is valid.
        page: maximum number of dashboards per page.
        events: the posted events.
        sources: the sources of events that Datadog has registered.
        clock: tells when an event happened that does not say it, and what is recent.
        loses: method of calls that are executed but whose responses are lost.
    """

    kept: dict[str, dict[str, Body]] = field(default_factory=lambda: {"dashboard": {}, "slo": {}, "monitor": {}})
    calls: list[str] = field(default_factory=list)
    faults: dict[tuple[str, str], list[tuple[int, Mapping[str, str], list[str]]]] = field(default_factory=dict)
    api_key: str = API_KEY
    app_key: str = APP_KEY
    takes_any_key: bool = False
    page: int = 100
    events: list[Body] = field(default_factory=list)
    sources: tuple[str, ...] = ()
    clock: Clock = field(default_factory=SystemClock)
    loses: str = ""

    @property
    def writes(self) -> list[str]:
        """The calls that change something."""
        return [call for call in self.calls if not call.startswith("GET ") and not call.endswith(f"/{VALIDATION}")]

    def fail(
        self,
        method: str,
        path: str,
        status: int,
        *errors: str,
        headers: Mapping[str, str] | None = None,
        times: int = 1,
    ) -> None:
        """Answer the next calls of a kind with an error."""
        self.faults.setdefault((method, path), []).extend([(status, dict(headers or {}), list(errors))] * times)

    def named(self, kind: Kind, word: str) -> Body:
        """Return the only body whose title or name contains this word."""
        (found,) = [body for body in self.kept[kind].values() if word in str(body.get("title", body.get("name")))]
        return found

    def answer(
        self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: Body | None
    ) -> Answer:
        """Return the response to a call."""
        self.calls.append(f"{method} {path}")
        is_validation = path.endswith(f"/{VALIDATION}")
        for (wanted, part), failures in self.faults.items():
            if wanted == method and part in path and part.endswith(VALIDATION) is is_validation and failures:
                status, extra, errors = failures.pop(0)
                return status, extra, {"errors": errors} if errors else "<html>"
        status, answer = self._of_path(method, path, query, headers, body or {})
        return status, {}, answer

    def _of_path(
        self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: Body
    ) -> tuple[int, Any]:
        is_of_account = self.takes_any_key or headers.get("DD-API-KEY") == self.api_key
        is_of_owner = self.takes_any_key or headers.get("DD-APPLICATION-KEY") == self.app_key
        if not is_of_account or not (is_of_owner or path in FOR_THE_API_KEY):
            return 403, {"errors": ["Forbidden"]}
        if path in ("/api/v1/validate", "/api/v2/validate_keys"):
            return 200, {"valid": True}
        now = self.clock.now().timestamp()
        if (method, path) == ("POST", "/api/v2/events/search"):
            return search(body, self.events, self.sources, now)
        if (method, path) == ("POST", "/api/v1/events"):
            self.events.append({"date_happened": now, **body})
            return 202, {"status": "ok", "event": self.events[-1]}
        name, *rest = path.removeprefix("/api/v1/").split("/")
        kind = next((kind for kind in KINDS if kind == name), None)
        return self._of_kind(method, kind, rest, query, body) if kind else (404, {"errors": ["Not found"]})

    def _of_kind(
        self, method: str, kind: Kind, rest: list[str], query: Mapping[str, str], body: Body
    ) -> tuple[int, Any]:
        is_validation = rest[-1:] == [VALIDATION]
        identity = rest[0] if rest and rest[0] != VALIDATION else ""
        if method == "GET" and not identity:
            return 200, self._listed(kind, query)
        if identity and identity not in self.kept[kind]:
            return 404, {"errors": [f"{kind} not found"]}
        if method == "GET":
            return 200, {"data": self.kept[kind][identity]} if kind == "slo" else self.kept[kind][identity]
        wrong = refusals(kind, body, self.kept["slo"])
        if wrong:
            return 400, {"errors": wrong}
        if is_validation:
            return 200, {}
        own = self._keep(kind, identity, body)
        return 200, {"data": [own], "errors": []} if kind == "slo" else own

    def _keep(self, kind: Kind, identity: str, body: Body) -> Body:
        number = len(self.kept[kind])
        new = {"dashboard": f"abc-{number:03d}-xyz", "slo": f"{number:032x}", "monitor": str(1000 + number)}[kind]
        identity = identity or new
        moment = MOMENT.format(number % 60)
        before = self.kept[kind].get(identity, {})
        if kind == "dashboard":
            own = {**_with_ids(body), "author_handle": "me@example.com", "created_at": moment, "modified_at": moment}
            own |= {"id": identity, "url": f"/dashboard/{identity}", "is_read_only": False}
        elif kind == "slo":
            own = {**before, **body, "id": identity, "created_at": 1_793_620_800 + number, "monitor_ids": []}
            shown = [{**each, "target_display": f"{each['target']:g}."} for each in body["thresholds"]]
            own |= {"thresholds": shown, "creator": {"email": "me@example.com"}}
        else:
            own = {**before, **body, "created": moment, "id": int(identity)}
            defaults = {"new_host_delay": 300, "notify_audit": False, "include_tags": True, "silenced": {}}
            thresholds = {name: float(value) for name, value in body["options"]["thresholds"].items()}
            own["options"] = {**defaults, **body["options"], "thresholds": thresholds}
            own["type"] = "query alert" if body["type"] == "metric alert" else body["type"]
            own |= {"multi": True, "overall_state": "OK", "creator": {"email": "me@example.com"}}
        self.kept[kind][identity] = own
        return own

    def _listed(self, kind: Kind, query: Mapping[str, str]) -> Any:  # noqa: ANN401 - JSON of any kind
        bodies = list(self.kept[kind].values())
        if kind == "dashboard":
            start, count = int(query.get("start", 0)), min(self.page, int(query.get("count", 100)))
            summaries = [{name: body[name] for name in ("id", "title", "description", "created_at")} for body in bodies]
            return {"dashboards": summaries[start : start + count]}
        wanted = set(query["tags_query" if kind == "slo" else "monitor_tags"].split(","))
        found = [body for body in bodies if wanted <= set(body["tags"])]
        if kind == "slo":
            start = int(query["offset"])
            return {"data": found[start : start + int(query["limit"])], "errors": []}
        start = int(query["page"]) * int(query["page_size"])
        return found[start : start + int(query["page_size"])]


def _with_ids(value: Any, numbers: Iterator[int] | None = None) -> Any:  # noqa: ANN401 - JSON of any kind
    """Add an ID to each widget, as Datadog does."""
    numbers = numbers if numbers is not None else iter(range(1, 10**6))
    if isinstance(value, list):
        return [_with_ids(item, numbers) for item in value]
    if isinstance(value, dict):
        own = {name: _with_ids(member, numbers) for name, member in value.items()}
        return {"id": next(numbers), **own} if "definition" in value else own
    return value
