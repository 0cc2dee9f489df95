"""From settings to boto3 clients: credentials, an assumed role, endpoints, time-outs, the proxy."""

from __future__ import annotations

import ipaddress
import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit

import boto3
import botocore.session
from botocore import xform_name
from botocore.config import Config
from botocore.credentials import CredentialProvider, CredentialResolver, DeferredRefreshableCredentials
from botocore.exceptions import BotoCoreError, NoCredentialsError, ProfileNotFound
from botocore.loaders import Loader, create_loader
from botocore.utils import get_environ_proxies, parse_timestamp

from optimizationjob.aws.aws_actions import ASSUME_ROLE, IDENTITY, Operation, listed, refuse_unlisted
from optimizationjob.aws.calls import Answer, Caller, Request
from optimizationjob.aws.errors import AwsError, BadAnswer, CredentialsError
from optimizationjob.clock import Clock
from optimizationjob.config.region_patterns import resolve_regions
from optimizationjob.config.settings import Settings, SettingsError
from optimizationjob.jobs.job import is_account

Client = Any  # boto3 makes its client classes at run time

LONGEST_TIME: Final = 64
IDENTITY_PAUSE_SECONDS: Final = 60.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Route:
    """The way that calls take; the URL of a proxy may hold a password."""

    endpoint: str
    proxy: str | None = field(repr=False)


