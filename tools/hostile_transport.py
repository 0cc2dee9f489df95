"""A server on loopback that answers one region as nothing should, and relays all other requests to a simulator.

It speaks in raw bytes, so that it can break what an HTTP server would keep: the status line, headers, chunks, lengths.
"""

from __future__ import annotations

import http.client
import re
import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

from tools.hostile_deliveries import Delivery

SCOPE: Final = re.compile(rb"Credential=[^/]+/\d+/([^/]+)/([^/]+)/aws4_request")
LENGTH: Final = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
PAUSE_SECONDS: Final = 0.1


class HostileTransport:
    """The server.

    Args:
        upstream: the simulator's URL.
        region: the region that is answered with the delivery.
        delivery: what is sent.
    """

    def __init__(self, upstream: str, region: str, delivery: Delivery) -> None:
        self._upstream = urlsplit(upstream).netloc
        self._region = region.encode()
        self._delivery = delivery
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._ends = threading.Event()
        self.open = 0
        """Connections to the region that the other side has not closed."""
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        """Start to serve."""
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self._ends.set()
        self._listener.close()

    def _serve(self) -> None:
        while not self._ends.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            while request := _request(connection):
                scope = SCOPE.search(request)
                if scope is not None and scope[1] == self._region and scope[2] == b"sagemaker":
                    self._deliver(connection)
                    return
                connection.sendall(self._relayed(request))

    def _deliver(self, connection: socket.socket) -> None:
        self.open += 1
        try:
            for block in self._delivery():
                if self._ends.is_set():
                    return
                if not (_sent(connection, block) if block else not _is_closed(connection)):
                    return
        finally:
            self.open -= 1

    def _relayed(self, request: bytes) -> bytes:
        with socket.create_connection(tuple(self._upstream.split(":"))) as upstream:  # type: ignore[arg-type]
            upstream.sendall(request)
            answer = http.client.HTTPResponse(upstream)
            answer.begin()
            body = answer.read()
        kept = [(name, value) for name, value in answer.getheaders() if name.lower() != "content-length"]
        lines = "".join(f"{name}: {value}\r\n" for name, value in kept)
        head = f"HTTP/1.1 {answer.status} {answer.reason}\r\n{lines}Content-Length: {len(body)}\r\n\r\n"
        return head.encode() + body


def _request(connection: socket.socket) -> bytes:
    """Return the next request; nothing once the connection is closed."""
    received = b""
    while b"\r\n\r\n" not in received:
        block = connection.recv(65_536)
        if not block:
            return b""
        received += block
    head, _, body = received.partition(b"\r\n\r\n")
    length = LENGTH.search(head)
    while len(body) < (int(length[1]) if length else 0):
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body


def _sent(connection: socket.socket, block: bytes) -> bool:
    """Send a block; return False if the other side closes the connection, which full buffers may hide from `send`."""
    left = memoryview(block)
    while left:
        connection.settimeout(PAUSE_SECONDS)
        try:
            left = left[connection.send(left) :]
        except TimeoutError:
            if _is_closed(connection):
                return False
    return True


def _is_closed(connection: socket.socket) -> bool:
    """Wait for a moment, or until the other side closes the connection."""
    connection.settimeout(PAUSE_SECONDS)
    try:
        return connection.recv(1) == b""
    except TimeoutError:
        return False
    finally:
        connection.settimeout(None)
