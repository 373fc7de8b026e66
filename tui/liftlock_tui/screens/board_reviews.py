"""Promotions in flight on the board: asked for beside, shown on the cells that they will change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from liftlock.model.review import Flight
from liftlock_tui.jobs import Job, engine_of, start
from liftlock_tui.replies import FlightsRead
from liftlock_tui.screens.page import Page

if TYPE_CHECKING:
    from liftlock_tui.widgets.grid import Grid

AGAIN = 60.0
"""Seconds after which the forge is asked again."""


class BoardReviews(Page):
    """What the board does with pull requests."""

    flights: tuple[Flight, ...] = ()
    has_forge = False
    """Whether the forge has answered: then pull requests are the usual way."""
    _asking = False

    if TYPE_CHECKING:

        @property
        def grid(self) -> Grid: ...  # noqa: D102
        def _show_detail(self) -> None: ...
        def _status(self) -> None: ...
        def doing(self, what: str, text: str = "") -> None: ...  # noqa: D102

    def look_for_flights(self) -> None:
        """Ask the forge from now on, where it is known which one it is; nothing waits for it."""
        if not self._asking:
            self._asking = True
            self.set_interval(AGAIN, self._ask)
        self._ask()

    def _ask(self) -> None:
        engine = engine_of(self)

        def work(job: Job) -> FlightsRead | None:
            told = engine.flights_if_told()
            return FlightsRead(told.flights, told.where, told.silent) if told is not None else None

        start(self, "flights", work)

    def on_flights_read(self, message: FlightsRead) -> None:
        """They are there."""
        self.has_forge = True
        self.show_flights(message.flights)

    def show_flights(self, flights: tuple[Flight, ...]) -> None:
        """Show them on their cells."""
        self.flights = flights
        self.grid.show_flights(flights)
        self.doing("flights")
        if self.grid.cell is not None:
            self._show_detail()

    def flights_to(self, app: str, environment: str) -> list[Flight]:
        """Those that change this cell, the oldest first."""
        return sorted((one for one in self.flights if one.concerns(app, environment)), key=lambda one: one.since)

    def action_reviews(self) -> None:
        """The promotions in flight; the cursor on the one that concerns the cell."""
        from liftlock_tui.screens.reviews import ReviewsScreen

        if not self.app.ready:
            return
        here = self.flights_to(*self.grid.cell) if self.grid.cell is not None else []
        self.app.push_screen(ReviewsScreen(self.flights, here[0].key if here else None))

    def action_waves(self) -> None:
        """Waves and trains."""
        from liftlock_tui.screens.waves import WavesScreen

        if self.app.ready:
            self.app.push_screen(WavesScreen())
