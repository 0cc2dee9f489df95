"""The STS operations GetCallerIdentity and AssumeRole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optimizationjob.simulator.callers import CHAINED_SECONDS, role_denied
from optimizationjob.simulator.error_answers import DIALECTS, error

if TYPE_CHECKING:
    from collections.abc import Mapping

    from optimizationjob.simulator.operation_context import Body, Context, Operation


def get_caller_identity(context: Context, body: Body) -> Body:  # noqa: ARG001 - the signature of every operation
    """Return the identity that signed the request."""
    caller = context.caller
    return {"UserId": caller.user_id, "Account": caller.account, "Arn": caller.arn}


def assume_role(context: Context, body: Body) -> Body:
    """Issue credentials for an existing role if the external ID matches."""
    role = context.directory.role(body["RoleArn"])
    if role is None or (role.external_id is not None and body.get("ExternalId") != role.external_id):
        raise role_denied(context.caller, body["RoleArn"])
    seconds = body.get("DurationSeconds", CHAINED_SECONDS)
    if context.caller.is_role and seconds > CHAINED_SECONDS:
        message = "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining"
        raise error(DIALECTS["sts"].invalid, message)
    if seconds > role.max_session_seconds:
        message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        raise error(DIALECTS["sts"].invalid, message)
    session = context.directory.open_session(role, body["RoleSessionName"], seconds, context.world.now())
    return {
        "Credentials": {
            "AccessKeyId": session.access_key,
            "SecretAccessKey": session.secret_key,
            "SessionToken": session.token,
            "Expiration": session.expires_at,
        },
        "AssumedRoleUser": {"AssumedRoleId": f"{role.id}:{session.name}", "Arn": session.arn},
    }


OPERATIONS: Mapping[str, Operation] = {"GetCallerIdentity": get_caller_identity, "AssumeRole": assume_role}
"""The supported STS operations by AWS name."""