class AwsSession:
    """One set of credentials, and what may be asked with it: the operations of `operations.py` and no others.

    Clients are made once, under a lock: boto3 clients are safe to share between threads, making them is not. None is
    handed out.

    Raises:
        SettingsError: the profile does not exist or no region can be resolved.
    """

    def __init__(self, settings: Settings, *, clock: Clock, caller: Caller) -> None:
        hold_aws_loggers()
        self._settings = settings
        self._clock = clock
        self._caller = caller
        self._lock = threading.Lock()
        self._identity_lock = threading.Lock()
        self._ask_again_at = 0.0
        self._clients: dict[tuple[str, str], Client] = {}
        self._role_lock = threading.Lock()
        self._role_asker: Client | None = None
        self._account_id: str | None = None
        if settings.assume_role:
            self.learn_account_id(settings.assume_role.split(":")[4])
        try:
            self._source = boto3.Session(
                botocore_session=_botocore_session(),
                aws_access_key_id=settings.aws_access_key_id,
                aws_secret_access_key=settings.aws_secret_access_key,
                aws_session_token=settings.aws_session_token,
                profile_name=settings.profile_name,
            )
            self.regions = resolve_regions(settings.regions, self._source.region_name)
        except ProfileNotFound:
            allowed = "give a profile of the Agent user's AWS configuration files"
            raise SettingsError("profile_name", settings.profile_name, allowed) from None
        except BotoCoreError as error:
            allowed = f"mend the AWS configuration files of the Agent's user ({error})"
            raise SettingsError("profile_name", settings.profile_name, allowed) from None
        self._session = self._with_role() if settings.assume_role else self._source

    def ask(self, request: Request, **parameters: object) -> Answer:
        """Ask AWS through the caller. The client is made within the first call, so its faults are told like the rest.

        Raises:
            AwsError: as `Caller.call` has it.
            UnlistedOperation: the operation is not one of the list; nothing is signed or sent.
        """
        operation = listed(request.operation)
        return self._caller.call(
            request, lambda: _send(self._shared_client(operation.service, request.region), operation, parameters)
        )

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
        """Return the way that calls of a service in a region take; its client is ready then."""
        meta = self._shared_client(service, region).meta
        endpoint = str(meta.endpoint_url)
        proxies = meta.config.proxies
        if proxies is None:
            proxies = get_environ_proxies(endpoint)
        return Route(endpoint, proxies.get(urlsplit(endpoint).scheme))

    @property
    def known_account_id(self) -> str | None:
        """Whose account this is, as far as it is known without asking."""
        return self._account_id

    def account_id(self, region: str) -> str | None:
        """Return whose account this is: the role's, else what STS says; None where STS does not answer.

        STS is asked once for all regions, with one attempt; after a failure not again for a minute.
        """
        with self._identity_lock:
            if self._account_id is None and self._clock.monotonic() >= self._ask_again_at:
                try:
                    request = Request(IDENTITY, region, required=("Account",), max_attempts=1)
                    self.learn_account_id(_account_in(self.ask(request), request))
                except AwsError as error:
                    self._ask_again_at = self._clock.monotonic() + IDENTITY_PAUSE_SECONDS
                    logger.info("The account is not known from STS: %s", error)
            return self._account_id

    def learn_account_id(self, account_id: str) -> None:
        """Take the account that a role's ARN, STS or a job's ARN tells; the first one stays."""
        if self._account_id is None:
            self._account_id = account_id
            self._caller.spend_for(account_id)

    def _with_role(self) -> boto3.Session:
        """Return a session whose credentials come from AssumeRole and are renewed before they end."""
        session = _botocore_session()
        resolver = CredentialResolver([_AssumedRole(self._assume_role, self._clock)])
        session.register_component("credential_provider", resolver)
        return boto3.Session(botocore_session=session)

    def _assume_role(self) -> dict[str, str]:
        """Call AssumeRole once; botocore calls this when the credentials are about to end.

        Raises:
            AwsError: the role cannot be assumed. It passes through the call that needed the credentials.
        """
        settings, region = self._settings, self.regions[0]
        operation = listed(ASSUME_ROLE)
        role = {"RoleArn": settings.assume_role, "RoleSessionName": settings.role_session_name}
        if settings.external_id:
            role["ExternalId"] = settings.external_id
        answer = self._caller.call(
            Request(ASSUME_ROLE, region, required=("Credentials",)),
            lambda: _send(self._role_client(operation.service, region), operation, role),
        )
        credentials: Mapping[str, Any] = answer["Credentials"]
        return {
            "access_key": credentials["AccessKeyId"],
            "secret_key": credentials["SecretAccessKey"],
            "token": credentials["SessionToken"],
            "expiry_time": credentials["Expiration"].astimezone(UTC).isoformat(),
        }

    def _shared_client(self, service: str, region: str) -> Client:
        key = (service, region)
        with self._lock:
            if key not in self._clients:
                _refuse_nobody(self._session)
                self._clients[key] = self._made(self._session, service, region)
            return self._clients[key]

    def _role_client(self, service: str, region: str) -> Client:
        """Return the client that assumes the role, with the credentials from before it."""
        # Under a lock of its own: a client that is being made may be what needs the credentials.
        with self._role_lock:
            if self._role_asker is None:
                _refuse_nobody(self._source)
                self._role_asker = self._made(self._source, service, region)
            return self._role_asker

    def _made(self, session: boto3.Session, service: str, region: str) -> Client:
        """Make a client; `no_proxy` holds for its own endpoint."""
        client = self._make(session, service, region, self._proxies())
        proxy = self._settings.proxy
        if proxy and proxy.no_proxy and _bypasses(client.meta.endpoint_url, proxy.no_proxy):
            client = self._make(session, service, region, {})
        return client

    def _make(self, session: boto3.Session, service: str, region: str, proxies: dict[str, str] | None) -> Client:
        settings = self._settings
        config = Config(
            connect_timeout=settings.connect_timeout,
            read_timeout=settings.read_timeout,
            # Attempts are counted and paid for here (calls.py), not inside botocore.
            retries={"total_max_attempts": 1, "mode": "standard"},
            proxies=proxies,
            use_fips_endpoint=settings.use_fips_endpoint or None,
            use_dualstack_endpoint=settings.use_dualstack_endpoint or None,
            user_agent_extra="datadog-optimizationjob",
        )
        client = session.client(service, region_name=region, endpoint_url=settings.endpoint_url, config=config)
        # The first thing that a client does for a call, before it asks for credentials.
        client.meta.events.register_first("provide-client-params", _refuse_unlisted, unique_id="optimizationjob")
        return client

    def _proxies(self) -> dict[str, str] | None:
        """Return botocore's form of the proxy; None lets botocore read the environment, {} uses none."""
        if self._settings.skip_proxy:
            return {}
        proxy = self._settings.proxy
        if proxy is None:
            return None
        return {scheme: url for scheme, url in (("http", proxy.http), ("https", proxy.https)) if url}


