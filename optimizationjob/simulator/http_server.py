"""The HTTP server: keep-alive connections and connection faults."""

from __future__ import annotations

import os
import re
import select
import socket
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from optimizationjob.simulator.error_answers import PortInUseError
from optimizationjob.simulator.faults import Fault
from optimizationjob.simulator.wire_protocols import HttpRequest

if TYPE_CHECKING:
    from optimizationjob.simulator.request_dispatch import Dispatcher, HttpReply

HOST = "127.0.0.1"
OWN_NAMES = re.compile(r"(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?", re.ASCII | re.IGNORECASE)
"""What a Host header may be: the page of another site whose name was made to lead here has that site's."""
LONGEST_BODY = 1024 * 1024
LENGTH = re.compile(r"[0-9]{1,15}")
STOP_SECONDS = 2.0
"""How long `stop` waits for connections to close."""


class Server(ThreadingHTTPServer):
    """Serves a dispatcher on a local port, with one thread per connection."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, port: int, dispatcher: Dispatcher) -> None:
        try:
            super().__init__((HOST, port), Handler)
        except OSError as failure:
            raise PortInUseError(f"cannot listen on {HOST}:{port}: {failure.strerror}") from failure
        self.dispatcher = dispatcher
        self._open: set[socket.socket] = set()
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self.serve_forever, args=(0.005,), name="simulator", daemon=True)

    @property
    def url(self) -> str:
        """The endpoint URL for clients."""
        return f"http://{HOST}:{self.server_port}"

    def start(self) -> None:
        """Start serving requests."""
        self._thread.start()

    def stop(self) -> None:
        """Stop serving, close every connection, and return within two seconds."""
        self.dispatcher.stopped.set()
        self.shutdown()
        self._thread.join()
        self.server_close()
        with self._changed:
            for connection in self._open:
                _shut(connection)
            self._changed.wait_for(lambda: not self._open, STOP_SECONDS)

    def opened(self, connection: socket.socket) -> None:
        """Register a connection so that `stop` can close it."""
        with self._changed:
            self._open.add(connection)

    def closed(self, connection: socket.socket) -> None:
        """Unregister a connection."""
        with self._changed:
            self._open.discard(connection)
            self._changed.notify_all()

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 - inherited signature
        """Record an error in a connection's thread, except when the client disconnected."""
        failure = sys.exc_info()[1]
        if not isinstance(failure, OSError):
            self.dispatcher.breach(f"the simulator's server failed: {failure!r}")


class Handler(BaseHTTPRequestHandler):
    """Reads requests from one connection and responds to them in order."""

    server: Server
    protocol_version = "HTTP/1.1"
    # Send headers and body in one packet, without delay.
    wbufsize = -1
    disable_nagle_algorithm = True
    timeout = 60.0
    """Seconds that a connection may be silent."""

    def setup(self) -> None:
        """Open the connection."""
        super().setup()
        self.server.opened(self.connection)

    def finish(self) -> None:
        """Close the connection."""
        try:
            super().finish()
        finally:
            self.server.closed(self.connection)

    def do_POST(self) -> None:
        """Respond to one AWS call."""
        length = self._length()
        if length is None:
            return
        body = self.rfile.read(length)
        if len(body) < length:
            self.close_connection = True
            return
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.server.dispatcher.answer(HttpRequest(self.path, headers, body))
        if reply.fault is Fault.HANG:
            self._hang()
        elif reply.fault is Fault.RESET:
            self._reset()
        else:
            self._send(reply)

    def do_GET(self) -> None:
        """Describe the endpoint to a browser."""
        if self._length() is not None:
            self._say(
                200,
                "An AWS endpoint for SageMaker optimization jobs, STS and tagging; point boto3's endpoint_url here.",
            )

    def handle_expect_100(self) -> bool:
        """Refuse what would be refused with its body before the client sends that."""
        return self._length() is not None and super().handle_expect_100()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - inherited signature
        """Log nothing; the simulator has its own call log."""

    def _length(self) -> int | None:
        """Return the length of the body; None where the request is refused, which is answered before it is read."""
        hosts = self.headers.get_all("Host", [])
        lengths = self.headers.get_all("Content-Length", ["0"])
        if len(hosts) != 1 or not OWN_NAMES.fullmatch(hosts[0].strip()):
            self._refuse(
                421, "The Host header is not 127.0.0.1, localhost or [::1]: call the simulator by its own URL."
            )
        elif "Transfer-Encoding" in self.headers:
            self._refuse(411, "The simulator reads no chunked body: send a Content-Length.")
        elif len(lengths) != 1 or not LENGTH.fullmatch(lengths[0].strip()):
            self._refuse(400, "The Content-Length is not one number.")
        elif int(lengths[0]) > LONGEST_BODY:
            self._refuse(413, f"The body is longer than {LONGEST_BODY} bytes.")
        else:
            return int(lengths[0])
        return None

    def _refuse(self, status: int, text: str) -> None:
        self.close_connection = True
        self._say(status, text)

    def _say(self, status: int, text: str) -> None:
        self.send_response_only(status)
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(text) + 1))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(f"{text}\n".encode())
        self.wfile.flush()

    def _send(self, reply: HttpReply) -> None:
        sent = reply.body
        if reply.fault is Fault.CUT_BODY:
            sent = sent[: len(sent) // 2]
            self.close_connection = True
        self.send_response_only(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(sent)

    def _hang(self) -> None:
        """Keep the connection open without responding until the client gives up or the server stops."""
        self.close_connection = True
        while not self.server.dispatcher.stopped.is_set():
            readable, _, _ = select.select([self.connection], [], [], 0.02)
            if readable and not self.connection.recv(1):
                return

    def _reset(self) -> None:
        """Close the connection so that the client sees a reset."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # A plain close() leaves the socket open while the file objects around it exist.
        os.close(self.connection.detach())


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
