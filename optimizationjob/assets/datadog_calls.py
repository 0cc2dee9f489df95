"""Calls to Datadog's API: rate limits, errors in the user's words, and no key in any of them.

Bodies are sent unchanged. Only the transport of Datadog's client is used: its models drop or change members that must
be compared, and its retries wait without limit or notice and can create an asset twice.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final, Literal

from datadog_api_client.api_client import ApiClient
from datadog_api_client.configuration import Configuration
from datadog_api_client.exceptions import ApiException
from urllib3 import Retry
from urllib3.exceptions import HTTPError

from optimizationjob.assets.asset_files import Json, Kind
from optimizationjob.assets.datadog_refusal import DatadogRefusal, Halt, NotThere
from optimizationjob.assets.datadog_site import Keys, proxy_to

TIMEOUT: Final = (10.0, 30.0)
"""Connect and read timeouts in seconds."""

PATIENCE: Final = 90.0
"""How long one call waits in total when it is rate limited, in seconds."""

PAUSE: Final = 5.0
"""Default wait in seconds if Datadog does not specify one."""

LONGEST: Final = 300
_CONNECTION: Final = re.compile(r"^<?HTTPS?Connection\w*\(.*?\): ")
Resource = Kind | Literal["event"]
_PATHS: Final[Mapping[Resource, str]] = {
    "dashboard": "/api/v1/dashboard",
    "slo": "/api/v1/slo",
    "monitor": "/api/v1/monitor",
    "event": "/api/v2/events",
}


class DatadogCalls:
    """The calls to one account."""

    def __init__(self, url: str, keys: Keys, wait: Callable[[float], None]) -> None:
        """Set up the client without making a call.

        Args:
            url: base URL of the API, without a path.
            keys: the API and application keys.
            wait: called with the number of seconds to wait when calls are rate limited.
        """
        self._url = url
        self._keys = keys
        self._wait = wait
        configuration = Configuration(host=url)
        configuration.proxy = proxy_to(url)
        self._client = ApiClient(configuration)
        # Do not retry a POST without a response, which may have succeeded. Follow no redirects, which would send the
        # keys elsewhere: said with each request, since urllib3 before 2.5 follows them whatever its retries say. Set on
        # urllib3 directly, since older versions of the client have no option for it.
        pool = self._client.rest_client.pool_manager
        pool.connection_pool_kw["retries"] = Retry(3, connect=2, read=2, status=0, other=0, backoff_factor=0.5)
        pool.request = partial(pool.request, redirect=False)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._url!r})"

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def ask(
        self,
        method: str,
        kind: Resource,
        rest: str = "",
        *,
        query: Mapping[str, Any] | None = None,
        body: Json | None = None,
    ) -> Any:  # noqa: ANN401 - JSON of any kind
        """Make a call, retry it while it is rate limited, and return the answer.

        Raises:
            DatadogRefusal: Datadog did not answer as hoped.
        """
        waited = 0.0
        while True:
            status, headers, text = self._call(method, _PATHS[kind] + rest, query=query, body=body)
            if status != 429:
                break
            pause = _pause(headers)
            if waited + pause > PATIENCE:
                raise Halt(f"Datadog limits calls for {pause:.0f} more seconds; run it again after that")
            self._wait(pause)
            waited += pause
        if 200 <= status < 300:
            try:
                return json.loads(text)
            except ValueError:
                raise self.strange() from None
        # A search is a POST, too.
        raise self._refusal(status, text, kind, "read" if method == "GET" or kind == "event" else "write")

    def _call(
        self, method: str, path: str, *, query: Mapping[str, Any] | None = None, body: Json | None = None
    ) -> tuple[int, Mapping[str, str], str]:
        """Make one call and return its status, headers and text for any status.

        Raises:
            Halt: Datadog cannot be reached.
        """
        secrets = {"DD-API-KEY": self._keys.api, "DD-APPLICATION-KEY": self._keys.application}
        try:
            response = self._client.call_api(
                path,
                method,
                query_params=list((query or {}).items()),
                header_params={"Accept": "application/json", **secrets},
                body=body,
                preload_content=False,
                request_timeout=TIMEOUT,
            )
            text = response.data.decode("utf-8", "replace")
            response.release_conn()
        except ApiException as failure:
            if not failure.status:
                raise Halt(f"{self._url} cannot be reached: {self._without_keys(failure.reason)}") from None
            said = failure.body if isinstance(failure.body, str) else json.dumps(failure.body)
            return failure.status, {name.lower(): value for name, value in (failure.headers or {}).items()}, said
        except HTTPError as failure:
            cause = getattr(failure, "reason", None) or failure
            words = _CONNECTION.sub("", self._without_keys(cause))
            raise Halt(f"{self._url} cannot be reached: {words}; check the network and the site") from None
        return response.status, {}, text

    def _refusal(self, status: int, text: str, kind: Resource, access: str) -> DatadogRefusal:
        """Return the error for an unsuccessful response."""
        said = self._without_keys(_errors(text))
        if status in {401, 403}:
            return self._denial(said, kind, access)
        if status == 404:
            return NotThere("it was deleted in the meantime; run it again to create it")
        if status >= 500:
            return DatadogRefusal(f"Datadog failed with status {status}; run it again later")
        if 300 <= status < 400:
            return Halt(f"{self._url} redirects calls; check the site")
        return DatadogRefusal(f"Datadog rejects it with status {status}: {said}")

    def _denial(self, said: str, kind: Resource, access: str) -> DatadogRefusal:
        """Determine whether a key is invalid or a permission is missing."""
        if self._call("GET", "/api/v1/validate")[0] in {401, 403}:
            return Halt(f"{self._url} does not accept the key in DD_API_KEY; check whether it belongs to another site")
        if self._call("GET", "/api/v2/validate_keys")[0] in {401, 403}:
            return Halt(f"{self._url} does not accept the key in DD_APP_KEY")
        permission = f"{kind}s_{access}"
        return DatadogRefusal(f"the key in DD_APP_KEY lacks the permission `{permission}`, or its owner does ({said})")

    def object_of(self, answer: Any) -> Json:  # noqa: ANN401 - JSON of any kind
        """Return an answer that must be an object.

        Raises:
            Halt: it is none.
        """
        if not isinstance(answer, dict):
            raise self.strange()
        return answer

    def strange(self) -> Halt:
        """Return the error for an answer that Datadog does not give."""
        return Halt(f"unexpected response from {self._url}; check whether a proxy intercepts calls to Datadog")

    def _without_keys(self, words: object) -> str:
        """Return external text as one short line without keys."""
        line = " ".join(self._keys.hidden(str(words)).split())
        return line if len(line) <= LONGEST else f"{line[:LONGEST]} ..."


def _pause(headers: Mapping[str, str]) -> float:
    """Return how many seconds to wait when calls are rate limited."""
    try:
        return max(1.0, float(headers.get("x-ratelimit-reset", PAUSE)))
    except ValueError:
        return PAUSE


def _errors(text: str) -> str:
    """Return the errors of a response, or its text if it does not have the usual form."""
    try:
        errors = json.loads(text)["errors"]
    except (ValueError, KeyError, TypeError):
        return text or "no reason given"
    if isinstance(errors, list):
        return "; ".join(error if isinstance(error, str) else json.dumps(error) for error in errors)
    return str(errors)
