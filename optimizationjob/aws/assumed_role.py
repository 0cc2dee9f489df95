"""Credentials of an assumed role: one AssumeRole per life of the credentials, renewed before they expire."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC
from typing import Any, Final

from botocore.credentials import CredentialProvider, CredentialResolver, DeferredRefreshableCredentials
from botocore.session import Session

from optimizationjob.aws.aws_actions import ASSUME_ROLE, listed
from optimizationjob.aws.botocore_setup import botocore_session
from optimizationjob.aws.calls import Caller, Request
from optimizationjob.aws.clients import Clients, sender
from optimizationjob.aws.errors import BadAnswer
from optimizationjob.aws.sts_regions import StsRegions
from optimizationjob.clock import Clock
from optimizationjob.config.settings import Settings

MEMBERS: Final = ("AccessKeyId", "SecretAccessKey", "SessionToken", "Expiration")


class RoleCredentials:
    """Assumes the role of an instance.

    Args:
        source: the session with the credentials that may assume it.
        settings: the role, its external id and session name.
        sts: where STS is called.
        caller: makes the call.

    Attributes:
        clients: those that call STS.
    """

    def __init__(self, source: Session, settings: Settings, *, sts: StsRegions, caller: Caller) -> None:
        self.clients = Clients(source, settings)
        self._settings = settings
        self._sts = sts
        self._caller = caller

    def session(self, clock: Clock) -> Session:
        """Return a session with the role's credentials, which are fetched at their first use."""
        # What a profile says of endpoints, FIPS or certificates holds for the role's calls, too.
        session = botocore_session(self._settings)
        session.register_component("credential_provider", CredentialResolver([_RoleProvider(self._assume_role, clock)]))
        return session

    def _assume_role(self) -> dict[str, str]:
        """Call AssumeRole; botocore does this when the credentials are about to expire.

        Raises:
            AwsError: the role cannot be assumed. It passes through the call that needed the credentials.
        """
        settings, operation = self._settings, listed(ASSUME_ROLE)
        role = {"RoleArn": settings.assume_role, "RoleSessionName": settings.role_session_name}
        if settings.external_id:
            role["ExternalId"] = settings.external_id

        def ask(region: str) -> Mapping[str, Any]:
            request = Request(ASSUME_ROLE, region, required=("Credentials",), shows_region=True)
            answer = self._caller.call(
                request, lambda: sender(self.clients.get(operation.service, region), operation, role)
            )
            given: Mapping[str, Any] = answer["Credentials"]
            missing = [member for member in MEMBERS if not given.get(member)]
            if missing:
                raise request.fault(BadAnswer, f"the answer has no {' and no '.join(missing)} that can be read")
            return given

        credentials = self._sts.ask(ask)
        return {
            "access_key": credentials["AccessKeyId"],
            "secret_key": credentials["SecretAccessKey"],
            "token": credentials["SessionToken"],
            "expiry_time": credentials["Expiration"].astimezone(UTC).isoformat(),
        }


class _RoleProvider(CredentialProvider):  # type: ignore[misc]  # botocore has no type information
    """Gives botocore the credentials of a role."""

    METHOD = "assume-role"

    def __init__(self, refresh: Callable[[], dict[str, str]], clock: Clock) -> None:
        super().__init__()
        self._refresh = refresh
        self._clock = clock

    def load(self) -> DeferredRefreshableCredentials:
        """Return credentials that are fetched at their first use."""
        return DeferredRefreshableCredentials(
            refresh_using=self._refresh, method=self.METHOD, time_fetcher=self._clock.now
        )
