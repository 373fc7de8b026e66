"""The gates of one repository: facts are gathered here, each gate decides in a file of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from liftlock.commands import action
from liftlock.discovery import versions_of
from liftlock.errors import LiftlockError
from liftlock.gates import marking, overriding
from liftlock.gates.bad import bad
from liftlock.gates.candidate import Candidate, candidates
from liftlock.gates.checks import checks
from liftlock.gates.clusters import Clusters, by_commit
from liftlock.gates.ground import Ground
from liftlock.gates.order import order
from liftlock.gates.schema import schema
from liftlock.gates.secrets import secrets
from liftlock.gates.soak import later, soak
from liftlock.gates.standing import gate as wave_gate
from liftlock.gates.standing import standing
from liftlock.gates.verdict import Verdict, not_applicable, unknown
from liftlock.gates.wanted import wanted
from liftlock.gates.window import window
from liftlock.model.app import Cell, Version
from liftlock.model.environment import Environment
from liftlock.model.gates import GATES, Gate, GatePolicy, Mark, Marked, Moment
from liftlock.model.plan import Caution, Plan
from liftlock.model.promotion import Promotion
from liftlock.model.tree import Tree
from liftlock.model.wave import StepState, Wave, WavePlace
from liftlock.overview import waving
from liftlock.overview.reading import Reading
from liftlock.promotion import wavetrailers
from liftlock.render.overlay import Overlay
from liftlock.values import dataclass

_NO_REASONS: Mapping[str, str] = {}


_REVERTS = re.compile(r"^Promotion-Reverts: ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _Asked:
    """One evaluation: what moves from where, and what is known of it."""

    reading: Reading
    source: Environment | None
    candidates: tuple[Candidate, ...]
    after: Tree
    clusters: Clusters
    plan: Plan | None
    commit: str
    marks: tuple[Mark, ...]
    back: bool = False
    """Whether it goes back to what was there before: then no gate that is about what is new is asked."""
    wave: WavePlace | None = None
    """Of a step of a wave, which one."""


class Gates:
    """What stands between a version and its next environment. All calls may block; nothing is written but marks."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._marks: tuple[str, tuple[Mark, ...]] = ("", ())

    # Asking --------------------------------------------------------------------------------------------------------

    def evaluate(
        self,
        plan: Plan,
        moment: Moment | str = Moment.PUSH,
        *,
        commit: str = "",
        reasons: Mapping[str, str] = _NO_REASONS,
    ) -> tuple[Gate, ...]:
        """Every gate that the targets want, for each app that the plan selects; see `each`."""
        return tuple(self.each(plan, moment, commit=commit, reasons=reasons))

    def each(
        self,
        plan: Plan,
        moment: Moment | str = Moment.PUSH,
        *,
        commit: str = "",
        reasons: Mapping[str, str] = _NO_REASONS,
        cancelled: Callable[[], bool] | None = None,
    ) -> Iterator[Gate]:
        """The gates as each is known: those that need only Git first.

        At the moment of a commit no cluster and no forge is asked. `commit` is the promotion's, where it is made:
        checks ran on it. Gates named in `reasons` are overridden. Raises EditError, RepositoryError.
        """
        if plan.chosen:
            asked = self._of_plan(plan, commit)
            yield from self._tell(asked, Moment(moment), reasons, cancelled)

    def of_promotion(
        self,
        promotion: Promotion,
        moment: Moment | str = Moment.PUSH,
        *,
        reasons: Mapping[str, str] = _NO_REASONS,
        cancelled: Callable[[], bool] | None = None,
    ) -> Iterator[Gate]:
        """The gates of what was committed, also in an earlier run; the overrides that its message gives hold.

        Raises RepositoryError.
        """
        told = {**overriding.told(promotion.message), **reasons}
        yield from self._tell(self._of_commit(promotion), Moment(moment), told, cancelled)

    def for_cells(self, source: str, target: str, apps: Sequence[str] = ()) -> tuple[Gate, ...]:
        """The gates between two environments for what would move by default. Raises PlanError, RepositoryError."""
        return self.evaluate(self._ground.planning.plan(self._ground.reading(), source, [target], apps))

    def must_pass(self, gates: Iterable[Gate], moment: Moment | str = Moment.PUSH) -> None:
        """Raises PlanError, with the evidence and the way past, when one of them stops this."""
        overriding.must_pass(gates, Moment(moment))

    def standing(self, wave: Wave) -> Wave:
        """The wave with what clusters tell of its steps."""
        return standing(self._ground, self._ground.reading(), wave)

    # Overriding ----------------------------------------------------------------------------------------------------

    def reasons(self, words: Sequence[str], reason: str = "") -> dict[str, str]:
        """Reasons by gate, out of `GATE` or `GATE=REASON`. Raises PlanError (no such gate, no reason)."""
        return overriding.asked(words, reason)

    def trailers(self, gates: Iterable[Gate]) -> tuple[tuple[str, str], ...]:
        """The trailers of a commit that went past these gates."""
        return overriding.trailers(gates)

    def override(self, promotion: Promotion, gates: Iterable[Gate], *, interactive: bool = False) -> Promotion:
        """The promotion committed anew with the overrides of these gates in its message; its branch moves along.

        Raises RefMoved, RepositoryError (it was pushed, a branch that a work tree has checked out), TerminalNeeded.
        """
        from liftlock.gates.rewording import reworded

        with action("override"):
            home = self._ground.reading().home_of(promotion.targets[0])
            return reworded(home, promotion, overriding.trailers(gates), interactive=interactive)

    # Marks ---------------------------------------------------------------------------------------------------------

    def marks(self) -> tuple[Mark, ...]:
        """The versions that were marked bad, on the branch that environments are read from."""
        return self._marks_of(self._ground.reading())

    def mark_bad(
        self,
        app: str,
        version: str,
        *,
        reason: str = "",
        undo: bool = False,
        push: bool = False,
        branch: str = "",
        interactive: bool = False,
    ) -> Marked:
        """Mark a version bad, or take the mark away; see `marking.set_mark`."""
        mark = Mark(app, version, overriding.clean(reason))
        with action("mark"):
            return marking.set_mark(
                self._ground.reading, mark, undo=undo, push=push, branch=branch, interactive=interactive
            )

    def cautions(self, plan: Plan) -> tuple[Caution, ...]:
        """What the marks say of a plan, as warnings. Raises EditError, RepositoryError."""
        if not plan.chosen or not self.marks():
            return ()
        asked = self._of_plan(plan, "")
        now = self._ground.clock.now()
        told = [bad(candidate, asked.marks, now) for candidate in asked.candidates]
        return tuple(Caution(verdict.evidence) for verdict in told if verdict.state == "blocked")

    def _marks_of(self, reading: Reading) -> tuple[Mark, ...]:
        """Read once for a commit: who set a mark is in the history."""
        commit, known = self._marks
        if commit != reading.tree.commit:
            known = marking.listed(reading)
            self._marks = reading.tree.commit, known
        return known

    # Inside --------------------------------------------------------------------------------------------------------

    def _of_plan(self, plan: Plan, commit: str) -> _Asked:
        reading = self._ground.reading()
        before = reading.tree_at(plan.base)
        after = Overlay(before, self._ground.planning.files(reading, plan))
        mine, theirs, _, _ = reading.sides(plan.source, plan.targets, before)
        known = reading.environment(plan.source) is not None and not plan.adopts
        source = mine.environment if known else None
        apps = list(dict.fromkeys(change.app for change in plan.chosen))
        found = candidates(source, {side.environment: side.cells for side in theirs}, apps, before, after)
        asked = self._asked(reading, source, found, after, plan, commit)
        return replace(asked, back=plan.back is not None, wave=plan.wave)

    def _of_commit(self, promotion: Promotion) -> _Asked:
        reading = self._ground.reading()
        before, after = reading.tree_at(promotion.base), reading.tree_at(promotion.commit)
        source = reading.environment(promotion.source) if promotion.source not in promotion.targets else None
        targets: dict[Environment, Mapping[str, Cell]] = {
            e: reading.cells_of(e.name) for e in reading.discovery.environments if e.name in promotion.targets
        }
        apps = overriding.apps_of(promotion.message) or list(
            dict.fromkeys(app for cells in targets.values() for app in cells)
        )
        found = candidates(source, targets, apps, before, after)
        asked = self._asked(reading, source, found, after, promotion.plan, promotion.commit)
        back = _REVERTS.search(promotion.message) is not None
        return replace(asked, back=back, wave=wavetrailers.read(promotion.message))

    def _asked(
        self,
        reading: Reading,
        source: Environment | None,
        found: Iterable[Candidate],
        after: Tree,
        plan: Plan | None,
        commit: str,
    ) -> _Asked:
        clusters = Clusters(self._ground, reading, source)
        return _Asked(reading, source, tuple(found), after, clusters, plan, commit, self._marks_of(reading))

    def _tell(
        self, asked: _Asked, moment: Moment, reasons: Mapping[str, str], cancelled: Callable[[], bool] | None
    ) -> Iterator[Gate]:
        config = asked.reading.config
        soak_of = config.gates.get(asked.source.name, GatePolicy()).soak if asked.source is not None else 0.0
        wants = {
            (c.app, c.target.name): wanted(
                c.target,
                config.gates.get(c.target.name, GatePolicy()),
                soak_of,
                config.windows,
                c.app,
                checked=self._ground.checks(c.target.repository) is not None,
            )
            for c in asked.candidates
        }
        if asked.wave is not None and asked.wave.number > 1:
            for names in wants.values():
                names["wave"] = True
        for name in GATES:
            if asked.back and name in _ONWARD:
                continue
            if moment is Moment.COMMIT and name in _REMOTE:
                continue
            for candidate in asked.candidates:
                required = wants[candidate.app, candidate.target.name].get(name)
                if required is None:
                    continue
                if cancelled is not None and cancelled():
                    return
                try:
                    told = self._verdict(name, asked, candidate, soak_of, moment)
                except LiftlockError as error:
                    told = unknown(str(error), error.hint)
                gate = Gate(
                    name,
                    candidate.target.name,
                    candidate.app,
                    told.state,
                    told.evidence,
                    told.wants,
                    told.until,
                    required,
                )
                yield from overriding.applied([gate], reasons)

    def _verdict(self, name: str, asked: _Asked, candidate: Candidate, soak_of: float, moment: Moment) -> Verdict:
        now = self._ground.clock.now()
        if name == "order":
            return order(candidate, *_neighbours(asked.reading, asked.source, candidate))
        if name == "bad":
            return bad(candidate, asked.marks, now)
        if name == "secrets":
            return secrets(candidate)
        if name == "health":
            return asked.clusters.health(candidate)
        if name == "soak":
            live = asked.clusters.health(candidate)
            since = asked.clusters.since(candidate) if soak_of > 0 and live.state == "passed" else None
            if asked.source is not None and soak_of > 0:
                since = later(since, by_commit(asked.reading, asked.source, candidate))
            return soak(candidate, soak_of, live, since, now)
        if name == "wave":
            return self._wave(asked.reading, asked.wave)
        if name == "window":
            return self._window(asked, candidate, now, moment)
        if name == "schema":
            rendered = self._ground.renderer().render_cell(asked.after, candidate.cell)
            return schema(rendered, *asked.clusters.dry_run(asked.plan, candidate))
        ask = self._ground.checks(candidate.target.repository)
        return checks(asked.commit, ask(asked.commit) if ask is not None and asked.commit else None if not ask else ())

    def _wave(self, reading: Reading, place: WavePlace | None) -> Verdict:
        if place is None or place.number == 1:
            return not_applicable("no step of a wave is before it")
        known = waving.waves(reading, self._ground.clock.now(), only=place.id)
        wave = known[0] if known else None
        if wave is not None:
            begun = [s.number for s in wave.steps if s.number < place.number and s.state is not StepState.TO_COME]
            wave = standing(self._ground, reading, wave, only=begun[-1]) if begun else wave
        return wave_gate(wave, place.number)

    def _window(self, asked: _Asked, candidate: Candidate, now: float, moment: Moment) -> Verdict:
        config, target = asked.reading.config, candidate.target.name
        mine = [w for w in config.windows if w.concerns(target, candidate.app)]
        named = config.gates.get(target, GatePolicy()).gates or ()
        # Sync windows of the cluster are asked for where the gate is named.
        if "window" not in named or moment is Moment.COMMIT:
            return window(mine, (), now)
        closings, unread = asked.clusters.closings(candidate)
        return window(mine, closings, now, unread)


_ONWARD = frozenset({"order", "health", "soak", "window"})
"""Those that are about a version that is new to the target. The way back is never held up by them."""
_REMOTE = frozenset({"schema", "health", "soak", "wave", "checks"})
"""Those that ask a cluster or a forge, or render."""


def _neighbours(
    reading: Reading, source: Environment | None, candidate: Candidate
) -> tuple[dict[str, Sequence[Version] | None], bool]:
    """The app's versions in each environment that the target comes after, and whether the source comes after it."""
    found: dict[str, Sequence[Version] | None] = {}
    for name in candidate.target.after:
        environment = reading.environment(name)
        cell = reading.cells_of(name).get(candidate.app)
        if environment is None or cell is None:
            found[name] = None
            continue
        found[name] = versions_of(reading.tree_of(environment), [cell])[cell.app, name]
    return found, source is not None and _comes_after(reading, source.name, candidate.target.name)


def _comes_after(reading: Reading, name: str, other: str) -> bool:
    ahead, seen = [name], set[str]()
    while ahead:
        environment = reading.environment(ahead.pop())
        for before in environment.after if environment is not None else ():
            if before == other:
                return True
            if before not in seen:
                seen.add(before)
                ahead.append(before)
    return False
