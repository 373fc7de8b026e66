"""What all full screens share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.screen import Screen

if TYPE_CHECKING:
    from liftlock_tui.app import LiftlockApp


class Page(Screen[None]):
    """A full screen of the app."""

    app: LiftlockApp
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-middle"), (150, "-broad")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-low"), (36, "-high")]  # noqa: RUF012

    laid_out = False
    """Whether its widgets are there."""

    def on_mount(self) -> None:
        """Its widgets are there."""
        self.laid_out = True

    def tick(self, now: float) -> None:
        """Time has gone on: ages are shown anew."""

    def patch(self) -> str:
        """The difference that is shown, for a pager; "" where there is none."""
        from liftlock_tui.widgets.diff_view import DiffView

        return "\n".join(drawn.text for view in self.query(DiffView) for drawn in view.lines)

    def repaint(self) -> None:
        """The colours have changed."""
        for widget in self.query("*"):
            again = getattr(widget, "repaint", None) or getattr(widget, "refresh", None)
            if again is not None:
                again()
