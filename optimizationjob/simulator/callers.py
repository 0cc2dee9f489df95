"""Caller identity: accounts and regions from signatures, roles, and the credentials issued by AssumeRole."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from optimizationjob.simulator.error_answers import DIALECTS, ErrorAnswer, Service, error
from optimizationjob.simulator.service_model import partition

if TYPE_CHECKING:
    from collections.abc import Mapping

CREDENTIAL = re.compile(r"AWS4-HMAC-SHA256\s+Credential=([^/,\s]+)/\d{8}/([^/]+)/([^/]+)/aws4_request,")
ACCOUNT_KEY = re.compile(r"AKIA(\d{12})")
ROLE_ARN = re.compile(r"arn:(aws[a-z-]*):iam::(\d{12}):role/(.+)")
CHAINED_SECONDS = 3600
INVALID = "The security token included in the request is invalid."


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedCaller:
    """The identity that signed a request, and the region it signed for."""

    account: str
    region: str
    arn: str
    user_id: str
    is_role: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """A role that any caller may assume; if it has an external ID, the caller must pass it."""

    arn: str
    account: str
    name: str
    external_id: str | None
    max_session_seconds: int

    @property
    def id(self) -> str:
        """The role's unique ID: AROA plus 17 characters."""
        return f"AROA{_characters(self.arn, 17)}"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Session:
    """Temporary credentials that expire at `expires_at` on the simulator's clock."""

    access_key: str
    secret_key: str
    token: str
    role: Role
    name: str
    expires_at: datetime

    @property
    def arn(self) -> str:
        """The ARN of the assumed role, with the session's name."""
        prefix = self.role.arn.split(":")[1]
        return f"arn:{prefix}:sts::{self.role.account}:assumed-role/{self.role.name.rpartition('/')[2]}/{self.name}"


class Directory:
    """All roles and sessions. The owner's lock guards it."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._roles: dict[str, Role] = {}
        self._sessions: dict[str, Session] = {}

    def add_role(self, arn: str, external_id: str | None, max_session_seconds: int) -> Role:
        """Register a role.

        Raises:
            ValueError: the ARN is not an IAM role ARN.
        """
        match = ROLE_ARN.fullmatch(arn)
        if match is None:
            raise ValueError(f"{arn!r} is not an IAM role ARN")
        role = Role(
            arn=arn,
            account=match[2],
            name=match[3],
            external_id=external_id,
            max_session_seconds=max_session_seconds,
        )
        self._roles[arn] = role
        return role

    def role(self, arn: str) -> Role | None:
        """Return the registered role with this ARN, if any."""
        return self._roles.get(arn)

    def open_session(self, role: Role, name: str, seconds: int, now: datetime) -> Session:
        """Issue credentials for a role that expire after `seconds`."""
        serial = f"{self._seed}:{len(self._sessions)}:{role.arn}"
        session = Session(
            access_key=f"ASIA{_characters(serial, 16)}",
            secret_key=_characters(f"secret:{serial}", 40),
            token=f"simulator-{_characters(f'token:{serial}', 48)}",
            role=role,
            name=name,
            expires_at=(now + timedelta(seconds=seconds)).replace(microsecond=0),
        )
        self._sessions[session.access_key] = session
        return session

    def caller(self, service: Service, headers: Mapping[str, str], now: datetime) -> SignedCaller:
        """Return the identity that signed a request.

        Raises:
            ErrorAnswer: the signature is missing, the key is unknown, or the credentials expired or are for another
                service.
        """
        dialect = DIALECTS[service]
        match = CREDENTIAL.match(headers.get("authorization", ""))
        if match is None:
            raise error(dialect.unsigned, "Request is missing Authentication Token")
        key, region, scope = match.groups()
        if scope != dialect.signing_name:
            message = f"Credential should be scoped to correct service: '{dialect.signing_name}'."
            raise error(dialect.mis_scoped, message)
        if account := ACCOUNT_KEY.fullmatch(key):
            return user(account[1], region)
        session = self._sessions.get(key)
        if session is None or headers.get("x-amz-security-token") != session.token:
            raise error(dialect.unrecognized, INVALID)
        if now >= session.expires_at:
            raise error(dialect.expired, "The security token included in the request is expired")
        return SignedCaller(
            account=session.role.account,
            region=region,
            arn=session.arn,
            user_id=f"{session.role.id}:{session.name}",
            is_role=True,
        )


def user(account: str, region: str) -> SignedCaller:
    """Return the default IAM user, which exists in every account."""
    return SignedCaller(
        account=account,
        region=region,
        arn=f"arn:{partition(region)}:iam::{account}:user/simulator",
        user_id=f"AIDA{_characters(account, 17)}",
    )


def signed_by(headers: Mapping[str, str]) -> tuple[str | None, str | None]:
    """Return the account and region that a signature contains, to log rejected calls."""
    match = CREDENTIAL.match(headers.get("authorization", ""))
    if match is None:
        return None, None
    account = ACCOUNT_KEY.fullmatch(match[1])
    return account[1] if account else None, match[2]


def role_denied(caller: SignedCaller, role_arn: str) -> ErrorAnswer:
    """Return the error for a role that does not exist or does not trust the caller; AWS does not distinguish them."""
    message = f"User: {caller.arn} is not authorized to perform: sts:AssumeRole on resource: {role_arn}"
    return error(DIALECTS["sts"].denied, message)


def _characters(text: str, count: int) -> str:
    """Return `count` upper-case letters and digits derived only from the text."""
    return base64.b32encode(hashlib.sha512(text.encode()).digest()).decode()[:count]
