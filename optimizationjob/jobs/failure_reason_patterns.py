"""The categories of failures, and the words in AWS's reasons by which they are recognized.

AWS does not publish what it writes into FailureReason, so the table has the words of SageMaker's sibling jobs, of S3,
ECR, KMS and IAM, and of the tools inside the containers.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final


class FailureCategory(StrEnum):
    """Why a job ended; the value is the tag's value."""

    #: No machine to be had, or the account's quota is used up.
    CAPACITY = "capacity"
    #: IAM, a bucket policy, a KMS key or an expired credential refused.
    PERMISSION = "permission"
    #: The model itself is closed: its license was not accepted, or its hub refuses.
    MODEL_ACCESS = "model_access"
    #: Data is not where it should be, or a disk is full.
    STORAGE = "storage"
    #: Memory of the GPU or of the host ran out.
    MEMORY = "memory"
    #: The container image cannot be had or started.
    IMAGE = "image"
    #: What was asked for is invalid or not supported.
    CONFIGURATION = "configuration"
    #: It ran as long as it may.
    RUNTIME_LIMIT = "runtime_limit"
    #: It waited as long as it may.
    PENDING_LIMIT = "pending_limit"
    #: Somebody stopped it.
    STOPPED_BY_REQUEST = "stopped_by_request"
    #: AWS failed.
    INTERNAL = "internal"
    #: Nothing known explains it.
    UNKNOWN = "unknown"
    #: It completed, or has not ended.
    NONE = "none"


@dataclass(frozen=True, slots=True)
class ReasonPattern:
    """One row of the table: words of a reason and what they mean."""

    category: FailureCategory
    words: str

    @property
    def pattern(self) -> re.Pattern[str]:
        """The words, compiled at the first reason and kept: each start of an Agent loads this."""
        return _compiled(self.words)


@cache
def _compiled(words: str) -> re.Pattern[str]:
    return re.compile(words, re.IGNORECASE | re.ASCII)


def _row(category: FailureCategory, *words: str) -> ReasonPattern:
    return ReasonPattern(category, "|".join(words))


_PASSED: Final = r"(?:exceed|reach|pass(?:ed|es)|hit|expired|elapsed|timed?[ -]?out)"
_RUNTIME: Final = r"(?:MaxRuntimeInSeconds|max(?:imum)?[ _]?(?:job )?run[ _]?time|run[ _]?time limit)"
_PENDING: Final = r"(?:Max(?:Pending|Wait)TimeInSeconds|max(?:imum)?[ _]?(?:pending|wait)[ _]?time|pending time limit)"


def _limit(limit: str) -> str:
    """Return the pattern of a limit that was passed, in either order of words.

    The mere name is no sign, and a request refused because its limit exceeds what is allowed was not ended by it.
    """
    return rf"\A(?s:(?!.*Validation).*?)(?:{_PASSED}[^\n]{{0,80}}{limit}|{limit}[^\n]{{0,80}}{_PASSED})"


