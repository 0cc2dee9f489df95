"""The keys of the screen, and where its parts are."""

from __future__ import annotations

from typing import Final, Protocol

from rich.console import RenderableType
from textual.binding import Binding, BindingType

KEYS: Final[list[BindingType]] = [
    # With priority, so that keys that follow quickly are part of the filter.
    Binding("slash", "filter", "Filter", key_display="/", priority=True),
    Binding("s", "status", "Status"),
    Binding("o", "order", "Order"),
    Binding("i", "reverse", "Reverse", show=False),
    Binding("c", "copy", "Copy", tooltip="Copy the ARN"),
    Binding("r", "poll", "Refresh"),
    Binding("p", "pause", "Pause"),
    Binding("question_mark", "help", "Help", key_display="?"),
    Binding("q,ctrl+c", "quit", "Quit", key_display="q"),
    Binding("ctrl+c", "quit", "Quit", show=False, priority=True),
    Binding("ctrl+z", "suspend_process", "Suspend", show=False),
    Binding("escape", "back", "Back", show=False, priority=True),
]

CSS: Final = """
#head { height: auto; max-height: 3; text-wrap: nowrap; text-overflow: ellipsis; }
#troubles { height: auto; max-height: 4; display: none; }
#filter { border: none; height: 1; padding: 0; display: none; }
#body { layout: vertical; height: 1fr; }
.pane { border-top: solid $panel-lighten-2; height: 1fr; scrollbar-size-vertical: 1; }
#detail { display: none; }
#troubles.-shown, .-detail #detail { display: block; }
.-detail #sent { display: none; }
.-short .-detail JobList { max-height: 3; }
.-narrow #sent { max-height: 11; }
.-wide #body { layout: horizontal; }
.-wide .pane { border-top: none; border-left: solid $panel-lighten-2; width: 64; padding: 0 0 0 1; }
.-short #head { max-height: 1; }
.-short .pane { border-top: none; }
.-short #sent { display: none; }
"""
"""The detail, and in a demo what was sent, are below the list, or next to it on a wide screen."""


class SentPane(Protocol):
    """What a demo shows besides the jobs."""

    @property
    def title(self) -> str:
        """The name of the program and the time."""

    def shown(self) -> RenderableType:
        """What was sent."""
