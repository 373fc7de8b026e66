"""Taking an unpushed promotion back."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from liftlock.model.promotion import Promotion
from liftlock_tui.jobs import engine_of, start
from liftlock_tui.messages import Failed
from liftlock_tui.modals.dialog import Dialog, error_paragraphs, keys_line
from liftlock_tui.render.board import mark_piece
from liftlock_tui.replies import Undone
from liftlock_tui.widgets.bars import Words


class UndoDialog(Dialog[Undone]):
    """Says what would go; `y` does it, Enter does not."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "confirm", "yes", show=False),
        Binding("n,enter,q", "cancel", "no", show=False),
    ]
    title_text = "Take the commit back?"

    def __init__(self, promotion: Promotion) -> None:
        super().__init__()
        self._promotion = promotion
        self._busy = False

    def inside(self) -> ComposeResult:
        """What would go, and the keys."""
        made = self._promotion
        then = (
            f"goes back to {made.previous[:7]}"
            if made.previous
            else "is removed"
            if made.created_branch
            else "goes back to its base"
        )
        yield Words(
            (mark_piece(made.commit), (f" {made.commit[:7]} ", "muted"), (made.message.partition("\n")[0], "")),
            (
                ("branch ", "muted"),
                (made.branch, "strong bold"),
                (f" {then}; nothing was pushed, nothing else changes", "muted"),
            ),
            id="said",
        )
        yield Words(keys_line(("y", "take it back"), ("Enter", "cancel")), classes="keys")

    def action_confirm(self) -> None:
        """Take it back."""
        if not self._busy:
            self._busy = True
            engine, promotion = engine_of(self), self._promotion
            start(self, "undo", lambda job: Undone(promotion, engine.undo(promotion)))

    def on_undone(self, message: Undone) -> None:
        """Done."""
        self.dismiss(message)

    def on_failed(self, message: Failed) -> None:
        """Say why not."""
        self._busy = False
        self.query_one("#said", Words).say(*error_paragraphs(message.error))