#: Read from top to bottom, the first match counts: from words with one meaning to words with many.
REASON_PATTERNS: Final[tuple[ReasonPattern, ...]] = (
    _row(FailureCategory.CAPACITY, r"CapacityError\b", r"Insufficient(?:Instance)?Capacity"),
    _row(
        FailureCategory.MODEL_ACCESS,
        r"\bgated\b",
        r"\beula\b",
        r"AcceptEula",
        r"end[ -]user license",
        r"model access",
        r"access to (?:the |this )?model\b(?! (?:artifact|data|file|package|in\b))",
        # Not the images called huggingface-pytorch-...
        r"hugging ?face(?!-)[^\n]{0,200}\b40[13]\b",
        r"\b40[13]\b[^\n]{0,200}hugging ?face(?!-)",
    ),
    _row(FailureCategory.RUNTIME_LIMIT, _limit(_RUNTIME)),
    _row(FailureCategory.PENDING_LIMIT, _limit(_PENDING)),
    # Docker says `access denied` for an image that does not exist.
    _row(
        FailureCategory.IMAGE,
        r"manifest (?:unknown|for [^\n]{1,200} not found)",
        r"pull access denied",
        r"no such image",
    ),
    _row(
        FailureCategory.PERMISSION,
        r"access ?denied",
        r"not authorized",
        r"UnauthorizedOperation",
        r"explicit deny",
        r"permission denied",
        r"\bforbidden\b",
        r"\bdenied by\b",
        r"KMS[^\n]{0,80}\bdenied\b",
        r"(?:could not|cannot|unable to|failed to) assume (?:the )?role",
        r"(?:Expired|Invalid(?:Client)?)Token",
        r"token[^\n]{0,40}\bexpired",
    ),
    _row(
        FailureCategory.MEMORY,
        r"out[ -]?of[ -]?memory",
        r"\bOOM",
        r"MemoryError",
        r"cannot allocate memory",
        r"insufficient memory|bad_alloc",
        r"CUBLAS_STATUS_ALLOC_FAILED",
        # 137 is 128 + SIGKILL, in a container the sign of its memory limit.
        r"exit(?:ed)?(?: with)?(?: status)?(?: code)?[ :=]{1,3}137\b",
    ),
    _row(
        FailureCategory.STORAGE,
        r"NoSuchBucket",
        r"NoSuchKey",
        r"no space left",
        r"disk (?:is )?full",
        r"disk quota exceeded",
        r"insufficient (?:disk|storage)",
        r"bucket[^\n]{0,80}does not exist",
        r"\bS3\b[^\n]{0,120}(?:does not exist|not found|no (?:objects|files))",
        r"\bno (?:S3 )?(?:objects|files)[^\n]{0,40}\bS3\b",
        r"HeadObject[^\n]{0,40}not found",
        r"\(404\)[^\n]{0,60}HeadObject",
    ),
    _row(
        FailureCategory.IMAGE,
        r"CannotPullContainer",
        r"ImagePull",
        r"ImageNotFound",
        r"RepositoryNotFoundException",
        r"(?:pull|download)(?:ing)? (?:the |container |docker |ecr )*image",
        r"image[^\n]{0,200}(?:does not exist|not found|cannot be found)",
        r"\bECR\b[^\n]{0,40}image",
        r"exec format error",
        r"no basic auth credentials",
    ),
    _row(
        FailureCategory.CAPACITY,
        r"insufficient (?:\w+ )?capacity",
        r"(?:no|not enough|lack of|enough)(?: \w+)? capacity",
        r"capacity[^\n]{0,40}(?:unavailable|not available|exhausted)",
        r"ResourceLimitExceeded",
        r"service limit",
        r"quota",
    ),
    _row(
        FailureCategory.STOPPED_BY_REQUEST,
        r"StopOptimizationJob",
        r"(?:stopped|cancel+ed|terminated) by (?:the |a )?(?:user|customer|request|caller)",
        r"user[ -](?:requested|initiated)",
        r"stop request",
    ),
    _row(
        FailureCategory.INTERNAL,
        r"Internal(?:Server|Service)?(?:Error|Failure|Exception)",
        r"internal (?:server |service )?(?:error|failure)",
        r"ServiceUnavailable",
        r"service (?:is )?unavailable",
        r"please (?:re)?try",
    ),
    _row(
        FailureCategory.CONFIGURATION,
        r"unsupported",
        r"not (?:yet )?supported",
        r"does not support",
        r"incompatible",
        r"(?:invalid|unrecognized|unknown|missing) (?:\w+ )?(?:value|option|parameter|argument|config\w*|setting)",
        r"InvalidParameter",
        r"must be (?:one of|set|specified|between|divisible)",
        r"DisabledException",
        r"Validation(?:Exception|Error)|ParamValidation",
        r"\bClientError\b",
    ),
)
