"""A long difference, of which only the visible lines are drawn."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import BindingType

from liftlock_tui.actions import bindings
from liftlock_tui.ink import Line, marked
from liftlock_tui.widgets.lines import LineView

SHIFT = 8
"""Columns that one press goes to the side."""


class DiffView(LineView, inherit_bindings=False):
    """Lines of a difference; n and N go from change to change."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("move", "diff")]

    found = ""
    """What is searched for, in small letters."""

    def search(self, text: str) -> None:
        """Mark every place that has this text, and go to the next one; "" ends the search."""
        self.found = text.lower().strip()
        self.refresh()
        if self.found:
            self._go_to([n for n in self._matches() if n >= self.scroll_offset.y][:1] or self._matches()[:1])

    def _matches(self) -> list[int]:
        return [number for number, drawn in enumerate(self.lines) if self.found in drawn.text.lower()]

    def _go_to(self, numbers: list[int]) -> None:
        if numbers:
            self.move_to(y=max(0, numbers[0] - 2))

    def drawn(self, number: int) -> Line:
        """A line, with what was found in it turned round."""
        shown = super().drawn(number)
        return marked(shown, self.found) if self.found else shown

    def _places(self) -> list[int]:
        """Where n and N go."""
        return self._matches() if self.found else self._changed()

    def _changed(self) -> list[int]:
        """The first lines of all changed places."""
        starts: list[int] = []
        before = False
        for number, drawn in enumerate(self.lines):
            changed = drawn.fill in ("added-line", "removed-line") or any("-line" in roles for _, roles in drawn.pieces)
            if changed and not before:
                starts.append(number)
            before = changed
        return starts

    def seek(self, text: str) -> None:
        """Bring the first line that has this text into sight."""
        for number, drawn in enumerate(self.lines):
            if drawn.fill == "chip" and text in drawn.text:
                self.move_to(0, number)
                return

    def action_next_hunk(self) -> None:
        """Next place that was found, or that changed."""
        top = self.scroll_offset.y
        following = [number for number in self._places() if number - 2 > top]
        if following:
            self.move_to(y=following[0] - 2)

    def action_previous_hunk(self) -> None:
        """The place before."""
        top = self.scroll_offset.y
        earlier = [number for number in self._places() if number - 2 < top]
        if earlier:
            self.move_to(y=max(0, earlier[-1] - 2))

    def action_left(self) -> None:
        """To the left."""
        self.move_to(x=max(0, self.scroll_offset.x - SHIFT))

    def action_right(self) -> None:
        """To the right."""
        self.move_to(x=self.scroll_offset.x + SHIFT)
