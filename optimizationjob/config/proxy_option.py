"""The option `proxy` in the form of the Agent's http options: proxies, and the hosts that are reached without one."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from optimizationjob.config import option_readers as read
from optimizationjob.config.yaml_forms import in_quotes

# A list may come as text: from an environment variable, or from datadog.yaml.
SEPARATORS: Final = re.compile(r"[,;\s]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """The proxies to reach AWS through; a URL may hold a password, so none is ever shown.

    Attributes:
        http: URL of the proxy for http endpoints.
        https: URL of the proxy for https endpoints, which AWS's are.
        no_proxy: Hosts that are reached without a proxy.
    """

    http: str | None = field(default=None, repr=False)
    https: str | None = field(default=None, repr=False)
    no_proxy: tuple[str, ...] = field(default=(), repr=False)

    @classmethod
    def from_value(cls, value: object) -> Proxy:
        """Read a proxy.

        Raises:
            OptionRefused: the value has another form.
        """
        if not isinstance(value, Mapping) or not set(value) <= {"http", "https", "no_proxy"}:
            raise read.OptionRefused("a mapping with `http`, `https` and `no_proxy`")
        given = {key: part for key, part in value.items() if part is not None}
        if "no_proxy" in given:
            try:
                given["no_proxy"] = read.items(read.text())(hosts(given["no_proxy"]))
            except read.OptionRefused as refusal:
                at_fault = refusal.item[0] if refusal.item else given["no_proxy"]
                more = " without an empty item" if at_fault is None else in_quotes(at_fault)
                raise read.OptionRefused(f"a list of hosts as `no_proxy`{more}") from None
        for key in given.keys() & {"http", "https"}:
            given[key] = read.url(f"an http or https URL with a host as `{key}` (botocore has no SOCKS)")(given[key])
        return cls(**given)


def hosts(no_proxy: object) -> object:
    """Return a list of hosts from text, or from a list whose items may be such text; anything else as it is."""
    if isinstance(no_proxy, str):
        return [host for host in SEPARATORS.split(no_proxy) if host]
    if isinstance(no_proxy, list | tuple) and all(isinstance(item, str) for item in no_proxy):
        return [host for item in no_proxy for host in SEPARATORS.split(item) if host]
    return no_proxy
