"""Which proxy a client uses, in botocore's form, and which endpoints are reached without it."""

from __future__ import annotations

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

from optimizationjob.config.settings import Settings

# Some lists name hosts with a scheme or a port, which do not matter: AWS is called by HTTPS.
SCHEME_OR_PORT: Final = re.compile(r"\A[a-z]+://|(?<=[^:]):\d+\Z")


def proxies_of(settings: Settings) -> dict[str, str] | None:
    """Return botocore's form of the proxy; None lets botocore read the environment, {} uses none."""
    if settings.skip_proxy:
        return {}
    proxy = settings.proxy
    if proxy is None:
        return None
    return {scheme: url for scheme, url in (("http", proxy.http), ("https", proxy.https)) if url}


def bypasses_proxy(endpoint: str, settings: Settings) -> bool:
    """Return whether `no_proxy` names an endpoint: by name, domain, `*` or network."""
    no_proxy = settings.proxy.no_proxy if settings.proxy else ()
    host = urlsplit(endpoint).hostname or ""
    return any(_covers(entry.strip().lower(), host) for entry in no_proxy)


def _covers(entry: str, host: str) -> bool:
    entry = SCHEME_OR_PORT.sub("", entry)
    name = entry.lstrip("*").lstrip(".")
    if entry == "*" or (name and (host == name or host.endswith(f".{name}"))):
        return True
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return False