def _send(client: Client, operation: Operation, parameters: Mapping[str, object]) -> Answer:
    answer: Answer = getattr(client, xform_name(operation.name))(**parameters)
    return answer


def _refuse_unlisted(model: Any, **_: object) -> None:  # noqa: ANN401 - botocore's model has no type
    refuse_unlisted(model.service_model.service_name, model.name)


class _AssumedRole(CredentialProvider):  # type: ignore[misc]  # botocore has no type information
    """Gives botocore credentials that come from AssumeRole."""

    METHOD = "assume-role"

    def __init__(self, refresh: Any, clock: Clock) -> None:  # noqa: ANN401 - botocore's callback has no type
        super().__init__()
        self._refresh = refresh
        self._clock = clock

    def load(self) -> DeferredRefreshableCredentials:
        """Return credentials that are fetched at first use."""
        return DeferredRefreshableCredentials(
            refresh_using=self._refresh, method=self.METHOD, time_fetcher=self._clock.now
        )


def _botocore_session() -> botocore.session.Session:
    """Return a session that shares the models of AWS's services with all others: they take megabytes each."""
    session = botocore.session.Session()
    session.register_component("data_loader", _loader(session.get_config_variable("data_path")))
    session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=_moment_or_none)
    return session


def _moment_or_none(value: object) -> datetime | None:
    """Read a time as botocore does, but one that is none must not cost the rest of the answer, nor a second."""
    if isinstance(value, str) and len(value) > LONGEST_TIME:
        return None
    try:
        moment: datetime = parse_timestamp(value)
    except (ValueError, TypeError, OverflowError, RuntimeError):
        return None
    return moment


def _account_in(answer: Mapping[str, object], request: Request) -> str:
    """Return the account that STS names; what is none must not be learned, since it would stay."""
    account = answer["Account"]
    if not isinstance(account, str) or not is_account(account):
        raise request.fault(BadAnswer, "the answer has no account id")
    return account


@cache
def _loader(data_path: str | None) -> Loader:
    return create_loader(data_path)


def hold_aws_loggers() -> None:
    """Keep botocore and boto3 from logging at DEBUG: there they print whole answers and signatures."""
    for name, level in (("botocore", logging.INFO), ("boto3", logging.INFO), ("botocore.credentials", logging.ERROR)):
        # botocore.credentials warns of a role that cannot be assumed with a traceback; the service check says it.
        held = logging.getLogger(name)
        if held.level < level:
            held.setLevel(level)


def _refuse_nobody(session: boto3.Session) -> None:
    """Make no client without credentials: it would never look for any again, and is kept.

    Raises:
        NoCredentialsError: there are none, now.
    """
    if session.get_credentials() is None:
        raise NoCredentialsError


def _bypasses(endpoint: str, no_proxy: tuple[str, ...]) -> bool:
    """Return whether an endpoint is reached without the proxy: by name, domain, `*` or network."""
    host = urlsplit(endpoint).hostname or ""
    return any(_covers(entry.strip().lower(), host) for entry in no_proxy)


def _covers(entry: str, host: str) -> bool:
    name = entry.lstrip("*").lstrip(".")
    if entry == "*" or (name and (host == name or host.endswith(f".{name}"))):
        return True
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(entry, strict=False)
    except ValueError:
        return False
