"""What one run of the check submitted to the Agent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import chain

from optimizationjob.telemetry.signals import Event, Sample, ServiceCheck


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Everything that was submitted, in order."""

    samples: tuple[Sample, ...] = ()
    events: tuple[Event, ...] = ()
    healths: tuple[ServiceCheck, ...] = ()
    records: tuple[str, ...] = ()
    """The keys of the resource records."""
    fields: tuple[Mapping[str, object], ...] = ()
    """The fields of these records, in the same order."""
    issues: tuple[Mapping[str, object], ...] = ()
    """The issues reported to the Agent."""
    warnings: tuple[str, ...] = ()
    """Warnings for the Agent's status page, and log lines at WARNING or above."""
    error: str = ""
    """Why the run failed; empty if it succeeded."""
    is_misconfigured: bool = False
    """Whether the configuration was rejected before any call to AWS."""

    @classmethod
    def joined(cls, deliveries: Iterable[Delivery]) -> Delivery:
        """Merge several runs."""
        parts = tuple(deliveries)
        return cls(
            samples=tuple(chain.from_iterable(part.samples for part in parts)),
            events=tuple(chain.from_iterable(part.events for part in parts)),
            healths=tuple(chain.from_iterable(part.healths for part in parts)),
            records=tuple(chain.from_iterable(part.records for part in parts)),
            fields=tuple(chain.from_iterable(part.fields for part in parts)),
            issues=tuple(chain.from_iterable(part.issues for part in parts)),
            warnings=tuple(chain.from_iterable(part.warnings for part in parts)),
            error="; ".join(part.error for part in parts if part.error),
            is_misconfigured=any(part.is_misconfigured for part in parts),
        )


def tag_of(tags: Iterable[str], key: str) -> str:
    """Return the value of the first tag with the key, or an empty string."""
    start = f"{key}:"
    return next((tag.removeprefix(start) for tag in tags if tag.startswith(start)), "")
