"""Plans as the engine makes them: names become sides, a plan becomes files, and what it must still hold against."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import replace

from liftlock.errors import PlanError
from liftlock.gitrepo import Repository
from liftlock.model.plan import Plan
from liftlock.overview.reading import Reading
from liftlock.promotion import carry
from liftlock.promotion.apply import Files, apply
from liftlock.promotion.comparisons import Comparisons
from liftlock.promotion.plan import Rulebook, make, rulebook
from liftlock.promotion.words import between
from liftlock.text import printable


class Planning:
    """Makes plans and what they would write, over one memory of files that were compared."""

    def __init__(self) -> None:
        self.comparisons = Comparisons()

    def rules(self, reading: Reading) -> Rulebook:
        """What liftlock.toml declares, for the planner."""
        return rulebook(reading.config)

    def plan(self, reading: Reading, source: str, targets: Sequence[str], apps: Sequence[str]) -> Plan:
        """The plan between environments or paths. Raises PlanError, RepositoryError."""
        targets = tuple(dict.fromkeys(targets))
        if source in targets:
            raise PlanError(
                f"{printable(source)} is both where from and where to",
                "a promotion goes from one place to others",
                "name two that are not the same",
            )
        mine, theirs, words, ref = reading.sides(source, targets)
        if len({side.tree.commit for side in theirs}) > 1:
            raise PlanError(
                f"{' and '.join(targets)} are on different branches",
                "one commit cannot go to two branches",
                "promote to one after the other",
            )
        wanted = _apps(apps, [*mine.cells, *(app for side in theirs for app in side.cells)])
        plan = make(mine, theirs, wanted, self.comparisons, self.rules(reading), base_ref=ref, words=words)
        return replace(plan, source=source, targets=tuple(targets), asked=tuple(apps))

    def adoption(self, reading: Reading, name: str, app: str, commit: str) -> Plan:
        """The plan that takes what a commit has of one app into the environment itself, all of it staged.

        Raises PlanError, RepositoryError.
        """
        here, _, _, ref = reading.sides(name, [name])
        mine = replace(here, tree=reading.tree_at(commit))
        plan = make(mine, [here], [app], self.comparisons, self.rules(reading), base_ref=ref)
        staged = frozenset(change.id for change in plan.changes if not change.blocked)
        return replace(plan, selected=staged, asked=(app,))

    def files(self, reading: Reading, plan: Plan) -> Files:
        """What the selected changes make of the target's files. Raises EditError, RepositoryError."""
        source, targets, words, _ = reading.sides(plan.source, plan.targets)
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
        tip = reading.repository.resolve(f"refs/heads/{branch}")
        if tip == plan.base:
            return plan
        mine, theirs, words, _ = reading.sides(plan.source, plan.targets, reading.tree_at(tip))
        apps = plan.asked or plan.apps
        fresh = make(mine, theirs, apps, self.comparisons, self.rules(reading), base_ref=branch, words=words)
        kept, differences = carry.over(plan, replace(fresh, source=plan.source, targets=plan.targets, asked=plan.asked))
        if {c.id for c in kept.chosen} != {c.id for c in plan.chosen}:
            raise PlanError(
                f"On {printable(branch)} this is another plan", "; ".join(differences[:5]), "make the plan again"
            )
        return kept

    def must_hold_at(self, plan: Plan, revision: str, repository: Repository) -> None:
        """Raises PlanError, with the difference, when the plan is no longer the one made at this revision."""
        base = repository.resolve(revision)
        if base == plan.base:
            return
        before = self.plan(Reading(repository, base), plan.source, plan.targets, plan.asked)
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


def _apps(asked: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """The apps asked for, else all. Raises PlanError with the nearest names for one that is not there."""
    there = dict.fromkeys(known)
    unknown = [app for app in asked if app not in there]
    if unknown:
        near = difflib.get_close_matches(unknown[0], list(there), 3)
        said = f"near: {', '.join(near)}" if near else f"{len(there)} apps are there"
        raise PlanError(f"There is no app {printable(unknown[0])!r}", printable(said), "liftlock status")
    return tuple(asked) or tuple(there)
