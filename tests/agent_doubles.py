"""Habits of the real Agent that the stubs of datadog-checks-base do not have.

Each double names the file of the Agent's source (github.com/DataDog/datadog-agent) that it plays. Where something goes
wrong in the Agent, nothing is raised unless the Agent raises it.
"""

from __future__ import annotations

import logging
import re

from datadog_checks.base.stubs import aggregator as stub
from datadog_checks.base.stubs import datadog_agent as agent_stub


class RunPath:
    """The persistent cache: it empties a file before it writes, and ignores what goes wrong.

    Source: pkg/persistentcache/persistentcache.go (names of files, `os.WriteFile`) and
    pkg/collector/python/datadog_agent.go (`WritePersistentCache` drops the error, `ReadPersistentCache` logs it and
    returns None).

    Attributes:
        files: what is on the disk, by folder and name.
        room: how many characters of a value fit on the disk; None for all.
        is_readable: whether the Agent's user may read the files.
        written: the key of each write.
    """

    def __init__(self, monkeypatch):
        self.files = {}
        self.room = None
        self.is_readable = True
        self.written = []
        monkeypatch.setattr(agent_stub, "write_persistent_cache", self.write)
        monkeypatch.setattr(agent_stub, "read_persistent_cache", self.read)

    def write(self, key, value):
        self.written.append(key)
        self.files[_file_of(key)] = value if self.room is None else value[: self.room]

    def read(self, key):
        return self.files.get(_file_of(key), "") if self.is_readable else None

    def slots(self):
        """What is remembered, by the letter of the slot; of one region."""
        return {name[-1]: text for name, text in self.files.items() if text and name[-2:] in ("_a", "_b")}


def _file_of(key):
    """The part before the first colon is a folder; other characters than these are left out."""
    return "/".join(re.sub("[^a-zA-Z0-9_-]", "", part) for part in key.split(":", 1))


class RecordForwarder:
    """The forwarder of resource records: one request each, and a queue that drops what does not fit.

    Source: comp/forwarder/eventplatform/eventplatformimpl/epforwarder.go (`SendEventPlatformEvent`; the input channel
    holds 100) and pkg/aggregator/aggregator.go, which logs the first drop of the process and tells the check nothing.

    Args:
        monkeypatch: puts it in place of the stub.
        clock: says how much time has passed.
        requests_a_second: how fast Datadog's intake answers.

    Attributes:
        dropped: how many records did not fit.
    """

    CAPACITY = 100

    def __init__(self, monkeypatch, clock, requests_a_second=5.0):
        self._clock = clock
        self._rate = requests_a_second
        self._waiting = 0.0
        self._at = clock.monotonic()
        self._take = stub.submit_event_platform_event
        self.dropped = 0
        monkeypatch.setattr(stub, "submit_event_platform_event", self.submit)

    def submit(self, check, check_id, raw_event, event_type):
        now = self._clock.monotonic()
        self._waiting = max(0.0, self._waiting - (now - self._at) * self._rate)
        self._at = now
        if self._waiting + 1 > self.CAPACITY:
            self.dropped += 1
            return
        self._waiting += 1
        self._take(check, check_id, raw_event, event_type)


class CStrings(logging.Handler):
    """The way of text through the Agent's C code.

    A NUL or a lone surrogate in a metric's name, a service check's message, a key or value of the cache or a log line
    raises; a tag or a text of an event is cut at a NUL, and dropped with a surrogate.

    Source: rtloader/common/builtins/aggregator.c and datadog_agent.c (`s` of `PyArg_ParseTuple`) and
    rtloader/common/stringutils.c (`as_string`).

    Attributes:
        refused: what raised.
        spoiled: what was cut or dropped.
    """

    def __init__(self, monkeypatch):
        super().__init__(logging.DEBUG)
        self.refused, self.spoiled = [], []
        self._metric, self._health, self._event = stub.submit_metric, stub.submit_service_check, stub.submit_event
        self._write = agent_stub.write_persistent_cache
        monkeypatch.setattr(stub, "submit_metric", self.submit_metric)
        monkeypatch.setattr(stub, "submit_service_check", self.submit_service_check)
        monkeypatch.setattr(stub, "submit_event", self.submit_event)
        monkeypatch.setattr(agent_stub, "write_persistent_cache", self.write_persistent_cache)
        root = logging.getLogger()
        monkeypatch.setattr(root, "handlers", [*root.handlers, self])

    def submit_metric(self, check, check_id, kind, name, value, tags, hostname, flush_first_value):
        self._argument(check_id, name, hostname)
        self._metric(check, check_id, kind, name, value, self._strings(tags), hostname, flush_first_value)

    def submit_service_check(self, check, check_id, name, status, tags, hostname, message):
        self._argument(check_id, name, hostname, message)
        self._health(check, check_id, name, status, self._strings(tags), hostname, message)

    def submit_event(self, check, check_id, event):
        self._argument(check_id)
        texts = {key: text for key, value in event.items() if isinstance(value, str) for text in self._strings([value])}
        others = {key: value for key, value in event.items() if not isinstance(value, str)}
        self._event(check, check_id, {**texts, **others, "tags": self._strings(event["tags"])})

    def write_persistent_cache(self, key, value):
        self._argument(key, value)
        self._write(key, value)

    def emit(self, record):
        """Take a log line as the Agent's log does; there, an exception ends it."""
        self._argument(self.format(record))

    def _argument(self, *texts):
        for text in texts:
            if text is not None and "\0" in text:
                self.refused.append(text)
                raise ValueError("embedded null character")
            try:
                (text or "").encode()
            except UnicodeEncodeError:
                self.refused.append(text)
                raise

    def _strings(self, texts):
        taken = []
        for text in texts:
            encoded = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace") if text else ""
            whole, nul, _ = text.partition("\0")
            if nul or encoded != text:
                self.spoiled.append(text)
            if encoded == text:
                taken.append(whole)
        return taken
