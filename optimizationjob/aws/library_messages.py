"""What the AWS library says of a request that was not answered, without what its URLs may hold of a password.

A URL of an endpoint or a proxy comes from the environment, a profile or the configuration. The library quotes it, or
the part of it that it cannot parse, which is a password where that has a slash in it.
"""

from __future__ import annotations

import re
from typing import Final

from optimizationjob.config.option_readers import MASK, shown_url

_URLS: Final = ("endpoint_url", "proxy_url")
_UNPARSED: Final = re.compile(r"(?s)(Invalid endpoint|Failed to parse): (.*)")
# From where a URL begins to the last @, since a password may have any character in it.
_USERS: Final = (re.compile(r"(?s)(?<=://).*@"), re.compile(r"(?s)(?<=: )[^\s/].*@"))
# Also bytes: a header with a line end in it is quoted so, and one of them is the session token.
_QUOTED: Final = re.compile(r"(?s)(?<!\w)b?(['\"]).*\1(?!\w)")


def message_of(error: Exception) -> str:
    """Return the message of an error; user and password of a URL in it are masked whole, odd URLs altogether."""
    text = _message_of(error)
    return _USERS["://" not in text].sub(f"{MASK}@", text)


def _message_of(error: Exception) -> str:
    text = str(error)
    given = getattr(error, "kwargs", None)  # what botocore's own errors are made of
    if not isinstance(given, dict):
        if unparsed := _UNPARSED.fullmatch(text):
            return f"{unparsed[1]}: {_bare(unparsed[2])}"
        return _QUOTED.sub(MASK, text) if isinstance(error, ValueError) else text
    urls = [url for name in _URLS if isinstance(url := given.get(name), str) and url]
    cause = given.get("error")
    if isinstance(cause, Exception):
        # A request to `http://me:1/word@host` goes to `me`, and the cause quotes its path.
        is_odd = any("@" in url for url in urls)
        text = text.replace(str(cause), type(cause).__name__ if is_odd else message_of(cause))
    for url in urls:
        text = text.replace(url, _bare(url))
    return text


def _bare(url: str) -> str:
    return shown_url(url).strip("'")
