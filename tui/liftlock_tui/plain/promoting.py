"""`liftlock promote`: plan, commit and, when asked, push; planned again when the remote moved meanwhile."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from liftlock.errors import LiftlockError, PlanError, PushRejected, RepositoryError
from liftlock.text import plural, printable

if TYPE_CHECKING:
    from liftlock.engine import Engine
    from liftlock.model.plan import Plan
    from liftlock.model.promotion import Promotion, Publication
    from liftlock.model.report import Pushed

_TRIES = 3
"""How often a push is tried where the remote moves and the plan stays the same."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command line asks for."""

    source: str
    targets: tuple[str, ...]
    apps: tuple[str, ...] = ()
    only: tuple[str, ...] = ()
    onto: str | None = None
    branch: str | None = None
    base: str | None = None
    reason: str = ""
    push: bool = False
    confirm: tuple[str, ...] = ()
    at: str | None = None
    interactive: bool = False


@dataclass(frozen=True, slots=True)
class Told:
    """Who is told of each step as it is done: the commit, what a push will do, and what is worth a remark."""

    committed: Callable[[Promotion], None]
    to_push: Callable[[Publication], None]
    note: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Done:
    """What was done; the last two are None without a push."""

    promotion: Promotion
    publication: Publication | None = None
    pushed: Pushed | None = None


def promote(engine: Engine, asked: Asked, told: Told) -> Done:
    """Commit what is selected, and push it when that was asked for.

    Where the remote moves between, it is fetched and planned again; the same changes are committed anew on the new
    base, others are told and left to the person. Raises LiftlockError.
    """
    if asked.push and asked.at is None and engine.fetch(interactive=asked.interactive) is None:
        # What is pushed must stand on what the remote has now.
        raise RepositoryError("There is no remote to push to", "nothing was committed", "git remote add origin URL")
    plan = selected(engine.plan(asked.source, asked.targets, asked.apps), asked.only)
    if not plan.chosen:
        raise _nothing_selected(plan, asked)
    # Pushing straight to a branch needs no local branch of that name, which may well be checked out.
    straight = asked.onto if asked.push else None
    if asked.push and not engine.reads_from(straight or "", plan) and straight:  # no remote at all is told here too
        raise PlanError(
            f"{printable(plan.targets[0])} is not read from {printable(straight)}",
            f"the plan stands on {printable(plan.base_ref or plan.base[:8])}",
            "leave --onto out, or name that branch",
        )
    if asked.push:
        engine.confirmed(plan, asked.confirm)
    for caution in engine.cautions(plan):
        told.note(f"beware: {caution.text}")
    for attempt in range(_TRIES):
        promotion = engine.commit(
            plan,
            branch=asked.branch,
            onto=None if straight else asked.onto,
            reason=asked.reason,
            expected_base=asked.base,
            interactive=asked.interactive,
        )
        told.committed(promotion)
        if not asked.push:
            break
        publication = engine.publication(promotion, direct=straight is not None)
        told.to_push(publication)
        try:
            pushed = engine.push(publication, confirmed=asked.confirm, interactive=asked.interactive)
            return Done(promotion, publication, pushed)
        except PushRejected as error:
            plan = _again(engine, asked, plan, promotion, error, last=attempt == _TRIES - 1)
            told.note(f"{error.title}; planned again on {plan.base[:8]}, where the plan is the same")
        except LiftlockError as error:
            stays = f"the commit {promotion.commit[:8]} stays on {printable(promotion.branch)}"
            error.detail = "\n".join(part for part in (error.detail, stays) if part)
            raise
    return Done(promotion)


def _again(engine: Engine, asked: Asked, plan: Plan, promotion: Promotion, error: PushRejected, *, last: bool) -> Plan:
    """The same plan on what the remote has now. Raises PushRejected, with the differences, when it is another one."""
    engine.undo(promotion)
    differences: Sequence[str] = ()
    if asked.at is None and not last:
        engine.fetch(interactive=asked.interactive)
        fresh, differences = engine.replan(plan)
        if not differences and fresh.base != plan.base:
            return fresh
    detail = "\n".join(part for part in (error.detail, *differences) if part)
    hint = "look at the plan again, then promote; the commit was taken back and nothing was pushed"
    raise PushRejected(error.title, detail, hint) from error


def remote_of(engine: Engine, promotion: Promotion) -> str:
    """The remote that a push of the promotion would go to, "" where there is none."""
    try:
        return engine.publication(promotion).remote
    except RepositoryError:
        return ""


def selected(plan: Plan, only: Sequence[str]) -> Plan:
    """The plan with just these changes staged, as it stands without any. Raises PlanError."""
    if not only:
        return plan
    known = {change.id: change for change in plan.changes}
    for identity in only:
        if identity not in known:
            raise PlanError(
                f"There is no change {printable(identity)!r} in this plan",
                f"it was made on {plan.base[:8]} and has {plural(len(known), 'change')}",
                f"{command('plan', plan)} shows the ids",
            )
        if known[identity].blocked:
            raise PlanError(
                f"The change {identity} cannot be staged", printable(known[identity].blocked), "leave it out"
            )
    return plan.select(plan.selected, False).select(only, True)


def _nothing_selected(plan: Plan, asked: Asked) -> PlanError:
    names = f"{printable(plan.source)} to {printable(', '.join(plan.targets))}"
    if not plan.changes:
        return PlanError(f"There is nothing to move from {names}", "the two are alike", command("status"))
    free = sum(not change.blocked for change in plan.changes)
    return PlanError(
        "Nothing is selected",
        f"{plural(len(plan.changes), 'change')} from {names}, of which none moves unasked",
        f"{command('plan', plan)} shows them; --only ID stages one" if free else command("plan", plan),
    )


def command(name: str, plan: Plan | None = None) -> str:
    """A command to go on with, as it can be typed."""
    words = ["liftlock", name]
    if plan is not None:
        words += [plan.source, *plan.targets]
        for app in plan.asked:
            words += [f"--app={app}"] if app.startswith("-") else ["--app", app]
    return printable(shlex.join(words))
