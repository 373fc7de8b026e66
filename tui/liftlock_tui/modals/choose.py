"""Choosing one or several of a few things."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from liftlock_tui.ink import Piece, line
from liftlock_tui.modals.dialog import Dialog, keys_line
from liftlock_tui.widgets.bars import Words
from liftlock_tui.widgets.lines import LineList, Row


class Choice(NamedTuple):
    """One thing to choose: what is returned, its name, and a word about it."""

    key: Hashable
    name: str
    about: str = ""


class Choose(Dialog[tuple[Hashable, ...]]):
    """A list; Space marks when several may be chosen, Enter takes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "mark", "mark", show=False),
        Binding("q", "cancel", "cancel", show=False),
    ]

    def __init__(self, title: str, choices: Sequence[Choice], *, several: bool = False, does: str = "take") -> None:
        super().__init__()
        self.title_text = title
        self._choices = choices
        self._several = several
        self._does = does
        self._marked: set[Hashable] = set()

    def inside(self) -> ComposeResult:
        """The list and its keys."""
        yield LineList(self._rows(), classes="choices")
        keys = [("Space", "mark")] if self._several else []
        yield Words(keys_line(*keys, ("Enter", self._does), ("Esc", "cancel")), classes="keys")

    def on_mount(self) -> None:
        """As high as the list is."""
        rows = self.query_one(LineList)
        rows.styles.height = min(len(self._choices), 14)
        rows.focus()

    def _rows(self) -> list[Row]:
        wide = max((len(choice.name) for choice in self._choices), default=0)
        rows = []
        for choice in self._choices:
            sign: Piece = (
                ("[x] " if choice.key in self._marked else "[ ] ", "accent bold") if self._several else (" ", "")
            )
            rows.append(
                Row(choice.key, (line(sign, (choice.name.ljust(wide), "strong"), (f"  {choice.about}", "muted")),))
            )
        return rows

    def action_mark(self) -> None:
        """Mark the line or not."""
        if self._several:
            rows = self.query_one(LineList)
            self._marked ^= {rows.key}
            rows.show(self._rows())
            rows.action_down()

    def on_line_list_chosen(self, event: LineList.Chosen) -> None:
        """Take what is marked, or the line itself."""
        chosen = tuple(choice.key for choice in self._choices if choice.key in self._marked)
        self.dismiss(chosen or (event.key,))
