"""Serves a stand-in account over HTTP on this machine."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final
from urllib.parse import parse_qs, urlsplit

from tools.datadog_api.stand_in_account import StandInAccount

HOST: Final = "127.0.0.1"


class StandInServer(ThreadingHTTPServer):
    """Serves one account in threads."""

    daemon_threads = True

    def __init__(self, account: StandInAccount, port: int) -> None:
        super().__init__((HOST, port), _Handler)
        self.account = account

    @property
    def url(self) -> str:
        """The base URL of the API."""
        return f"http://{HOST}:{self.server_port}"

    def stop(self) -> None:
        """Stop serving."""
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: StandInServer

    def _do(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length)) if length else None
        account = self.server.account
        status, headers, answer = account.answer(self.command, parts.path, query, dict(self.headers.items()), body)
        if self.command == account.loses and not parts.path.endswith("/validate"):
            self.close_connection = True
            return
        text = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
        self.send_response(status)
        for name, value in {**headers, "Content-Type": "application/json", "Content-Length": len(text)}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = _do  # noqa: N815 - names required by the server

    def log_message(self, *_: object) -> None:
        """Log nothing."""


def serve(account: StandInAccount, port: int = 0) -> StandInServer:
    """Serve in a thread and return the server.

    Raises:
        OSError: the port is taken.
    """
    server = StandInServer(account, port)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    return server
