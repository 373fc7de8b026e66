"""A full screen for what keeps the board from being shown."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical

from liftlock.errors import LiftlockError
from liftlock_tui.actions import bindings
from liftlock_tui.modals.dialog import error_paragraphs
from liftlock_tui.screens.page import Page
from liftlock_tui.widgets.bars import Bar, Footer, Words


class ProblemScreen(Page):
    """What happened, why, and what to do next."""

    CSS_PATH = "../styles/problem.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("problem")]

    def __init__(self, error: LiftlockError) -> None:
        super().__init__()
        self.error = error

    def compose(self) -> ComposeResult:
        """The error, in the middle."""
        yield Bar(id="status", classes="bar")
        with Vertical(id="problem"):
            yield Words(*error_paragraphs(self.error))
        yield Footer()

    def on_mount(self) -> None:
        """Say where."""
        self.query_one(Bar).say([(" liftlock ", "accent bold"), (f" {self.app.place}", "muted")])

    def action_retry(self) -> None:
        """Try once more."""
        self.app.pop_screen()
        if self.app.ready:
            self.app.refill()
        else:
            self.app.open()
