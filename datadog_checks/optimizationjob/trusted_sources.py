"""Refuses options about credentials and endpoints in configurations from sources that the Agent does not trust.

Such a source is an annotation of a pod. The base package has this rule for options that name files, and accepts files
in allowed folders. These options name no files, so a URL that looks like a path in an allowed folder is refused, too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from optimizationjob.config.settings import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from datadog_checks.base import AgentCheck

#: Options that decide which credentials are used, where signed requests go and whom they trust; also in the spec.
GUARDED: Final = (
    "endpoint_url",
    "proxy",
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "profile_name",
    "assume_role",
    "external_id",
    "tls_ca_cert",
)


def refuse_untrusted(check: AgentCheck, *sections: Mapping[str, Any] | None) -> None:
    """Refuse a configuration that sets a guarded option and comes from a source that the Agent does not trust.

    Raises:
        SettingsError: it names the first such option.
    """
    rule = getattr(check, "security_config", None)  # a base package may be without it
    if rule is None or not rule.is_enabled() or rule.is_check_excluded(check.name):
        return
    if rule.is_provider_trusted(check.provider):
        return
    for section in sections:
        for option in GUARDED:
            if (section or {}).get(option) is not None:
                raise SettingsError(option, section[option], _remedy(check.provider))


def _remedy(provider: str) -> str:
    return (
        f"the Agent does not trust the source of this configuration ({provider or 'not named'}); give the option in a "
        "file, or add the source to `integration_trusted_providers` in datadog.yaml"
    )
