"""Rollbacks of one repository: facts are gathered here; what they mean is decided in `promotion.rollback`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from liftlock.clock import Clock
from liftlock.errors import LiftlockError, PlanError
from liftlock.gitrepo import Repository
from liftlock.model.app import Cell
from liftlock.model.environment import Environment
from liftlock.model.gates import Mark
from liftlock.model.live import Contact
from liftlock.model.plan import Plan
from liftlock.model.rollback import Former, Sign, WaysBack
from liftlock.overview.planning import Planning
from liftlock.overview.reading import Reading, require
from liftlock.promotion import rollback
from liftlock.promotion.moves import State, moves
from liftlock.rollbacks.matching import matching
from liftlock.rollbacks.past import Past, past
from liftlock.rollbacks.undoing import cautions
from liftlock.text import printable
from liftlock.values import dataclass
from liftlock.yamledit import Source, read

if TYPE_CHECKING:
    from liftlock.gates import Gates
    from liftlock.live import Live
    from liftlock.render import Renderer

LIMIT = 30
"""So many states are looked at where nothing else is said."""
_READ_FOR = 200
"""So many states lie at most between a named revision and today's: what moved in each is looked at."""


@dataclass(frozen=True, slots=True)
class Yard:
    """What rollbacks need of the engine that owns them. `at` is the revision that is read, None for now."""

    repository: Repository
    reading: Callable[[], Reading]
    planning: Planning
    live: Callable[[], Live]
    gates: Callable[[], Gates]
    renderer: Callable[[], Renderer]
    clock: Clock
    at: str | None = None


