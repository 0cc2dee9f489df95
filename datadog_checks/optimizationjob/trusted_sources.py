"""What a configuration from a source that the Agent does not trust may do: nothing that costs others something.

Such a source is an annotation of a pod. The base package has this rule for options that name files, and accepts files
in allowed folders. Options of `GUARDED` name no such files, so a URL that looks like a path in an allowed folder is
refused, too. Of all others, those that spend what all instances share are held to their defaults.

The specification of the options says nothing of it: models that are generated with such a mark load only with base
packages since 37.33. Agents before 7.78 do not know the rule, nor say where a configuration comes from.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from optimizationjob.config.settings import Settings, SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from datadog_checks.base import AgentCheck

#: Options that decide which credentials are used, where signed requests go, whom they trust and which values of jobs
#: are shown.
GUARDED: Final = (
    "endpoint_url",
    "proxy",
    "skip_proxy",
    "aws_access_key_id",
    "aws_secret_access_key",
    "aws_session_token",
    "profile_name",
    "assume_role",
    "external_id",
    "tls_ca_cert",
    "environment_values",
)
#: Options that keep a check runner, threads or memory of the Agent busy, or AWS's own rate limit of the account.
BOUNDED: Final = (
    "api_rate_limit",
    "api_burst",
    "max_run_seconds",
    "max_concurrency",
    "max_attempts",
    "max_jobs",
    "connect_timeout",
    "read_timeout",
)


def is_trusted(check: AgentCheck) -> bool:
    """Whether the Agent trusts the source of the configuration, or has no such rule."""
    rule = getattr(check, "security_config", None)  # a base package may be without it
    if rule is None or not rule.is_enabled() or rule.is_check_excluded(check.name):
        return True
    return bool(rule.is_provider_trusted(check.provider))


def refuse_untrusted(check: AgentCheck, *sections: Mapping[str, Any] | None) -> None:
    """Refuse a configuration that sets a guarded option and comes from a source that the Agent does not trust.

    Raises:
        SettingsError: it names the first such option.
    """
    if is_trusted(check):
        return
    for section in sections:
        for option in GUARDED:
            if (section or {}).get(option) is not None:
                raise SettingsError(option, section[option], _remedy(check.provider))


def bounded(settings: Settings) -> Settings:
    """Return the settings of an instance that is not trusted, without what would cost others something.

    It sends no resource records: a job has one record, whoever sends it, so its columns and its life would be those of
    a trusted instance's record, and records share the Agent's forwarder. Metrics, events and the service check stay:
    whoever runs a pod can send such by DogStatsD.
    """
    usual = Settings()
    bounds = {option: min(getattr(settings, option), getattr(usual, option)) for option in BOUNDED}
    return replace(settings, collect_resources=False, **bounds)


def _remedy(provider: str) -> str:
    return (
        f"the Agent does not trust the source of this configuration ({provider or 'not named'}); give the option in a "
        "file, or add the source to `integration_trusted_providers` in datadog.yaml"
    )
