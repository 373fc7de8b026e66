"""All about one cell, where the board has no room for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from liftlock.model.board import Board, CellState
from liftlock.model.live import LiveBoard
from liftlock.model.report import CellPast
from liftlock.model.review import Flight
from liftlock_tui.jobs import engine_of, start
from liftlock_tui.messages import CommitsRead, Failed
from liftlock_tui.modals.dialog import Dialog, keys_line
from liftlock_tui.render.board import SINCE, detail_lines
from liftlock_tui.widgets.bars import Words
from liftlock_tui.widgets.lines import LineView


class CellScreen(Dialog[None]):
    """The detail of a cell in a window."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,q", "cancel", "close", show=False)]
    wide = True

    def __init__(
        self,
        board: Board,
        state: CellState | None,
        app: str,
        environment: str,
        runs: LiveBoard | None = None,
        flights: Sequence[Flight] = (),
    ) -> None:
        super().__init__()
        self.title_text = f"{app} in {environment}"
        self._board, self._state, self._app, self._environment = board, state, app, environment
        self._runs, self._flights = runs, flights
        self._past: CellPast | None = None

    def inside(self) -> ComposeResult:
        """The text and the keys."""
        yield LineView(classes="text")
        yield Words(keys_line(("j k", "scroll"), ("Esc", "close")), classes="keys")

    def on_mount(self) -> None:
        """Show what is known, and read the commits."""
        self.query_one(LineView).focus()
        self.call_after_refresh(self._show)
        if self._state is not None:
            cell, shown, engine = self._state.cell, (self._state.versions or ())[:SINCE], engine_of(self)
            key = (cell.app, cell.environment)
            start(self, "log", lambda job: CommitsRead(key, engine.past(cell, shown, limit=8)))

    def _show(self) -> None:
        view = self.query_one(LineView)
        now, columns = self.app.now(), max(20, view.columns - 1)
        cell = self._app, self._environment
        _title, _blank, *lines = detail_lines(
            self._board, self._state, *cell, self._past, now, columns, self._runs, self._flights
        )
        view.show(lines)

    def on_commits_read(self, message: CommitsRead) -> None:
        """The commits are there."""
        self._past = message.past
        self._show()

    def on_failed(self, message: Failed) -> None:
        """Say why the commits cannot be read."""
        self.app.notice(message.error.title, message.error.detail)
