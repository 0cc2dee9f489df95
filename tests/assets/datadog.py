"""A fake of Datadog's dashboard and monitor API with strict validation."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from optimizationjob.assets.datadog_models import faults

API_KEY = "0123456789abcdef0123456789abcdef"
APP_KEY = "fedcba9876543210fedcba9876543210fedcba98"
KINDS = {"dashboard": "dashboard", "monitor": "monitor"}
MOMENT = "2026-11-02T12:00:{:02d}.000000+00:00"


@dataclass
class Datadog:
    """Stores dashboards and monitors.

    Attributes:
        kept: bodies by kind and ID, with the members that Datadog adds.
        calls: the received calls as `METHOD path`.
        faults: injected responses: (method, part of the path) -> [(status, headers, errors)].
        api_key: the valid API key.
        app_key: the valid application key.
        page: maximum number of dashboards per page.
        loses: method of calls that are executed but whose responses are lost.
    """

    kept: dict = field(default_factory=lambda: {"dashboard": {}, "monitor": {}})
    calls: list = field(default_factory=list)
    faults: dict = field(default_factory=dict)
    api_key: str = API_KEY
    app_key: str = APP_KEY
    page: int = 100
    loses: str = ""

    @property
    def writes(self):
        return [call for call in self.calls if not call.startswith("GET ")]

    def fail(self, method, path, status, *errors, headers=(), times=1):
        self.faults.setdefault((method, path), []).extend([(status, dict(headers), list(errors))] * times)

    def named(self, kind, word):
        """The only body whose title or name contains this word."""
        (found,) = [body for body in self.kept[kind].values() if word in body.get("title", body.get("name"))]
        return found

    def answer(self, method, path, query, headers, body):
        """The status, headers and body of a response."""
        self.calls.append(f"{method} {path}")
        for (wanted, part), failures in self.faults.items():
            if wanted == method and part in path and failures:
                status, extra, errors = failures.pop(0)
                return status, extra, {"errors": errors} if errors else "<html>"
        if headers.get("DD-API-KEY") != self.api_key:
            return 403, {}, {"errors": ["Forbidden"]}
        if path == "/api/v1/validate":
            return 200, {}, {"valid": True}
        if headers.get("DD-APPLICATION-KEY") != self.app_key:
            return 403, {}, {"errors": ["Forbidden"]}
        if path == "/api/v2/validate_keys":
            return 200, {}, {"status": "ok"}
        _, _, version, kind, *rest = path.split("/")
        assert (version, kind in KINDS) == ("v1", True), path
        return self._of_kind(method, kind, rest[0] if rest else "", query, body)

    def _of_kind(self, method, kind, identity, query, body):
        if method == "GET" and not identity:
            return 200, {}, self._listed(kind, query)
        if identity and identity not in self.kept[kind]:
            return 404, {}, {"errors": [f"{kind} not found"]}
        if method != "GET":
            wrong = faults(kind, body)
            if wrong or (kind == "dashboard" and any(not tag.startswith("team:") for tag in body.get("tags") or ())):
                return 400, {}, {"errors": wrong or ["Invalid tags"]}
            identity = self._keep(kind, identity, body)
        return 200, {}, self.kept[kind][identity]

    def _keep(self, kind, identity, body):
        number = len(self.kept[kind])
        identity = identity or (f"abc-{number:03d}-xyz" if kind == "dashboard" else str(1000 + number))
        moment = MOMENT.format(number % 60)
        if kind == "dashboard":
            own = {**_with_ids(body), "author_handle": "me@example.com", "created_at": moment, "modified_at": moment}
            own |= {"id": identity, "url": f"/dashboard/{identity}", "is_read_only": False}
        else:
            own = {**self.kept[kind].get(identity, {}), **body, "created": moment, "id": int(identity)}
            defaults = {"new_host_delay": 300, "notify_audit": False, "include_tags": True, "silenced": {}}
            thresholds = {name: float(value) for name, value in body["options"]["thresholds"].items()}
            own["options"] = {**defaults, **body["options"], "thresholds": thresholds}
            own["type"] = "query alert" if body["type"] == "metric alert" else body["type"]
            own |= {"multi": True, "overall_state": "OK", "creator": {"email": "me@example.com"}}
        self.kept[kind][identity] = own
        return identity

    def _listed(self, kind, query):
        bodies = list(self.kept[kind].values())
        if kind == "dashboard":
            start, count = int(query.get("start", 0)), min(self.page, int(query.get("count", 100)))
            summaries = [{name: body[name] for name in ("id", "title", "description", "created_at")} for body in bodies]
            return {"dashboards": summaries[start : start + count]}
        wanted = set(query["monitor_tags"].split(","))
        found = [body for body in bodies if wanted <= set(body["tags"])]
        start = int(query["page"]) * int(query["page_size"])
        return found[start : start + int(query["page_size"])]


def _with_ids(value, numbers=None):
    """Add an ID to each widget, as Datadog does."""
    numbers = numbers if numbers is not None else iter(range(1, 10**6))
    if isinstance(value, list):
        return [_with_ids(item, numbers) for item in value]
    if isinstance(value, dict):
        own = {name: _with_ids(member, numbers) for name, member in value.items()}
        return {"id": next(numbers), **own} if "definition" in value else own
    return value


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _do(self):
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        status, headers, answer = self.server.datadog.answer(self.command, parts.path, query, self.headers, body)
        if self.command == self.server.datadog.loses:
            self.close_connection = True
            return
        text = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Type": "application/json", "Content-Length": len(text)}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = _do  # noqa: N815 - names required by the server

    def log_message(self, *_):
        """Log nothing."""


def serve(datadog):
    """Serve in a thread and return the server, whose address is `server_address`."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.datadog = datadog
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    return server
