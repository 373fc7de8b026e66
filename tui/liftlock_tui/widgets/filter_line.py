"""The line in which a filter is typed; made when it is first wanted, to keep the start short."""

from __future__ import annotations

from textual.message import Message
from textual.widgets import Input


class FilterLine(Input):
    """Tells each state of what is typed, and when it is done."""

    class Typed(Message):
        """What stands there by now; `done` when Enter was pressed."""

        def __init__(self, text: str, done: bool) -> None:
            super().__init__()
            self.text = text
            self.done = done

    def __init__(self, hint: str) -> None:
        super().__init__(id="filter", classes="plain", placeholder=hint, select_on_focus=True)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Another letter."""
        event.stop()
        self.post_message(self.Typed(event.value, False))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter."""
        event.stop()
        self.post_message(self.Typed(event.value, True))
