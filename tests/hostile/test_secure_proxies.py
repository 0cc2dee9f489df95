"""A proxy that is reached by HTTPS: TLS within TLS is cut off like any other connection."""

from __future__ import annotations

import ssl
import threading
import time
from socketserver import BaseRequestHandler, ThreadingTCPServer

import pytest
import trustme

from optimizationjob.aws.in_flight import CutOff, InFlight

CONNECT, READ, RUN = 0.5, 0.5, 0.5
SPARE = 5.0
"""Seconds that a busy machine may take besides."""


class _SlowThroughTls(BaseRequestHandler):
    """Is a proxy, and what is behind it, too: it opens a tunnel and sends a body in it, a byte now and then."""

    def handle(self):
        with self.server.context.wrap_socket(self.request, server_side=True) as outer:
            outer.recv(65_536)
            outer.sendall(b"HTTP/1.1 200 Connected\r\n\r\n")
            received, to_send = ssl.MemoryBIO(), ssl.MemoryBIO()
            inner = self.server.context.wrap_bio(received, to_send, server_side=True)

            def do(action, *arguments):
                while True:
                    try:
                        action(*arguments)
                    except ssl.SSLWantReadError:
                        outer.sendall(to_send.read())
                        block = outer.recv(65_536)
                        if not block:
                            raise ConnectionError from None
                        received.write(block)
                    else:
                        outer.sendall(to_send.read())
                        return

            try:
                do(inner.do_handshake)
                do(inner.read, 65_536)
                do(inner.write, b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\n")
                while not self.server.ends.wait(0.1):
                    do(inner.write, b" ")
            except OSError:
                return


@pytest.fixture
def slow_proxy(tmp_path):
    """The options of an instance behind such a proxy."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    with ThreadingTCPServer(("127.0.0.1", 0), _SlowThroughTls) as server:
        server.ends = threading.Event()
        server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("127.0.0.1", "aws.example").configure_cert(server.context)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield {
            "endpoint_url": "https://aws.example",
            "proxy": {"https": f"https://127.0.0.1:{server.server_address[1]}"},
            "tls_ca_cert": str(tmp_path / "ca.pem"),
            "connect_timeout": CONNECT,
            "read_timeout": READ,
            "max_run_seconds": RUN,
            "max_attempts": 1,
        }
        server.ends.set()
        server.shutdown()


def requests_under_way():
    return {one for one in threading.enumerate() if one.name == "optimizationjob-request"}


def test_a_run_ends_says_why_and_leaves_no_thread(agent, slow_proxy):
    before = requests_under_way()
    one = agent(**slow_proxy)
    for _ in range(2):
        begin = time.monotonic()
        status, message = one.run().service_check()
        assert time.monotonic() - begin < RUN + CONNECT + READ + SPARE
        assert status == "critical"
        assert "there was no whole response after 1 s, so the request was cut off" in message
        until = time.monotonic() + SPARE
        while requests_under_way() - before and time.monotonic() < until:
            time.sleep(0.05)
        assert requests_under_way() <= before


def test_what_begins_while_all_is_cut_is_cut_too():
    in_flight, never = InFlight(), threading.Event()
    in_flight.cut()
    with pytest.raises(CutOff):
        in_flight.make(lambda: never.wait(SPARE), seconds=None, place="x")
    never.set()
