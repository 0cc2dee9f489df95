"""Opaque tokens: where a list goes on, bound to the query that began it."""

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
"""The one token that a list with the fault REPEATED_TOKEN gives, whatever it was asked."""


@dataclass(frozen=True, slots=True)
class Pager:
    """The pages of one list: reads the token that came in and writes the one that goes out.

    Attributes:
        service: whose words are used to refuse a token.
        query: digest of everything that makes two requests the same list.
        key: sort key of the last row already given, None at the beginning.
        round: how many empty pages were given at this very place; it keeps their tokens different.
        trick: the fault that meddles with this page, if any.
    """

    service: Service
    query: str
    key: Key | None
    round: int
    trick: Fault | None

    @property
    def is_empty(self) -> bool:
        """Whether this page is to carry no row, only a token."""
        return self.trick is Fault.EMPTY_PAGES

    def empty_token(self) -> str:
        """Return the token of an empty page: the same place, but not the same token."""
        return self._token(self.key, self.round + 1)

    def next_token(self, last: Key | None) -> str | None:
        """Return the token after the row with the key `last`; None for `last` says that nothing follows."""
        if self.trick is Fault.REPEATED_TOKEN:
            return ENDLESS
        return None if last is None else self._token(last, 0)

    def _token(self, key: Key | None, count: int) -> str:
        text = json.dumps({"q": self.query, "k": key, "n": count}, separators=(",", ":"))
        return base64.urlsafe_b64encode(text.encode()).decode()


def pager(service: Service, token: str | None, query: Mapping[str, object], trick: Fault | None) -> Pager:
    """Read a token.

    Args:
        service: whose words are used to refuse it.
        token: what the client sent, if anything.
        query: the request's other members that choose rows or their order.
        trick: the fault that meddles with this page, if any.

    Raises:
        AwsError: when the token was never given, or was given for another query.
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
    """Cut a page out of sorted strings: at most `size` behind `after`, and the last one's key where more follow."""
    rest = [key for key in keys if after is None or key > str(after[0])]
    page = rest[:size]
    return page, [page[-1]] if len(rest) > size else None
