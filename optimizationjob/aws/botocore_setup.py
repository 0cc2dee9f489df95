"""How botocore is set up: small service models, times in UTC that may be wrong, and loggers that reveal nothing."""

from __future__ import annotations

import logging
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from botocore.handlers import BUILTIN_HANDLERS, REGISTER_FIRST, REGISTER_LAST
from botocore.hooks import BaseEventHooks
from botocore.session import Session
from botocore.utils import parse_timestamp

from optimizationjob.aws.bounded_http import BoundedSession
from optimizationjob.aws.listed_models import listed_models
from optimizationjob.config.settings import Settings, SettingsError
from optimizationjob.jobs.safe_logs import SAFE_LINES

QUOTING_LOGGERS: Final = (
    *("botocore.credentials", "botocore.handlers", "botocore.tokens", "botocore.utils"),
    *("urllib3.connection", "urllib3.connectionpool", "urllib3.poolmanager", "urllib3.response"),
)
"""Loggers of the AWS library and of its transport that warn with parts of an answer, such as a header."""
LONGEST_TIME: Final = 64
# botocore before 1.40 calls STS at one endpoint for all regions, unless the environment or the profile say otherwise.
REGIONAL_STS: Final = {
    "sts_regional_endpoints": ("sts_regional_endpoints", "AWS_STS_REGIONAL_ENDPOINTS", "regional", None)
}
# As botocore spells them in the names of its events, the services of aws_actions.py.
SERVICES: Final = frozenset({"sagemaker", "resource-groups-tagging-api", "sts", "sso", "sso-oidc", "signin"})


def botocore_session(settings: Settings) -> BoundedSession:
    """Return a session for the profile of an instance that shares the models of AWS's services with all others.

    Raises:
        BotoCoreError: the profile does not exist or cannot be read.
        SettingsError: there is no file of certificates where one is named.
    """
    session = BoundedSession(REGIONAL_STS, profile=settings.profile_name, include_builtin_handlers=False)
    _register_handlers(session.get_component("event_emitter"))
    named = None if settings.profile_name else session.get_config_variable("profile")
    # An empty AWS_PROFILE names none, and the keys of an instance do not need the one that it names.
    if named == "" or (named and settings.aws_access_key_id and named not in session.available_profiles):
        session.get_component("config_store").set_config_variable("profile", None)
    if str(session.get_config_variable("defaults_mode")).lower() == "auto":
        # The library would ask the instance for its region to choose time-outs, which are ours, whenever it makes a
        # client, outside of any time that a run has.
        session.get_component("config_store").set_config_variable("defaults_mode", "standard")
    _trust(session, settings.tls_ca_cert)
    session.register_component("data_loader", listed_models(session.get_config_variable("data_path")))
    session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=_moment_or_none)
    return session


def _trust(session: Session, option: str | None) -> None:
    """Trust the certificates of the option, else those that the environment or the profile names.

    Raises:
        SettingsError: the file does not exist; the library would only say that it cannot connect.
    """
    if option:
        session.get_component("config_store").set_config_variable("ca_bundle", option)
    path = session.get_config_variable("ca_bundle")
    if path and not Path(path).exists():
        names = {"tls_ca_cert": option, "AWS_CA_BUNDLE": os.environ.get("AWS_CA_BUNDLE")}
        name = next((name for name, value in names.items() if value), "ca_bundle")
        raise SettingsError(name, path, "give a file of certificates (PEM) that the Agent's user can read")


def _register_handlers(events: BaseEventHooks) -> None:
    """Register botocore's own handlers, except for those of other services.

    Each client has a copy of them all: that took most of its memory, and of the time to make it.
    """
    register = {(REGISTER_FIRST,): events.register_first, (REGISTER_LAST,): events.register_last}
    for event, handler, *order in BUILTIN_HANDLERS:
        kind, _, rest = event.partition(".")
        service = rest.partition(".")[0]
        if kind != "docs" and (not service or "*" in service or service in SERVICES):
            register.get(tuple(order), events.register)(event, handler)


def hold_aws_loggers() -> None:
    """Keep botocore and boto3 from logging at DEBUG: there they print whole responses and signatures.

    What they quote of an answer above DEBUG becomes as safe as the check's own lines.
    """
    for name, level in (("botocore", logging.INFO), ("boto3", logging.INFO), ("botocore.credentials", logging.ERROR)):
        # botocore.credentials warns with a traceback if a role cannot be assumed; the service check says the same.
        held = logging.getLogger(name)
        if held.level < level:
            held.setLevel(level)
    for name in QUOTING_LOGGERS:
        logging.getLogger(name).addFilter(SAFE_LINES)


def _moment_or_none(value: object) -> datetime | None:
    """Parse a time as botocore does; an invalid one costs neither the rest of the response nor a second of CPU.

    SageMaker returns numbers. botocore would read each of them into the zone of the machine, at ten times the cost.
    """
    if isinstance(value, str) and len(value) > LONGEST_TIME:
        return None
    try:
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
        moment: datetime = parse_timestamp(value)
        # A zone may be more than a day away, which is an error only where somebody asks for the time in another one.
        return moment.astimezone(UTC) if moment.tzinfo else moment
    except (ValueError, TypeError, OverflowError, OSError, RuntimeError):
        return None
