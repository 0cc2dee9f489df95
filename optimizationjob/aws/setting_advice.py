"""Which setting of the environment or of a profile to correct, where the AWS library can do nothing with it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from optimizationjob.config.option_readers import MASK

LOGIN: Final = (
    "Run `aws sso login` as the Agent's user, or give the Agent a role: an SSO session ends after some hours, "
    "a role does not."
)
OTHER_SOURCE: Final = "Use another source of credentials, such as a role: an Agent does not bring what this one needs."
CORRECT: Final = "Correct {settings}."
ADD: Final = "Add {settings}."
CHECK: Final = "Check {settings}."
CERTIFICATE: Final = "Give the certificates of your proxy or endpoint in `tls_ca_cert`, or correct the machine's clock."
ADVICE: Final = (LOGIN, OTHER_SOURCE, CERTIFICATE)
"""The advice of this module that does not name settings."""

ENDPOINT: Final = ("aws_endpoint_url", "endpoint_url")
# Their values are short or common words that stand in many messages.
_NO_CAUSE: Final = frozenset(
    {"AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "region", "output"}
)
_COMMON: Final = frozenset({"true", "false", "legacy", "standard"})
# Of the library, and of the parser of URLs below it.
_BAD_URL: Final = re.compile(r"\w+: (?:Invalid (?:endpoint|IPv6 URL)|Port (?:could|out)|netloc )")
_SSO: Final = re.compile(r"\bSSO (?:token|session)\b|token from sso", re.IGNORECASE)
_MISSING: Final = re.compile(r"found in ([\w-]+), missing: ([\w ,]+)")
# What says where credentials come from.
_SOURCES: Final = (
    "role_arn",
    "source_profile",
    "credential_source",
    "credential_process",
    "web_identity_token_file",
    "sso_session",
    "sso_start_url",
    "sso_region",
    "sso_account_id",
    "sso_role_name",
    "login_session",
    "aws_access_key_id",
    "aws_secret_access_key",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_EC2_METADATA_SERVICE_ENDPOINT",
)

# By name, since an older botocore lacks some of them.
SETTING_ERRORS: Final = frozenset(
    {
        "ConfigNotFound",
        "ConfigParseError",
        "DataNotFoundError",
        "EndpointVariantError",
        "InvalidChecksumConfigError",
        "InvalidConfigError",
        "InvalidDefaultsMode",
        "InvalidEndpointConfigurationError",
        "InvalidIMDSEndpointError",
        "InvalidIMDSEndpointModeError",
        "InvalidMaxRetryAttemptsError",
        "InvalidProxiesConfigError",
        "InvalidRegionError",
        "InvalidRetryConfigurationError",
        "InvalidRetryModeError",
        "InvalidSTSRegionalEndpointsConfigError",
        "ProfileNotFound",
    }
)


def is_about_a_setting(error: Exception) -> bool:
    """Whether the AWS library refuses a setting; it says so of an endpoint with a bare ValueError."""
    is_endpoint = isinstance(error, ValueError) and _BAD_URL.search(f"ValueError: {error}") is not None
    return is_endpoint or any(kind.__name__ in SETTING_ERRORS for kind in type(error).__mro__)


@dataclass(frozen=True, slots=True)
class AwsSettings:
    """What the AWS library finds outside of the instance. Only names of these are ever shown."""

    environment: Mapping[str, str]
    """The variables whose names begin with `AWS_`."""
    profile: str
    """The profile in use."""
    in_profile: Mapping[str, str]
    """Its settings in the AWS configuration files."""

    def remedy(self, cause: str) -> str | None:
        """Return what to correct; None if nothing is set.

        Args:
            cause: the library's message, with the values that it names.
        """
        if _SSO.search(cause):
            return LOGIN
        if "additional dependency" in cause:
            return OTHER_SOURCE
        if missing := _MISSING.search(cause):
            names = re.findall(r"\w+(?=,|$| or\b)", missing[2])
            place = self._environment(names) if missing[1] == "env" else self._profile(names)
            return ADD.format(settings=place)
        endpoints = [name for name in {**self.environment, **self.in_profile} if name.lower().startswith(ENDPOINT)]
        if named := self._named_in(cause) or (self._places(endpoints) if _BAD_URL.match(cause) else ""):
            return CORRECT.format(settings=named)
        sources = self._places(_SOURCES)
        return CHECK.format(settings=sources) if sources else None

    def _named_in(self, cause: str) -> str:
        """Return the settings whose value or whose own name is in a message."""
        known = {**self.environment, **self.in_profile}
        return self._places(name for name, value in known.items() if _is_named(name, value, cause))

    def _places(self, wanted: Iterable[str]) -> str:
        names = list(wanted)
        in_environment = [name for name in names if name in self.environment]
        in_profile = [name for name in names if name in self.in_profile]
        places = (
            self._environment(in_environment) if in_environment else "",
            self._profile(in_profile) if in_profile else "",
        )
        return " or ".join(filter(None, places))

    @staticmethod
    def _environment(names: Iterable[str]) -> str:
        return f"{_quoted(names)} in the environment of the Agent"

    def _profile(self, names: Iterable[str]) -> str:
        return f"{_quoted(names)} of the profile `{self.profile}` in the AWS configuration files of the Agent's user"


def _is_named(name: str, value: str, cause: str) -> bool:
    if name in _NO_CAUSE:
        return False
    own_name = name.removeprefix("AWS_").lower()
    if "_" in own_name and own_name in cause.lower().replace(" ", "_"):
        return True
    _, at, host = value.rpartition("@")
    if at and f"{MASK}@{host}" in cause:  # user and password of a URL are masked in it
        return True
    is_distinct = len(value) > 1 and value.lower() not in _COMMON
    return is_distinct and re.search(rf"(?<![\w/.-]){re.escape(value)}(?![\w-])", cause) is not None


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
