"""Requests under way: each in a thread of its own, which can be given up, with the connection that it uses.

The AWS library bounds the time between two bytes of a response. It bounds neither the time of a whole response, nor
that of looking up a host's name, nor that of trying all its addresses one after the other.
"""

from __future__ import annotations

import socket
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from typing import Final, Generic, Protocol, TypeVar

SECONDS_BETWEEN_LOOKS: Final = 0.2
T = TypeVar("T")
_of_thread: Final = threading.local()
"""`flight`: the flight that the current thread makes."""


class CutOff(Exception):
    """The time of a request was over, or the run was cancelled; its connection is closed."""


class Connection(Protocol):
    """What a flight has to know of a connection."""

    sock: socket.socket | None
    close: Callable[[], None]


class Flight(Generic[T]):
    """A call in a thread of its own."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._is_cut = False
        self._result: T | None = None
        self._failure: BaseException | None = None
        self._released = threading.Event()
        """Set at the end of the thread, or when the flight is cut."""
        self._thread = threading.Thread(target=self._fly, name="optimizationjob-request", daemon=True)
        self._thread.start()

    def has_ended(self, seconds: float) -> bool:
        """Return whether its thread ends within so many seconds."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def result(self, seconds: float | None) -> T:
        """Wait for the result; without one in time, cut the flight.

        Raises:
            CutOff: there is none.
            BaseException: the call failed with this.
        """
        if not self._released.wait(seconds) or self._is_cut:
            self.cut()
            raise CutOff
        if self._failure is not None:
            raise self._failure
        return self._result  # type: ignore[return-value]  # the thread has ended without a failure

    def cut(self) -> None:
        """Close the connection, so that the thread soon ends, and release who waits."""
        with self._lock:
            self._is_cut = True
            if self._connection is not None:
                _shut_down(self._connection)
        self._released.set()

    def hold(self, connection: Connection) -> None:
        """Note the connection that the thread uses from now on.

        Raises:
            CutOff: the flight was cut before.
        """
        with self._lock:
            self._connection = connection
            if self._is_cut:
                _shut_down(connection)
                raise CutOff

    def _fly(self) -> None:
        _of_thread.flight = self
        try:
            self._result = self._make()
        except BaseException as error:  # noqa: BLE001 - raised again where the result is wanted
            self._failure = error
            _let_go(error)
        with self._lock:
            if self._is_cut and self._connection is not None:
                # What was cut may look like the end of a response, after which the connection would be used again.
                self._connection.close()
            self._connection = None
        self._released.set()


class InFlight:
    """The flights of one instance; safe to use from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._flights: set[Flight[object]] = set()
        self._late: dict[str, Flight[object]] = {}
        self._is_cut = False

    def make(self, call: Callable[[], T], *, seconds: float | None, place: str) -> T:
        """Make a call and return its result.

        Args:
            call: makes it.
            seconds: how long it may take.
            place: where it goes to; calls to one place are made one after the other.

        Raises:
            CutOff: it took longer, or all were cut.
            BaseException: the call failed with this.
        """
        flight: Flight[T] = Flight(call)
        with self._lock:
            self._flights.add(flight)  # type: ignore[arg-type]  # what a flight returns does not matter here
            is_cut = self._is_cut
        try:
            if is_cut:
                flight.cut()
            return flight.result(seconds)
        except CutOff:
            with self._lock:
                self._late[place] = flight  # type: ignore[assignment]  # as above
            raise
        finally:
            with self._lock:
                self._flights.discard(flight)

    def is_late(self, place: str, *, seconds: float = 0.0) -> bool:
        """Return whether the thread of an earlier call to a place, which was cut, has not ended yet.

        Args:
            place: the place.
            seconds: how long to wait for its end.
        """
        with self._lock:
            late = self._late.get(place)
        if late is None:
            return False
        until = time.monotonic() + seconds
        while not late.has_ended(min(SECONDS_BETWEEN_LOOKS, max(0.0, until - time.monotonic()))):
            if self._is_cut or time.monotonic() >= until:
                return True
        with self._lock:
            self._late.pop(place, None)
        return False

    def cut(self) -> None:
        """Cut all flights, for good."""
        with self._lock:
            self._is_cut = True
            flights = list(self._flights)
        for flight in flights:
            flight.cut()


def hold(connection: Connection) -> None:
    """Note that the current thread uses a connection; without a flight, nothing happens.

    Raises:
        CutOff: the flight of the thread was cut.
    """
    flight: Flight[object] | None = getattr(_of_thread, "flight", None)
    if flight is not None:
        flight.hold(connection)


def _let_go(error: BaseException | None) -> None:
    """Drop what the functions held that failed: a response with its open socket, or megabytes of a body."""
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__cause__ or error.__context__


def _shut_down(connection: Connection) -> None:
    """End what is sent and received: a thread that waits for it wakes up. Closing alone would not wake it."""
    # TLS within the TLS of a proxy is no socket, but has one.
    sock = getattr(connection.sock, "socket", connection.sock)
    if isinstance(sock, socket.socket):
        with suppress(OSError):
            # Not the method of TLS sockets, which another thread may be using.
            socket.socket.shutdown(sock, socket.SHUT_RDWR)
