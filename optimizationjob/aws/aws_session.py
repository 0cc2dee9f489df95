"""One set of credentials, the account that it belongs to, and the requests that can be sent with it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, NoCredentialsError
from botocore.utils import get_environ_proxies

from optimizationjob.aws.aws_actions import IDENTITY, listed
from optimizationjob.aws.botocore_setup import hold_aws_loggers
from optimizationjob.aws.calls import Answer, Caller, Request
from optimizationjob.aws.clients import sender
from optimizationjob.aws.credentials import NO_CREDENTIALS, Credentials
from optimizationjob.aws.error_kinds import kind_of_failure
from optimizationjob.aws.errors import AwsError, BadAnswer, BadSetting, CredentialsError
from optimizationjob.aws.failure_words import said
from optimizationjob.clock import Clock
from optimizationjob.config.settings import Settings
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
        self._identity_lock = threading.Lock()
        self._ask_again_at = 0.0
        self._credentials = Credentials(settings, clock=clock, caller=caller)
        self.regions = self._credentials.regions
        if settings.assume_role:
            self.learn_account_id(settings.assume_role.split(":")[4])

    def ask(self, request: Request, **parameters: object) -> Answer:
        """Send a request. The client is made within the call, so that its failures are handled like others.

        Raises:
            AwsError: as `Caller.call` raises it.
            UnlistedOperation: the operation is not listed; nothing is signed or sent.
        """
        operation = listed(request.operation)
        self._credentials.refuse_without(request)
        clients = self._credentials.clients
        try:
            answer = self._caller.call(
                request, lambda: sender(clients.get(operation.service, request.region), operation, parameters)
            )
        except CredentialsError as error:
            self._credentials.accepted.note_refusal(request.region, error)
            raise
        except BadSetting as error:
            raise request.fault(
                BadSetting,
                error.cause,
                self._credentials.aws_settings.remedy(said(error.__cause__ or error, error.cause)),
            ) from error
        self._credentials.accepted.note_answer(request.region)
        return answer

    def look_up_credentials(self) -> None:
        """Look up the credentials for all requests of a run."""
        self._credentials.look_up()

    def end_run(self) -> None:
        """Keep little until the next run: no open connection, and no client that is seldom used."""
        self._credentials.end_run()

    def credentials_from(self) -> str:
        """Return botocore's name of where the credentials come from, such as `env`.

        Raises:
            CredentialsError: there are none, or their source fails.
        """
        try:
            return self._credentials.method()
        except BotoCoreError as error:
            _, cause = kind_of_failure(error)
            remedy = NO_CREDENTIALS if isinstance(error, NoCredentialsError) else None
            raise Request(IDENTITY, self.regions[0]).fault(CredentialsError, cause, remedy) from error

    def route(self, service: str, region: str) -> Route:
        """Return the way that requests to a service in a region take."""
        meta = self._credentials.clients.get(service, region).meta
        endpoint = str(meta.endpoint_url)
        proxies = meta.config.proxies
        if proxies is None:
            proxies = get_environ_proxies(endpoint)
        return Route(endpoint, proxies.get(urlsplit(endpoint).scheme))

    @property
    def sts_regions(self) -> tuple[str, ...]:
        """Where STS is asked, one region after the other."""
        return self._credentials.sts.candidates

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
                    answer = self._identity()
                    self.learn_account_id(_account_in(answer, _identity_in(region)))
                except AwsError as error:
                    self._ask_again_at = self._clock.monotonic() + IDENTITY_PAUSE_SECONDS
                    logger.info("STS does not return the account: %s", error)
            return self._account_id

    def confirm_credentials(self) -> None:
        """Ask STS whether it accepts the credentials, where no region of a run knows them; once a minute at most.

        Otherwise bad credentials and regions that are not enabled look the same.
        """
        with self._identity_lock:
            now = self._clock.monotonic()
            if not self._credentials.accepted.is_undecided or now < self._ask_again_at:
                return
            self._ask_again_at = now + IDENTITY_PAUSE_SECONDS
            try:
                self._identity()
            except AwsError as error:
                logger.debug("STS does not accept the credentials: %s", error)

    def judged(self, error: AwsError | None) -> AwsError | None:
        """Return the error of a list once all regions were listed, as that of a region that is not enabled if so."""
        return self._credentials.accepted.judged(error)

    def _identity(self) -> Answer:
        return self._credentials.sts.ask(lambda region: self.ask(_identity_in(region)))

    def learn_account_id(self, account_id: str) -> None:
        """Take the account from a role's ARN, from STS or from a job's ARN; the first one stays."""
        if self._account_id is None:
            self._account_id = account_id
            self._caller.use_account(account_id)


def _identity_in(region: str) -> Request:
    return Request(IDENTITY, region, required=("Account",), max_attempts=1, shows_region=True)


def _account_in(answer: Mapping[str, object], request: Request) -> str:
    """Return the account that STS returned; an invalid one must not be learned, since it would stay."""
    account = answer["Account"]
    if not isinstance(account, str) or not is_account(account):
        raise request.fault(BadAnswer, "the answer has no account id")
    return account
