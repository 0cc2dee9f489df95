"""The causes of failures in words: those of AWS and of its library are quoted, and can neither act nor pose as ours."""

from __future__ import annotations

import re
from typing import Final

from botocore import exceptions as boto

from optimizationjob.aws.library_messages import message_of
from optimizationjob.jobs.inert_text import cut, foreign, quoted
from optimizationjob.jobs.redaction import scrub

LONGEST_QUOTE: Final = 400
"""Characters of one text of AWS; its longest denials, with the ARNs of a session and a policy, are close to that."""
LONGEST_CAUSE: Final = 500
"""Characters of a cause: a code, what is quoted, and a hint of ours."""
PROCESS_FAILED: Final = "the credential_process failed; its output is not shown"
# What botocore says of an output that it has read; its text may hold parts of that.
PROCESS_ANSWERS: Final = (
    (re.compile(r"(?:Unsupported v|V)ersion '"), "the output of the credential_process has another Version than 1"),
    (re.compile(r"Missing required key"), "the output of the credential_process lacks a required key"),
)
LOCAL_ERRORS: Final = (
    boto.ConnectTimeoutError,
    boto.EndpointConnectionError,
    boto.NoCredentialsError,
    boto.ReadTimeoutError,
)
"""Errors of the AWS library that hold no word from outside but the endpoint of the configuration."""
_CODE: Final = re.compile(r"[A-Za-z][\w.]{0,63}", re.ASCII)
_IS_MADE: Final = re.compile(r'(?:[A-Za-z][\w.]{0,63}: )?"[^"]*"[^"]*', re.ASCII)


def answered(code: str, text: str) -> str:
    """Return the cause of an error answer: AWS's code, and its message as a quote."""
    if not _CODE.fullmatch(code) or _hides_a_secret(code, " ".join(text[:LONGEST_QUOTE].split())):
        return quoted(f"{code}: {text}" if text else code, LONGEST_QUOTE)
    return f"{code}: {quoted(text, LONGEST_QUOTE)}" if text else code


def _hides_a_secret(code: str, text: str) -> bool:
    """Whether a code is a secret, or the label of one that the text begins with."""
    return scrub(f"{code}: {text}") != f"{code}: {scrub(text)}"


def raised(error: Exception, name: str = "") -> str:
    """Return the cause of an exception of the AWS library; `name` is that of its class where the text needs it.

    What a program of the user printed is not shown: it may be anything, keys included.
    """
    if isinstance(error, boto.CredentialRetrievalError) and error.kwargs.get("provider") == "custom-process":
        printed = str(error.kwargs.get("error_msg"))
        return next((words for start, words in PROCESS_ANSWERS if start.match(printed)), PROCESS_FAILED)
    said = message_of(error)
    words = foreign(said, LONGEST_QUOTE) if isinstance(error, LOCAL_ERRORS) else quoted(said, LONGEST_QUOTE)
    return f"{name}: {words}" if name else words


def said(error: BaseException, cause: str) -> str:
    """Return the words in which settings are looked for; what a source printed of its own is none of them."""
    return cause if isinstance(error, boto.CredentialRetrievalError) else f"{type(error).__name__}: {error}"


def one_line(cause: str) -> str:
    """Return a cause in one line, bounded and harmless; one that is made of a code and a quote is that already."""
    return cut(cause, LONGEST_CAUSE) if _IS_MADE.fullmatch(cause) else foreign(cause, LONGEST_CAUSE)
