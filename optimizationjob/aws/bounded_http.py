"""Connections for the AWS library that can be cut from another thread, and whose responses are not read without end."""

from __future__ import annotations

import io
import socket
from collections.abc import Callable, Iterator, Mapping
from http.client import HTTPResponse, LineTooLong
from typing import Any, Final

import urllib3
from botocore.awsrequest import (
    AWSHTTPConnection,
    AWSHTTPConnectionPool,
    AWSHTTPSConnection,
    AWSHTTPSConnectionPool,
)
from botocore.client import BaseClient
from botocore.httpsession import URLLib3Session
from botocore.session import Session

from optimizationjob.aws.in_flight import hold

LARGEST_BODY: Final = 8 * 2**20
"""Bytes of a response about jobs. A page of 100 jobs has about 60,000."""
LARGEST_CREDENTIALS: Final = 2**18
"""Bytes of a response of what gives credentials, which has some 2,000: XML takes up to 100 times that in memory."""
OF_JOBS: Final = frozenset({"sagemaker", "resourcegroupstaggingapi"})
"""The services that are asked about jobs; all others have to do with credentials."""
BLOCK: Final = 2**16
LONGEST_LINE: Final = 2**16
"""Bytes of a line between chunks or after them. urllib3 before 2.8 has no bound for it."""


class TooLarge(Exception):
    """A response has more bytes than any of AWS."""

    def __init__(self, largest: int) -> None:
        size = f"{largest // 2**20} MB" if largest >= 2**20 else f"{largest // 2**10} KB"
        super().__init__(f"the response has more than {size}")


class _BoundedLines(io.BufferedReader):
    """What is read of a connection; a line that is read without a bound has one all the same."""

    def readline(self, size: int | None = -1, /) -> bytes:
        """Return the next line, with its end.

        Raises:
            LineTooLong: it is longer than LONGEST_LINE, and no size was given.
        """
        if size is not None and size >= 0:
            return super().readline(size)
        line = super().readline(LONGEST_LINE + 1)
        if len(line) > LONGEST_LINE:
            raise LineTooLong("line of a body")
        return line


class _Response(HTTPResponse):
    """Reads a response."""

    def __init__(self, sock: Any, *args: Any, **options: Any) -> None:  # noqa: ANN401 - those of the library
        super().__init__(sock, *args, **options)
        self.fp = _BoundedLines(self.fp.detach())


class _Cuttable:
    """Notes a connection with the request that uses it."""

    sock: socket.socket | None
    close: Callable[[], None]

    def request(self, *args: object, **options: object) -> None:
        """Send a request."""
        hold(self)
        super().request(*args, **options)  # type: ignore[misc]

    def _new_conn(self) -> socket.socket:
        """Connect, before anything is sent to a proxy or for TLS."""
        hold(self)
        made: socket.socket = super()._new_conn()  # type: ignore[misc]
        self.sock = made
        hold(self)
        return made


class _BoundedPool:
    """Returns responses whose bodies have a bound."""

    largest = LARGEST_BODY

    def urlopen(self, *args: object, **options: object) -> _BoundedResponse:
        """Send a request and return the response, whose body is not read yet."""
        return _BoundedResponse(super().urlopen(*args, **options), self.largest)  # type: ignore[misc]


class _BoundedResponse:
    """The part of urllib3's response that botocore uses."""

    def __init__(self, response: urllib3.HTTPResponse, largest: int) -> None:
        self._response = response
        self._largest = largest
        self.status: int = response.status
        self.headers: Mapping[str, str] = response.headers

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        """Yield the body.

        Raises:
            TooLarge: it is larger than its bound.
        """
        length = 0
        announced = self.headers.get("Content-Length", "")
        if announced.isdigit() and int(announced[:20]) > self._largest:
            self._response.close()
            raise TooLarge(self._largest)
        for block in self._response.stream(BLOCK, decode_content=False):
            length += len(block)
            if length > self._largest:
                self._response.close()
                raise TooLarge(self._largest)
            yield block


class _HttpConnection(_Cuttable, AWSHTTPConnection):  # type: ignore[misc]  # botocore has no type information
    """A connection."""

    response_class = _Response


class _HttpsConnection(_Cuttable, AWSHTTPSConnection):  # type: ignore[misc]
    """A connection with TLS."""

    response_class = _Response


class _HttpPool(_BoundedPool, AWSHTTPConnectionPool):  # type: ignore[misc]
    ConnectionCls = _HttpConnection


class _HttpsPool(_BoundedPool, AWSHTTPSConnectionPool):  # type: ignore[misc]
    ConnectionCls = _HttpsConnection


class _HttpPoolOfCredentials(_HttpPool):
    largest = LARGEST_CREDENTIALS


class _HttpsPoolOfCredentials(_HttpsPool):
    largest = LARGEST_CREDENTIALS


class BoundedSession(Session):  # type: ignore[misc]
    """A session whose clients, those that botocore makes for itself included, use these connections."""

    def create_client(self, *args: object, **options: object) -> BaseClient:
        """Return a client of a service."""
        client = super().create_client(*args, **options)
        is_of_jobs = client.meta.service_model.service_name in OF_JOBS
        _bound(client._endpoint.http_session, is_of_jobs=is_of_jobs)  # noqa: SLF001 - botocore has no option for it
        return client

    def bound_fetchers(self) -> None:
        """Bound what reads credentials from the metadata service of an instance or a container."""
        for provider in self.get_component("credential_provider").providers:
            for name in ("_fetcher", "_role_fetcher"):
                http = getattr(getattr(provider, name, None), "_session", None)
                if isinstance(http, URLLib3Session):
                    _bound(http, is_of_jobs=False)


def _bound(http: URLLib3Session, *, is_of_jobs: bool) -> None:
    pools = (_HttpPool, _HttpsPool) if is_of_jobs else (_HttpPoolOfCredentials, _HttpsPoolOfCredentials)
    http._pool_classes_by_scheme.update(zip(("http", "https"), pools, strict=True))  # noqa: SLF001 - as above
