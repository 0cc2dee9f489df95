"""Where STS is called: in the first region that answers. STS can be disabled in a region, or refuse keys there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from optimizationjob.aws.calls import Answer
from optimizationjob.aws.errors import AwsError, CredentialsError, Unreachable, Unsupported

# A region of each partition in which STS is always enabled.
HOMES: Final = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
MOST_REGIONS: Final = 3
# What can be so in one region only: keys that are not known there, STS that is disabled, no way to the endpoint.
MAY_WORK_ELSEWHERE: Final = (CredentialsError, Unreachable, Unsupported)


class StsRegions:
    """Remembers for the process in which region STS answered.

    Args:
        regions: the regions of the instance.
        partition: their partition.
    """

    def __init__(self, regions: Sequence[str], partition: str) -> None:
        home = HOMES.get(partition)
        candidates = dict.fromkeys((regions[0], *([home] if home else []), *regions[1:]))
        self._candidates = list(candidates)[:MOST_REGIONS]

    @property
    def candidates(self) -> tuple[str, ...]:
        """The regions in the order in which they are tried."""
        return tuple(self._candidates)

    def ask(self, ask: Callable[[str], Answer]) -> Answer:
        """Return the response of a call to STS in the first region where it works.

        Raises:
            AwsError: it works nowhere; the error of the first region.
        """
        failure: AwsError | None = None
        for region in self.candidates:
            try:
                answer = ask(region)
            except MAY_WORK_ELSEWHERE as error:
                failure = failure or error
            else:
                self._candidates.remove(region)
                self._candidates.insert(0, region)
                return answer
        if failure is None:
            raise ValueError("no region to call STS in")
        raise failure
