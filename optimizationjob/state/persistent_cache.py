"""Saves region memories in the Agent's persistent cache: two slots per account and region, written in turn.

The Agent empties a file before it writes a cached value and reports no error, so a full disk or a crash can leave an
empty or half a file. Each slot has a sequence number and a checksum; the newest slot that is whole counts. What was
written is read back: a slot that was not kept is written again, and the other one stays as it is.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final, Protocol

from optimizationjob.jobs.safe_logs import logger_of
from optimizationjob.state.region_memory import RegionMemory
from optimizationjob.state.saved_state import UnreadableMemory, from_json, to_json

SLOTS: Final = ("a", "b")

logger = logger_of(__name__)


class Cache(Protocol):
    """Text that survives a restart, by key: the Agent's persistent cache."""

    def read(self, key: str) -> str:
        """Return the value of a key, or an empty string."""
        ...

    def write(self, key: str, value: str) -> None:
        """Set the value of a key; an empty one deletes it."""
        ...


class DictCache(dict[str, str]):
    """A cache for the life of the process, where there is no Agent."""

    def read(self, key: str) -> str:
        """Return the value of a key, or an empty string."""
        return self.get(key, "")

    def write(self, key: str, value: str) -> None:
        """Set the value of a key."""
        self[key] = value


class StateNotKept(Exception):
    """The Agent's persistent cache did not keep what was written."""


class MemoryStore:
    """Loads and saves region memories."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._written: dict[str, tuple[int, str]] = {}
        self._saved: dict[str, RegionMemory] = {}

    def load(self, account_id: str, region: str) -> RegionMemory | None:
        """Return the saved memory, or None if there is none that is whole.

        A slot that cannot be read is logged and copied to a key that ends in `_corrupt`.
        """
        prefix = f"{account_id}_{region}"
        found: list[tuple[int, str, RegionMemory]] = []
        for slot in SLOTS:
            text = self._try_to_read(f"{prefix}_{slot}")
            if not text:
                continue
            try:
                found.append(_opened(text))
            except UnreadableMemory as error:
                logger.warning(
                    "Cannot read the saved state of %s/%s (slot %s): %s. It is kept as %s_corrupt.",
                    *(account_id, region, slot, error, prefix),
                )
                self._try_to_write(f"{prefix}_corrupt", text)
        if not found:
            return None
        sequence, body, memory = max(found, key=lambda row: row[0])
        self._written[prefix] = (sequence, body)
        return memory

    def save(self, account_id: str, region: str, memory: RegionMemory) -> None:
        """Save a memory, unless the same is saved already.

        Raises:
            StateNotKept: the cache does not return what was written to it.
            Exception: the cache cannot be read or written.
        """
        prefix = f"{account_id}_{region}"
        if self._saved.get(prefix) == memory:
            return
        body = json.dumps(to_json(memory), separators=(",", ":"), sort_keys=True)
        sequence, written = self._written.get(prefix) or (self._last_sequence(prefix), "")
        if body != written:
            sequence += 1
            key = f"{prefix}_{SLOTS[sequence % len(SLOTS)]}"
            envelope = {"sequence": sequence, "checksum": _checksum(sequence, body), "memory": body}
            text = json.dumps(envelope)
            self._cache.write(key, text)
            if self._cache.read(key) != text:
                raise StateNotKept(f"{key} was written and does not hold what was written")
            self._written[prefix] = (sequence, body)
        self._saved[prefix] = memory

    def forget(self, account_id: str, region: str) -> None:
        """Delete a saved memory."""
        prefix = f"{account_id}_{region}"
        for slot in SLOTS:
            if self._try_to_read(f"{prefix}_{slot}"):
                self._try_to_write(f"{prefix}_{slot}", "")
        self._written.pop(prefix, None)
        self._saved.pop(prefix, None)

    def _last_sequence(self, prefix: str) -> int:
        """Return the highest sequence number of the slots, also where a start could not read them."""
        sequences = [0]
        for slot in SLOTS:
            with suppress(UnreadableMemory):
                sequences.append(_opened(self._cache.read(f"{prefix}_{slot}"))[0])
        return max(sequences)

    def _try_to_read(self, key: str) -> str:
        try:
            return self._cache.read(key)
        except Exception:
            logger.exception("Cannot read %s from the Agent's run path. Check permissions.", key)
            return ""

    def _try_to_write(self, key: str, text: str) -> None:
        try:
            self._cache.write(key, text)
        except Exception:
            logger.exception("Cannot write %s to the Agent's run path. Check disk space and permissions.", key)


def _opened(text: str) -> tuple[int, str, RegionMemory]:
    try:
        envelope: Any = json.loads(text)
        if not isinstance(envelope, Mapping):
            raise UnreadableMemory("not an envelope")
        sequence, body = int(envelope["sequence"]), str(envelope["memory"])
        if envelope["checksum"] != _checksum(sequence, body):
            raise UnreadableMemory("the checksum does not fit")
        return sequence, body, from_json(json.loads(body))
    except UnreadableMemory:
        raise
    except (KeyError, OverflowError, RecursionError, TypeError, ValueError) as error:
        raise UnreadableMemory(f"{type(error).__name__}") from error


def _checksum(sequence: int, body: str) -> str:
    return hashlib.sha256(f"{sequence}:{body}".encode()).hexdigest()
