"""Everything by its name: acts, environments, apps, and themes that are tried on while the cursor passes them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from liftlock.values import dataclass
from liftlock_tui.ink import BLANK, Line, Piece, fit, line
from liftlock_tui.modals.dialog import Dialog, keys_line
from liftlock_tui.widgets.bars import Words
from liftlock_tui.widgets.lines import LineList, Row


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that can be chosen: its name, its key as people write it, a sentence, and what is done.

    A `theme` is tried on while the cursor stands on it.
    """

    name: str
    about: str
    run: Callable[[], None]
    key: str = ""
    theme: str = ""


def score(typed: str, entry: Entry) -> int:
    """How well an entry fits what was typed: 0 not at all; names go before sentences, beginnings before the rest."""
    typed, name = typed.lower().strip(), entry.name.lower()
    if not typed:
        return 1
    if name.startswith(typed):
        return 5
    words = typed.split()
    if all(word in name for word in words):
        return 4
    if all(word in f"{name} {entry.about.lower()}" for word in words):
        return 3
    letters = iter(name)
    return 2 if all(letter in letters for letter in "".join(words)) else 0


class Palette(Dialog[Entry]):
    """Type to find, arrows to move, Enter to do. What is below shows through while a theme is tried on."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,ctrl+n", "step(1)", "down", show=False),
        Binding("up,ctrl+p", "step(-1)", "up", show=False),
        Binding("pagedown", "step(10)", "page down", show=False),
        Binding("pageup", "step(-10)", "page up", show=False),
    ]
    wide = True

    def __init__(self, entries: Sequence[Entry]) -> None:
        super().__init__()
        self._entries = entries
        self._found: list[Entry] = []
        self._worn = ""

    def inside(self) -> ComposeResult:
        """The line to type in and what was found."""
        yield Input(placeholder="what to do, where to go, or a theme", classes="plain", id="search")
        yield LineList(classes="text", id="found")
        yield Words(keys_line(("type", "find"), ("↑↓", "move"), ("Enter", "do it"), ("Esc", "close")), classes="keys")

    def on_mount(self) -> None:
        """Everything, while nothing is typed."""
        self._worn = self.app.theme
        found = self.query_one(LineList)
        found.can_focus = False
        found.lit = True
        self.query_one(Input).focus()
        self.call_after_refresh(self._find, "")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Only what fits."""
        self._find(event.value)

    def on_resize(self) -> None:
        """Lay out anew."""
        self.call_after_refresh(self._show)

    def _find(self, typed: str) -> None:
        scored = [(score(typed, entry), entry) for entry in self._entries]
        self._found = [entry for points, entry in sorted(scored, key=lambda pair: -pair[0]) if points]
        self._show()
        self.query_one(LineList).action_first()
        self._try_on()

    def _show(self) -> None:
        found = self.query_one(LineList)
        columns = max(20, found.columns - 1)
        names = min(max((len(entry.name) for entry in self._found), default=0), columns // 2)
        rows = [Row(entry, (_drawn(entry, names, columns),)) for entry in self._found]
        found.show(rows or [Row(None, (BLANK, line(("  nothing is called that", "muted"))))])

    def action_step(self, rows: int) -> None:
        """Another entry."""
        found = self.query_one(LineList)
        for _ in range(abs(rows)):
            found.action_down() if rows > 0 else found.action_up()
        self._try_on()

    def _try_on(self) -> None:
        chosen = self.query_one(LineList).key
        self.set_class(isinstance(chosen, Entry) and bool(chosen.theme), "-trying")
        self.app.theme = chosen.theme if isinstance(chosen, Entry) and chosen.theme else self._worn

    def on_line_list_moved(self) -> None:
        """By mouse too."""
        self._try_on()

    def on_line_list_chosen(self) -> None:
        """By mouse."""
        self._take()

    def on_input_submitted(self) -> None:
        """Do it."""
        self._take()

    def _take(self) -> None:
        chosen = self.query_one(LineList).key
        if isinstance(chosen, Entry):
            self.dismiss(chosen)

    def action_cancel(self) -> None:
        """Close it; a theme that was tried on is taken off."""
        self.app.theme = self._worn
        self.dismiss(None)


def _drawn(entry: Entry, names: int, columns: int) -> Line:
    pieces: tuple[Piece, ...] = (
        (" ", ""),
        *fit(((entry.key, "accent bold"),), 6),
        *fit(((entry.name, "strong"),), names + 2),
        (entry.about, "muted"),
    )
    return Line(fit(pieces, columns))
