"""The board's grid: apps down, environments across, header and app column frozen; only what is visible is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip

from liftlock.text import plural, shorten, width
from liftlock_tui.actions import bindings
from liftlock_tui.ink import Line, fit, line
from liftlock_tui.render.board import cell_lines, cell_words, lane_lines
from liftlock_tui.sieve import Sieve
from liftlock_tui.widgets.marks import Marks

if TYPE_CHECKING:
    from liftlock.model.board import Board, CellKey, CellState
    from liftlock.model.live import LiveBoard
    from liftlock.model.review import Flight

HEADER = 3
NARROWEST = 22
WIDEST = 40


class Grid(Marks, can_focus=True, inherit_bindings=False):
    """Cells by app and environment, with a cursor that stays with its cell and marks."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("move", "grid")]

    class Moved(Message):
        """The cursor stands on another cell."""

        def can_replace(self, message: Message) -> bool:
            """Only the last place matters."""
            return isinstance(message, Grid.Moved)

    class Chosen(Message):
        """The cell under the cursor was clicked twice."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.board: Board | None = None
        self.live: LiveBoard | None = None
        self.flights: dict[CellKey, Flight] = {}
        self.apps: tuple[str, ...] = ()
        self.row = 0
        self.column = 0
        self.marked: set[CellKey] = set()
        self.dense: bool | None = None
        self.now = 0.0
        self.names = 14
        """Columns of the frozen app names."""
        self.lane = NARROWEST
        """Columns of an environment."""
        self._sieve = Sieve()
        self.rows = 2
        """Lines for each app, as it was last laid out."""
        self._cells: dict[tuple[CellKey, bool, bool], list[Strip]] = {}
        self._drawn_for = (0, 0)

    # What is shown -------------------------------------------------------------------------------------------------

    def show(self, board: Board, now: float) -> None:
        """Show a board; the cursor stays on its cell, and only cells that changed are drawn again."""
        before = self.board
        at = self.cell
        self.board, self.now = board, now
        if before is None or before.environments != board.environments:
            self._cells.clear()
        else:
            changed = {key for key, state in board.cells.items() if before.cells.get(key) is not state}
            self._cells = {known: strips for known, strips in self._cells.items() if known[0] not in changed}
        self.marked &= set(board.cells)
        self._refilter(at)

    def show_live(self, live: LiveBoard, now: float) -> None:
        """Show what runs; only cells whose live side changed are drawn again."""
        before, self.live, self.now = self.live, live, now
        old = before.cells if before is not None else {}
        changed = {key for key in {*old, *live.cells} if old.get(key) != live.cells.get(key)}
        if before is None or before.lanes != live.lanes:
            self.refresh(Region(0, 0, self.size.width, HEADER))
        if changed:
            self._cells = {known: strips for known, strips in self._cells.items() if known[0] not in changed}
            if self._sieve:
                self._refilter(self.cell)
            for row in {self.apps.index(app) for app, _ in changed if app in self.apps}:
                self.refresh(self._lines_of(row))

    def show_flights(self, flights: Sequence[Flight]) -> None:
        """Show what is on its way; of several to one cell the oldest."""
        self.flights = {
            (app, environment): flight
            for flight in sorted(flights, key=lambda one: -one.since)
            for environment in flight.targets
            for app in flight.apps
        }
        self._cells.clear()
        self.refresh()

    def tick(self, now: float) -> None:
        """Draw again with another time."""
        self.now = now
        self._cells.clear()
        self.refresh()

    def repaint(self) -> None:
        """Draw everything again, in new colours."""
        self._cells.clear()
        self.refresh()

    def filter(self, text: str) -> None:
        """Show only apps that have all these words in their name, versions or states; `!word` leaves apps out."""
        at = self.cell
        self._sieve = Sieve.of(text)
        self._refilter(at)

    @property
    def filtered(self) -> bool:
        """Whether a filter holds apps back."""
        return bool(self._sieve)

    def _refilter(self, at: CellKey | None) -> None:
        board = self.board
        if board is None:
            return
        self.apps = tuple(app for app in board.apps if self._passes(board, app)) if self._sieve else board.apps
        if at is not None:
            names = [environment.name for environment in board.environments]
            self.row = self.apps.index(at[0]) if at[0] in self.apps else min(self.row, max(0, len(self.apps) - 1))
            self.column = names.index(at[1]) if at[1] in names else min(self.column, max(0, len(names) - 1))
        self._measure()
        self.refresh()
        if self.cell != at:
            self.post_message(self.Moved())

    def _passes(self, board: Board, app: str) -> bool:
        return self._sieve.passes(app, *(text for e in board.environments for text in self._texts((app, e.name))))

    def _texts(self, key: CellKey) -> list[str]:
        """What a filter finds a cell by: its versions and the words of its states."""
        state = self.board.cells.get(key) if self.board else None
        runs = self.live.cells.get(key, ()) if self.live is not None else ()
        return cell_words(state, runs, self.flights.get(key))

    # Where things are ----------------------------------------------------------------------------------------------

    @property
    def cell(self) -> CellKey | None:
        """The app and environment under the cursor."""
        board = self.board
        if board is None or self.row >= len(self.apps) or self.column >= len(board.environments):
            return None
        return self.apps[self.row], board.environments[self.column].name

    @property
    def state(self) -> CellState | None:
        """What is known of the cell under the cursor; None where there is none."""
        return self.board.cells.get(self.cell) if self.board and self.cell else None

    def _fitting(self) -> int:
        if self.dense is None:
            return 1 if len(self.apps) * 3 + HEADER > max(12, self.size.height) else 2
        return 1 if self.dense else 2

    @property
    def gap(self) -> int:
        """Blank lines between apps."""
        return 1 if self.rows == 2 else 0

    @property
    def step(self) -> int:
        """Lines from one app to the next."""
        return self.rows + self.gap

    @property
    def needed(self) -> int:
        """Lines that show all apps, two lines and a gap for each unless a person wants fewer."""
        return HEADER + len(self.board.apps if self.board else ()) * (self.step if self.dense else 3)

    def _lay_out(self) -> None:
        """How wide names and lanes are; kept, for they are asked for with every line."""
        apps = self.board.apps if self.board else ()  # of all, so that nothing moves while a filter is typed
        longest = max((width(app) for app in apps), default=8)
        self.names = max(len(f"  {len(apps)} of {len(apps)} apps "), min(longest + 3, 30, self.columns * 3 // 10))
        room = self.columns - self.names
        fitting = max(1, min(self._count, room // NARROWEST))
        self.lane = max(1, min(room, NARROWEST), min(WIDEST, room // fitting))

    @property
    def _count(self) -> int:
        return max(1, len(self.board.environments)) if self.board else 1

    def _measure(self) -> None:
        self.rows = self._fitting()
        self._lay_out()
        count = self._count
        if self._drawn_for != (self.rows, self.lane):
            self._drawn_for = (self.rows, self.lane)
            self._cells.clear()
        # the rest of a lane that does not fit belongs to the width, so that the end is at the edge of a lane
        room = self.columns - self.names
        spare = room % self.lane if count * self.lane > room else 0
        self.virtual_size = Size(self.names + count * self.lane + spare, HEADER + len(self.apps) * self.step)
        self._reveal()

    def on_resize(self) -> None:
        """Lay out anew."""
        self._cells.clear()
        self._measure()

    def on_focus(self) -> None:
        """The cursor shows that keys come here."""
        self.repaint()

    def on_blur(self) -> None:
        """The cursor shows that keys go elsewhere."""
        self.repaint()

    # Drawing -------------------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """One visible line."""
        columns, base = self.columns, self.base
        if self.board is None or not self.board.environments:
            return Strip.blank(columns, base)
        names, lane, x = self.names, self.lane, self.scroll_offset.x
        first, last = -(-x // lane), max((x + columns - names) // lane, x // lane + 1)  # none is drawn cut in two
        shown = range(first, min(last, len(self.board.environments)))
        if y == HEADER - 1:
            return self._rule(names, lane, x, columns)
        if y < HEADER:
            head, strips = self._header(y, shown)
        else:
            row, sub = divmod(y - HEADER + self.scroll_offset.y, self.step)
            if not self.apps and y == HEADER + 1:
                return self.palette.strip(line(("  no app is what the filter looks for", "behind")), columns, base=base)
            if row >= len(self.apps) or sub >= self.rows:
                return Strip.blank(columns, base)
            head = self._app_strip(row, sub)
            strips = [self._cell_strips(row, column)[sub] for column in shown]
        body = Strip.join(strips)
        before = Strip.blank(max(0, first * lane - x), base)
        return Strip.join([head, before, body.crop_extend(0, columns - names - before.cell_length, base)])

    def _app_strip(self, row: int, sub: int) -> Strip:
        app = self.apps[row]
        current = row == self.row
        if sub:
            return Strip.blank(self.names, self.base)
        sign = "•" if any(key[0] == app for key in self.marked) else " "
        shown = shorten(app, self.names - 3)
        return self.palette.strip(
            line((sign, "accent bold"), (" ", ""), (shown, "strong bold" if current else "")),
            self.names,
            base=self.base,
        )

    def _header(self, y: int, shown: range) -> tuple[Strip, list[Strip]]:
        board, lane = self.board, self.lane
        assert board is not None  # noqa: S101  (render_line has looked)
        count = f"{len(self.apps)} of {len(board.apps)} apps" if self.filtered else plural(len(board.apps), "app")
        told = (count if y == 0 else "filtered" if self.filtered else "", "muted")
        left = self.palette.strip(line("  ", told), self.names, base=self.base)
        strips = []
        for c in shown:
            environment = board.environments[c]
            lanes = self.live.lanes_of(environment.name) if self.live is not None else ()
            lines = lane_lines(c + 1, environment, board.sources.get(environment.name), lane - 1, self.now, lanes)
            strips.append(self.palette.strip(Line(fit(((" ", ""), *lines[y].pieces), lane - 1)), lane, base=self.base))
        return left, strips

    def _rule(self, names: int, lane: int, x: int, columns: int) -> Strip:
        """The line under the header: the cursor's environment in it, and how many more there are on either side."""
        before, room = -(-x // lane), columns - names
        count = len(self.board.environments) if self.board else 0
        after = count - (x + room) // lane
        left = f" ← {before} more " if before > 0 else ""
        right = f" {after} more → " if after > 0 else ""
        first = max(0, self.column * lane - x)
        last = max(first, min(room - len(right), (self.column + 1) * lane - x - 1))
        pieces = [(left.rjust(names, "─"), "faint"), ("─" * first, "faint"), ("━" * (last - first), "accent")]
        pieces += [("─" * (room - last - len(right)), "faint"), (right, "muted")]
        return self.palette.strip(Line(tuple(pieces)), columns, base=self.base)

    def _cell_strips(self, row: int, column: int) -> list[Strip]:
        board = self.board
        assert board is not None  # noqa: S101  (render_line has looked)
        key = (self.apps[row], board.environments[column].name)
        cursor = row == self.row and column == self.column
        known = self._cells.get((key, cursor, key in self.marked))
        if known is not None and not cursor:
            return known
        under = ("cursor" if self.has_focus else "cursor-idle") if cursor else ""
        base = self.base + self.palette.style(under)
        gutter = "▌" if cursor else "•" if key in self.marked else " "
        strips = []
        runs = self.live.cells.get(key, ()) if self.live is not None else ()
        state, flight = board.cells.get(key), self.flights.get(key)
        drawn_cell = cell_lines(state, self.lane - 2, self.rows, self.now, runs, flight)
        for sub, drawn in enumerate(drawn_cell):
            sign = gutter if sub == 0 or cursor else " "
            if sub == 1 and cursor and key in self.marked:
                sign = "•"
            body = self.palette.strip(Line(((sign, "accent bold"), *drawn.pieces)), self.lane - 1, base=base)
            strips.append(Strip.join([body, Strip([Segment(" ", self.base)])]))
        self._cells[key, cursor, key in self.marked] = strips
        return strips

    # Moving --------------------------------------------------------------------------------------------------------

    def go(self, row: int, column: int) -> None:
        """Put the cursor there, as near as there is a cell."""
        last = len(self.board.environments) - 1 if self.board else -1
        row, column = max(0, min(row, len(self.apps) - 1)), max(0, min(column, last))
        if (row, column) != (self.row, self.column):
            self.refresh(self._lines_of(self.row), self._lines_of(row), Region(0, HEADER - 1, self.size.width, 1))
            self.row, self.column = row, column
            self.post_message(self.Moved())
        self._reveal()

    def _lines_of(self, row: int) -> Region:
        """Where an app's lines stand on the widget; what is out of sight has no place there."""
        return Region(0, max(HEADER, HEADER + row * self.step - self.scroll_offset.y), self.size.width, self.rows)

    def _reveal(self) -> None:
        """Scroll so that the cell is in sight, and the lane left of it where two fit."""
        lane, room = self.lane, self.columns - self.names
        left = max(0, self.column - (1 if room >= 2 * lane else 0)) * lane
        right = (self.column + 1) * lane
        x, y = self.scroll_offset
        x = min(x, left) if x > left else max(x, right - room)
        fits = max(1, room // lane)
        if x % lane and fits * lane <= room:  # stand on the edge of a lane, so that none is cut on the left
            x = min(-(-x // lane) * lane, left)
        top, height = self.row * self.step, self.page() - HEADER
        y = min(y, top) if top < y else max(y, top + self.step - height)
        self.move_to(x, y)

    def action_down(self) -> None:
        """Next app."""
        self.go(self.row + 1, self.column)

    def action_up(self) -> None:
        """App before."""
        self.go(self.row - 1, self.column)

    def action_left(self) -> None:
        """Environment to the left."""
        self.go(self.row, self.column - 1)

    def action_right(self) -> None:
        """Environment to the right."""
        self.go(self.row, self.column + 1)

    def action_first(self) -> None:
        """First app."""
        self.go(0, self.column)

    def action_last(self) -> None:
        """Last app."""
        self.go(len(self.apps) - 1, self.column)

    def action_half_down(self) -> None:
        """Half a page down."""
        self.go(self.row + self._page() // 2, self.column)

    def action_half_up(self) -> None:
        """Half a page up."""
        self.go(self.row - self._page() // 2, self.column)

    def action_page_down(self) -> None:
        """A page down."""
        self.go(self.row + self._page(), self.column)

    def action_page_up(self) -> None:
        """A page up."""
        self.go(self.row - self._page(), self.column)

    def _page(self) -> int:
        return max(1, (self.page() - HEADER) // self.step)

    def action_jump(self, number: str) -> None:
        """To the environment of that number."""
        if self.board and int(number) <= len(self.board.environments):
            self.go(self.row, int(number) - 1)

    def action_first_column(self) -> None:
        """To the first environment."""
        self.go(self.row, 0)

    def action_last_column(self) -> None:
        """To the last environment."""
        self.go(self.row, len(self.board.environments) - 1 if self.board else 0)

    def action_next(self) -> None:
        """Next match of the filter; without one the next cell of this environment that is behind."""
        self._seek(range(self.row + 1, len(self.apps)))

    def action_previous(self) -> None:
        """The match before, or the cell before that is behind."""
        self._seek(range(self.row - 1, -1, -1))

    def _seek(self, rows: Sequence[int]) -> None:
        if self.board is None or self.cell is None:
            return
        for row in rows:
            if self.filtered:
                self.go(row, self._matching(self.board, self.apps[row]))
                return
            state = self.board.cells.get((self.apps[row], self.cell[1]))
            if state is not None and (state.problems or any(not behind.level for behind in state.behind or ())):
                self.go(row, self.column)
                return

    def _matching(self, board: Board, app: str) -> int:
        """The environment nearest to the cursor where this app is what the filter looks for."""
        wanted = [word for word in self._sieve.wanted if word not in app.lower()]
        found = []
        for column, environment in enumerate(board.environments):
            texts = [text.lower() for text in self._texts((app, environment.name))]
            if all(any(word in text for text in texts) for word in wanted):
                found.append(column)
        return min(found, key=lambda column: abs(column - self.column), default=self.column)

    def action_density(self) -> None:
        """One or two lines for each app."""
        self.dense = self.rows == 2
        self._cells.clear()
        self._measure()
        self.refresh()

    def on_click(self, event: events.Click) -> None:
        """A click moves the cursor, a second one opens the cell."""
        if self.board is None or event.y < HEADER or event.x < self.names:
            return
        row = (event.y - HEADER + self.scroll_offset.y) // self.step
        column = (event.x - self.names + self.scroll_offset.x) // self.lane
        if row < len(self.apps) and column < len(self.board.environments):
            self.go(row, column)
            if event.chain > 1:
                self.post_message(self.Chosen())
