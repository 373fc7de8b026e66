"""From the board to what lies outside: the cell's files in the editor, its pages on the forge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from liftlock_tui.screens.page import Page

if TYPE_CHECKING:
    from liftlock.model.board import Board
    from liftlock_tui.widgets.grid import Grid

PAGES = 8
"""The files of a cell that are offered as pages."""


class BoardOutside(Page):
    """What the board opens elsewhere."""

    board: Board | None

    if TYPE_CHECKING:

        @property
        def grid(self) -> Grid: ...  # noqa: D102

    def _files(self) -> tuple[str, ...]:
        """The files of the cell under the cursor, those with its versions first, what it shares last."""
        state = self.grid.state
        if state is None:
            return ()
        versioned = (version.file for version in state.versions or ())
        return tuple(dict.fromkeys((*versioned, *state.cell.files, *state.cell.shared)))

    def action_editor(self) -> None:
        """Choose a file of the cell, then open it."""
        from liftlock_tui.modals.choose import Choice, Choose

        cell, board, files = self.grid.cell, self.board, self._files()
        source = board.sources.get(cell[1]) if board is not None and cell is not None else None
        if source is None or not files:
            self.app.notice("this cell has no file")
            return
        commit = source.commit
        if len(files) == 1:
            self.app.open_file(files[0], commit)
            return
        shared = self.grid.state.cell.shared if self.grid.state is not None else ()
        choices = [Choice(file, file, "shared with other environments" if file in shared else "") for file in files]
        self.app.push_screen(
            Choose("Open which file", choices, does="open"),
            lambda chosen: self.app.open_file(str(chosen[0]), commit) if chosen else None,
        )

    def action_browse(self) -> None:
        """The pages of the cell's commit and files."""
        cell, board, state = self.grid.cell, self.board, self.grid.state
        source = board.sources.get(cell[1]) if board is not None and cell is not None else None
        if source is None:
            self.app.notice("this environment is not read yet", "in a moment")
            return
        revision = state.revision if state is not None else None
        commit = revision.commit if revision is not None else source.commit
        self.app.open_pages(source.ref, commit, tuple((file, 0) for file in self._files()[:PAGES]))
