"""One set of credentials, the account that it belongs to, and the requests that can be sent with it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

import boto3
from botocore.exceptions import BotoCoreError, NoCredentialsError, ProfileNotFound
from botocore.utils import get_environ_proxies

from optimizationjob.aws.assumed_role import RoleCredentials
from optimizationjob.aws.aws_actions import IDENTITY, listed
from optimizationjob.aws.botocore_setup import botocore_session, hold_aws_loggers
from optimizationjob.aws.calls import Answer, Caller, Request
from optimizationjob.aws.clients import Clients, send
from optimizationjob.aws.errors import AccessDenied, AwsError, BadAnswer, CredentialsError, kind_of_failure
from optimizationjob.clock import Clock
from optimizationjob.config.region_patterns import resolve_regions
from optimizationjob.config.settings import Settings, SettingsError
from optimizationjob.jobs.job import is_account
from optimizationjob.jobs.safe_logs import logger_of

IDENTITY_PAUSE_SECONDS: Final = 60.0

logger = logger_of(__name__)


@dataclass(frozen=True, slots=True)
class Route:
    """The way that requests take; the URL of a proxy may hold a password."""

    endpoint: str
    proxy: str | None = field(repr=False)


class AwsSession:
    """Sends requests with one set of credentials: the operations of aws_actions.py and no others.

    Raises:
        SettingsError: the profile does not exist or no region can be resolved.
    """

    def __init__(self, settings: Settings, *, clock: Clock, caller: Caller) -> None:
        hold_aws_loggers()
        self._clock = clock
        self._caller = caller
        self._account_id: str | None = None
        self._failed_lookup: AwsError | None = None
        """Why there are no credentials in this run; its operation is empty where no call was made."""
        self._identity_lock = threading.Lock()
        self._ask_again_at = 0.0
        self._session, self.regions = _source(settings)
        if settings.assume_role:
            self.learn_account_id(settings.assume_role.split(":")[4])
            role = RoleCredentials(self._session, settings, region=self.regions[0], caller=caller)
            self._session = role.session(clock)
        self._clients = Clients(self._session, settings)

    def ask(self, request: Request, **parameters: object) -> Answer:
        """Send a request. The client is made within the call, so that its failures are handled like others.

        Raises:
            AwsError: as `Caller.call` raises it.
            UnlistedOperation: the operation is not listed; nothing is signed or sent.
        """
        operation = listed(request.operation)
        if self._failed_lookup is not None:
            raise _failure_of(request, self._failed_lookup)
        return self._caller.call(
            request, lambda: send(self._clients.get(operation.service, request.region), operation, parameters)
        )

    def look_up_credentials(self) -> None:
        """Look up the credentials, once for all requests of a run.

        A source may hang for seconds before it fails, and botocore asks it again for each client. After a failure, each
        request fails without another look-up, until this is called again.
        """
        self._failed_lookup = None
        try:
            credentials = self._session.get_credentials()
            if credentials is None:
                raise NoCredentialsError
            credentials.get_frozen_credentials()
        except AwsError as error:
            self._failed_lookup = error
        except Exception as error:  # noqa: BLE001 - whatever a source raises, there are no credentials
            _, cause = kind_of_failure(error)
            self._failed_lookup = Request("", self.regions[0]).fault(CredentialsError, cause)

    def credentials_from(self) -> str:
        """Return botocore's name of where the credentials come from, such as `env`.

        Raises:
            CredentialsError: there are none, or their source fails.
        """
        try:
            credentials = self._session.get_credentials()
            if credentials is None:
                raise NoCredentialsError
        except BotoCoreError as error:
            raise Request(IDENTITY, self.regions[0]).fault(CredentialsError, str(error)) from error
        return str(credentials.method)

    def route(self, service: str, region: str) -> Route:
        """Return the way that requests to a service in a region take."""
        meta = self._clients.get(service, region).meta
        endpoint = str(meta.endpoint_url)
        proxies = meta.config.proxies
        if proxies is None:
            proxies = get_environ_proxies(endpoint)
        return Route(endpoint, proxies.get(urlsplit(endpoint).scheme))

    @property
    def known_account_id(self) -> str | None:
        """The account, as far as it is known without a request."""
        return self._account_id

    def account_id(self, region: str) -> str | None:
        """Return the account: the role's, else the one that STS returns; None if STS fails.

        STS is asked once per process, with one attempt; after a failure, not again for a minute.
        """
        with self._identity_lock:
            if self._account_id is None and self._clock.monotonic() >= self._ask_again_at:
                try:
                    request = Request(IDENTITY, region, required=("Account",), max_attempts=1)
                    self.learn_account_id(_account_in(self.ask(request), request))
                except AwsError as error:
                    self._ask_again_at = self._clock.monotonic() + IDENTITY_PAUSE_SECONDS
                    logger.info("STS does not return the account: %s", error)
            return self._account_id

    def learn_account_id(self, account_id: str) -> None:
        """Take the account from a role's ARN, from STS or from a job's ARN; the first one stays."""
        if self._account_id is None:
            self._account_id = account_id
            self._caller.use_account(account_id)


def _failure_of(request: Request, lookup: AwsError) -> AwsError:
    """Return why a request cannot be signed: the call of the look-up that failed, if it was a call."""
    is_refusal = isinstance(lookup, AccessDenied | CredentialsError)
    kind = CredentialsError if is_refusal else type(lookup)
    return kind(lookup.cause, operation=lookup.operation or request.operation, region=request.region)


def _source(settings: Settings) -> tuple[boto3.Session, tuple[str, ...]]:
    """Return the session of the configured credentials, from before a role is assumed, and the regions."""
    try:
        session = boto3.Session(
            botocore_session=botocore_session(),
            aws_access_key_id=settings.aws_access_key_id,
            aws_secret_access_key=settings.aws_secret_access_key,
            aws_session_token=settings.aws_session_token,
            profile_name=settings.profile_name,
        )
        return session, resolve_regions(settings.regions, session.region_name)
    except ProfileNotFound:
        allowed = "give a profile of the Agent user's AWS configuration files"
        raise SettingsError("profile_name", settings.profile_name, allowed) from None
    except BotoCoreError as error:
        allowed = f"fix the AWS configuration files of the Agent's user ({error})"
        raise SettingsError("profile_name", settings.profile_name, allowed) from None


def _account_in(answer: Mapping[str, object], request: Request) -> str:
    """Return the account that STS returned; an invalid one must not be learned, since it would stay."""
    account = answer["Account"]
    if not isinstance(account, str) or not is_account(account):
        raise request.fault(BadAnswer, "the answer has no account id")
    return account
