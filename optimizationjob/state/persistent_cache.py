"""Where memories are kept: two slots per account and region, written in turn.

The Agent writes a cached value in place, so a crash inside a write can leave half a file. Each slot
carries a sequence number and a checksum: the newest slot that is whole is what is remembered.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from typing import Any, Final, Protocol

from optimizationjob.state.region_memory import RegionMemory, UnreadableMemory, from_json, to_json

SLOTS: Final = ("a", "b")

logger = logging.getLogger(__name__)


class Cache(Protocol):
    """A place for text that survives a restart: the Agent's persistent cache."""

    def read(self, key: str) -> str:
        """Return what was written under the key, or an empty string."""
        ...

    def write(self, key: str, value: str) -> None:
        """Keep a value; an empty one forgets."""
        ...


class DictCache(dict[str, str]):
    """A cache that lasts no longer than the process, for where there is no Agent."""

    def read(self, key: str) -> str:
        """Return what was written under the key, or an empty string."""
        return self.get(key, "")

    def write(self, key: str, value: str) -> None:
        """Keep a value."""
        self[key] = value


class MemoryStore:
    """Loads and saves memories in a cache."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._written: dict[str, tuple[int, str]] = {}
        self._saved: dict[str, RegionMemory] = {}

    def load(self, account_id: str, region: str) -> RegionMemory | None:
        """Return what is remembered, or None where nothing is, or nothing that is whole.

        What cannot be read is logged and put aside under a key that ends in `_corrupt`.
        """
        place = f"{account_id}_{region}"
        found: list[tuple[int, str, RegionMemory]] = []
        for slot in SLOTS:
            text = self._cache.read(f"{place}_{slot}")
            if not text:
                continue
            try:
                found.append(_opened(text))
            except UnreadableMemory as error:
                logger.warning(
                    "What was remembered of %s in %s (slot %s) cannot be read: %s. It is put aside as %s_corrupt.",
                    *(account_id, region, slot, error, place),
                )
                self._try_to_write(f"{place}_corrupt", text)
        if not found:
            return None
        sequence, body, memory = max(found, key=lambda row: row[0])
        self._written[place] = (sequence, body)
        return memory

    def save(self, account_id: str, region: str, memory: RegionMemory) -> None:
        """Keep a memory, unless the same is kept already."""
        place = f"{account_id}_{region}"
        if self._saved.get(place) == memory:
            return
        body = json.dumps(to_json(memory), separators=(",", ":"), sort_keys=True)
        sequence, written = self._written.get(place, (0, ""))
        if body == written:
            self._saved[place] = memory
            return
        sequence += 1
        envelope = {"sequence": sequence, "checksum": _checksum(sequence, body), "memory": body}
        self._cache.write(f"{place}_{SLOTS[sequence % len(SLOTS)]}", json.dumps(envelope))
        self._written[place] = (sequence, body)
        self._saved[place] = memory

    def forget(self, account_id: str, region: str) -> None:
        """Drop what is remembered."""
        place = f"{account_id}_{region}"
        for slot in SLOTS:
            if self._cache.read(f"{place}_{slot}"):
                self._try_to_write(f"{place}_{slot}", "")
        self._written.pop(place, None)
        self._saved.pop(place, None)

    def _try_to_write(self, key: str, text: str) -> None:
        """Write what a run can do without."""
        try:
            self._cache.write(key, text)
        except Exception:
            logger.exception("%s cannot be written to the Agent's run path. Check its space and its rights.", key)


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
