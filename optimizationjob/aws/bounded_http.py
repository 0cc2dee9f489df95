"""Connections for the AWS library that can be cut from another thread, and whose responses are not read without end."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator, Mapping
from typing import Final

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
"""Bytes of a response. A page of 100 jobs has about 60,000."""
BLOCK: Final = 2**16


class TooLarge(Exception):
    """A response has more bytes than any of AWS."""

    def __str__(self) -> str:
        """Return the message."""
        return f"the response has more than {LARGEST_BODY // 2**20} MB"


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

    def urlopen(self, *args: object, **options: object) -> _BoundedResponse:
        """Send a request and return the response, whose body is not read yet."""
        return _BoundedResponse(super().urlopen(*args, **options))  # type: ignore[misc]


class _BoundedResponse:
    """The part of urllib3's response that botocore uses."""

    def __init__(self, response: urllib3.HTTPResponse) -> None:
        self._response = response
        self.status: int = response.status
        self.headers: Mapping[str, str] = response.headers

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        """Yield the body.

        Raises:
            TooLarge: it is larger than LARGEST_BODY.
        """
        length = 0
        announced = self.headers.get("Content-Length", "")
        if announced.isdigit() and int(announced[:20]) > LARGEST_BODY:
            self._response.close()
            raise TooLarge
        for block in self._response.stream(BLOCK, decode_content=False):
            length += len(block)
            if length > LARGEST_BODY:
                self._response.close()
                raise TooLarge
            yield block


class _HttpConnection(_Cuttable, AWSHTTPConnection):  # type: ignore[misc]  # botocore has no type information
    """A connection."""


class _HttpsConnection(_Cuttable, AWSHTTPSConnection):  # type: ignore[misc]
    """A connection with TLS."""


class _HttpPool(_BoundedPool, AWSHTTPConnectionPool):  # type: ignore[misc]
    ConnectionCls = _HttpConnection


class _HttpsPool(_BoundedPool, AWSHTTPSConnectionPool):  # type: ignore[misc]
    ConnectionCls = _HttpsConnection


class BoundedSession(Session):  # type: ignore[misc]
    """A session whose clients, those that botocore makes for itself included, use these connections."""

    def create_client(self, *args: object, **options: object) -> BaseClient:
        """Return a client of a service."""
        client = super().create_client(*args, **options)
        _bound(client._endpoint.http_session)  # noqa: SLF001 - botocore has no option for it
        return client

    def bound_fetchers(self) -> None:
        """Bound what reads credentials from the metadata service of an instance or a container."""
        for provider in self.get_component("credential_provider").providers:
            for name in ("_fetcher", "_role_fetcher"):
                http = getattr(getattr(provider, name, None), "_session", None)
                if isinstance(http, URLLib3Session):
                    _bound(http)


def _bound(http: URLLib3Session) -> None:
    http._pool_classes_by_scheme.update(http=_HttpPool, https=_HttpsPool)  # noqa: SLF001 - as above
