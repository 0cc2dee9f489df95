"""The HTTP server: connections that stay open, and the ways in which they break."""

from __future__ import annotations

import os
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
STOP_SECONDS = 2.0
"""How long stopping waits for connections to end."""


class Server(ThreadingHTTPServer):
    """Serves a dispatcher on one port of this machine, a thread for each connection."""

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
        """The endpoint to give to clients."""
        return f"http://{HOST}:{self.server_port}"

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering, close every connection, and return after two seconds at the latest."""
        self.dispatcher.stopped.set()
        self.shutdown()
        self._thread.join()
        self.server_close()
        with self._changed:
            for connection in self._open:
                _shut(connection)
            self._changed.wait_for(lambda: not self._open, STOP_SECONDS)

    def opened(self, connection: socket.socket) -> None:
        """Remember a connection, to be able to break it."""
        with self._changed:
            self._open.add(connection)

    def closed(self, connection: socket.socket) -> None:
        """Forget a connection."""
        with self._changed:
            self._open.discard(connection)
            self._changed.notify_all()

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 - the base class's form
        """Record what failed in a connection's thread, unless it is only that the client went away."""
        failure = sys.exc_info()[1]
        if not isinstance(failure, OSError):
            self.dispatcher.breach(f"the simulator's server failed: {failure!r}")


class Handler(BaseHTTPRequestHandler):
    """Reads requests from one connection and answers them in turn."""

    server: Server
    protocol_version = "HTTP/1.1"
    # One packet for head and body, sent at once.
    wbufsize = -1
    disable_nagle_algorithm = True

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
        """Answer one call."""
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        reply = self.server.dispatcher.answer(HttpRequest(self.path, headers, body))
        if reply.fault is Fault.HANG:
            self._hang()
        elif reply.fault is Fault.RESET:
            self._reset()
        else:
            self._send(reply)

    def do_GET(self) -> None:
        """Tell whoever opens the URL in a browser what is here."""
        self.send_response_only(200)
        text = b"An AWS endpoint for SageMaker optimization jobs, STS and tagging; point boto3's endpoint_url here.\n"
        self.send_header("Content-Type", "text/plain")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's form
        """Keep quiet; the simulator has its own log of calls."""

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
        """Keep the connection open, saying nothing, until the client gives up or the server stops."""
        self.close_connection = True
        while not self.server.dispatcher.stopped.is_set():
            readable, _, _ = select.select([self.connection], [], [], 0.02)
            if readable and not self.connection.recv(1):
                return

    def _reset(self) -> None:
        """End the connection in a way that the client sees as a reset."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        # The files around the socket would keep it open beyond a plain close.
        os.close(self.connection.detach())


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return
