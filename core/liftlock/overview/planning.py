"""Plans as the engine makes them: names become sides, a plan becomes files, and what it must still hold against."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from liftlock.errors import BranchesApart, PlanError
from liftlock.learning import FilePairing, Lessons, Memory, learn
from liftlock.model.plan import Caution, Plan
from liftlock.model.tree import Tree
from liftlock.overview.reading import Reading
from liftlock.promotion import carry
from liftlock.promotion.apply import Files, apply
from liftlock.promotion.comparisons import Comparisons
from liftlock.promotion.drafting import Side, draft
from liftlock.promotion.moves import NO_WORDS
from liftlock.promotion.plan import decided, make
from liftlock.promotion.rulebook import Rulebook, rulebook
from liftlock.promotion.words import Words, between
from liftlock.text import printable

# Whether the person wants it to stop.
Stop = Callable[[], bool]


class Planning:
    """Makes plans and what they would write, over one memory of files that were compared."""

    def __init__(self) -> None:
        self.comparisons = Comparisons()
        self.memory = Memory()

    def rules(self, reading: Reading) -> Rulebook:
        """What liftlock.toml declares, for the planner."""
        return rulebook(reading.config)

    def plan(
        self,
        reading: Reading,
        source: str,
        targets: Sequence[str],
        apps: Sequence[str],
        *,
        learning: bool = True,
        cancelled: Stop | None = None,
        source_commit: str = "",
    ) -> Plan:
        """The plan between environments or paths; with `learning` staged as history says.

        `source_commit` is the commit to read the source at, the newest where none is given.

        Raises PlanError (BranchesApart where one commit cannot go to all), RepositoryError, Cancelled.
        """
        targets = tuple(dict.fromkeys(targets))
        if source in targets:
            raise PlanError(
                f"{printable(source)} is both where from and where to",
                "a promotion goes from one place to others",
                "name two that are not the same",
            )
        mine, theirs, words, ref = reading.sides(source, targets)
        mine = _as_of(mine, reading.tree_at(source_commit)) if source_commit else mine
        if len({side.tree.commit for side in theirs}) > 1:
            raise BranchesApart(
                f"{' and '.join(targets)} are on different branches",
                "one commit cannot go to two branches, or to two repositories",
                "promote to one after the other: --wave",
            )
        for environment in (side.environment for side in theirs if not side.cells):
            if environment.repository and not environment.paths:  # where new files would go there is anybody's guess
                where = printable(environment.repository)
                raise PlanError(
                    f"Nothing is found of {printable(environment.name)} in {where}",
                    "no folder or file there bears its name, and no app is known there",
                    'say in liftlock.toml where its apps stand: paths = ["{app}"]',
                )
        wanted = _apps(apps, [*mine.cells, *(app for side in theirs for app in side.cells)])
        rules = self.rules(reading)
        named = bool(apps)
        few = named or words is not None  # apps, folders or files that a person named
        drafted = draft(mine, theirs, wanted, self.comparisons, rules, words=words)
        plan = decided(drafted, self.comparisons, base_ref=ref, asked=named, few=few)
        if learning and plan.changes and reading.partial:
            said = "older versions are not in this partial clone: what is staged follows the rules alone"
            plan = replace(plan, warnings=(*plan.warnings, Caution(said)))
        elif learning and plan.changes:
            lessons = self._lessons(reading, plan, mine, theirs, words, cancelled)
            if lessons.precedents:  # without any the plan would be the same
                plan = decided(drafted, self.comparisons, base_ref=ref, lessons=lessons, asked=named, few=few)
        return replace(plan, source=source, targets=tuple(targets), asked=tuple(apps))

    def _lessons(
        self,
        reading: Reading,
        plan: Plan,
        source: Side,
        targets: Sequence[Side],
        words: Words | None,
        cancelled: Stop | None,
    ) -> Lessons:
        told = {t.environment.name: words or between(source.environment, t.environment) for t in targets}
        pairs = [
            FilePairing(change.source_file, change.file, told[change.environment])
            for change in plan.changes
            if change.path and change.source_file
        ]
        commits = source.tree.commit, plan.base
        return learn(reading.repository, commits, pairs, self.memory, cancelled=cancelled)

    def at(
        self, reading: Reading, source: str, source_commit: str, target: str, commit: str, apps: Sequence[str]
    ) -> Plan:
        """The plan with both sides at these commits, by the rules alone. Raises PlanError, RepositoryError."""
        mine, theirs, words, ref = reading.sides(source, [target], reading.tree_at(commit))
        mine = _as_of(mine, reading.tree_at(source_commit))
        return make(mine, theirs, apps, self.comparisons, self.rules(reading), base_ref=ref, words=words, asked=True)

    def adoption(self, reading: Reading, name: str, app: str, commit: str) -> Plan:
        """The plan that takes what a commit has of one app into the environment itself, all of it staged.

        Raises PlanError, RepositoryError.
        """
        here, _, _, ref = reading.sides(name, [name])
        mine = replace(here, tree=reading.tree_at(commit))
        plan = make(mine, [here], [app], self.comparisons, self.rules(reading), base_ref=ref)
        staged = frozenset(change.id for change in plan.changes if not change.blocked)
        return replace(plan, selected=staged, asked=(app,))

    def past(self, reading: Reading, name: str, app: str, commit: str, *, onto: str = "") -> Plan:
        """The plan from what an environment had of one app at a commit to what it has now, nothing of it decided.

        `onto` is a commit to plan on instead of the tip. Raises PlanError, RepositoryError.
        """
        here, _, _, ref = reading.sides(name, [name], reading.tree_at(onto) if onto else None)
        if onto:
            here = replace(here, tree=reading.tree_at(onto))
        now, tree = here.cells[app], reading.tree_at(commit)
        folders = tuple(root for root in now.roots if root.endswith("/"))
        others = {path for cell in here.cells.values() if cell.app != app for path in cell.files}
        gone = [p for p in tree.entries if folders and p.startswith(folders) and p not in others]
        files = tuple(dict.fromkeys([*(p for p in now.files if p in tree.entries), *gone]))
        then = Side(here.environment, tree, {app: replace(now, files=files)})
        rules = self.rules(reading)
        plan = make(then, [here], [app], self.comparisons, rules, base_ref=ref, words=NO_WORDS, asked=True)
        return replace(plan, source=name, targets=(name,), asked=(app,))

    def files(self, reading: Reading, plan: Plan) -> Files:
        """What the selected changes make of the target's files. Raises EditError, RepositoryError."""
        source, targets, words, _ = reading.sides(plan.source, plan.targets)
        words = NO_WORDS if plan.back is not None else words
        told = {t.environment.name: words or between(source.environment, t.environment) for t in targets}
        return apply(
            plan,
            reading.tree_at(plan.source_commit),
            reading.tree_at(plan.base),
            lambda name: told[name],
            self.comparisons,
        )

    def onto(self, reading: Reading, plan: Plan, branch: str) -> Plan:
        """The plan on the tip of a branch. Raises PlanError when it would be another one there."""
        tip = reading.home_of(plan.targets[0]).resolve(f"refs/heads/{branch}")
        if tip == plan.base:
            return plan
        if plan.back is not None:
            fresh = self.past(reading, plan.source, plan.asked[0], plan.source_commit, onto=tip)
            kept, differences = carry.over(plan, replace(fresh, base_ref=branch, back=plan.back))
            return self._same(plan, kept, differences, branch)
        mine, theirs, words, _ = reading.sides(plan.source, plan.targets, reading.tree_at(tip))
        mine = _as_of(mine, reading.tree_at(plan.source_commit)) if plan.wave is not None else mine
        apps = plan.asked or plan.apps
        fresh = make(mine, theirs, apps, self.comparisons, self.rules(reading), base_ref=branch, words=words)
        fresh = replace(fresh, source=plan.source, targets=plan.targets, asked=plan.asked, wave=plan.wave)
        kept, differences = carry.over(plan, fresh)
        return self._same(plan, kept, differences, branch)

    def _same(self, plan: Plan, kept: Plan, differences: Sequence[str], branch: str) -> Plan:
        """The plan as it was carried over. Raises PlanError when it would be another one."""
        if {c.id for c in kept.chosen} != {c.id for c in plan.chosen}:
            raise PlanError(
                f"On {printable(branch)} this is another plan", "; ".join(differences[:5]), "make the plan again"
            )
        return kept

    def must_hold_at(self, reading: Reading, plan: Plan, revision: str) -> None:
        """Raises PlanError, with the difference, when the plan is no longer the one made at this revision."""
        repository, home = reading.repository, reading.home_of(plan.targets[0])
        base = home.resolve(revision)
        if base == plan.base:
            return
        then = Reading(repository, base) if home is repository else reading
        if home is not repository and plan.back is None:
            before = self.at(reading, plan.source, plan.source_commit, plan.targets[0], base, plan.asked or plan.apps)
        elif plan.back is not None:
            at = "" if home is repository else base
            before = self.past(then, plan.source, plan.asked[0], plan.source_commit, onto=at)
        else:
            pinned = plan.source_commit if plan.wave is not None else ""
            before = self.plan(then, plan.source, plan.targets, plan.asked, learning=False, source_commit=pinned)
        differences = carry.differences(before, plan, {c.id for c in plan.chosen})
        if differences:
            raise PlanError(
                f"The plan is no longer the one made at {base[:8]}",
                "; ".join(differences[:10]),
                "look at the plan again, then give its base",
            )

    def must_be_confirmed(self, reading: Reading, plan: Plan, names: Sequence[str]) -> None:
        """Raises PlanError when the plan changes a protected environment that is not among the names."""
        protected = [n for n in plan.targets if (e := reading.environment(n)) is not None and e.protected]
        missing = [name for name in protected if name not in names]
        if missing:
            raise PlanError(
                f"{' and '.join(missing)} is protected and was not confirmed",
                "nothing was committed or pushed",
                " ".join(f"--confirm {name}" for name in missing),
            )


def _as_of(side: Side, tree: Tree) -> Side:
    """The side as an earlier commit has it."""
    cells = {
        app: replace(cell, files=tuple(path for path in cell.files if path in tree.entries))
        for app, cell in side.cells.items()
    }
    return replace(side, tree=tree, cells=cells)


def _apps(asked: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """The apps asked for, else all. Raises PlanError with the nearest names for one that is not there."""
    there = dict.fromkeys(known)
    unknown = [app for app in asked if app not in there]
    if unknown:
        import difflib  # wanted only where something is wrong

        near = difflib.get_close_matches(unknown[0], list(there), 3)
        said = f"near: {', '.join(near)}" if near else f"{len(there)} apps are there"
        raise PlanError(f"There is no app {printable(unknown[0])!r}", printable(said), "liftlock status")
    return tuple(asked) or tuple(there)
