"""Makes clients and keeps them: endpoint, time-outs, proxy."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import NoCredentialsError
from botocore.session import Session

from optimizationjob.aws.aws_actions import Operation
from optimizationjob.aws.calls import Answer
from optimizationjob.aws.proxies import bypasses_proxy, proxies_of
from optimizationjob.config.settings import Settings

WITHOUT_FIPS: Final = frozenset({"resourcegroupstaggingapi"})
"""Services that have no FIPS endpoint in any partition: they are called at their usual one."""
IN_EACH_RUN: Final = "sagemaker"
"""The service that each run calls in each region."""
Client = Any  # botocore creates its client classes at run time


class Clients:
    """The clients of one session. Using a client in many threads is safe; making one is not, hence the lock.

    Between two runs a client keeps no connection, and apart from SageMaker's only one that two runs in a row have used
    is kept: clients are what takes most of the memory of an account and region, and most regions read tags or call STS
    once an hour.
    """

    def __init__(self, session: Session, settings: Settings) -> None:
        self._session = session
        self._settings = settings
        self._lock = threading.Lock()
        self._clients: dict[tuple[str, str], Client] = {}
        self._used: set[tuple[str, str]] = set()
        self._used_before: set[tuple[str, str]] = set()

    def get(self, service: str, region: str) -> Client:
        """Return the client of a service in a region.

        Raises:
            NoCredentialsError: there are no credentials now. A client made without any would never look for them again.
        """
        key = (service, region)
        with self._lock:
            self._used.add(key)
            if key not in self._clients:
                if self._session.get_credentials() is None:
                    raise NoCredentialsError
                self._clients[key] = self._made(service, region)
            return self._clients[key]

    def end_run(self) -> None:
        """Close the connections that no request uses, and drop the clients that are seldom used."""
        with self._lock:
            clients = self._clients
            often = {key for key in self._used if key in self._used_before or key[0] == IN_EACH_RUN}
            self._clients = {key: client for key, client in clients.items() if key in often}
            self._used, self._used_before = set(), self._used
        for client in clients.values():
            client.close()

    def _made(self, service: str, region: str) -> Client:
        proxies = proxies_of(self._settings)
        client = self._with_proxies(service, region, proxies)
        if proxies and bypasses_proxy(client.meta.endpoint_url, self._settings):
            client = self._with_proxies(service, region, {})
        return client

    def _with_proxies(self, service: str, region: str, proxies: dict[str, str] | None) -> Client:
        settings = self._settings
        config = client_config(settings, service, proxies)
        return self._session.create_client(
            service, region_name=region, endpoint_url=settings.endpoint_url, config=config
        )


def client_config(settings: Settings, service: str, proxies: dict[str, str] | None = None) -> Config:
    """Return botocore's configuration of a client.

    Args:
        settings: the instance.
        service: boto3's name of the service.
        proxies: the proxies; None for those of the instance.
    """
    return Config(
        connect_timeout=settings.connect_timeout,
        read_timeout=settings.read_timeout,
        # calls.py makes the attempts, so that each is counted and takes a token of the rate limit.
        retries={"total_max_attempts": 1, "mode": "standard"},
        proxies=proxies_of(settings) if proxies is None else proxies,
        # False also overrides the environment and the profile; None leaves the choice to them.
        use_fips_endpoint=False if service in WITHOUT_FIPS else settings.use_fips_endpoint or None,
        use_dualstack_endpoint=settings.use_dualstack_endpoint or None,
        user_agent_extra="datadog-optimizationjob",
    )


def sender(client: Client, operation: Operation, parameters: Mapping[str, object]) -> Callable[[], Answer]:
    """Return what calls an operation of a client."""
    return partial(getattr(client, xform_name(operation.name)), **parameters)
