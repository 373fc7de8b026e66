"""From the board to the record of a cell, and back to one of its states."""

from __future__ import annotations

from typing import TYPE_CHECKING

from liftlock_tui.screens.way_back import WayBack

if TYPE_CHECKING:
    from liftlock_tui.widgets.grid import Grid


class BoardRecord(WayBack):
    """What the board does with the past."""

    if TYPE_CHECKING:

        @property
        def grid(self) -> Grid: ...  # noqa: D102

    def action_history(self) -> None:
        """The record of the cell."""
        from liftlock_tui.screens.history import HistoryScreen

        if self.app.ready:
            self.app.push_screen(HistoryScreen(*(self.grid.cell or ("", ""))))

    def action_rollback(self) -> None:
        """Choose one of the cell's states to go back to."""
        if self.grid.cell is not None:
            app, environment = self.grid.cell
            self.way_back(environment, app)
