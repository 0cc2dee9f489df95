"""What a call to AWS that failed says to a person at a terminal: the same words in every command. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from optimizationjob.aws.aws_actions import ASSUME_ROLE
from optimizationjob.aws.errors import AwsError, CredentialsError, Unreachable
from optimizationjob.cli.terminal_text import harmless

NOT_READ: Final = "cannot be read"
ADVICE: Final[Mapping[type[AwsError], str]] = {
    CredentialsError: (
        "Give --profile, set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or log in again."
    ),
    Unreachable: "Check the network, the proxy and --endpoint-url.",
}
"""Replaces the advice for an Agent, which does not apply in a terminal, where no more is known."""


def error_words(error: AwsError) -> str:
    """Return cause and remedy, safe for a terminal."""
    advice = next((words for kind, words in ADVICE.items() if isinstance(error, kind)), None)
    # A role that is refused is a matter of permissions, which are the same for an Agent.
    if advice is None or error.operation == ASSUME_ROLE:
        return harmless(str(error))
    return harmless(f"{error.cause.rstrip('.')}. {error.known_remedy or advice}")
