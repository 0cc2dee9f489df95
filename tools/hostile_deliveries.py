"""What a server may send in place of a response, in raw bytes; `hostile_transport.py` sends it."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import repeat
from typing import Final

MEGABYTE: Final = 2**20
OK: Final = b"HTTP/1.1 200 OK\r\n"
JSON: Final = b"Content-Type: application/x-amz-json-1.1\r\n"
ENDLESS: Final = OK + JSON + b"Connection: close\r\n\r\n"

Delivery = Callable[[], Iterator[bytes]]
"""What is sent, block by block; a pause is an empty block."""


def _slowly(text: bytes) -> Iterator[bytes]:
    for byte in text:
        yield bytes([byte])
        yield b""


def _body(body: bytes, *headers: bytes) -> Iterator[bytes]:
    lines = b"".join(header + b"\r\n" for header in headers)
    yield OK + JSON + lines + b"Content-Length: %d\r\n\r\n" % len(body)
    yield body


def _row(**changes: object) -> dict[str, object]:
    arn = "arn:aws:sagemaker:us-east-1:111111111111:optimization-job/hostile"
    row: dict[str, object] = {
        "OptimizationJobName": "hostile",
        "OptimizationJobArn": arn,
        "OptimizationJobStatus": "COMPLETED",
        "OptimizationTypes": ["Quantization"],
        "DeploymentInstanceType": "ml.g5.xlarge",
        "CreationTime": 1793620800,
        "OptimizationEndTime": 1793620900,
    }
    return row | changes


def page(*rows: Mapping[str, object], **members: object) -> bytes:
    """Return a page of ListOptimizationJobs."""
    return json.dumps({"OptimizationJobSummaries": rows, **members}).encode()


def _slow_status_line() -> Iterator[bytes]:
    yield from _slowly(b"HTTP/1.1 200 " + b"O" * 60_000)


def _slow_header() -> Iterator[bytes]:
    yield OK
    yield from _slowly(b"X-Slow: " + b"o" * 60_000)


def _slow_body() -> Iterator[bytes]:
    yield OK + JSON + b"Content-Length: 60000\r\n\r\n"
    yield from _slowly(b" " * 60_000)


def _slow_chunks() -> Iterator[bytes]:
    yield OK + JSON + b"Transfer-Encoding: chunked\r\n\r\n"
    yield from (block for _ in range(60_000) for block in (b"1\r\n \r\n", b""))


def _slow_chunk_size() -> Iterator[bytes]:
    yield OK + JSON + b"Transfer-Encoding: chunked\r\n\r\n"
    yield from _slowly(b"0" * 60_000)


def _continues() -> Iterator[bytes]:
    yield from repeat(b"HTTP/1.1 100 Continue\r\n\r\n")


def _slow_continues() -> Iterator[bytes]:
    yield from (block for _ in range(60_000) for block in (b"HTTP/1.1 100 Continue\r\n\r\n", b""))


def _headers() -> Iterator[bytes]:
    yield OK
    yield from repeat(b"X-More: " + b"m" * 1000 + b"\r\n")


def _trailers() -> Iterator[bytes]:
    yield OK + JSON + b"Transfer-Encoding: chunked\r\n\r\n0\r\n"
    yield from repeat(b"X-More: " + b"m" * 1000 + b"\r\n")


def _long_chunk_size() -> Iterator[bytes]:
    yield OK + JSON + b"Transfer-Encoding: chunked\r\n\r\n5;"
    yield from repeat(b"s" * 65_536)


def _long_trailer() -> Iterator[bytes]:
    yield OK + JSON + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX-Long: "
    yield from repeat(b"l" * 65_536)


def _long_status_line() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 "
    yield from repeat(b"O" * 65_536)


def _endless_body() -> Iterator[bytes]:
    yield ENDLESS
    yield from repeat(b" " * 65_536)


def _endless_chunks() -> Iterator[bytes]:
    yield OK + JSON + b"Transfer-Encoding: chunked\r\n\r\n"
    yield from repeat(b"10000\r\n" + b" " * 65_536 + b"\r\n")


def _large_body() -> Iterator[bytes]:
    yield OK + JSON + b"Content-Length: %d\r\n\r\n" % 2**30
    yield from repeat(b" " * 65_536)


def _redirect() -> Iterator[bytes]:
    yield b"HTTP/1.1 301 Moved\r\nLocation: http://169.254.169.254/latest/\r\nContent-Length: 0\r\n\r\n"


@cache
def _packed() -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    packed = [packer.compress(b" " * MEGABYTE) for _ in range(200)]
    return b"".join((*packed, packer.flush()))


def _bomb() -> Iterator[bytes]:
    return _body(_packed(), b"Content-Encoding: gzip")


def _silence() -> Iterator[bytes]:
    yield from repeat(b"")


DELIVERIES: Final[Mapping[str, Delivery]] = {
    "nothing at all": _silence,
    "a status line, a byte now and then": _slow_status_line,
    "a header, a byte now and then": _slow_header,
    "a body, a byte now and then": _slow_body,
    "chunks, one now and then": _slow_chunks,
    "a chunk's size, a digit now and then": _slow_chunk_size,
    "100 Continue, again and again": _continues,
    "100 Continue, now and then": _slow_continues,
    "headers without end": _headers,
    "trailers without end": _trailers,
    "a chunk's size without end": _long_chunk_size,
    "a trailer without end": _long_trailer,
    "a status line without end": _long_status_line,
    "a body without end": _endless_body,
    "chunks without end": _endless_chunks,
    "a body of 1 GB": _large_body,
    "a body of 200 MB in 200 KB of gzip": _bomb,
    "a body of 7 MB of brackets": lambda: _body(b"[" * 7 * MEGABYTE),
    "a body of 7 MB of empty lists": lambda: _body(b'{"OptimizationJobSummaries": [' + b"[]," * 2_400_000 + b"[]]}"),
    "a page of 5,000 jobs": lambda: _body(page(*repeat(_row(), 5000))),
    "a job of a 7 MB instance type": lambda: _body(page(_row(DeploymentInstanceType="x" * 7 * MEGABYTE))),
    "a job of 100,000 techniques": lambda: _body(page(_row(OptimizationTypes=[f"t{n}" for n in range(100_000)]))),
    "a name of 7 MB": lambda: _body(page(_row(OptimizationJobName="x" * 7 * MEGABYTE))),
    "a token of 7 MB": lambda: _body(page(_row(), NextToken="x" * 7 * MEGABYTE)),
    "the date of 2199": lambda: _body(page(_row()), b"Date: Tue, 01 Jan 2199 00:00:00 GMT"),
    "a redirect": _redirect,
}
"""By what they are; each is sent instead of every response of the region."""
