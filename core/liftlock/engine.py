"""The engine: the only thing a front end opens.

All calls may block (Git, rendering): a front end runs them in worker threads. Every one is safe to call from any
thread. Nothing is printed; what goes wrong is raised as a LiftlockError or stands in the value that is returned.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

from liftlock.clock import Clock, SystemClock
from liftlock.commands import Journal, Runner, action
from liftlock.config import Settings, cache_dir, load_user
from liftlock.errors import ConfigError, PlanError, RepositoryError
from liftlock.gitrepo import Repository
from liftlock.model.app import Cell
from liftlock.model.board import Board
from liftlock.model.diff import Comparison, FileDiff, Rendering
from liftlock.model.plan import Caution, Plan
from liftlock.model.promotion import Promotion, Publication
from liftlock.model.report import Check, Fetched, Pushed, Sighting
from liftlock.model.revision import Revision
from liftlock.overview import board as boards
from liftlock.overview.cache import BoardCache
from liftlock.overview.planning import Planning
from liftlock.overview.reading import CONFIG_FILE, Reading, require
from liftlock.promotion import carry, message, previews, publishing
from liftlock.promotion.hotfixes import hotfixes
from liftlock.render import Renderer
from liftlock.text import printable

if TYPE_CHECKING:
    from liftlock.live import Live

Stop = Callable[[], bool]
Progress = Callable[[str], None]


def _never() -> bool:
    return False


class Engine:
    """One repository, opened."""

    def __init__(
        self,
        repository: Repository,
        settings: Settings,
        runner: Runner,
        clock: Clock,
        at: str | None,
        cache: bool,
        contexts: Mapping[str, str],
    ) -> None:
        self.runner = runner
        self.journal = runner.journal
        self.clock = clock
        self.name = printable(repository.name)
        self._user = settings.user
        self._repository = repository
        self._at = at
        self._contexts = contexts
        self._lock = threading.RLock()
        self._reading: Reading | None = None
        self._planning = Planning()
        folder = cache_dir() if cache else None
        self._cache = BoardCache(folder)
        self._renderer = Renderer(runner, folder / "rendered" if folder else None)
        self._made: list[Promotion] = []
        self._live: Live | None = None
        self._closing = threading.Lock()
        self._closed = False

    @classmethod
    def open(
        cls,
        start: Path,
        *,
        at: str | None = None,
        journal: Journal | None = None,
        clock: Clock | None = None,
        cache: bool = True,
        contexts: Mapping[str, str] | None = None,
    ) -> Self:
        """Open the repository that holds `start`. With `at`, Git is read as it stood at that revision.

        `contexts` are the contexts of environments by name, for this run only.

        Raises RepositoryError, ConfigError.
        """
        runner = Runner(journal)
        user = load_user()
        try:
            place = start.absolute()  # so that a complaint names the folder
        except OSError as error:
            raise RepositoryError(
                "The folder you are in is gone", error.strerror or "", "go to a clone, or name one with --repo DIR"
            ) from error
        repository = Repository.open(place, runner)
        return cls(repository, Settings(user=user), runner, clock or SystemClock(), at, cache, contexts or {})

    def close(self) -> None:
        """End every connection and every process that still runs. Called again, it waits until that is done."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
            if self._live is not None:
                self._live.close()
            self._repository.close()
            self.runner.close()

    @property
    def settings(self) -> Settings:
        """The user's settings beside the repository's as it was last read."""
        reading = self._reading
        return Settings(reading.config, self._user) if reading is not None else Settings(user=self._user)

    @property
    def live(self) -> Live:
        """The live side: what runs in the clusters of the environments. Nothing is connected before it is asked."""
        with self._lock:
            if self._live is None:
                from liftlock.config import recall
                from liftlock.live import Live, World

                name = str(self._repository.common_dir)
                known = recall()
                self._live = Live(
                    World(
                        self._repository,
                        lambda: self._read(fresh=True),
                        self._planning,
                        self._renderer,
                        self.runner,
                        self.clock,
                        name,
                        set(known.contexts.get(name, ())),
                        dict(known.answers.get(name, {})),
                        self._contexts,
                    )
                )
            return self._live

    # The board -----------------------------------------------------------------------------------------------------

    def board(self) -> Board:
        """Environments, apps and cells, as fast as the names of files tell; versions and revisions where cached.

        Raises RepositoryError (no such revision, nothing committed yet), ConfigError.
        """
        reading = self._read(fresh=True)
        known = self._cache.load(reading, self.name)
        return known if known is not None else boards.outline(reading, self.name)

    def fill(self, board: Board, *, cancelled: Stop | None = None) -> Iterator[Board]:
        """The same board as it fills in: versions first, then how far behind, then revisions. Each is whole."""
        reading = self._read()
        if self._cache.complete(reading, board):
            return
        stop = cancelled or _never
        last = board
        for last in boards.fill(
            reading, board, self._planning.comparisons, self._planning.rules(reading), cancelled=stop
        ):
            yield last
        if not stop():
            self._cache.store(reading, last)

    def fetch(self, *, interactive: bool = False, cancelled: Stop | None = None) -> Fetched | None:
        """Fetch what the environments are read from; None when there is no remote. Raises RepositoryError."""
        if self._at is not None or not self._repository.facts().remotes:
            return None
        with action("fetch"):
            return self._repository.fetch(interactive=interactive, cancelled=cancelled)

    def changed_since(self, board: Board) -> bool:
        """Whether the refs that the board was read from have moved."""
        now = Reading(self._repository, self._at)
        return any(
            board.sources[name].commit != now.source_of(environment).commit
            for name in board.sources
            if (environment := board.environment(name)) is not None
        )

    # A plan --------------------------------------------------------------------------------------------------------

    def plan(self, source: str, targets: Sequence[str], apps: Sequence[str] = ()) -> Plan:
        """What would move from one environment (or path) to others, for all apps or these.

        Raises PlanError (unknown name, targets on different branches), RepositoryError.
        """
        return self._planning.plan(self._read(fresh=True), source, targets, apps)

    def replan(self, plan: Plan) -> tuple[Plan, tuple[str, ...]]:
        """The plan made again on the newest base, selection and typed values kept, and what differs, in sentences."""
        fresh = self._planning.plan(self._read(fresh=True), plan.source, plan.targets, plan.asked)
        return carry.over(plan, fresh)

    def cautions(self, plan: Plan) -> tuple[Caution, ...]:
        """What a person should know of the plan as it is selected now: its own warnings and those of the result."""
        return (
            *plan.warnings,
            *previews.cautions(plan, self._planning.files(self._read(), plan), self._read().tree_at(plan.base)),
            *hotfixes(self._repository, plan),
        )

    def file_diffs(self, plan: Plan) -> tuple[FileDiff, ...]:
        """Exactly what would be committed, file by file. Raises EditError."""
        return previews.file_diffs(self._read().tree_at(plan.base), self._planning.files(self._read(), plan))

    def renderings(
        self, plan: Plan, *, fetch: bool = False, cancelled: Stop | None = None, progress: Progress | None = None
    ) -> Iterator[Rendering]:
        """The manifests of each cell that changes, before and after, as each is ready. Raises EditError."""
        reading = self._read()
        return previews.renderings(
            self._renderer,
            self._read().tree_at(plan.base),
            self._planning.files(self._read(), plan),
            [cell for name in plan.targets for cell in reading.cells_of(name).values() if cell.app in plan.apps],
            fetch=fetch,
            cancelled=cancelled,
            progress=progress,
        )

    def compare(
        self,
        left: str,
        right: str,
        apps: Sequence[str] = (),
        *,
        fetch: bool = False,
        cancelled: Stop | None = None,
        progress: Progress | None = None,
    ) -> tuple[tuple[Comparison, ...], tuple[Rendering, ...]]:
        """Two environments, rendered, object by object with an explanation; and what could not be rendered."""
        reading = self._read()
        plan = self._planning.plan(reading, left, [right], apps)
        sides = reading.side(require(reading, left)), reading.side(require(reading, right))
        return previews.compare(
            self._renderer,
            self._repository,
            *sides,
            apps,
            plan,
            fetch=fetch,
            cancelled=cancelled or _never,
            progress=progress,
        )

    def comparison_markdown(self, left: str, right: str, comparisons: Sequence[Comparison]) -> str:
        """A comparison to paste into a ticket."""
        return previews.markdown(left, right, comparisons)

    # A promotion ---------------------------------------------------------------------------------------------------

    def message(self, plan: Plan, *, reason: str = "") -> str:
        """The commit message as the template and the trailers give it, before hooks and editing."""
        config = self._read().config
        return message.message(plan, reason=reason, template=config.message)

    def branch_name(self, plan: Plan) -> str:
        """The promotion branch that a commit would go to: a name that is free."""
        wanted = message.branch_name(plan, self._read().config.branch)
        return publishing.free_branch(self._repository, wanted)

    def commit(
        self,
        plan: Plan,
        *,
        message: str | None = None,
        branch: str | None = None,
        onto: str | None = None,
        reason: str = "",
        expected_base: str | None = None,
        interactive: bool = False,
    ) -> Promotion:
        """Commit the selected changes on a promotion branch, or `onto` an existing one.

        `expected_base` is a revision that the plan must still hold at. Raises PlanError (nothing selected, another
        plan by now), EditError, RepositoryError (no identity, hook refused, a branch that a work tree has checked
        out), TerminalNeeded (signing asks for a PIN: again with `interactive` in a terminal).
        """
        if not plan.chosen:
            raise PlanError(
                "Nothing is selected", "no change of the plan is staged", "stage one, or name it with --only"
            )
        if expected_base is not None:
            self._planning.must_hold_at(plan, expected_base, self._repository)
        with action(f"commit {plan.source} to {', '.join(plan.targets)}"):
            if onto is not None:
                plan = self._planning.onto(self._read(), plan, onto)
            files = self._planning.files(self._read(), plan)
            text = message if message is not None else self.message(plan, reason=reason)
            made = publishing.commit(
                self._repository,
                plan,
                files,
                text,
                onto or branch or self.branch_name(plan),
                onto=onto is not None,
                edited=message is not None,
                interactive=interactive,
            )
        self._made.insert(0, made)
        return made

    def confirmed(self, plan: Plan, names: Sequence[str]) -> None:
        """Raises PlanError when the plan changes a protected environment that is not among the names."""
        self._planning.must_be_confirmed(self._read(), plan, names)

    def reads_from(self, branch: str, plan: Plan) -> bool:
        """Whether the plan stands on this branch of the remote, so that it can be pushed straight to it."""
        _, base_branch = self._repository.remote_for(plan.base_ref)
        return base_branch == branch

    def undo(self, promotion: Promotion) -> str:
        """Take an unpushed promotion back; a sentence that says what was done. Raises RepositoryError."""
        with action("undo"):
            said = publishing.undo(self._repository, promotion)
        self._made = [made for made in self._made if made != promotion]
        return said

    def publication(self, promotion: Promotion, *, direct: bool = False) -> Publication:
        """What pushing would do: the promotion's branch, or straight to the branch that the base came from.

        Raises RepositoryError when there is no remote.
        """
        reading = self._read(fresh=True)
        return publishing.publication(
            self._repository,
            promotion,
            [e for e in reading.discovery.environments if e.name in promotion.targets],
            {e.name: reading.source_of(e).ref for e in reading.discovery.environments},
            direct=direct,
        )

    def push(
        self,
        publication: Publication,
        *,
        confirmed: Sequence[str] = (),
        interactive: bool = False,
        cancelled: Stop | None = None,
        progress: Progress | None = None,
    ) -> Pushed:
        """Push. Raises PushRejected when the remote moved, TerminalNeeded, PlanError for a missing confirmation."""
        missing = [name for name in publication.confirm if name not in confirmed]
        if missing:
            raise PlanError(
                f"{' and '.join(missing)} is protected and was not confirmed",
                publication.consequence,
                " ".join(f"--confirm {name}" for name in missing),
            )
        with action(f"push to {publication.destination}"):
            return self._repository.push(
                publication.remote,
                publication.refspec,
                interactive=interactive,
                cancelled=cancelled,
                progress=progress,
            )

    def unpushed(self) -> tuple[Promotion, ...]:
        """Promotions that were committed here (also in earlier runs) and are on no remote yet, newest first."""
        return publishing.unpushed(self._repository, self._made)

    # Questions -----------------------------------------------------------------------------------------------------

    def log(self, cell: Cell, *, limit: int = 20) -> tuple[Revision, ...]:
        """The commits that touched a cell's files, newest first."""
        reading = self._read()
        environment = reading.environment(cell.environment)
        commit = reading.source_of(environment).commit if environment else reading.source.commit
        touched = self._repository.history(commit, paths=cell.files, limit=limit)
        return tuple(entry.revision for entry in touched)

    def where(self, word: str, *, cancelled: Stop | None = None) -> tuple[Sighting, ...]:
        """Every cell that has this version, commit or word, and since when."""
        from liftlock.overview.where import where

        return where(self._read(), word, cancelled=cancelled or _never)

    def doctor(self) -> tuple[Check, ...]:
        """What was found and why, what is wrong, and what to do."""
        from liftlock.overview.doctor import checks

        return checks(self._repository, self._at, self.runner, self.settings)

    def write_config(self, text: str) -> Path | None:
        """Write liftlock.toml at the top of the work tree; None for a bare repository, where there is none.

        Raises ConfigError when it is there already or cannot be written.
        """
        top = self._repository.work_tree
        if top is None:
            return None
        place, made = top / CONFIG_FILE, False
        try:
            with place.open("x", encoding="utf-8") as file:
                made = True
                file.write(text)
        except FileExistsError as error:
            raise ConfigError(
                f"There is a {CONFIG_FILE} already", printable(str(place)), "liftlock init --print shows what was found"
            ) from error
        except OSError as error:
            with contextlib.suppress(OSError):
                if made:
                    place.unlink()  # half a file would be an error from now on
            raise ConfigError(
                f"{CONFIG_FILE} cannot be written",
                printable(f"{error.strerror or error}: {place}"),
                "liftlock init --print shows it, to be put where it can be written",
            ) from error
        return place

    def init_text(self) -> str:
        """A commented liftlock.toml made from what was found. Raises RepositoryError."""
        from liftlock.config import example

        found = self._read().discovery
        return example(found.environments, found.cells, found.findings)

    # Inside --------------------------------------------------------------------------------------------------------

    def _read(self, *, fresh: bool = False) -> Reading:
        """The repository as it stands; with `fresh` its refs are looked at again, and all is kept while they stay."""
        with self._lock:
            if self._reading is None or (fresh and self._reading.stale()):
                self._reading = Reading(self._repository, self._at)
            return self._reading
