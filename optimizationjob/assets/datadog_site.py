"""Which Datadog is spoken to, and with which keys. Keys appear in no text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from optimizationjob.jobs.redaction import MASK, scrub

_SITE: Final = re.compile(r"(?:[a-z]{2}\d\.)?(?:datadoghq\.com|datadoghq\.eu|ddog-gov\.com)")
_KEY: Final = re.compile(r"[!-~]{16,}")
_LOOPBACK: Final = {"127.0.0.1", "localhost", "::1"}


class SettingError(Exception):
    """A site, URL or key cannot be used; the message is one line and holds no key."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The two keys that Datadog asks for."""

    api: str = field(repr=False)
    application: str = field(repr=False)

    def hidden(self, text: str) -> str:
        """Return a text without the keys and whatever else looks like one."""
        return scrub(text.replace(self.api, MASK).replace(self.application, MASK))


def keys(environment: Mapping[str, str]) -> Keys:
    """Return the keys from the environment.

    Raises:
        SettingError: one is missing, or cannot be a key.
    """
    found = {name: environment.get(name, "").strip() for name in ("DD_API_KEY", "DD_APP_KEY")}
    missing = [name for name, key in found.items() if not key]
    if missing:
        plural = "s" * (len(missing) > 1)
        raise SettingError(f"set the environment variable{plural} {' and '.join(missing)} to keys of your account")
    for name, key in found.items():
        if not _KEY.fullmatch(key):
            raise SettingError(f"{name} is no key: it is too short, or has blanks or other characters that no key has")
    return Keys(found["DD_API_KEY"], found["DD_APP_KEY"])


def api_url(site: str) -> str:
    """Return where the API of a site is.

    Raises:
        SettingError: it is none of Datadog's, and would be handed the keys.
    """
    if not _SITE.fullmatch(site):
        raise SettingError(
            f"{site!r} is no Datadog site; take what follows `app.` in the address of your account, "
            "such as datadoghq.com, datadoghq.eu or us5.datadoghq.com"
        )
    return f"https://api.{site}"


def given_url(url: str) -> str:
    """Return an API's URL that the user gave.

    Raises:
        SettingError: it is no URL, or would send the keys over the network in the clear.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError:
        host = None
    if not host or parts.scheme not in {"http", "https"}:
        raise SettingError("--api-url is no URL such as https://api.datadoghq.com")
    if parts.scheme == "http" and host not in _LOOPBACK:
        raise SettingError("--api-url must begin with https:// unless it names this machine")
    return url.rstrip("/")
