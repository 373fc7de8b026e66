"""Reviews: the promotions in flight, where each stands and for whom it waits; approve, merge, take back."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container

from liftlock.errors import LiftlockError, Problem
from liftlock.model.review import Flight, FlightState
from liftlock.text import plural
from liftlock_tui.actions import bindings
from liftlock_tui.ink import BLANK, Line, line
from liftlock_tui.jobs import Job, engine_of, start
from liftlock_tui.messages import Failed
from liftlock_tui.modals.dialog import Confirm, error_paragraphs, told
from liftlock_tui.modals.merge import MergeDialog
from liftlock_tui.render.reviews import detail_lines, list_lines, repository_word, silent_lines
from liftlock_tui.replies import FlightActed, FlightEnded, FlightsRead, Landed
from liftlock_tui.screens.page import Page
from liftlock_tui.widgets.bars import Bar, Footer
from liftlock_tui.widgets.lines import LineList, LineView, Row

FlightKey = tuple[str, int]
AGAIN = 20.0
"""Seconds after which the forge is asked again."""


class ReviewsScreen(Page):
    """Promotions in flight on one side, all about the one under the cursor on the other."""

    CSS_PATH = "../styles/reviews.tcss"
    AUTO_FOCUS = "LineList"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("reviews")]

    def __init__(self, flights: tuple[Flight, ...] = (), first: FlightKey | None = None) -> None:
        super().__init__()
        self.flights = flights
        self._first = first
        self._where: tuple[str, ...] = ()
        self._silent: tuple[Problem, ...] = ()
        self._doing = ""
        self._error: LiftlockError | None = None
        self._mine: set[FlightKey] = set()
        """Those merged from here, whose convergence is watched at once."""

    def compose(self) -> ComposeResult:
        """Title, list, detail, keys."""
        yield Bar(id="title", classes="bar")
        with Container(id="body"):
            yield LineList(id="flights")
            yield LineView(id="detail")
        yield Footer()

    def on_mount(self) -> None:
        """Ask the forge, now and again."""
        self._show()
        self.action_again()
        self.set_interval(AGAIN, self._look)

    def action_again(self) -> None:
        """Ask the forge now."""
        self._doing = "asking the forge"
        self._show()
        self._look()

    def _look(self) -> None:
        engine = engine_of(self)

        def work(job: Job) -> FlightsRead:
            told = engine.flights()
            return FlightsRead(told.flights, told.where, told.silent)

        start(self, "flights", work)

    def on_flights_read(self, message: FlightsRead) -> None:
        """They are there; those that are gone were merged or closed by somebody."""
        # Of a repository whose forge is silent what was known is kept.
        silent = {problem.place for problem in message.silent}
        unheard = tuple(one for one in self.flights if repository_word(one) in silent)
        flights = (*message.flights, *unheard)
        gone = [one for one in self.flights if one.key not in {now.key for now in flights}]
        self.flights, self._where, self._silent = flights, message.where, message.silent
        self._doing, self._error = "", None
        self.app.board_screen.show_flights(flights)
        self._show()
        for flight in gone:
            self._ended(flight)

    def _ended(self, flight: Flight) -> None:
        if flight.key in self._mine:
            return
        self._mine.add(flight.key)
        engine = engine_of(self)
        start(
            self,
            f"ended {flight.key}",
            lambda job: FlightEnded(engine.reviews_at(flight.repository).flight(flight.number)),
        )

    def on_flight_ended(self, message: FlightEnded) -> None:
        """Somebody merged it: what follows is watched at once. Or somebody closed it."""
        flight = message.flight
        if flight.state is not FlightState.MERGED:
            self.app.notice(f"#{flight.number} is {flight.state}", flight.why)
            return
        self.app.fetch(asked=False)
        if flight.request.merged_as and self.app.screen is self:
            self.app.converge(flight.targets[0], flight.request.merged_as, pushed_at=self.app.now())
        else:
            self.app.notice(f"#{flight.number} was merged", "W on the board watches it")

    def on_failed(self, message: Failed) -> None:
        """Say why not."""
        self._doing = ""
        if message.doing == "flights":
            self._error = message.error
            self._show()
        else:
            self._show()
            self.app.push_screen(told(message.error))

    def on_resize(self) -> None:
        """Lay out anew."""
        self.call_after_refresh(self._show)

    def repaint(self) -> None:
        """The colours have changed."""
        super().repaint()
        self._show()

    def tick(self, now: float) -> None:
        """Ages go on."""
        self._show()

    @property
    def flight(self) -> Flight | None:
        """The one under the cursor."""
        key = self.query_one("#flights", LineList).key
        return next((one for one in self.flights if one.key == key), None)

    def _show(self) -> None:
        count = plural(len(self.flights), "promotion")
        right = f"· {self._doing} " if self._doing else f"{' and '.join(self._where)} "
        self.query_one("#title", Bar).say(((f" {count} in flight", "strong bold"),), ((right, "muted"),))
        rows = self.query_one("#flights", LineList)
        columns, now = max(20, rows.columns), self.app.now()
        lines = [Row(one.key, list_lines(one, columns, now)) for one in self.flights]
        rows.show(lines, key=self._first)
        self._first = None
        self._show_detail()
        self.refresh_bindings()

    def _show_detail(self) -> None:
        view = self.query_one("#detail", LineView)
        columns, flight = max(30, view.columns - 1), self.flight
        if self._error is not None:
            view.show([BLANK, *(Line(tuple(pieces)) for pieces in error_paragraphs(self._error))])
        elif flight is not None:
            view.show(silent_lines(self._silent, columns) + detail_lines(flight, columns, self.app.now()))
        elif self._doing:
            view.show([BLANK, line((f"  · {self._doing}", "muted"))])
        else:
            said = "  P on the stage pushes a promotion and opens its pull request"
            silent = silent_lines(self._silent, columns)
            view.show([*silent, BLANK, line(("  nothing is in flight", "level")), BLANK, line((said, "muted"))])

    def on_line_list_moved(self) -> None:
        """Another one is under the cursor."""
        self._show_detail()
        self.refresh_bindings()

    def on_line_list_chosen(self) -> None:
        """Read all about it."""
        self.query_one("#detail", LineView).focus()

    # Acts ----------------------------------------------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Acts need one under the cursor."""
        return (
            action not in ("approve", "merge", "abort", "browse", "copy")
            or not self.laid_out
            or self.flight is not None
        )

    def action_approve(self) -> None:
        """Ask, then approve it as it stands on the screen."""
        flight, engine = self.flight, engine_of(self)
        if flight is None:
            return

        def work(job: Job) -> FlightActed:
            return FlightActed(_approved(engine.reviews_at(flight.repository).approve(flight)))

        def sure(yes: bool | None) -> None:
            if yes:
                self._begin("approving")
                start(self, "approve", work)

        said = (
            ((flight.request.title, "strong"),),
            ((f"as its branch stands at {flight.request.head_commit[:8]}", "muted"),),
        )
        self.app.push_screen(Confirm(f"Approve #{flight.number}?", said, "approve"), sure)

    def action_merge(self) -> None:
        """Show what stands against it, and ask."""
        if self.flight is not None:
            self.app.push_screen(MergeDialog(self.flight), self._landed)

    def _landed(self, message: Landed | None) -> None:
        if message is None:
            return
        landing = message.landing
        self._mine.add(landing.flight.key)
        self.flights = tuple(one for one in self.flights if one.key != landing.flight.key)
        self.app.fetch(asked=False)
        self.action_again()
        for note in landing.notes:
            self.app.notice(note)
        if landing.commit:
            self.app.converge(landing.flight.targets[0], landing.commit, pushed_at=self.app.now())
        else:
            self.app.notice(f"#{landing.flight.number} is merged", "W on the board watches it")

    def action_abort(self) -> None:
        """Ask, then close it and take its branch away."""
        flight, engine = self.flight, engine_of(self)
        if flight is None:
            return

        def work(job: Job) -> FlightActed:
            return FlightActed("; ".join(engine.reviews_at(flight.repository).abort(flight)))

        def sure(yes: bool | None) -> None:
            if yes:
                self._begin("closing")
                start(self, "abort", work)

        whose = f"{flight.request.author} opened it; its branch {flight.request.head} goes too"
        said = (((flight.request.title, "strong"),), ((whose, "muted"),))
        self.app.push_screen(Confirm(f"Close #{flight.number} without merging it?", said, "close it"), sure)

    def _begin(self, what: str) -> None:
        self._doing = what
        self._show()

    def on_flight_acted(self, message: FlightActed) -> None:
        """Done."""
        self.app.notice(message.said)
        self.action_again()

    def action_browse(self) -> None:
        """Open its page."""
        flight = self.flight
        if flight is not None:
            self.app.browse(flight.request.url)

    def action_copy(self) -> None:
        """Copy its address."""
        if self.flight is not None:
            self.app.copy(self.flight.request.url)

    def action_swap(self) -> None:
        """To the other pane."""
        self.query_one("#flights" if isinstance(self.focused, LineView) else "#detail").focus()

    @property
    def esc_word(self) -> str:
        """What Esc will do."""
        return "to the list" if self.focused is not None and self.focused.id == "detail" else "board"

    def action_back(self) -> None:
        """To the list, then to the board."""
        if self.focused is not None and self.focused.id == "detail":
            self.action_swap()
        else:
            self.workers.cancel_node(self)
            self.app.pop_screen()


def _approved(flight: Flight) -> str:
    return f"approved #{flight.number}; {flight.state}" + (": M merges it" if flight.state is FlightState.READY else "")
