"""What the simulator refuses before it reads a body: other names than its own, and bodies without an honest length."""

from __future__ import annotations

import socket

import cbor2
import pytest

LIST = "X-Amz-Target: SageMaker.ListOptimizationJobs"


@pytest.fixture
def ask(simulator):
    """Send bytes as they are, and return the status and whether the connection was closed."""
    port = int(simulator.url.rpartition(":")[2])

    def send(*lines, body=b"", method="POST"):
        text = "\r\n".join([f"{method} / HTTP/1.1", *(line.format(port=port) for line in lines), "", ""])
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(text.encode() + body)
            reply = connection.makefile("rb")
            status = int(reply.readline().split()[1])
            headers = b"".join(iter(reply.readline, b"\r\n")).lower()
            return status, b"connection: close" in headers

    return send


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "hosts",
    [
        ("Host: evil.example.com:{port}",),
        ("Host: 127.0.0.1.evil.example.com",),
        ("Host: localhost@evil.example.com",),
        ("Host: 169.254.169.254",),
        ("Host: ",),
        (),
        ("Host: 127.0.0.1", "Host: evil.example.com"),
    ],
)
def test_another_name_is_refused(ask, simulator, hosts, method):
    assert ask(*hosts, LIST, "Content-Length: 2", body=b"{}", method=method) == (421, True)
    assert simulator.calls == []


@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "localhost:{port}", "LOCALHOST", "[::1]:{port}", "127.0.0.1:80"])
def test_its_own_names_are_answered(ask, host):
    assert ask(f"Host: {host}", method="GET") == (200, False)


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (("Content-Length: 1048577",), 413),
        (("Content-Length: 1048577", "Expect: 100-continue"), 413),
        (("Content-Length: 999999999999999999999",), 400),
        (("Content-Length: -1",), 400),
        (("Content-Length: +2",), 400),
        (("Content-Length: 2 2",), 400),
        (("Content-Length: 0x2",), 400),
        (("Content-Length: ",), 400),
        (("Content-Length: 2", "Content-Length: 3"), 400),
        (("Transfer-Encoding: chunked",), 411),
        (("Transfer-Encoding: chunked", "Content-Length: 2"), 411),
    ],
)
def test_a_length_that_is_none_or_too_large_is_refused_before_the_body(ask, simulator, lines, status):
    assert ask("Host: 127.0.0.1", LIST, *lines) == (status, True)
    assert simulator.calls == []


def test_a_body_that_is_cut_is_not_taken_for_a_whole_one(simulator):
    address = ("127.0.0.1", int(simulator.url.rpartition(":")[2]))
    with socket.create_connection(address, timeout=10) as connection:
        connection.sendall(f"POST / HTTP/1.1\r\nHost: localhost\r\n{LIST}\r\nContent-Length: 9\r\n\r\n{{}}".encode())
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(100) == b""
    assert simulator.calls == []


@pytest.mark.parametrize("levels", [60, 100_000])
@pytest.mark.parametrize("protocol", ["json", "cbor", "query"])
def test_a_body_that_nests_deeply_is_malformed(raw, simulator, protocol, levels):
    if protocol == "json":
        answer = raw("/", {"X-Amz-Target": "SageMaker.ListOptimizationJobs"}, b'{"a":' * levels + b"1" + b"}" * levels)
    elif protocol == "cbor":
        path = "/service/ResourceGroupsTaggingAPI_20170126/operation/GetResources"
        body = b"\xa1\x61a" * levels + cbor2.dumps(1)
        answer = raw(path, {"smithy-protocol": "rpc-v2-cbor"}, body, service="tagging")
    else:
        body = f"Action=GetCallerIdentity&{'.'.join('a' * levels)}=1".encode()
        answer = raw("/", {"Content-Type": "application/x-www-form-urlencoded"}, body, service="sts")
    assert answer[0] == 400
    simulator.clear_breaches()


def test_a_value_below_a_value_is_malformed(raw, simulator):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert raw("/", headers, b"Action=AssumeRole&Tags=1&Tags.member.1=2", service="sts")[0] == 400
    simulator.clear_breaches()
