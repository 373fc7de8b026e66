"""The command log: what was run, for which act, and how it ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from liftlock.commands import Entry, Journal
from liftlock_tui.actions import bindings
from liftlock_tui.ink import BLANK, Line, line, wrapped
from liftlock_tui.replies import JournalGrew
from liftlock_tui.screens.filtering import Filtering
from liftlock_tui.sieve import Sieve
from liftlock_tui.widgets.bars import Bar, Footer
from liftlock_tui.widgets.lines import LineView


def log_lines(entries: tuple[Entry, ...], columns: int) -> list[Line]:
    """The entries under the acts they belong to."""
    rows: list[Line] = []
    act: str | None = None
    for entry in entries:
        if entry.action != act:
            act = entry.action
            rows += [*([BLANK] if rows else []), line((act or "reading", "accent bold"))]
        failed = entry.code not in (0, None)
        ended = f"  {entry.seconds:.2f} s" + (f", exit code {entry.code}" if failed else "")
        role = "problem" if failed else "" if entry.mutates else "muted"
        rows += wrapped((("  ", ""), (entry.text, role), (ended, "problem" if failed else "faint")), columns, indent=4)
    return rows


class LogScreen(Filtering):
    """What changed something, or with `a` everything."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("log")]

    def __init__(self, journal: Journal) -> None:
        super().__init__()
        self._journal = journal
        self._everything = False
        self._stop: Callable[[], None] = lambda: None
        self._sieve = Sieve()

    def compose(self) -> ComposeResult:
        """The log."""
        yield Bar(id="title", classes="bar")
        yield LineView(id="log")
        yield Footer()

    def on_mount(self) -> None:
        """Follow the journal."""
        self._stop = self._journal.listen(lambda entry: self._heard())
        self.query_one(LineView).focus()
        self.call_after_refresh(self._show)

    def _heard(self) -> None:
        self.post_message(JournalGrew())  # called from any thread

    def on_unmount(self) -> None:
        """Follow it no longer."""
        self._stop()

    def on_journal_grew(self) -> None:
        """A command was run."""
        self._show()

    def on_resize(self) -> None:
        """Lay out anew."""
        self._show()

    def _show(self) -> None:
        entries = tuple(
            entry
            for entry in self._journal.entries(mutating_only=not self._everything)
            if self._sieve.passes(f"{entry.action} {entry.text}")
        )
        view = self.query_one(LineView)
        at_end = view.scroll_offset.y >= view.max_scroll_y
        rows = log_lines(entries, max(20, view.columns - 1))
        nothing = (
            "nothing here has these words" if self._sieve else "nothing has been changed yet: a shows what only read"
        )
        nothing = nothing if self._sieve or not self._everything else "nothing has been run yet"
        view.show(rows or [BLANK, line((f"  {nothing}", "muted"))])
        if at_end:
            self.call_after_refresh(view.action_last)
        what = "all commands" if self._everything else "commands that change something"
        self.query_one(Bar).say(
            ((" Command log ", "strong bold"), (f" {what}", "muted")), ((f"{len(entries)} ", "muted"),)
        )

    def action_everything(self) -> None:
        """Everything, or only what changes something."""
        self._everything = not self._everything
        self._show()

    def action_copy(self) -> None:
        """Copy what changed something as a script."""
        self.app.copy(self._journal.as_script())

    FILTER_HINT = "commands with these words; !word leaves out"

    def sift(self, text: str) -> None:
        """Show only commands that pass."""
        self._sieve = Sieve.of(text)
        self._show()

    def sifted(self) -> LineView:
        """The log."""
        return self.query_one(LineView)

    @property
    def esc_word(self) -> str:
        """What Esc will do."""
        return "all commands" if self.filter_text else "back"

    def action_back(self) -> None:
        """The filter, then back."""
        if not self.drop_filter():
            self.app.pop_screen()
