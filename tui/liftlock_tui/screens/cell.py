"""All about one cell, where the board has no room for it."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from liftlock.model.board import Board, CellState
from liftlock_tui.jobs import engine_of, start
from liftlock_tui.messages import CommitsRead, Failed
from liftlock_tui.modals.dialog import Dialog, keys_line
from liftlock_tui.render.board import detail_lines
from liftlock_tui.widgets.bars import Words
from liftlock_tui.widgets.lines import LineView


class CellScreen(Dialog[None]):
    """The detail of a cell in a window."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,q", "cancel", "close", show=False)]
    wide = True

    def __init__(self, board: Board, state: CellState | None, app: str, environment: str) -> None:
        super().__init__()
        self.title_text = f"{app} in {environment}"
        self._board, self._state, self._app, self._environment = board, state, app, environment

    def inside(self) -> ComposeResult:
        """The text and the keys."""
        yield LineView(classes="text")
        yield Words(keys_line(("j k", "scroll"), ("Esc", "close")), classes="keys")

    def on_mount(self) -> None:
        """Show what is known, and read the commits."""
        self.query_one(LineView).focus()
        self.call_after_refresh(self._show, None)
        if self._state is not None:
            cell, engine = self._state.cell, engine_of(self)
            key = (cell.app, cell.environment)
            start(self, "log", lambda job: CommitsRead(key, engine.log(cell, limit=8)))

    def _show(self, message: CommitsRead | None) -> None:
        view = self.query_one(LineView)
        commits = message.commits if message is not None else None
        now, columns = self.app.now(), max(20, view.columns - 1)
        view.show(detail_lines(self._board, self._state, self._app, self._environment, commits, now, columns))

    def on_commits_read(self, message: CommitsRead) -> None:
        """The commits are there."""
        self._show(message)

    def on_failed(self, message: Failed) -> None:
        """Say why the commits cannot be read."""
        self.app.notice(message.error.title, message.error.detail)
