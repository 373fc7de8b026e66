"""The command line: `:plan dev staging`, with completion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input

from liftlock_tui.ink import Line, line
from liftlock_tui.modals.dialog import Dialog
from liftlock_tui.widgets.bars import Words
from liftlock_tui.widgets.lines import LineView

SHOWN = 8


def completions(text: str, words: dict[str, Sequence[str]], names: Sequence[str]) -> list[str]:
    """Whole lines that what was typed could become.

    `words` maps each command to what can follow it, one entry for each argument's kind being the same.
    """
    *before, last = text.split(" ") or [""]
    if not before:
        candidates: Sequence[str] = [*words, *names]
    else:
        candidates = words.get(before[0], ())
    low = last.lower()
    head = " ".join(before) + (" " if before else "")
    starting = [name for name in candidates if name.lower().startswith(low) and name not in before]
    inside = [
        name for name in candidates if low and low in name.lower() and name not in starting and name not in before
    ]
    return [head + name for name in [*starting, *inside]]


class CommandLine(Dialog[str]):
    """One line at the foot; Tab completes, Enter runs, the arrows walk through what was run before."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", "complete", show=False, priority=True),
        Binding("up", "earlier", "earlier", show=False),
        Binding("down", "later", "later", show=False),
    ]

    def __init__(
        self,
        words: dict[str, Sequence[str]],
        names: Sequence[str],
        history: Sequence[str],
        about: Mapping[str, tuple[str, str]] | None = None,
    ) -> None:
        super().__init__()
        self._about = about or {}
        self._words = words
        self._names = names
        self._history = [*history, ""]
        self._at = len(history)

    def compose(self) -> ComposeResult:
        """The candidates above the line."""
        with Vertical(classes="command-line"):
            yield LineView(classes="candidates")
            yield Words((("Tab completes, ↑ what was run before, Enter runs, Esc leaves", "muted"),), classes="keys")
            yield Input(placeholder="plan dev staging", classes="plain", select_on_focus=False)

    def on_mount(self) -> None:
        """Ready to type."""
        self.query_one(LineView).can_focus = False
        self.query_one(Input).focus()
        self._suggest("")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what it could become."""
        self._suggest(event.value)

    def _suggest(self, text: str) -> None:
        found = completions(text, self._words, self._names)[:SHOWN]
        view = self.query_one(LineView)
        view.show([self._drawn(name) for name in found], top=True)
        view.styles.height = len(found)

    def _drawn(self, name: str) -> Line:
        usage, about = self._about.get(name, (name, ""))
        if not about:
            return line(" ", (name, ""))
        return line(" ", (name, "strong"), (usage.removeprefix(name).ljust(27 - len(name)), "muted"), (about, "muted"))

    def action_complete(self) -> None:
        """Take the first candidate."""
        field = self.query_one(Input)
        found = completions(field.value, self._words, self._names)
        if found:
            field.value = found[0] + " "
            field.cursor_position = len(field.value)

    def action_earlier(self) -> None:
        """What was run before."""
        self._recall(self._at - 1)

    def action_later(self) -> None:
        """What was run after that."""
        self._recall(self._at + 1)

    def _recall(self, at: int) -> None:
        if 0 <= at < len(self._history):
            self._at = at
            field = self.query_one(Input)
            field.value = self._history[at]
            field.cursor_position = len(field.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Run it."""
        self.dismiss(event.value.strip())
