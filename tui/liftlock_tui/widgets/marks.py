"""Marks on the cells of the board: one by one, or all from the last one to here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

from liftlock_tui.widgets.lines import Painted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from liftlock.model.board import Board, CellKey


class Marks(Painted, inherit_bindings=False):
    """What a grid of cells does with marks."""

    marked: set[CellKey]
    last_marked: CellKey | None = None
    """Where a range begins."""

    if TYPE_CHECKING:
        board: Board | None
        apps: Sequence[str]
        row: int
        column: int
        Moved: type[Message]

        @property
        def cell(self) -> CellKey | None: ...  # noqa: D102
        def go(self, row: int, column: int) -> None: ...  # noqa: D102

    def action_mark(self) -> None:
        """Mark the cell or take its mark away, and go on to the next."""
        if self.cell is not None and self.board is not None and self.cell in self.board.cells:
            self.last_marked = self.cell
            self.marked ^= {self.cell}
            self.go(self.row + 1, self.column)
            self._remarked()

    def action_mark_range(self) -> None:
        """Mark all cells between the one that was marked last and this one; of this environment where none was."""
        if self.cell is None or self.board is None:
            return
        names = [environment.name for environment in self.board.environments]
        app, name = self.last_marked or (self.apps[0], self.cell[1])
        if app not in self.apps or name not in names:
            app, name = self.apps[0], self.cell[1]
        top, bottom = sorted((self.apps.index(app), self.row))
        left, right = sorted((names.index(name), self.column))
        inside = {(one, other) for one in self.apps[top : bottom + 1] for other in names[left : right + 1]}
        self.marked |= inside & set(self.board.cells)
        self.last_marked = self.cell
        self._remarked()

    def _remarked(self) -> None:
        self.refresh()
        self.post_message(self.Moved())