class Rollbacks:
    """The way back. All calls may block; nothing is written."""

    def __init__(self, yard: Yard) -> None:
        self._yard = yard

    def ways(self, environment: str, app: str, *, limit: int = LIMIT, live: bool = True) -> WaysBack:
        """The states of an app in an environment, newest first, each with what is known of how it did there.

        Without `live` no cluster is asked. Raises PlanError (no such environment or app), RepositoryError.
        """
        reading = self._yard.reading()
        cell = self._cell(reading, environment, app)
        found = past(self._yard.repository, reading.tree_of(require(reading, environment)), cell, limit=limit)
        if not found.formers:
            raise PlanError(
                f"{printable(app)} has no history in {environment}", "no commit touched its files", "liftlock status"
            )
        signs, unheard = self._signs(environment, app) if live and self._yard.at is None else ((), "not asked")
        told = self._judged(found, signs, cell, app)
        formers = tuple(one for one, state in zip(told, found.states, strict=True) if not _same(state, found.states[0]))
        chosen, why = rollback.choose(formers)
        return WaysBack(app, environment, told[0], formers, chosen, why, unheard)

    def plan(self, environment: str, app: str, to: str = "", *, live: bool = True) -> Plan:
        """The plan that takes an app in an environment back, to the commit `to` or to the last that was healthy.

        What promotions moved since is staged, all else offered; what would undo it again stands in its warnings.
        Raises PlanError (nothing to go back to, nothing differs), RepositoryError.
        """
        reading = self._yard.reading()
        cell = self._cell(reading, environment, app)
        if to:
            revision = self._named(reading, environment, to)
        else:
            ways = self.ways(environment, app, live=live)
            if ways.chosen is None:
                hint = f"liftlock rollback {environment} --app {app} --list"
                raise PlanError(f"There is nothing to take {printable(app)} in {environment} back to", ways.why, hint)
            revision = ways.chosen.revision.commit
        return self._planned(reading, cell, revision)

    def again(self, plan: Plan) -> Plan:
        """A rollback planned again on what Git has now, to the same commit. Raises PlanError, RepositoryError."""
        reading = self._yard.reading()
        return self._planned(reading, self._cell(reading, plan.targets[0], plan.asked[0]), plan.source_commit)

    # Inside --------------------------------------------------------------------------------------------------------

    def _cell(self, reading: Reading, environment: str, app: str) -> Cell:
        require(reading, environment)
        cells = reading.cells_of(environment)
        if app not in cells:
            known = ", ".join(list(cells)[:8]) or "none"
            raise PlanError(
                f"There is no app {printable(app)!r} in {environment}",
                printable(f"apps there: {known}"),
                "liftlock status",
            )
        return cells[app]

    def _named(self, reading: Reading, environment: str, to: str) -> str:
        """The commit that a person names, of the repository that holds the environment.

        Raises RepositoryError, PlanError: one of another repository has none of its files, which would all be removed.
        """
        home = reading.home_of(environment)
        commit = home.resolve(to)
        tip = reading.source_of(require(reading, environment)).commit
        if not home.is_shallow() and home.merge_base(commit, tip) is None:
            raise PlanError(
                f"{commit[:8]} is not in the history of {environment}",
                f"it has no commit in common with {tip[:8]}, which {environment} is read from",
                "liftlock rollback --list shows the states to go back to",
            )
        return commit

    def _signs(self, environment: str, app: str) -> tuple[tuple[Sign, ...], str]:
        """What clusters show, and why nothing is heard of where it is so."""
        live = self._yard.live()
        try:
            found = live.signs(environment, app)
        except LiftlockError as error:
            return (), error.title
        lanes = live.board().lanes_of(environment)
        if any(lane.freshness.contact is Contact.LIVE for lane in lanes):
            return found, ""
        problem = next((lane.freshness.problem.title for lane in lanes if lane.freshness.problem is not None), "")
        question = next((lane.question for lane in lanes if lane.question), "")
        return found, problem or question or "no cluster is known for it"

    def _judged(self, found: Past, signs: Sequence[Sign], cell: Cell, app: str) -> tuple[Former, ...]:
        """The states with the signs that speak of each."""
        repository = self._yard.repository

        def gave(revision: str) -> str:
            """The commit that gave the app's files as they are at this revision, "" where it is not known here."""
            try:
                newest = next(iter(repository.versions(revision, cell.files, limit=1)), None)
            except LiftlockError:
                return ""  # a revision that is not fetched, or none of Git
            return newest.revision.commit if newest is not None else ""

        by_commit = {revision: gave(revision) for revision in {sign.revision for sign in signs} if revision}
        marks = self._yard.gates().marks() if self._yard.reading().marked else ()
        told = []
        for number, former in enumerate(found.formers):
            mine = matching(former, signs, by_commit, stands=number == 0)
            gone = found.reverted.get(former.revision.commit) or found.reverted.get(
                found.promoted.get(former.revision.commit, "")
            )
            told.append(
                rollback.judged(
                    former,
                    mine,
                    taken_back=f"taken back by {gone[:7]}" if gone else "",
                    marked=_marked(former, marks, app),
                )
            )
        return tuple(told)

    def _planned(self, reading: Reading, cell: Cell, revision: str) -> Plan:
        yard, name = self._yard, cell.environment
        environment: Environment = require(reading, name)
        made = yard.planning.past(reading, name, cell.app, revision)
        if not made.changes:
            raise PlanError(
                f"{printable(cell.app)} in {name} is as it was at {revision[:8]}",
                "there is nothing to put back",
                f"liftlock rollback {name} --app {cell.app} --list",
            )
        found = past(yard.repository, reading.tree_of(environment), cell, limit=_READ_FOR)
        states = self._since(found, revision, cell)
        rules = yard.planning.rules(reading).rules
        plan = rollback.staged(made, moves(states, self._reader(states), found.promoted, rules), revision)
        return replace(plan, warnings=cautions(reading, yard, cell, plan))

    def _since(self, found: Past, revision: str, cell: Cell) -> tuple[State, ...]:
        """The states from today's back to the one that stood at a revision, that one included."""
        repository = self._yard.repository
        entries = repository.tree(revision).entries
        there = {path: entries[path].oid for path in cell.files if path in entries}
        for number, state in enumerate(found.states):
            if dict(state.blobs) == there or state.revision.commit == revision:
                return found.states[: number + 1]
        return found.states

    def _reader(self, states: Iterable[State]) -> Callable[[str, str], Source | None]:
        held: Mapping[str, bytes] = self._yard.repository.blobs(
            sorted({oid for state in states for oid in state.blobs.values()})
        )

        def leaves(oid: str, path: str) -> Source | None:
            return read(held[oid], path) if oid in held else None

        return leaves


def _same(state: State, other: State) -> bool:
    return dict(state.blobs) == dict(other.blobs)


def _marked(former: Former, marks: Sequence[Mark], app: str) -> str:
    from liftlock.gates.bad import means

    for mark in marks:
        if mark.app == app and any(means(mark.version, version) for version in former.versions):
            by = f" by {mark.by}" if mark.by else ""
            return f"{mark.version} was marked bad{by}{f': {mark.reason}' if mark.reason else ''}"
    return ""
