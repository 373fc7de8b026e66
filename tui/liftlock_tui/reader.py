"""What the app asks of the repository in the background: opening, the board, the fetch, what waits for its push."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from textual.app import App, SuspendNotSupported
from textual.screen import Screen

from liftlock.errors import LiftlockError, TerminalNeeded
from liftlock.text import plural, shorten
from liftlock_tui.actions import keymap
from liftlock_tui.jobs import start
from liftlock_tui.messages import BoardRead, EngineOpened, Failed, FetchEnded, Fetching, UnpushedRead
from liftlock_tui.screens.board import BoardScreen

if TYPE_CHECKING:
    from liftlock.engine import Engine
    from liftlock.model.board import Board
    from liftlock.model.promotion import Promotion
    from liftlock_tui.jobs import Job

LONGEST = 44
"""Columns of what git says of a fetch."""
SAMPLE = 0.1
"""Seconds between two states of the board that is filling in."""


class Reader(App[int]):
    """Owns the engine and what is known of the repository. Replies to old questions are dropped."""

    def __init__(self, open_engine: Callable[[], Engine]) -> None:
        super().__init__()
        self.engine: Engine | None = None
        self.board: Board | None = None
        self.problem: LiftlockError | None = None
        """Why there is nothing to show."""
        self.made: list[Promotion] = []
        """Commits of this session that were not pushed."""
        self.key_table: dict[str, tuple[str, ...]] = keymap({})[0]
        self._open_engine = open_engine
        self._epoch = 0

    if TYPE_CHECKING:

        @property
        def board_screen(self) -> BoardScreen: ...  # noqa: D102
        def notice(self, text: str, hint: str = "") -> None: ...  # noqa: D102
        def use_ascii(self) -> None: ...  # noqa: D102

    @property
    def ready(self) -> bool:
        """Whether the engine can be asked."""
        return self.engine is not None

    @property
    def _gone(self) -> bool:
        """Whether the screens are closed already: a reply then comes too late."""
        return not self.screen_stack

    def now(self) -> float:
        """Seconds since the epoch, by the engine's clock."""
        return self.engine.clock.now() if self.engine is not None else time.time()

    def open(self) -> None:
        """Open the repository in a thread."""
        self.board_screen.doing("open", "opening")
        opener = self._open_engine
        start(self, "open", lambda job: EngineOpened(opener()))

    def on_engine_opened(self, message: EngineOpened) -> None:
        """The repository is open: read the board, then fetch."""
        engine: Engine = message.engine  # type: ignore[assignment]
        self.engine = engine
        self.board_screen.doing("open")
        user = engine.settings.user
        if user.ascii:
            self.use_ascii()
        if user.problem is not None:
            self.notice(str(user.problem), user.problem.hint)
        self.key_table, wrong = keymap(user.keys)
        self.set_keymap({id: ",".join(keys) for id, keys in self.key_table.items()})
        for said in wrong:
            self.notice(said, "the default keys are in force")
        self.refill()
        self.board_screen.listen()
        if user.fetch_on_start:
            self.board_screen.look_for_flights()
            self.fetch(asked=False)

    def refill(self) -> None:
        """Read the board anew; what is shown stays until then."""
        if self.engine is None:
            return
        self._epoch += 1
        epoch, engine = self._epoch, self.engine
        self.board_screen.doing("board", "reading")

        def work(job: Job) -> BoardRead:
            board = engine.board()
            job.post(BoardRead(epoch, board))
            told = time.monotonic()
            for known in engine.fill(board, cancelled=job.cancelled):
                board = known
                if time.monotonic() - told >= SAMPLE:
                    job.post(BoardRead(epoch, board))
                    told = time.monotonic()
            return BoardRead(epoch, board, whole=True)

        start(self, "board", work, epoch=epoch)
        self.read_unpushed()

    def on_board_read(self, message: BoardRead) -> None:
        """More of the board is known."""
        if self._gone or message.epoch != self._epoch:
            return
        self.board = message.board
        if message.whole:
            self.board_screen.doing("board")
            if not self.is_headless:
                self.call_after_refresh(_settle)
        if not message.board.environments:
            self._no_environment(message.board)
            return
        self.problem = None
        self.board_screen.show(message.board)

    def _no_environment(self, board: Board) -> None:
        looked = "; ".join(f"{finding.subject}: {finding.reason}" for finding in board.findings[:8])
        self._problem(
            LiftlockError(
                "No environment was found here",
                looked or "no folder, file or branch is named like an environment (dev, staging, production, …)",
                "name them in liftlock.toml; `liftlock init` writes one to begin with, "
                "`liftlock doctor` says what was looked at",
            )
        )

    def _problem(self, error: LiftlockError) -> None:
        from liftlock_tui.screens.problem import ProblemScreen

        self.problem = error
        if not isinstance(self.screen, ProblemScreen):
            self.push_screen(ProblemScreen(error))

    def on_failed(self, message: Failed) -> None:
        """Say what could not be done."""
        if self._gone:
            return
        self.board_screen.doing(message.doing)
        if message.doing in ("fetch", "fetch-asked"):
            self._fetch_failed(message.error, asked=message.doing == "fetch-asked")
        elif message.doing == "board" and message.epoch != self._epoch:
            return
        elif message.doing in ("open", "board") and self.board is None:
            self._problem(message.error)
        else:
            from liftlock_tui.modals.dialog import told

            self.push_screen(told(message.error))

    # Fetching ------------------------------------------------------------------------------------------------------

    def fetch(self, *, asked: bool) -> None:
        """Fetch in the background."""
        if self.engine is None:
            return
        engine, group = self.engine, "fetch-asked" if asked else "fetch"
        self.board_screen.doing(group, "fetching")

        def work(job: Job) -> FetchEnded:
            tell = lambda said: job.post(Fetching(group, said))  # noqa: E731
            return FetchEnded(engine.fetch(cancelled=job.cancelled, progress=tell), asked)

        start(self, group, work)

    def on_fetching(self, message: Fetching) -> None:
        """How far it is."""
        if not self._gone and self.board_screen.is_doing(message.group):
            said = message.said.removeprefix("remote: ").partition(" (")[0].partition(", done")[0]
            self.board_screen.doing(message.group, f"fetching: {shorten(said.strip().lower(), LONGEST)}")

    def stop_fetching(self) -> bool:
        """End a fetch that is under way; whether there was one."""
        under_way = [group for group in ("fetch", "fetch-asked") if self.board_screen.is_doing(group)]
        for group in under_way:
            self.workers.cancel_group(self, group)
            self.board_screen.doing(group)
        if under_way:
            self.board_screen.fetch_told("fetch stopped", "behind")
        return bool(under_way)

    def on_fetch_ended(self, message: FetchEnded) -> None:
        """Read the board again: refs may have moved, and ages have."""
        if self._gone:
            return
        self.board_screen.doing("fetch-asked" if message.asked else "fetch")
        fetched = message.fetched
        if fetched is None:
            self.board_screen.fetch_told("no remote")
        elif fetched.moved:
            self.board_screen.fetch_told(f"fetched, {plural(len(fetched.moved), 'ref')} moved", "accent")
        else:
            self.board_screen.fetch_told("fetched, nothing new")
        self.refill()

    def _fetch_failed(self, error: LiftlockError, *, asked: bool) -> None:
        if isinstance(error, TerminalNeeded):
            if asked and self.engine is not None:
                engine = self.engine
                self.in_terminal(lambda: FetchEnded(engine.fetch(interactive=True), True), "fetch")
            else:
                self.board_screen.fetch_told("not fetched: it must ask you, press r", "behind")
            return
        self.board_screen.fetch_told("! not fetched", "problem")
        if asked:
            from liftlock_tui.modals.dialog import told

            self.push_screen(told(error, "The fetch failed"))
        else:
            self.notice(error.title, error.detail)

    def in_terminal(self, work: Callable[[], Any], doing: str, to: Screen[Any] | None = None) -> None:
        """Step aside and let Git ask on the terminal; come back whole and post what `work` returns."""
        receiver = to or self
        try:
            with self.suspend():
                print("liftlock: git asks; the app comes back when it is done", flush=True)  # noqa: T201  (the terminal is the person's now)
                try:
                    ended = work()
                except LiftlockError as error:
                    ended = Failed(doing, error)
        except SuspendNotSupported:
            ended = Failed(doing, LiftlockError("This terminal cannot be handed over", "", "run git push by hand"))
        self.refresh(layout=True)
        receiver.post_message(ended)

    def aside(self, work: Callable[[], Any]) -> None:
        """Hand the terminal to another program, and come back whole."""
        try:
            with self.suspend():
                try:
                    work()
                except LiftlockError as error:
                    self.notice(error.title, error.detail)
        except SuspendNotSupported:
            self.notice("this terminal cannot be handed over")
        self.refresh(layout=True)

    def read_unpushed(self, then: str = "") -> None:
        """Ask which promotions wait for their push."""
        if self.engine is not None:
            engine = self.engine
            start(self, "unpushed", lambda job: UnpushedRead(engine.unpushed(), then))

    def on_unpushed_read(self, message: UnpushedRead) -> None:
        """The board shows them."""
        if self._gone:
            return
        self.made = [promotion for promotion in self.made if promotion in message.promotions]
        self.board_screen.show_unpushed(message)


def _settle() -> None:
    """Take the board out of what Python looks through for garbage, so that keys do not wait while it does."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()
