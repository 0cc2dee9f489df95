"""The credentials of an instance: where they come from, looked up once a run, renewed when AWS refuses them."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final

import botocore.credentials
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    ProfileNotFound,
)

from optimizationjob.aws.accepted_regions import AcceptedRegions
from optimizationjob.aws.assumed_role import RoleCredentials
from optimizationjob.aws.botocore_setup import botocore_session
from optimizationjob.aws.bounded_http import BoundedSession
from optimizationjob.aws.calls import Caller, Request
from optimizationjob.aws.clients import Clients, client_config
from optimizationjob.aws.error_kinds import kind_of_failure
from optimizationjob.aws.errors import REFUSALS, AwsError, CredentialsError
from optimizationjob.aws.failure_words import PROCESS_FAILED, said
from optimizationjob.aws.in_flight import CutOff
from optimizationjob.aws.library_messages import message_of
from optimizationjob.aws.setting_advice import AwsSettings
from optimizationjob.aws.sts_regions import StsRegions
from optimizationjob.clock import Clock
from optimizationjob.config.region_patterns import partition_of, resolve_regions
from optimizationjob.config.settings import Settings, SettingsError
from optimizationjob.jobs.inert_text import foreign

SECONDS_BETWEEN_RENEWALS: Final = 60.0
LOOK_UP: Final = "credentials"
NO_CREDENTIALS: Final = (
    "Give the machine a role, set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile in `profile_name` "
    "(--profile on the command line)."
)
KEY_VARIABLES: Final = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


class Credentials:
    """One set of credentials, the role's if there is one, and the clients that sign with it.

    Raises:
        SettingsError: the profile cannot be used, no region can be resolved, or the role is of another partition.
    """

    def __init__(self, settings: Settings, *, clock: Clock, caller: Caller) -> None:
        self._settings = settings
        self._clock = clock
        self._caller = caller
        self._failure: AwsError | None = None
        """Why there are no credentials in this run; its operation is empty where no call was made."""
        self._source, self.regions = _source(settings)
        partition = partition_of(self.regions[0])
        role = settings.assume_role
        if role and role.split(":")[1] != partition:
            raise SettingsError("assume_role", role, f"give a role of the partition {partition}, as the regions are")
        self.sts = StsRegions(self.regions, partition)
        self._renewed_at = float("-inf")
        self._open()

    def _open(self) -> None:
        """Make the session and the clients that use the credentials."""
        self.accepted = AcceptedRegions()
        self._session = self._source
        self._role: RoleCredentials | None = None
        if self._settings.assume_role:
            self._role = RoleCredentials(self._source, self._settings, sts=self.sts, caller=self._caller)
            self._session = self._role.session(self._clock)
        self.clients = Clients(self._session, self._settings)

    def end_run(self) -> None:
        """Close the connections that no request uses, and drop the clients that are seldom used."""
        self.clients.end_run()
        if self._role is not None:
            self._role.clients.end_run()

    def look_up(self) -> None:
        """Look up the credentials, once for all requests of a run, and new ones where AWS refused those.

        A source may hang before it fails, and botocore asks it again for each client. So it is asked once, for which
        the run waits no longer than its time, and after a failure each request fails at once until the next look-up.
        """
        now = self._clock.monotonic()
        if self.accepted.are_refused and now - self._renewed_at >= SECONDS_BETWEEN_RENEWALS:
            # A file may hold new keys, and a revoked session of a role can be replaced.
            self._source, _ = _source(self._settings)
            self._renewed_at = now
            self._open()
        self.accepted.start_run()
        in_flight = self._caller.in_flight
        try:
            if in_flight.is_late(LOOK_UP, seconds=self._caller.seconds_left() or 0.0):
                raise CutOff
            self._failure = in_flight.make(self._find, seconds=self._caller.seconds_left(), place=LOOK_UP)
        except CutOff:
            cause = "the source of the credentials has not answered in the time of this run"
            self._failure = Request("", self.regions[0]).fault(CredentialsError, cause)

    def refuse_without(self, request: Request) -> None:
        """Check that there are credentials for a request.

        Raises:
            AwsError: the look-up of this run failed.
        """
        lookup = self._failure
        if lookup is not None:
            kind = CredentialsError if isinstance(lookup, REFUSALS) else type(lookup)
            named = Request(lookup.operation or request.operation, request.region)
            raise named.fault(kind, lookup.cause, lookup.known_remedy) from lookup

    def method(self) -> str:
        """Return botocore's name of where the credentials come from, such as `env`.

        Raises:
            NoCredentialsError: there are none.
            BotoCoreError: their source fails.
        """
        return str(self._found().method)

    def _found(self) -> botocore.credentials.Credentials:
        """Return what botocore finds.

        Raises:
            NoCredentialsError: there are none.
        """
        credentials = self._session.get_credentials()
        if credentials is None:
            raise NoCredentialsError
        return credentials

    def _find(self) -> AwsError | None:
        try:
            if not self._settings.aws_access_key_id:
                self._source.bound_fetchers()
            self._found().get_frozen_credentials()
        except AwsError as error:
            return error
        except BaseException as error:  # noqa: BLE001 - whatever a source raises, there are no credentials
            _, cause = kind_of_failure(error if isinstance(error, Exception) else RuntimeError(repr(error)))
            # Some sources make calls of their own, such as AssumeRoleWithWebIdentity.
            call = f"sts:{error.operation_name}" if isinstance(error, ClientError) else ""
            remedy = None if call or cause == PROCESS_FAILED else self.aws_settings.remedy(said(error, cause))
            if isinstance(error, NoCredentialsError):
                remedy = remedy or NO_CREDENTIALS
            failure = Request(call, self.regions[0]).fault(CredentialsError, cause, remedy)
            failure.__cause__ = error
            return failure
        return None

    @property
    def aws_settings(self) -> AwsSettings:
        """What the AWS library finds in the environment and in the profile."""
        variables = {name: value for name, value in os.environ.items() if value and name.startswith("AWS_")}
        if self._settings.aws_access_key_id:
            variables = {name: value for name, value in variables.items() if name not in KEY_VARIABLES}
        values = self._source.get_scoped_config()
        in_profile = {name: value for name, value in values.items() if isinstance(value, str)}
        return AwsSettings(variables, self._source.profile or "default", in_profile)


def _source(settings: Settings) -> tuple[BoundedSession, tuple[str, ...]]:
    """Return the session of the configured credentials, from before a role is assumed, and the regions."""
    try:
        session = botocore_session(settings)
        # botocore calls STS and SSO itself for some sources, with the session's own configuration.
        session.set_default_client_config(client_config(settings, "sts"))
        if settings.aws_access_key_id:
            key = (settings.aws_access_key_id, settings.aws_secret_access_key, settings.aws_session_token)
            session.set_credentials(*key)
        _refuse_mfa(session.get_scoped_config, settings)
        # botocore itself does not read AWS_REGION, which other SDKs do.
        region = os.environ.get("AWS_REGION") or session.get_config_variable("region")
        if region and not settings.regions:
            _refuse_unknown(region)
        regions = resolve_regions(settings.regions, region)
    except ProfileNotFound:
        allowed = "give a profile of the Agent user's AWS configuration files"
        raise SettingsError(*_profile_in_use(settings), allowed) from None
    except BotoCoreError as error:
        allowed = f"fix the AWS configuration files of the Agent's user ({foreign(message_of(error), 200)})"
        raise SettingsError(*_profile_in_use(settings), allowed) from None
    # The library itself calls STS for the role of a profile, and would know no region for that, or another one.
    session.set_config_variable("region", region or regions[0])
    return session, regions


def _refuse_unknown(region: str) -> None:
    """Refuse a region that is not the instance's own, by the name of the variable or file that it is from.

    Raises:
        SettingsError: no region has such a name.
    """
    try:
        partition_of(region)
    except SettingsError:
        variables = (name for name in ("AWS_REGION", "AWS_DEFAULT_REGION") if os.environ.get(name))
        name = next(variables, "region")
        where = "" if name != "region" else ", in the AWS configuration files of the Agent's user"
        raise SettingsError(name, region, f"give the name of an AWS region, such as us-east-1{where}") from None


def _profile_in_use(settings: Settings) -> tuple[str, str]:
    """Return the profile in use, after the option or the variable that names it."""
    named = {"profile_name": settings.profile_name}
    named |= {name: os.environ.get(name) for name in ("AWS_DEFAULT_PROFILE", "AWS_PROFILE")}
    return next(((source, name) for source, name in named.items() if name), ("profile_name", "default"))


def _refuse_mfa(scoped_config: Callable[[], dict[str, object]], settings: Settings) -> None:
    """Refuse a profile for which botocore would ask a person for a code.

    Raises:
        SettingsError: the profile assumes a role with `mfa_serial`.
    """
    if settings.aws_access_key_id:
        return
    profile = scoped_config()
    if profile.get("role_arn") and profile.get("mfa_serial"):
        allowed = "give a profile without `mfa_serial`: an Agent cannot enter a code"
        raise SettingsError(*_profile_in_use(settings), allowed)
