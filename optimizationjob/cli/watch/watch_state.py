"""The user's filters, sort order and selection, and how keys change them. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

from optimizationjob.cli.demo.demo_screen_data import STATUS_NAMES
from optimizationjob.cli.watch import watch_key_codes as key
from optimizationjob.cli.watch.watched_job import WatchedJob
from optimizationjob.config.name_expressions import SlowExpression, compiled, found
from optimizationjob.jobs.job import JobKey

Order = Literal["limit", "age", "name"]
Pane = Literal["", "detail", "help"]
Statuses = tuple[str, ...]

ORDERS: Final[tuple[Order, ...]] = ("limit", "age", "name")
ALL: Final[Statuses] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchState:
    """The user's selections."""

    choices: tuple[Statuses, ...] = (ALL, *((name,) for name in STATUS_NAMES))
    """The status filters that a key cycles through; an empty one matches all."""
    statuses: Statuses = ALL
    name: str = ""
    """The regular expression that filters by name."""
    typed: str | None = None
    """The name filter being typed; None if none is."""
    order: Order = "limit"
    is_paused: bool = False
    pane: Pane = ""
    listed: tuple[JobKey, ...] = ()
    """The jobs in display order."""
    selected: JobKey | None = None
    """The selected job; None for the first."""
    page: int = 10
    """The number of lines of a page."""
    scroll: int = 0
    """The number of detail lines scrolled off the top."""
    longest_scroll: int = 0
    is_over: bool = False

    @property
    def sought(self) -> str:
        """The current name filter."""
        return self.name if self.typed is None else self.typed

    @property
    def index(self) -> int:
        """The index of the selection; 0 if the list is empty."""
        return self.listed.index(self.selected) if self.selected in self.listed else 0

    @property
    def current(self) -> JobKey | None:
        """The job that is selected."""
        return self.listed[self.index] if self.listed else None


def initial_state(statuses: Iterable[str], name: str) -> WatchState:
    """Return the initial state; several requested statuses become an additional choice."""
    wanted = tuple(dict.fromkeys(statuses))
    state = WatchState(statuses=wanted, name=name)
    return state if wanted in state.choices else replace(state, choices=(wanted, *state.choices))


def press(state: WatchState, pressed: str) -> WatchState:
    """Return the state after a key."""
    if state.typed is not None:
        return _typing(state, state.typed, pressed)
    if state.pane == "detail" and pressed in (key.PAGE_UP, key.PAGE_DOWN):
        by = state.page if pressed == key.PAGE_DOWN else -state.page
        return replace(state, scroll=max(0, min(state.scroll + by, state.longest_scroll)))
    act = ACTIONS.get(pressed)
    return act(state) if act else state


def settle(state: WatchState, shown: Iterable[WatchedJob], *, page: int) -> WatchState:
    """Return the state for the jobs that are shown now.

    The selection follows its job; if the job is no longer shown, it keeps its position.
    """
    listed = tuple(dict.fromkeys(job.key for job in shown))
    selected = state.selected
    if selected is not None and selected not in listed:
        selected = listed[min(state.index, len(listed) - 1)] if listed else None
        gone = replace(state, pane="" if state.pane == "detail" else state.pane, scroll=0)
        return replace(gone, listed=listed, selected=selected, page=max(1, page))
    return replace(state, listed=listed, page=max(1, page))


def bounded(state: WatchState, lines: int, room: int) -> WatchState:
    """Return the state with the scroll position limited to a detail of this length."""
    longest = max(0, lines - max(1, room))
    return replace(state, longest_scroll=longest, scroll=min(state.scroll, longest))


def rows(jobs: Iterable[WatchedJob], state: WatchState) -> tuple[WatchedJob, ...]:
    """Return the jobs to show: active ones in the selected order, then ended ones, newest first."""
    fits = _name_filter(state.sought)
    taken = [job for job in jobs if (not state.statuses or job.status in state.statuses) and fits(job.name)]
    active = sorted((job for job in taken if not job.is_over), key=_BY[state.order])
    ended = sorted((job for job in taken if job.is_over), key=lambda job: job.job.settled_at, reverse=True)
    return (*active, *ended)


def _name_filter(sought: str) -> Callable[[str], object]:
    try:
        expression = compiled(sought, re.IGNORECASE)
    except (re.error, OverflowError, RecursionError, SlowExpression):
        # An incomplete, invalid or slow expression is matched as plain text.
        return lambda name: sought.lower() in name.lower()
    return lambda name: found(expression, name)


_BY: Final[Mapping[Order, Callable[[WatchedJob], tuple[float, str]]]] = {
    "limit": lambda job: (-job.percent, job.name),
    "age": lambda job: (-job.age, job.name),
    "name": lambda job: (0.0, job.name),
}


def _typing(state: WatchState, typed: str, pressed: str) -> WatchState:
    if pressed == key.ENTER:
        return replace(state, name=typed, typed=None)
    if pressed == key.ESCAPE:
        return replace(state, typed=None)
    if pressed == key.BACKSPACE:
        return replace(state, typed=typed[:-1])
    if pressed == key.CLEAR:
        return replace(state, typed="")
    return replace(state, typed=typed + pressed) if len(pressed) == 1 else state


def _moved(state: WatchState, to: int) -> WatchState:
    if not state.listed:
        return state
    index = max(0, min(to, len(state.listed) - 1))
    # At the top, keep the position rather than the job, unless its detail is open.
    is_kept = index == 0 and state.pane != "detail"
    return replace(state, selected=None if is_kept else state.listed[index], scroll=0)


def _entered(state: WatchState) -> WatchState:
    if state.pane:
        return replace(state, pane="", scroll=0)
    return replace(state, pane="detail", selected=state.current, scroll=0) if state.listed else state


def _next_status(state: WatchState) -> WatchState:
    at = state.choices.index(state.statuses)
    return replace(state, statuses=state.choices[(at + 1) % len(state.choices)])


def _next_order(state: WatchState) -> WatchState:
    return replace(state, order=ORDERS[(ORDERS.index(state.order) + 1) % len(ORDERS)])


ACTIONS: Final[Mapping[str, Callable[[WatchState], WatchState]]] = {
    key.UP: lambda state: _moved(state, state.index - 1),
    "k": lambda state: _moved(state, state.index - 1),
    key.DOWN: lambda state: _moved(state, state.index + 1),
    "j": lambda state: _moved(state, state.index + 1),
    key.PAGE_UP: lambda state: _moved(state, state.index - state.page),
    key.PAGE_DOWN: lambda state: _moved(state, state.index + state.page),
    key.HOME: lambda state: _moved(state, 0),
    key.END: lambda state: _moved(state, len(state.listed) - 1),
    key.ENTER: _entered,
    key.ESCAPE: lambda state: replace(state, pane="", scroll=0),
    "s": _next_status,
    "o": _next_order,
    "/": lambda state: replace(state, typed="", pane=""),
    "p": lambda state: replace(state, is_paused=not state.is_paused),
    "?": lambda state: replace(state, pane="" if state.pane == "help" else "help"),
    "q": lambda state: replace(state, is_over=True),
}
