"""Named job lifecycles: successes, every kind of failure, waits, limits, stops and deletions."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from optimizationjob.simulator import failure_reasons
from optimizationjob.simulator.job_life import Plan
from optimizationjob.simulator.job_members import FAKE_TOKEN

if TYPE_CHECKING:
    from collections.abc import Mapping

MINUTE, HOUR = 60.0, 3600.0
QUANTIZATION = ("Quantization",)
EAGLE = ("SpeculativeDecoding",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A named job lifecycle.

    Attributes:
        name: the story's name.
        plan: what happens, in seconds.
        category: the expected failure category; "none" for a job that does not fail.
        techniques: the techniques under the names used by List.
        instance_type: the deployment instance type.
        told: further fields of the job, such as limits or environment.
        weight: relative frequency in a fleet.
    """

    name: str
    plan: Plan
    category: str = "none"
    techniques: tuple[str, ...] = QUANTIZATION
    instance_type: str = "ml.g5.12xlarge"
    told: Mapping[str, Any] = field(default_factory=dict)
    weight: int = 1

    def fields(self) -> dict[str, Any]:
        """Return the story as fields of `add_job`."""
        return {
            "plan": self.plan,
            "techniques": self.techniques,
            "instance_type": self.instance_type,
            **self.told,
        }


def _completes(pending_minutes: float, runtime_minutes: float) -> Plan:
    return Plan(pending_seconds=pending_minutes * MINUTE, runtime_seconds=runtime_minutes * MINUTE)


def _fails(reason: str | None, *, after_minutes: float = 12, pending_minutes: float = 3) -> Plan:
    return Plan(
        pending_seconds=pending_minutes * MINUTE,
        runtime_seconds=after_minutes * MINUTE,
        outcome="FAILED",
        failure_reason=reason,
    )


def _never_starts(reason: str, *, pending_minutes: float = 4) -> Plan:
    return Plan(pending_seconds=pending_minutes * MINUTE, runtime_seconds=None, outcome="FAILED", failure_reason=reason)


def _gated() -> dict[str, Any]:
    return {"environment": {"HUGGING_FACE_HUB_TOKEN": FAKE_TOKEN, "HF_MODEL_ID": "meta-llama/Llama-3.1-70B-Instruct"}}


