"""Where AWS accepts the credentials. A region that alone does not know them is not enabled for the account."""

from __future__ import annotations

from optimizationjob.aws.error_kinds import NOT_ENABLED_HINT
from optimizationjob.aws.errors import AwsError, CredentialsError, RegionNotEnabled, UnknownKey


class AcceptedRegions:
    """The regions in which SageMaker or STS accepted one set of credentials, in this run and earlier in the process.

    Threads only add to the sets of a run, and these are read after the last of its calls.
    """

    def __init__(self) -> None:
        self._earlier: frozenset[str] = frozenset()
        self._accepted: set[str] = set()
        self._unknown: set[str] = set()
        """Regions of this run where AWS does not know the credentials."""
        self._is_refused = False
        """Whether this run was refused for a reason that holds in every region, such as expired credentials."""

    def start_run(self) -> None:
        """Start a run with the same credentials."""
        kept = frozenset() if self._is_refused else self._earlier - self._unknown
        self._earlier = kept | self._accepted
        self._accepted, self._unknown, self._is_refused = set(), set(), False

    def note_answer(self, region: str) -> None:
        """Note that AWS accepted the credentials in a region."""
        self._accepted.add(region)

    def note_refusal(self, region: str, error: CredentialsError) -> None:
        """Note that AWS refused the credentials in a region."""
        if isinstance(error, UnknownKey):
            self._unknown.add(region)
        else:
            self._is_refused = True

    @property
    def are_refused(self) -> bool:
        """Whether the credentials themselves are refused, as far as this run can say."""
        return (self._is_refused or bool(self._unknown)) and not self._elsewhere

    @property
    def is_undecided(self) -> bool:
        """Whether this run has not shown if the credentials are bad, or its regions are not enabled."""
        return bool(self._unknown) and not self._accepted and not self._is_refused

    def judged(self, error: AwsError | None) -> AwsError | None:
        """Return the error of a list: that of a region that is not enabled where other regions know the credentials."""
        if not isinstance(error, UnknownKey) or error.region in self._accepted or not self._elsewhere:
            return error
        refusal = error.cause.removesuffix(NOT_ENABLED_HINT)
        cause = (
            f"the region is not enabled for this account: AWS accepts the credentials in {min(self._elsewhere)}, "
            f"and answers here {refusal}"
        )
        return RegionNotEnabled(cause, operation=error.operation, region=error.region)

    @property
    def _elsewhere(self) -> frozenset[str]:
        """The regions that speak for the credentials. What was earlier counts until this run shows otherwise."""
        if self._accepted or self._is_refused:
            return frozenset(self._accepted)
        return self._earlier - self._unknown
