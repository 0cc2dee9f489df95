"""The kinds of failures of AWS calls, each with what the operator can do.

    AwsError
    |-- CredentialsError     no credentials, expired or refused ones, a role that cannot be assumed
    |   `-- UnknownKey       AWS does not know the key; it also says so where the region is not enabled
    |-- AccessDenied         the credentials may not call this operation
    |-- Throttled            AWS asked to slow down
    |-- NotFound             the job does not exist (any more)
    |-- Unsupported          the region or the partition does not offer this operation
    |   |-- DeniedByPolicy   an organization's policy forbids the region
    |   `-- RegionNotEnabled an opt-in region that the account has not enabled
    |-- Unreachable          no answer: name, connection, TLS, proxy or time-out
    |-- ServerError          AWS answered with a fault of its own
    |-- BadAnswer            an answer that is not what AWS documents
    |-- WrongDate            an answer from another time; all but its time is used
    |-- BadSetting           the AWS library refuses a setting of the environment or of a profile
    |-- Refused              any other refusal of the request
    `-- DeadlineReached      the run's time is over; no request was sent

Each kind says how its attempt is counted in `api.calls` (`outcome`), whether a later attempt may succeed without a
change (`is_passing`), and whether it is retried within the run (`is_retried`).
"""

from __future__ import annotations

from typing import ClassVar, Final

from optimizationjob.aws.denial_advice import denial_advice
from optimizationjob.aws.setting_advice import CERTIFICATE


class AwsError(Exception):
    """A call without a usable response.

    Args:
        cause: what happened, in one line, without secrets and unable to act.
        operation: IAM's name of the call, such as `sagemaker:ListOptimizationJobs`.
        region: the region of the call.
        remedy: what the operator can do, where more is known than the kind of the error.
    """

    outcome: ClassVar[str] = "error"
    is_passing: ClassVar[bool] = True
    is_retried: ClassVar[bool] = False
    advice: ClassVar[str] = "See the Agent's log for details."

    def __init__(self, cause: str, *, operation: str, region: str, remedy: str | None = None) -> None:
        super().__init__(cause)
        self.cause = cause
        self.known_remedy = remedy
        self.operation = operation
        self.region = region

    def __str__(self) -> str:
        """Return the operation, the region, the cause and the advice in one line."""
        cause = self.cause.rstrip(".")
        return f"{self.operation} in {self.region}: {cause}. {self.remedy}"

    @property
    def remedy(self) -> str:
        """What the operator can do about this error."""
        if self.known_remedy:
            return self.known_remedy
        advice = self.advice
        if isinstance(self, AccessDenied | CredentialsError):
            advice = denial_advice(self.operation, self.cause) or advice
        if isinstance(self, Unreachable) and "certificate verify failed" in self.cause:
            advice = CERTIFICATE
        return advice.format(operation=self.operation, region=self.region)


class CredentialsError(AwsError):
    """There are no credentials, or AWS does not accept them."""

    outcome = "denied"
    advice = (
        "Check `aws_access_key_id`, `profile_name` or the Agent's role, and for `assume_role` the permission "
        "`sts:AssumeRole`, the role's trust policy and `external_id`."
    )


class UnknownKey(CredentialsError):
    """AWS does not know the key in this region: it is wrong everywhere, or the region is not enabled."""


class AccessDenied(AwsError):
    """The credentials are valid but not allowed to make this call."""

    outcome = "denied"
    is_passing = False
    advice = "Allow `{operation}` in the policy of the user or role that the check uses."


class Throttled(AwsError):
    """AWS asked to slow down."""

    outcome = "throttled"
    is_retried = True
    advice = "Lower `api_rate_limit`, or raise `min_collection_interval`; what was not read follows in later runs."


class NotFound(AwsError):
    """The job does not exist or was deleted."""

    is_passing = False
    advice = "It was deleted between two calls; nothing needs to be done."


class Unsupported(AwsError):
    """The region does not offer optimization jobs to this account."""

    is_passing = False
    advice = "Enable {region} for the account, or remove it from `regions`."


class DeniedByPolicy(Unsupported):
    """A service control policy denies the call, as organizations do for regions that they do not use."""

    outcome = "denied"


class RegionNotEnabled(Unsupported):
    """The account has not enabled the region: its endpoints do not know credentials that are good elsewhere."""

    outcome = "denied"
    advice = "Enable {region} in the account's settings, or remove it from `regions`."


class Unreachable(AwsError):
    """No response arrived."""

    is_retried = True
    advice = "Check the network path, DNS, `proxy` and `endpoint_url` from the Agent to AWS in {region}."


class ServerError(AwsError):
    """AWS returned a server error."""

    is_retried = True
    advice = "AWS has a problem in {region}; the check tries again in every run."


class BadAnswer(AwsError):
    """The response is not what AWS documents, so it must not be read as an empty one."""

    is_retried = True
    advice = "Check that `endpoint_url` and `proxy` lead to AWS."


class WrongDate(AwsError):
    """The response was dated far from the time of the Agent's host, so its date was not used."""

    advice = "Set the clock of the Agent's host, or check that `endpoint_url` and `proxy` lead to AWS."


class BadSetting(AwsError):
    """The AWS library can do nothing with a setting, so no request was sent."""

    is_passing = False
    advice = "Correct this setting in the environment of the Agent or in the AWS configuration files of its user."


class Refused(AwsError):
    """AWS rejected the request."""

    is_passing = False
    advice = "Check the configuration of the instance; if it is right, report this message as a bug."


class DeadlineReached(AwsError):
    """The run had no time or no requests left for this call."""

    advice = "The rest follows in later runs; raise `max_run_seconds` if this lasts."


REFUSALS: Final = (AccessDenied, CredentialsError, Unsupported)
"""What becomes a `CredentialsError` where it concerns a call that fetches credentials."""
