"""Opaque pagination tokens: the position in a list, bound to its query."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from optimizationjob.simulator.error_answers import DIALECTS, Service, error
from optimizationjob.simulator.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Key = list[int | str]

ENDLESS = "b3B0aW1pemF0aW9uam9iLXNpbXVsYXRvci1lbmRsZXNz"
"""The token that every page returns under the fault REPEATED_TOKEN."""


@dataclass(frozen=True, slots=True)
class Pager:
    """Pagination of one list: reads the request's token and writes the response's.

    Attributes:
        service: the service whose error code rejects a token.
        query: digest of the members that identify the list.
        key: sort key of the last row already returned, None at the start.
        round: number of empty pages already returned at this position; makes their tokens differ.
        trick: the fault that affects this page, if any.
    """

    service: Service
    query: str
    key: Key | None
    round: int
    trick: Fault | None

    @property
    def is_empty(self) -> bool:
        """Whether this page has no rows, only a token."""
        return self.trick is Fault.EMPTY_PAGES

    def empty_token(self) -> str:
        """Return the token of an empty page: same position, different token."""
        return self._token(self.key, self.round + 1)

    def next_token(self, last: Key | None) -> str | None:
        """Return the token that continues after the key `last`; None if `last` is None, at the end of the list."""
        if self.trick is Fault.REPEATED_TOKEN:
            return ENDLESS
        return None if last is None else self._token(last, 0)

    def _token(self, key: Key | None, count: int) -> str:
        text = json.dumps({"q": self.query, "k": key, "n": count}, separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode()


def pager(service: Service, token: str | None, query: Mapping[str, object], trick: Fault | None) -> Pager:
    """Decode a token.

    Args:
        service: the service whose error code rejects it.
        token: the client's token, if any.
        query: the other request members that select or order rows.
        trick: the fault that affects this page, if any.

    Raises:
        ErrorAnswer: the token is malformed or belongs to another query.
    """
    digest = hashlib.sha256(json.dumps(query, sort_keys=True, default=str).encode()).hexdigest()[:12]
    if not token or (token == ENDLESS and trick is Fault.REPEATED_TOKEN):
        return Pager(service, digest, None, 0, trick)
    try:
        held = json.loads(base64.urlsafe_b64decode(token.encode()))
        query_digest, key, count = held["q"], held["k"], held["n"]
    except (ValueError, KeyError, TypeError, binascii.Error) as failure:
        raise error(DIALECTS[service].refused_token, "The pagination token is invalid.") from failure
    if query_digest != digest:
        raise error(DIALECTS[service].refused_token, "The pagination token belongs to a request with other parameters.")
    return Pager(service, digest, key, count, trick)


def cut(keys: Sequence[str], after: Key | None, size: int) -> tuple[Sequence[str], Key | None]:
    """Return a page of sorted strings, at most `size` after `after`, and the last key if more follow."""
    rest = [key for key in keys if after is None or key > str(after[0])]
    page = rest[:size]
    return page, [page[-1]] if len(rest) > size else None
