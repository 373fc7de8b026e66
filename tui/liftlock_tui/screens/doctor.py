"""The doctor: what was found here and why, what is wrong, and what to do about it."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from liftlock.model.report import Check, Verdict
from liftlock.text import plural
from liftlock_tui.actions import bindings
from liftlock_tui.ink import BLANK, Line, Piece, line, wrapped
from liftlock_tui.jobs import engine_of, start
from liftlock_tui.messages import Failed
from liftlock_tui.modals.dialog import error_paragraphs
from liftlock_tui.replies import Examined
from liftlock_tui.screens.filtering import Filtering
from liftlock_tui.sieve import Sieve
from liftlock_tui.widgets.bars import Bar, Footer
from liftlock_tui.widgets.lines import LineView

_SIGNS = {
    Verdict.GOOD: ("✓ ", "level"),
    Verdict.NOTE: ("• ", "behind"),
    Verdict.BAD: ("! ", "problem bold"),
}
SUBJECT = 22
"""Columns of what was looked at."""


def check_lines(checks: tuple[Check, ...], columns: int) -> list[Line]:
    """The checks under their headings; what is wrong with what to do about it below."""
    rows: list[Line] = []
    group = ""
    for check in checks:
        if check.group != group:
            group = check.group
            rows += [*([BLANK] if rows else []), line((f" {group}", "accent bold"))]
        sign, role = _SIGNS[check.verdict]
        said = "" if check.verdict is Verdict.GOOD else role
        head: tuple[Piece, ...] = ((" ", ""), (sign, role), (check.subject, "strong"))
        beside = len(check.subject) <= SUBJECT and columns >= 70
        if beside:
            head = (*head, (" " * (SUBJECT + 1 - len(check.subject)), ""))
            rows += wrapped((*head, (check.finding, said)), columns, indent=SUBJECT + 4)
        else:
            rows += [
                *wrapped(head, columns, indent=3),
                *wrapped((("   ", ""), (check.finding, said)), columns, indent=3),
            ]
        if check.hint:
            indent = SUBJECT + 4 if beside else 3
            rows += wrapped(((" " * indent, ""), ("→ ", "accent"), (check.hint, "")), columns, indent=indent + 2)
    return rows


class DoctorScreen(Filtering):
    """Every check, what is wrong first at a glance in the title."""

    CSS_PATH = "../styles/live.tcss"
    AUTO_FOCUS = "LineView"
    FILTER_HINT = "checks with these words; !word leaves out"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("doctor")]

    def __init__(self) -> None:
        super().__init__()
        self._checks: tuple[Check, ...] | None = None
        self._broken: list[Line] = []
        self._sieve = Sieve()

    def compose(self) -> ComposeResult:
        """Title, checks, keys."""
        yield Bar(id="title", classes="bar")
        yield LineView(id="checks")
        yield Footer()

    def on_mount(self) -> None:
        """Look."""
        self.action_again()

    def action_again(self) -> None:
        """Look once more."""
        engine = engine_of(self)
        self._checks, self._broken = None, []
        start(self, "doctor", lambda job: Examined(engine.doctor()))
        self._show()

    def on_examined(self, message: Examined) -> None:
        """The checks are there."""
        self._checks = message.checks
        self._show()

    def on_failed(self, message: Failed) -> None:
        """Say what could not be done."""
        self._checks = ()
        self._broken = [Line(tuple(pieces)) for pieces in error_paragraphs(message.error)]
        self._show()

    def on_resize(self) -> None:
        """Lay out anew."""
        self._show()

    def repaint(self) -> None:
        """The colours have changed."""
        super().repaint()
        self._show()

    def _passing(self) -> tuple[Check, ...]:
        return tuple(
            check
            for check in self._checks or ()
            if self._sieve.passes(f"{check.group} {check.subject} {check.verdict} {check.finding} {check.hint}")
        )

    def _show(self) -> None:
        view = self.query_one(LineView)
        checks = self._passing()
        rows = self._broken or check_lines(checks, max(30, view.columns - 1))
        nothing = "looking" if self._checks is None else "nothing here has these words"
        view.show(rows or [BLANK, line((f"  {nothing}", "muted"))])
        bad = sum(check.verdict is Verdict.BAD for check in self._checks or ())
        notes = sum(check.verdict is Verdict.NOTE for check in self._checks or ())
        right: tuple[Piece, ...] = ()
        if self._checks:
            right = ((f"! {bad} wrong ", "problem"),) if bad else (("✓ nothing wrong ", "level"),)
            right += ((f" {plural(notes, 'note')} ", "muted"),) if notes else ()
        self.query_one(Bar).say(((" Doctor ", "strong bold"), (" what was found here, and why", "muted")), right)

    # Acts ----------------------------------------------------------------------------------------------------------

    def sift(self, text: str) -> None:
        """Show only checks that pass."""
        self._sieve = Sieve.of(text)
        self._show()

    def sifted(self) -> LineView:
        """The checks."""
        return self.query_one(LineView)

    @property
    def esc_word(self) -> str:
        """What Esc will do."""
        return "all checks" if self.filter_text else "back"

    def action_copy(self) -> None:
        """Copy what is shown."""
        self.app.copy("\n".join(drawn.text.rstrip() for drawn in self.query_one(LineView).lines))

    def action_back(self) -> None:
        """The filter, then back."""
        if not self.drop_filter():
            self.app.pop_screen()
