"""The engine: the only thing a front end opens.

All calls may block (Git, rendering): a front end runs them in worker threads. Every one is safe to call from any
thread. Nothing is printed; what goes wrong is raised as a LiftlockError or stands in the value that is returned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from liftlock.commands import action
from liftlock.errors import PlanError
from liftlock.overview.reading import Reading, require
from liftlock.promotion import carry, results
from liftlock.questions import Questions

# What only types name is not imported: a plan starts without the values of pull requests, gates and reports.
if TYPE_CHECKING:
    from liftlock.model.board import Board
    from liftlock.model.diff import Comparison, FileDiff, Rendering
    from liftlock.model.gates import Gate
    from liftlock.model.plan import Caution, Plan
    from liftlock.model.promotion import Promotion, Publication, Rival
    from liftlock.model.report import Fetched, Pushed
    from liftlock.model.review import Flight, Landing, Outlook, Proposed

Stop = Callable[[], bool]
Progress = Callable[[str], None]


def _never() -> bool:
    return False


class Engine(Questions):
    """What can be asked of one opened repository, and done with it."""

    # The board -----------------------------------------------------------------------------------------------------

    def board(self) -> Board:
        """Environments, apps and cells, as fast as the names of files tell; versions and revisions where cached.

        Raises RepositoryError (no such revision, nothing committed yet), ConfigError.
        """
        reading = self._read(fresh=True)
        known = self._cache.load(reading, self.name)
        if known is not None:
            return known
        from liftlock.overview.board import outline

        return outline(reading, self.name)

    def fill(self, board: Board, *, cancelled: Stop | None = None) -> Iterator[Board]:
        """The same board as it fills in: versions first, then how far behind, then revisions. Each is whole."""
        reading = self._read()
        if self._cache.complete(reading, board):
            return
        from liftlock.overview.board import fill

        stop = cancelled or _never
        last = board
        for last in fill(reading, board, self._planning.comparisons, self._planning.rules(reading), cancelled=stop):
            yield last
        if not stop():
            self._cache.store(reading, last)

    def fetch(
        self,
        *,
        interactive: bool = False,
        cancelled: Stop | None = None,
        progress: Progress | None = None,
    ) -> Fetched | None:
        """Fetch what the environments are read from; None when there is no remote. Raises RepositoryError.

        `progress` gets what git says of how far it is, from this thread.
        """
        if self._at is not None or not self._repository.facts().remotes:
            return None
        with action("fetch"):
            for home, _ in self._read().homes()[1:]:
                home.fetch(interactive=interactive, cancelled=cancelled, progress=progress)
            return self._repository.fetch(interactive=interactive, cancelled=cancelled, progress=progress)

    def changed_since(self, board: Board) -> bool:
        """Whether the refs that the board was read from have moved."""
        now = Reading(self._repository, self._at)
        return any(
            board.sources[name].commit != now.source_of(environment).commit
            for name in board.sources
            if (environment := board.environment(name)) is not None
        )

    # A plan --------------------------------------------------------------------------------------------------------

    def plan(self, source: str, targets: Sequence[str], apps: Sequence[str] = (), *, learning: bool = True) -> Plan:
        """What would move from one environment (or path) to others, for all apps or these.

        With `learning` what is staged by default follows what promotions of these files moved before.
        Raises PlanError (unknown name, targets on different branches), RepositoryError.
        """
        return self._planning.plan(self._read(fresh=True), source, targets, apps, learning=learning)

    def replan(self, plan: Plan) -> tuple[Plan, tuple[str, ...]]:
        """The plan made again on the newest base, selection and typed values kept, and what differs, in sentences."""
        if plan.back is not None:
            return carry.over(plan, self.rollbacks.again(plan))
        if plan.wave is not None:
            return carry.over(plan, self.waves.again(plan))
        fresh = self._planning.plan(self._read(fresh=True), plan.source, plan.targets, plan.asked)
        return carry.over(plan, fresh)

    def cautions(self, plan: Plan) -> tuple[Caution, ...]:
        """What a person should know of the plan as it is selected now: its own warnings and those of the result."""
        return (
            *plan.warnings,
            *results.cautions(plan, self._planning.files(self._read(), plan), self._read().tree_at(plan.base)),
            *plan.conflicts,
            *(self.gates.cautions(plan) if self._read().marked else ()),
        )

    def file_diffs(self, plan: Plan) -> tuple[FileDiff, ...]:
        """Exactly what would be committed, file by file. Raises EditError."""
        return results.file_diffs(self._read().tree_at(plan.base), self._planning.files(self._read(), plan))

    def renderings(
        self, plan: Plan, *, fetch: bool = False, cancelled: Stop | None = None, progress: Progress | None = None
    ) -> Iterator[Rendering]:
        """The manifests of each cell that changes, before and after, as each is ready. Raises EditError."""
        reading = self._read()
        from liftlock.promotion import previews

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
        from liftlock.promotion import previews

        plan = self._planning.plan(reading, left, [right], apps, learning=False)
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
        from liftlock.promotion import previews

        return previews.markdown(left, right, comparisons)

    # A promotion ---------------------------------------------------------------------------------------------------

    def message(self, plan: Plan, *, reason: str = "", carried: Sequence[tuple[str, str]] = ()) -> str:
        """The commit message as the template and the trailers give it, before hooks and editing.

        `carried` are further trailers: those of gates that were overridden.
        """
        from liftlock.promotion import message

        config = self._read().config
        return message.message(plan, reason=reason, template=config.message, carried=carried)

    def branch_name(self, plan: Plan) -> str:
        """The promotion branch that a commit would go to: a name that is free."""
        from liftlock.promotion import message, publishing

        wanted = message.branch_name(plan, self._read().config.branch)
        return publishing.free_branch(self._home(plan.targets), wanted)

    def commit(
        self,
        plan: Plan,
        *,
        message: str | None = None,
        branch: str | None = None,
        onto: str | None = None,
        reason: str = "",
        carried: Sequence[tuple[str, str]] = (),
        expected_base: str | None = None,
        interactive: bool = False,
    ) -> Promotion:
        """Commit the selected changes on a promotion branch, or `onto` an existing one.

        `expected_base` is a revision that the plan must still hold at. Raises PlanError (nothing selected, another
        plan by now), EditError, RepositoryError (no identity, hook refused, a branch that a work tree has checked
        out), TerminalNeeded (signing asks for a PIN: again with `interactive` in a terminal).
        """
        from liftlock.promotion import publishing

        if not plan.chosen:
            raise PlanError(
                "Nothing is selected", "no change of the plan is staged", "stage one, or name it with --only"
            )
        if expected_base is not None:
            self._planning.must_hold_at(self._read(), plan, expected_base)
        with action(f"commit {plan.source} to {', '.join(plan.targets)}"):
            if onto is not None:
                plan = self._planning.onto(self._read(), plan, onto)
            files = self._planning.files(self._read(), plan)
            text = message if message is not None else self.message(plan, reason=reason, carried=carried)
            made = publishing.commit(
                self._home(plan.targets),
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
        _, base_branch = self._home(plan.targets).remote_for(plan.base_ref)
        return base_branch == branch

    def override(self, promotion: Promotion, gates: Sequence[Gate], *, interactive: bool = False) -> Promotion:
        """The promotion committed anew with the reasons of the gates that it goes past; its branch moves along.

        Raises RepositoryError (it was pushed, its branch is checked out), RefMoved, TerminalNeeded.
        """
        made = self.gates.override(promotion, gates, interactive=interactive)
        self._made = [made if known == promotion else known for known in self._made]
        return made

    def undo(self, promotion: Promotion) -> str:
        """Take an unpushed promotion back; a sentence that says what was done. Raises RepositoryError."""
        from liftlock.promotion import publishing

        with action("undo"):
            said = publishing.undo(self._home(promotion.targets), promotion)
        self._made = [made for made in self._made if made != promotion]
        return said

    def publication(self, promotion: Promotion, *, direct: bool = False) -> Publication:
        """What pushing would do: the promotion's branch, or straight to the branch that the base came from.

        Raises RepositoryError when there is no remote.
        """
        from liftlock.promotion import publishing

        reading = self._read(fresh=True)
        return publishing.publication(
            self._home(promotion.targets),
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
            return self._home(publication.targets).push(
                publication.remote,
                publication.refspec,
                interactive=interactive,
                cancelled=cancelled,
                progress=progress,
            )

    # A promotion under review ----------------------------------------------------------------------------------------

    def propose(
        self,
        plan: Plan,
        *,
        reason: str = "",
        message: str | None = None,
        made: Promotion | None = None,
        branch: str = "",
        draft: bool = False,
        labels: Sequence[str] = (),
        reviewers: Sequence[str] = (),
        reasons: Mapping[str, str] | None = None,
        interactive: bool = False,
        told: Callable[[str], None] | None = None,
    ) -> Proposed:
        """Open the plan's pull request, or update the one in flight; closed gates stand in its description.

        `made` is the plan's commit, where it was committed already.
        `reasons` override gates, by name. Raises PlanError, ForgeError, RepositoryError, TerminalNeeded.
        """
        from liftlock.reviews import Asked

        gates = self.gates.evaluate(plan, "review", reasons=reasons or {})
        self.gates.must_pass(gates, "review")
        notes = [f"gate {gate.name}, {gate.app}: {gate.state}: {gate.evidence}" for gate in gates if gate.closed]
        asked = Asked(
            reason,
            message,
            made,
            branch,
            draft,
            tuple(labels),
            tuple(reviewers),
            notes=tuple(notes),
            overrides=self.gates.trailers(gates),
            releases=self.releases.of(plan),
            interactive=interactive,
            told=told or (lambda text: None),
        )
        return self.reviews_of(plan.targets).propose(plan, asked)

    def merge(
        self,
        flight: Flight,
        method: str | None = None,
        *,
        confirmed: Sequence[str] = (),
        reasons: Mapping[str, str] | None = None,
        delete_branch: bool = True,
    ) -> Landing:
        """Merge a promotion in flight once its gates are open; an override becomes a trailer of the merge.

        Raises PlanError (a closed gate; an environment that is protected, or that the pull request does not name, and
        is not among `confirmed`), ForgeError.
        """
        from liftlock.model.forge import MergeMethod, RequestState

        reviews = self.reviews_at(flight.repository)
        if flight.request.state is not RequestState.OPEN:
            return reviews.merge(flight)
        reading = self._read(fresh=True)
        protected = [n for n in flight.targets if (e := reading.environment(n)) is not None and e.protected]
        missing = [name for name in protected if name not in confirmed]
        if missing:
            raise PlanError(
                f"{' and '.join(missing)} is protected and was not confirmed",
                f"merging #{flight.number} into {flight.request.base} changes it",
                " ".join(f"--confirm {name}" for name in missing),
            )
        outlook = self.outlook(flight, reasons=reasons)
        if beside := [name for name in outlook.unnamed if name not in confirmed]:
            raise PlanError(
                f"#{flight.number} changes {' and '.join(beside)} too, and does not say so",
                f"its description names {', '.join(flight.targets)}; its files are also those of {', '.join(beside)}",
                f"look at it: {flight.request.url}, then say that it is meant: "
                + " ".join(f"--confirm {name}" for name in beside),
            )
        self.gates.must_pass(outlook.gates, "merge")
        return reviews.merge(
            flight,
            MergeMethod(method) if method else None,
            delete_branch=delete_branch,
            overrides=self.gates.trailers(outlook.gates),
        )

    def outlook(
        self, flight: Flight, *, reasons: Mapping[str, str] | None = None, cancelled: Stop | None = None
    ) -> Outlook:
        """What stands before its merge. Raises RepositoryError, ForgeError (its commits cannot be read)."""
        from liftlock.model.review import Outlook
        from liftlock.reviews import unnamed

        promotion = self.reviews_at(flight.repository).promotion(flight)
        beside = unnamed(self._read(fresh=True), promotion, flight.repository)
        return Outlook(
            tuple(self.gates.of_promotion(promotion, "merge", reasons=reasons or {}, cancelled=cancelled)), beside
        )

    def unpushed(self) -> tuple[Promotion, ...]:
        """Promotions that were committed here (also in earlier runs) and are on no remote yet, newest first."""
        from liftlock.promotion import publishing

        found: list[Promotion] = []
        for home, _ in self._read().homes():
            mine = [made for made in self._made if self._home(made.targets) is home]
            found += publishing.unpushed(home, mine)
        return tuple(found)

    def rivals(self, plan: Plan | None = None, *, made: Promotion | None = None) -> tuple[Rival, ...]:
        """Whoever promotes the same of a plan, or of what was committed: here, on the remote, as a pull request.

        A forge that does not answer is left out. Raises RepositoryError.
        """
        from liftlock.overview.rivals import promoted_by, rivals

        if plan is not None:
            apps, targets = tuple(dict.fromkeys(change.app for change in plan.chosen)), plan.targets
        else:
            apps, targets = promoted_by(made.message if made is not None else "")
        flights = self._others_in_flight()
        but, now = made.commit if made is not None else "", self.clock.now()
        return rivals(self._read(fresh=True), apps, targets, self.unpushed(), flights, now=now, but=but)
