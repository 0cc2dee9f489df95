"""The dashboards, SLOs and monitors of a Datadog account."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, Self

from optimizationjob.assets.asset_content import MANAGED, mark_of
from optimizationjob.assets.asset_files import Json, Kind
from optimizationjob.assets.datadog_calls import DatadogCalls
from optimizationjob.assets.datadog_site import Keys

PAGE: Final = 100
_SINCE: Final[Mapping[Kind, str]] = {"dashboard": "created_at", "slo": "created_at", "monitor": "created"}


class DatadogAccount:
    """One account; a context manager that closes its connections."""

    def __init__(self, url: str, keys: Keys, wait: Callable[[float], None]) -> None:
        """Set up the client without making a call.

        Args:
            url: base URL of the API, without a path.
            keys: the API and application keys.
            wait: called with the number of seconds to wait when calls are rate limited.
        """
        self._url = url
        self._calls = DatadogCalls(url, keys, wait)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._calls.close()

    def found(self, kind: Kind) -> dict[str, list[str]]:
        """Return the IDs of everything created by a push, by asset name, oldest first.

        Raises:
            DatadogRefusal: Datadog did not answer as hoped.
        """
        pages = {"dashboard": self._dashboards, "slo": self._slos, "monitor": self._monitors}[kind]()
        carrying: dict[str, list[tuple[str, str]]] = {}
        for summary in pages:
            mark = mark_of(kind, summary)
            if mark:
                since = str(summary.get(_SINCE[kind]) or "")
                carrying.setdefault(mark.name, []).append((since, str(summary["id"])))
        return {name: [identity for _, identity in sorted(found)] for name, found in carrying.items()}

    def read(self, kind: Kind, identity: str) -> Json:
        """Return a complete body.

        Raises:
            NotThere: it was deleted.
            DatadogRefusal: Datadog did not answer as hoped.
        """
        answer = self._calls.object_of(self._calls.ask("GET", kind, f"/{identity}"))
        return self._calls.object_of(answer.get("data")) if kind == "slo" else answer

    def validate(self, identity: str, body: Json) -> None:
        """Let Datadog validate a monitor, by its ID if it exists.

        Raises:
            DatadogRefusal: Datadog would not take it.
        """
        self._calls.ask("POST", "monitor", f"/{identity}/validate" if identity else "/validate", body=body)

    def create(self, kind: Kind, body: Json) -> str:
        """Create a dashboard, SLO or monitor and return its ID.

        Raises:
            DatadogRefusal: Datadog did not take it.
        """
        answer = self._calls.object_of(self._calls.ask("POST", kind, body=body))
        made: Any = answer.get("data") if kind == "slo" else [answer]
        if not isinstance(made, list) or not made or "id" not in self._calls.object_of(made[0]):
            raise self._calls.strange()
        return str(made[0]["id"])

    def replace(self, kind: Kind, identity: str, body: Json) -> None:
        """Replace the body of an existing dashboard, SLO or monitor.

        Raises:
            NotThere: it was deleted.
            DatadogRefusal: Datadog did not take it.
        """
        self._calls.ask("PUT", kind, f"/{identity}", body=body)

    def _dashboards(self) -> Iterator[Json]:
        seen: set[str] = set()
        while True:
            answer = self._calls.object_of(
                self._calls.ask("GET", "dashboard", query={"count": PAGE, "start": len(seen)})
            )
            page = [item for item in answer.get("dashboards") or () if str(item["id"]) not in seen]
            if not page:
                return
            seen |= {str(item["id"]) for item in page}
            yield from page

    def _monitors(self) -> Iterator[Json]:
        number = 0
        while True:
            query = {"monitor_tags": MANAGED, "page": number, "page_size": PAGE}
            page = self._calls.ask("GET", "monitor", query=query)
            if not isinstance(page, list):
                raise self._calls.strange()
            yield from page
            if len(page) < PAGE:
                return
            number += 1

    def _slos(self) -> Iterator[Json]:
        seen = 0
        while True:
            query = {"tags_query": MANAGED, "limit": PAGE, "offset": seen}
            page = self._calls.object_of(self._calls.ask("GET", "slo", query=query)).get("data")
            if not isinstance(page, list):
                raise self._calls.strange()
            yield from page
            if len(page) < PAGE:
                return
            seen += len(page)
