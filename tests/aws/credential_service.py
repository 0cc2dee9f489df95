"""What hands out credentials: instance metadata, the endpoint of a container, and STS for a web identity."""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEYS = {
    "Code": "Success",
    "AccessKeyId": "AKIA111111111111",
    "SecretAccessKey": "simulated",
    "Token": "simulated",
    "Expiration": "2036-01-01T00:00:00Z",
}
XML = """<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>AKIA111111111111</AccessKeyId>
<SecretAccessKey>simulated</SecretAccessKey><SessionToken>simulated</SessionToken>
<Expiration>2036-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleWithWebIdentityResult>
</AssumeRoleWithWebIdentityResponse>"""
ENTITIES = f"""<!DOCTYPE x [<!ENTITY a "{"A" * 300_000}">]>{XML.replace("simulated", "&a;" * 90)}"""
"""300 KB that would be 54 MB."""


class CredentialService(ThreadingHTTPServer):
    """Answers as `mode` says: ok, refuse, nonsense, entities, flood (200 MB); hang or trickle until closed or ok."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.mode = "ok"
        self.asked = 0
        self.freed = threading.Event()
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def fail(self, mode: str) -> None:
        self.mode = mode
        self.freed.clear()

    def heal(self) -> None:
        self.mode = "ok"
        self.freed.set()

    def close(self) -> None:
        self.heal()
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        path = self.path.rstrip("/")
        is_list = path.endswith("security-credentials")
        self._answer("watch" if is_list else json.dumps(KEYS))

    def do_PUT(self) -> None:
        self._answer("metadata-token")

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._answer(XML)

    def _answer(self, text: str) -> None:
        server = self.server
        server.asked += 1
        if server.mode == "hang":
            server.freed.wait()
        if server.mode in ("flood", "trickle"):
            self._answer_at_length(server.mode)
            return
        status = 403 if server.mode == "refuse" else 200
        body = {"nonsense": "<html>sign in</html>", "entities": ENTITIES}.get(server.mode, text).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body if status == 200 else b"")

    def _answer_at_length(self, mode: str) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(200 * 2**20))
        self.end_headers()
        block, pause = (b" " * 2**20, 0.0) if mode == "flood" else (b" ", 0.1)
        with suppress(OSError):
            for _ in range(200):
                self.wfile.write(block)
                self.wfile.flush()
                if pause and self.server.freed.wait(pause):
                    return

    def log_message(self, *_: object) -> None:
        pass
