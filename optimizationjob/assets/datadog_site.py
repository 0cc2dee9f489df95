"""The Datadog site and keys to use. Keys never appear in messages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from optimizationjob.jobs.redaction import MASK, scrub

_SITE: Final = re.compile(r"(?:[a-z]{2}\d\.)?(?:datadoghq\.com|datadoghq\.eu|ddog-gov\.com)")
_KEY: Final = re.compile(r"[!-~]{16,}")
_MORE: Final = re.compile(r"[@?#]")
"""Marks what is more than the name of a host, and may hold a password."""
_LOOPBACK: Final = {"127.0.0.1", "localhost", "::1"}


class SettingError(Exception):
    """A site, URL or key is invalid; the message is one line without keys."""


@dataclass(frozen=True, slots=True)
class Keys:
    """The Datadog API and application keys."""

    api: str = field(repr=False)
    application: str = field(repr=False)

    def hidden(self, text: str) -> str:
        """Return a text with the keys, and anything that looks like one, masked."""
        return scrub(text.replace(self.api, MASK).replace(self.application, MASK))


def keys(environment: Mapping[str, str]) -> Keys:
    """Return the keys from the environment.

    Raises:
        SettingError: a key is missing or malformed.
    """
    found = {name: environment.get(name, "").strip() for name in ("DD_API_KEY", "DD_APP_KEY")}
    missing = [name for name, key in found.items() if not key]
    if missing:
        plural = "s" * (len(missing) > 1)
        raise SettingError(f"set the environment variable{plural} {' and '.join(missing)} to keys of your account")
    for name, key in found.items():
        if not _KEY.fullmatch(key):
            raise SettingError(f"{name} is not a key: it is too short or contains spaces or other invalid characters")
    return Keys(found["DD_API_KEY"], found["DD_APP_KEY"])


def api_url(site: str) -> str:
    """Return the API URL of a site.

    Raises:
        SettingError: it is not a Datadog site, so it must not receive the keys.
    """
    if not _SITE.fullmatch(site):
        shown = MASK if _MORE.search(site) else repr(site)
        raise SettingError(
            f"{shown} is not a Datadog site; use what follows `app.` in the URL of your account, "
            "such as datadoghq.com, datadoghq.eu or us5.datadoghq.com"
        )
    return f"https://api.{site}"


def web_url(site: str) -> str:
    """Return the URL of a site's web application, which links lead to.

    Raises:
        SettingError: it is not a Datadog site.
    """
    api_url(site)
    return f"https://app.{site}" if site.count(".") == 1 else f"https://{site}"


def given_url(url: str) -> str:
    """Validate an API URL given by the user.

    Raises:
        SettingError: it is not a URL, has more in it than an address, which may be secret, or would send the keys
            unencrypted over the network. No message shows it.
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname if parts.port != 0 else None
    except ValueError:
        host = None
    if not host or parts.scheme not in {"http", "https"}:
        raise SettingError("--api-url is not a URL such as https://api.datadoghq.com")
    if _MORE.search(url):
        raise SettingError("--api-url must have no user, password or query: keys are read from the environment")
    if parts.scheme == "http" and host not in _LOOPBACK:
        raise SettingError("--api-url must start with https:// unless it is on this machine")
    return url.rstrip("/")


def proxy_to(url: str) -> str | None:
    """Return the proxy of the environment through which a URL is called; None for none.

    Raises:
        SettingError: it is none that can be used. It may hold a password, so the message does not show it.
    """
    parts = urlsplit(url)
    proxy = None if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme)
    try:
        is_usable = not proxy or parse_url(proxy).scheme in {"http", "https"}
    except LocationParseError:
        is_usable = False
    if not is_usable:
        raise SettingError(f"{parts.scheme.upper()}_PROXY is not an http or https URL; give it as http://host:port")
    return proxy