SUCCESSES = (
    Story(name="quantization", plan=_completes(3, 35), weight=12),
    Story(
        name="compilation",
        plan=_completes(5, 50),
        techniques=("Compilation",),
        instance_type="ml.trn1.32xlarge",
        weight=8,
    ),
    Story(name="sharding", plan=_completes(4, 25), techniques=("Sharding",), instance_type="ml.p4d.24xlarge", weight=6),
    Story(name="eagle", plan=_completes(8, 5 * 60), techniques=EAGLE, instance_type="ml.p5.48xlarge", weight=6),
    Story(
        name="quantization-and-compilation",
        plan=_completes(6, 80),
        techniques=("Quantization", "Compilation"),
        instance_type="ml.inf2.48xlarge",
        told=_gated(),
        weight=4,
    ),
    Story(
        name="quantization-and-sharding",
        plan=_completes(5, 60),
        techniques=("Quantization", "Sharding"),
        instance_type="ml.g6e.48xlarge",
        weight=3,
    ),
    Story(
        name="everything",
        plan=_completes(10, 6 * 60),
        techniques=("Quantization", "Compilation", "Sharding", "SpeculativeDecoding"),
        instance_type="ml.p5.48xlarge",
        told={"fill": "everything"},
        weight=2,
    ),
    Story(name="bare", plan=_completes(3, 30), told={"fill": "bare"}),
    Story(
        name="long-run",
        plan=_completes(20, 30 * 60),
        techniques=EAGLE,
        instance_type="ml.p5en.48xlarge",
        told={"max_runtime": 172_800},
        weight=2,
    ),
    Story(
        name="capacity-wait",
        plan=_completes(100, 45),
        instance_type="ml.p5.48xlarge",
        told={"max_pending": 7_200},
        weight=4,
    ),
    Story(
        name="capacity-wait-without-end",
        plan=Plan(pending_seconds=math.inf),
        instance_type="ml.p6-b200.48xlarge",
    ),
)
FAILURES = (
    Story(
        name="capacity",
        plan=_never_starts(failure_reasons.CAPACITY, pending_minutes=30),
        category="capacity",
        instance_type="ml.p4de.24xlarge",
        weight=3,
    ),
    Story(
        name="access-denied",
        plan=_fails(failure_reasons.ACCESS_DENIED, after_minutes=1),
        category="permission",
        weight=2,
    ),
    Story(name="role-not-assumable", plan=_never_starts(failure_reasons.ASSUME_ROLE), category="permission"),
    Story(name="kms-denied", plan=_fails(failure_reasons.KMS_DENIED, after_minutes=40), category="permission"),
    Story(name="eula", plan=_never_starts(failure_reasons.EULA), category="model_access"),
    Story(
        name="gated-repository", plan=_fails(failure_reasons.GATED), category="model_access", told=_gated(), weight=2
    ),
    Story(name="no-such-bucket", plan=_fails(failure_reasons.NO_BUCKET, after_minutes=1), category="storage"),
    Story(name="no-model-files", plan=_fails(failure_reasons.NO_KEY, after_minutes=1), category="storage"),
    Story(name="disk-full", plan=_fails(failure_reasons.DISK_FULL, after_minutes=28), category="storage"),
    Story(name="cuda-memory", plan=_fails(failure_reasons.CUDA_MEMORY), category="memory", weight=3),
    Story(name="host-memory", plan=_fails(failure_reasons.HOST_MEMORY, after_minutes=22), category="memory"),
    Story(name="image-pull", plan=_never_starts(failure_reasons.IMAGE_PULL), category="image"),
    Story(
        name="bad-tensor-degree",
        plan=_fails(failure_reasons.BAD_DEGREE, after_minutes=2),
        category="configuration",
        techniques=("Compilation",),
        instance_type="ml.trn1n.32xlarge",
    ),
    Story(
        name="bad-architecture",
        plan=_fails(failure_reasons.BAD_ARCHITECTURE, after_minutes=2),
        category="configuration",
    ),
    Story(
        name="internal",
        plan=_fails(failure_reasons.INTERNAL, after_minutes=17),
        category="internal",
        techniques=("Sharding",),
        instance_type="ml.p5e.48xlarge",
    ),
    Story(name="untold", plan=_fails(failure_reasons.UNTOLD), category="unknown"),
    Story(name="without-reason", plan=_fails(None), category="unknown"),
    Story(name="markup-in-reason", plan=_fails(failure_reasons.MARKED_UP), category="unknown", techniques=EAGLE),
)
ENDINGS = (
    Story(name="runtime-limit", plan=_completes(4, 180), category="runtime_limit", told={"max_runtime": 3_600}),
    Story(
        name="runtime-limit-in-words",
        plan=_fails(failure_reasons.RUNTIME_LIMIT, after_minutes=60),
        category="runtime_limit",
        told={"max_runtime": 3_600},
    ),
    Story(
        name="pending-limit",
        plan=_completes(240, 45),
        category="pending_limit",
        instance_type="ml.p5.48xlarge",
        told={"max_pending": 3_600},
        weight=2,
    ),
    Story(
        name="wait-limit",
        plan=_completes(30, 180),
        category="runtime_limit",
        told={"max_runtime": 7_200, "max_wait": 7_200},
    ),
    Story(
        name="stopped-running",
        plan=Plan(pending_seconds=120, runtime_seconds=2 * HOUR, stopped_after=35 * MINUTE),
        category="stopped_by_request",
        weight=2,
    ),
    Story(
        name="stopped-pending",
        plan=Plan(pending_seconds=2 * HOUR, stopped_after=20 * MINUTE),
        category="stopped_by_request",
    ),
    Story(
        name="stuck-stopping",
        plan=Plan(runtime_seconds=2 * HOUR, stopped_after=15 * MINUTE, stopping_seconds=4 * HOUR),
        category="stopped_by_request",
    ),
    Story(name="deleted-running", plan=Plan(runtime_seconds=2 * HOUR, deleted_after=25 * MINUTE)),
    Story(name="deleted-ended", plan=Plan(runtime_seconds=30 * MINUTE, deleted_after=3 * HOUR)),
)
STORIES: Mapping[str, Story] = MappingProxyType({story.name: story for story in (*SUCCESSES, *FAILURES, *ENDINGS)})
"""All stories by name."""
