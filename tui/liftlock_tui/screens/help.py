"""The keys of where the focus is, searchable; made of the registry of actions."""

from __future__ import annotations

from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Input

from liftlock_tui.actions import ACTIONS, BY_ID, Action, key_name
from liftlock_tui.ink import BLANK, Line, line, wrapped
from liftlock_tui.modals.dialog import Dialog, keys_line
from liftlock_tui.sieve import Sieve
from liftlock_tui.widgets.bars import Words
from liftlock_tui.widgets.lines import LineView

SIGNS = (
    ("= level", "level", "nothing would move from the environment before"),
    ("▲ 3 behind", "behind", "so many changes would move"),
    ("! problem", "problem", "something is wrong there; Enter on the cell says what"),
    ("·", "faint", "not known yet"),
    ("jq", "mark-3 bold", "a commit: the same letters and colour are the same commit everywhere"),
    ("◈ protected", "muted", "its name is typed before a push changes it"),
    ("[x] [-] [ ] [!]", "accent", "staged, some of it, not staged, cannot be staged"),
    ("version setting", "version", "moves, when it differs"),
    ("identity sizing", "identity", "is kept: it belongs to the environment"),
    ("structure", "structure", "a resource or file more or less: offered, not staged"),
)


class HelpScreen(Dialog[None]):
    """First the keys that are live where the focus was, then all others, then the signs."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "scroll_down", "down", show=False),
        Binding("up", "scroll_up", "up", show=False),
        Binding("pagedown", "scroll_page_down", "page down", show=False),
        Binding("pageup", "scroll_page_up", "page up", show=False),
        Binding("enter", "cancel", "close", show=False),
    ]
    title_text = "Help"
    wide = True

    def __init__(self, under: Screen[Any]) -> None:
        super().__init__()
        live = [BY_ID.get(active.binding.id or "") for active in under.active_bindings.values()]
        self._live = dict.fromkeys(action for action in live if action is not None)

    def inside(self) -> ComposeResult:
        """The search and the list."""
        yield Input(placeholder="search", classes="plain", id="search")
        yield LineView(classes="text", id="keys")
        yield Words(keys_line(("type", "search"), ("↑↓", "scroll"), ("Esc", "close")), classes="keys")

    def on_mount(self) -> None:
        """All keys."""
        view = self.query_one(LineView)
        view.can_focus = False
        self.query_one(Input).focus()
        self.call_after_refresh(self._search, "")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Only what has the words."""
        self._search(event.value)

    def on_input_submitted(self) -> None:
        """Enter closes."""
        self.dismiss(None)

    def _search(self, text: str) -> None:
        words = Sieve.of(text)
        columns = max(30, self.query_one(LineView).columns - 1)
        rows: list[Line] = []
        here = [action for action in ACTIONS if action in self._live and action.where not in ("app", "move")]
        rows += self._group("Here", sorted(here, key=lambda action: action.weight or 1000), words, columns)
        others = [action for action in ACTIONS if action not in here]
        groups = dict.fromkeys(action.group for action in others if action in self._live)
        for group in {**groups, **dict.fromkeys(action.group for action in others)}:
            rows += self._group(group, [action for action in others if action.group == group], words, columns)
        signs = [sign for sign in SIGNS if words.passes(*sign)]
        if signs:
            rows += [line(("Signs", "accent bold"))]
            rows += [row for text, role, about in signs for row in _entry(text, role, about, columns)]
        self.query_one(LineView).show(rows or [line(("nothing has these words", "muted"))], top=True)

    def _group(self, title: str, actions: list[Action], words: Sieve, columns: int) -> list[Line]:
        rows: list[Line] = []
        for action in actions:
            keys = "  ".join(key_name(key) for key in self.app.keys_of(action.id))
            if action.each:
                keys = f"{key_name(action.keys[0])}…{key_name(action.keys[-1])}"
            if words.passes(f"{keys} {action.label} {action.help}"):
                rows += _entry(keys, "strong bold", action.help, columns)
        return [line((title, "accent bold")), *rows, BLANK] if rows else []

    def action_scroll_down(self) -> None:
        """A line down."""
        self.query_one(LineView).action_down()

    def action_scroll_up(self) -> None:
        """A line up."""
        self.query_one(LineView).action_up()

    def action_scroll_page_down(self) -> None:
        """A page down."""
        self.query_one(LineView).action_page_down()

    def action_scroll_page_up(self) -> None:
        """A page up."""
        self.query_one(LineView).action_page_up()


def _entry(text: str, role: str, about: str, columns: int) -> list[Line]:
    return wrapped(((text.ljust(16) + " ", role), (about, "")), columns, indent=17)
