"""What all regions of an instance share in a run."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from optimizationjob.aws.aws_session import AwsSession
from optimizationjob.aws.calls import Caller
from optimizationjob.clock import Clock
from optimizationjob.config.job_selection import JobSelection
from optimizationjob.config.settings import Settings
from optimizationjob.run.record_pace import RecordPace
from optimizationjob.state.persistent_cache import MemoryStore


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """What all regions of an instance share."""

    settings: Settings
    session: AwsSession
    caller: Caller
    clock: Clock
    store: MemoryStore
    selection: JobSelection
    submits_records: bool
    """Whether resource records are wanted, and the Agent takes them."""
    pace: RecordPace

    def next_record(self) -> bool:
        """Return whether another resource record may be submitted now."""
        return self.pace.take(self.clock.monotonic())

    @property
    def credentials_id(self) -> str:
        """A hash that tells the configured credentials from others and reveals nothing of them."""
        settings = self.settings
        configured = (settings.aws_access_key_id, settings.profile_name, settings.assume_role)
        return hashlib.sha256(repr(configured).encode()).hexdigest()[:12]
