"""The first screen: apps × environments."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.timer import Timer

from liftlock.errors import BranchesApart
from liftlock.model.report import CellPast
from liftlock.text import plural
from liftlock_tui.actions import bindings
from liftlock_tui.ink import Piece, line
from liftlock_tui.jobs import Job, engine_of, start
from liftlock_tui.messages import CommitsRead, Failed, Planned, UnpushedRead
from liftlock_tui.render.board import SINCE, UNEVEN, detail_lines
from liftlock_tui.screens.board_live import BoardLive
from liftlock_tui.screens.board_outside import BoardOutside
from liftlock_tui.screens.board_record import BoardRecord
from liftlock_tui.screens.board_reviews import BoardReviews
from liftlock_tui.screens.filtering import Filtering
from liftlock_tui.widgets.bars import Bar, Footer
from liftlock_tui.widgets.grid import HEADER, Grid
from liftlock_tui.widgets.lines import LineView

if TYPE_CHECKING:
    from liftlock.model.board import Board, CellKey
    from liftlock.model.plan import Plan
    from liftlock.model.promotion import Promotion

LEAST = 7
"""So many lines below the grid are worth a pane on a terminal that is not high."""
REST = 0.08
"""Seconds the cursor rests before all about its cell is shown."""
PAUSE = 0.07
"""Seconds after that before the commits of its cell are read."""


class BoardScreen(BoardRecord, BoardReviews, BoardLive, BoardOutside, Filtering):
    """Apps × environments in promotion order, and all about the cell under the cursor."""

    AUTO_FOCUS = "Grid"
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("board")]

    def __init__(self) -> None:
        super().__init__()
        self.board: Board | None = None
        self.unpushed: tuple[Promotion, ...] = ()
        self._doing: dict[str, str] = {}
        self._pasts: dict[CellKey, CellPast] = {}
        self._rest: Timer | None = None
        self._planning = 0
        self._fetch_told: Piece = ("", "")

    def compose(self) -> ComposeResult:
        """Status, grid and detail, filter, keys."""
        yield Bar(id="status", classes="bar")
        with Container(id="body"):
            yield Grid(id="grid")
            yield LineView(id="detail")
        yield Footer()

    def on_mount(self) -> None:
        """Paint what is known: nothing yet."""
        self._status()

    # What is shown -------------------------------------------------------------------------------------------------

    @property
    def grid(self) -> Grid:
        """The grid."""
        return self.query_one(Grid)

    def show(self, board: Board) -> None:
        """Show a board, or the same with more known."""
        known = self.board
        if known is not None and any(
            known.sources.get(name) is None or known.sources[name].commit != source.commit
            for name, source in board.sources.items()
        ):
            self._pasts.clear()
        self.board = board
        self.grid.show(board, self.app.now())
        self._share_height()
        self._status()
        self._show_detail()

    def _share_height(self) -> None:
        """Where the detail is below the grid, it gets what the grid does not need."""
        spare = self.size.height - 2 - self.grid.needed >= LEAST
        self.set_class(spare and not self.has_class("-broad"), "-spare")
        stacked = (self.has_class("-high") or spare) and not self.has_class("-broad")
        most = self.size.height - 2 - LEAST if spare else self.size.height * 3 // 5
        self.grid.styles.height = max(HEADER + 2, min(self.grid.needed, most)) if stacked else "1fr"
        self.query_one("#detail").styles.height = "1fr" if stacked or self.has_class("-broad") else None

    def doing(self, what: str, text: str = "") -> None:
        """Say that something is going on; without a text that it is over."""
        if text:
            self._doing[what] = text
        else:
            self._doing.pop(what, None)
        self._status()

    def is_doing(self, what: str) -> bool:
        """Whether that is going on."""
        return what in self._doing

    def fetch_told(self, text: str, role: str = "muted") -> None:
        """Say how the last fetch ended."""
        self._fetch_told = (text, role)
        self._status()

    def tick(self, now: float) -> None:
        """Ages go on."""
        self.grid.tick(now)
        self._show_detail()

    def repaint(self) -> None:
        """The colours have changed."""
        super().repaint()
        self._status()

    def _status(self) -> None:
        bar = self.query_one("#status", Bar)
        left: list[Piece] = [(" liftlock ", "accent bold")]
        board = self.board
        if board is not None:
            left += [(f" {board.repository} ", "strong bold")]
            left += [(f" {note} ", "muted") for note in board.notes]
            if self.live is not None and self.live.problem is not None:
                left.append((f" no cluster: {self.live.problem.title.partition(':')[0]} ", "behind"))
            if board.problems:
                left.append((f" ! {plural(len(board.problems), 'problem')} ", "problem"))
        else:
            left.append((f" {self.app.place} ", "muted"))
        marked = len(self.grid.marked)
        right: list[Piece] = []
        if marked:
            right.append((f" • {marked} marked ", "accent"))
        if self.unpushed:
            right.append((f" ↑ {plural(len(self.unpushed), 'promotion')} not pushed: P ", "behind"))
        if self.flights:
            right.append((f" ⇄ {len(self.flights)} in flight: i ", "accent"))
        right += [(f" {text} ", "muted") for text in self._doing.values()] or [self._fetch_told]
        apart = [piece for one in right if one[0] for piece in (("·", "faint"), one)][1:]
        bar.say(left, (*apart, (" ", "")))

    def _show_detail(self) -> None:
        view = self.query_one("#detail", LineView)
        cell = self.grid.cell
        if not view.display or self.board is None:
            return
        if cell is None:
            view.show([line(("nothing is under the cursor", "muted"))])
            return
        columns = max(20, view.columns - 1)
        past = self._pasts.get(cell)
        flights = self.flights_to(*cell)
        now = self.app.now()
        view.show(detail_lines(self.board, self.grid.state, *cell, past, now, columns, self.live, flights))

    def on_resize(self) -> None:
        """The pane beside the grid is laid out anew."""
        self.call_after_refresh(self._share_height)
        self.call_after_refresh(self._show_detail)

    @on(Grid.Moved)
    def _moved(self) -> None:
        self._status()
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(REST, self._rested)

    def _rested(self) -> None:
        self._show_detail()
        view = self.query_one("#detail", LineView)
        view.move_to(0, 0)
        if view.display and self.grid.cell not in self._pasts:
            self._rest = self.set_timer(PAUSE, self._read_commits)

    def _read_commits(self) -> None:
        state, key = self.grid.state, self.grid.cell
        if state is None or key is None or not self.app.ready:
            return
        cell, shown, engine = state.cell, (state.versions or ())[:SINCE], engine_of(self)
        start(self, "log", lambda job: CommitsRead(key, engine.past(cell, shown, limit=8)))

    def on_commits_read(self, message: CommitsRead) -> None:
        """The last commits of a cell are there."""
        self._pasts[message.key] = message.past
        self._show_detail()

    # Acts ----------------------------------------------------------------------------------------------------------

    @property
    def esc_word(self) -> str:
        """What Esc will do."""
        if not isinstance(self.focused, Grid):
            return "to the grid"
        if self.grid.filtered or self.grid.marked:
            return "all apps" if self.grid.filtered else "no marks"
        return "stop planning" if self.is_doing("plan") else "stop fetching" if self.is_doing("fetch-asked") else ""

    def action_back(self) -> None:
        """Esc, layer by layer: the filter, back to the grid, the marks."""
        if self.drop_filter():
            return
        if not isinstance(self.focused, Grid):
            self.grid.focus()
        elif self.grid.marked:
            self.grid.marked.clear()
            self.grid.repaint()
            self._status()
        elif self.is_doing("plan"):
            self._planning += 1
            self.workers.cancel_group(self, "plan")
            self.doing("plan", "")
        else:
            self.app.stop_fetching()

    @on(Grid.Chosen)
    def action_open(self) -> None:
        """All about the cell: in the pane beside, or in a window where there is none."""
        view = self.query_one("#detail", LineView)
        if self.board is None or self.grid.cell is None:
            return
        if view.display:
            view.focus()
            return
        from liftlock_tui.screens.cell import CellScreen

        cell = self.grid.cell
        self.app.push_screen(CellScreen(self.board, self.grid.state, *cell, self.live, self.flights_to(*cell)))

    FILTER_HINT = "apps with these words: names, versions, behind, failing, drifted; !word leaves out"

    def sift(self, text: str) -> None:
        """Show only apps that pass."""
        self.grid.filter(text)

    def sifted(self) -> Grid:
        """The grid."""
        return self.grid

    async def action_uneven(self) -> None:
        """Only the apps that need a look; once more for all."""
        if self.filter_text == UNEVEN:
            self.drop_filter()
        else:
            await self.set_filter(UNEVEN)

    def action_refetch(self) -> None:
        """Fetch and read again; lost connections are tried now."""
        if self.app.ready:
            engine_of(self).live.retry()
        self.app.fetch(asked=True)

    def action_plan(self) -> None:
        """Plan into the cell, or into all that are marked, from the environment before."""
        from liftlock_tui.modals.choose import Choice, Choose

        board, cells = self.board, self._cells()
        if board is not None and not cells:
            self.app.notice("no cell is under the cursor", "Esc drops the filter")
        if board is None or not cells:
            return
        targets = [e for e in board.environments if any(key[1] == e.name for key in cells)]
        apps = tuple(app for app in board.apps if any(key[0] == app for key in cells))
        before = [e.name for e in board.environments if all(e.name in target.after for target in targets)]
        names = tuple(target.name for target in targets)
        if not before:
            which = " and ".join(names)
            said = (
                f"nothing comes before {which}"
                if len(names) == 1
                else f"{which} have no environment before them in common"
            )
            self.app.notice(said, "promote from here with >, or :plan FROM TO")
        elif len(before) == 1:
            self.plan(before[0], names, apps)
        else:
            choices = [Choice(name, name, self._behind_word(name)) for name in before]
            self.app.push_screen(
                Choose(f"Promote to {', '.join(names)} from", choices, does="plan"),
                lambda chosen: self.plan(str(chosen[0]), names, apps) if chosen else None,
            )

    def action_onward(self) -> None:
        """Plan from this environment to those after it."""
        from liftlock_tui.modals.choose import Choice, Choose

        board, cell = self.board, self.grid.cell
        if board is None or cell is None:
            return
        here = cell[1]
        after = [environment for environment in board.environments if here in environment.after]
        apps = tuple(dict.fromkeys(app for app, name in sorted(self.grid.marked) if name == here)) or (cell[0],)
        if not after:
            self.app.notice(f"nothing comes after {here}", "liftlock.toml says what comes after what: liftlock init")
        elif len(after) == 1:
            self.plan(here, (after[0].name,), apps)
        else:
            choices = [Choice(e.name, e.name, "◈ protected" if e.protected else "") for e in after]
            self.app.push_screen(
                Choose(f"Promote {', '.join(apps)} from {here} to", choices, several=True, does="plan"),
                lambda chosen: self.plan(here, tuple(map(str, chosen)), apps) if chosen else None,
            )

    def action_problems(self) -> None:
        """All that is wrong or ambiguous, with what to do about it."""
        from liftlock_tui.modals.dialog import Told
        from liftlock_tui.render.board import problem_paragraphs

        if self.board is not None:
            self.app.push_screen(Told("Problems", problem_paragraphs(self.board)))

    def action_compare(self) -> None:
        """Compare with the environment before, rendered."""
        board, cell = self.board, self.grid.cell
        environment = board.environment(cell[1]) if board and cell else None
        if cell is None or environment is None:
            return
        if not environment.after:
            self.app.notice(f"nothing comes before {environment.name}", ":compare LEFT RIGHT compares any two")
            return
        apps = tuple(sorted({app for app, name in self.grid.marked if name == cell[1]})) or (cell[0],)
        self.app.compare(environment.after[0], environment.name, apps)

    def _cells(self) -> list[CellKey]:
        if self.grid.marked:
            return sorted(self.grid.marked)
        return [self.grid.cell] if self.grid.cell else []

    def _behind_word(self, name: str) -> str:
        state = self.grid.state
        found = next((b for b in (state.behind or ()) if b.of == name), None) if state else None
        return "" if found is None else "= level" if found.level else f"▲ {found.count} behind"

    def plan(self, source: str, targets: tuple[str, ...], apps: tuple[str, ...]) -> None:
        """Make a plan, then show it on the stage."""
        if not self.app.ready:
            self.app.notice("still reading the repository", "in a moment")
            return
        self._planning += 1
        epoch, engine = self._planning, engine_of(self)
        self.doing("plan", f"planning {source} → {', '.join(targets)}")

        def work(job: Job) -> Planned:
            try:
                return Planned(engine.plan(source, targets, apps), epoch)
            except BranchesApart:  # what one commit cannot do, a wave does: the stage says that it is one
                plans = engine.waves.plans(source, targets, apps)
                return Planned(engine.waves.begin(plans, targets), epoch)

        start(self, "plan", work, epoch=epoch)

    def on_planned(self, message: Planned) -> None:
        """The plan is there."""
        if message.epoch != self._planning:
            return
        self.doing("plan")
        plan: Plan = message.plan
        if not plan.changes:
            self.app.notice(f"{', '.join(plan.targets)} is level with {plan.source}: nothing would move", "")
            return
        from liftlock_tui.screens.stage import StageScreen

        self.app.push_screen(StageScreen(plan))

    def on_failed(self, message: Failed) -> None:
        """Say what could not be done."""
        self.doing(message.doing)
        if message.doing == "flights":
            self.doing("flights", f"! {message.error.title}")  # beside: what is read from Git goes on
        elif message.doing == "log":
            key = self.grid.cell
            if key is not None:
                self._pasts[key] = CellPast((), {})
                self.app.notice(message.error.title, message.error.detail)
        elif message.doing != "plan" or message.epoch == self._planning:
            from liftlock_tui.modals.dialog import told

            self.app.push_screen(told(message.error, "This cannot be planned" if message.doing == "plan" else ""))

    # Promotions that wait ------------------------------------------------------------------------------------------

    def action_push(self) -> None:
        """Push what waits."""
        self.app.read_unpushed("push")

    def action_undo(self) -> None:
        """Take back what waits."""
        self.app.read_unpushed("undo")

    def show_unpushed(self, message: UnpushedRead) -> None:
        """Show how many promotions wait, and go on to push or undo one of them."""
        self.unpushed = message.promotions
        self._status()
        if not message.then:
            return
        if not message.promotions:
            self.app.notice("no promotion waits for its push", "plan one with p, commit it with c")
            return
        act = self.app.push_promotion if message.then == "push" else self.app.undo_promotion
        if len(message.promotions) == 1:
            act(message.promotions[0])
            return
        from liftlock_tui.modals.choose import Choice, Choose

        choices = [Choice(n, p.branch, p.message.partition("\n")[0]) for n, p in enumerate(message.promotions)]
        title = "Push which promotion" if message.then == "push" else "Take back which promotion"
        self.app.push_screen(
            Choose(title, choices, does=message.then),
            lambda chosen: act(message.promotions[chosen[0]]) if chosen and isinstance(chosen[0], int) else None,
        )
