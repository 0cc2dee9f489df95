"""How botocore is set up: shared service models, times that may be wrong, and loggers that reveal nothing."""

from __future__ import annotations

import logging
from datetime import datetime
from functools import cache
from typing import Final

import botocore.session
from botocore.loaders import Loader, create_loader
from botocore.utils import parse_timestamp

LONGEST_TIME: Final = 64


def botocore_session() -> botocore.session.Session:
    """Return a session that shares the models of AWS's services with all others: they take megabytes each."""
    session = botocore.session.Session()
    session.register_component("data_loader", _loader(session.get_config_variable("data_path")))
    session.get_component("response_parser_factory").set_parser_defaults(timestamp_parser=_moment_or_none)
    return session


def hold_aws_loggers() -> None:
    """Keep botocore and boto3 from logging at DEBUG: there they print whole responses and signatures."""
    for name, level in (("botocore", logging.INFO), ("boto3", logging.INFO), ("botocore.credentials", logging.ERROR)):
        # botocore.credentials warns with a traceback if a role cannot be assumed; the service check says the same.
        held = logging.getLogger(name)
        if held.level < level:
            held.setLevel(level)


def _moment_or_none(value: object) -> datetime | None:
    """Parse a time as botocore does; an invalid one costs neither the rest of the response nor a second of CPU."""
    if isinstance(value, str) and len(value) > LONGEST_TIME:
        return None
    try:
        moment: datetime = parse_timestamp(value)
    except (ValueError, TypeError, OverflowError, RuntimeError):
        return None
    return moment


@cache
def _loader(data_path: str | None) -> Loader:
    return create_loader(data_path)
