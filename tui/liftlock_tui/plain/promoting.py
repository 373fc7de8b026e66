"""`liftlock promote`: plan, commit and, when asked, push; planned again when the remote moved meanwhile."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from liftlock.errors import LiftlockError, PlanError, PushRejected, RepositoryError
from liftlock.text import plural, printable
from liftlock.values import dataclass
from liftlock_tui.plain import waving

if TYPE_CHECKING:
    from liftlock.engine import Engine
    from liftlock.model.gates import Gate
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
    pin: bool = False
    override: tuple[str, ...] = ()
    """Gates to go past: `GATE`, with `reason`, or `GATE=REASON`."""
    back: str | None = None
    """Of a rollback, the revision that is gone back to, "" for the last that was healthy; None for a promotion."""
    live: bool = True
    """Whether a rollback asks clusters how an app did."""
    kind: str = ""
    """`wave` or `train` where it is to be the first step of one."""
    step_of: str | None = None
    """Of the next step of a wave, the wave's id, "" for the newest; None for anything else."""


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
    gates: tuple[Gate, ...] = ()
    """What was asked before a push."""


def promote(engine: Engine, asked: Asked, told: Told) -> Done:
    """Commit what is selected, and push it when that was asked for.

    Where the remote moves between, it is fetched and planned again; the same changes are committed anew on the new
    base, others are told and left to the person. Raises LiftlockError.
    """
    if asked.push and asked.at is None and engine.fetch(interactive=asked.interactive) is None:
        # What is pushed must stand on what the remote has now.
        raise RepositoryError("There is no remote to push to", "nothing was committed", "git remote add origin URL")
    reasons = engine.gates.reasons(asked.override, asked.reason) if asked.override else {}
    plan = prepared(engine, asked, told.note)
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
    for rival in engine.rivals(plan):
        if rival.branch != asked.onto:
            told.note(f"beware: {rival.said}")
    for attempt in range(_TRIES):
        gates = _gates(engine, plan, asked, reasons, told)
        promotion = engine.commit(
            plan,
            branch=asked.branch,
            onto=None if straight else asked.onto,
            reason=asked.reason,
            carried=engine.gates.trailers(gates) if gates else (),
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
            return Done(promotion, publication, pushed, gates)
        except PushRejected as error:
            plan = _again(engine, asked, plan, promotion, error, last=attempt == _TRIES - 1)
            told.note(f"{error.title}; planned again on {plan.base[:8]}, where the plan is the same")
        except LiftlockError as error:
            stays = f"the commit {promotion.commit[:8]} stays on {printable(promotion.branch)}"
            error.detail = "\n".join(part for part in (error.detail, stays) if part)
            raise
    return Done(promotion, gates=gates)


def prepared(engine: Engine, asked: Asked, note: Callable[[str], None]) -> Plan:
    """The plan that the command line asks for, with something selected. Raises LiftlockError."""
    if asked.back is not None:
        made = engine.rollbacks.plan(asked.source, asked.apps[0], asked.back, live=asked.live)
    elif asked.step_of is not None:
        reasons = engine.gates.reasons(asked.override, asked.reason) if asked.override else {}
        made = engine.waves.next(asked.step_of, anyway="wave" in reasons)
        waving.make_anew(engine, asked.step_of, note)
    elif asked.kind == "wave":
        return _first_step(engine, engine.waves.plans(asked.source, asked.targets, asked.apps), asked, note)
    elif asked.kind == "train":
        return _first_step(engine, (engine.plan(asked.source, asked.targets[:1], asked.apps),), asked, note)
    else:
        made = engine.plan(asked.source, asked.targets, asked.apps)
    return _staged(engine, (made,), asked, note)[0]


def _first_step(engine: Engine, plans: Sequence[Plan], asked: Asked, note: Callable[[str], None]) -> Plan:
    """The first step of a wave, of what is staged to go on to the others."""
    return engine.waves.begin(_staged(engine, plans, asked, note), asked.targets, train=asked.kind == "train")


def _staged(engine: Engine, plans: Sequence[Plan], asked: Asked, note: Callable[[str], None]) -> tuple[Plan, ...]:
    """The plans with what the command line stages. Raises PlanError where that is nothing at all."""
    staged = selected(plans, asked.only)
    if asked.pin:
        staged = tuple(_pinned(engine, plan, asked, note) for plan in staged)
    if not any(plan.chosen for plan in staged):
        raise _nothing_selected(staged[0], asked)
    return staged


def _gates(engine: Engine, plan: Plan, asked: Asked, reasons: Mapping[str, str], told: Told) -> tuple[Gate, ...]:
    """The gates of a push, all open or overridden; without a push only those that an override names are asked.

    Raises PlanError with the evidence of those that are closed.
    """
    if not asked.push and not reasons:
        return ()
    gates = engine.gates.evaluate(plan, "push", reasons=reasons)
    if asked.push:
        engine.gates.must_pass(gates, "push")
    for gate in gates:
        if gate.state == "overridden":
            told.note(f"gate {gate.name} overridden ({gate.reason}): {gate.evidence}")
        elif gate.state == "unknown":
            told.note(f"gate {gate.name} is not known: {gate.evidence}")
    for name in reasons.keys() - {gate.name for gate in gates if gate.reason}:
        told.note(f"gate {name} is not closed: there was nothing to override")
    return gates


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


def _pinned(engine: Engine, plan: Plan, asked: Asked, note: Callable[[str], None]) -> Plan:
    """The plan with what moves by itself pinned to what the source runs. Raises PlanError when something cannot be."""
    fixed, found = engine.live.pin(plan)
    if asked.only:  # what was not asked for stays out, pinned or not
        fixed = fixed.select(fixed.selected - set(asked.only), False)
        found = tuple(pin for pin in found if pin.change in asked.only)
    if not found:
        note("nothing to pin: no version that would move changes by itself")
    left = [pin.why for pin in found if not pin.value]
    if left:
        hint = "leave --pin out, or name others with --only"
        raise PlanError("Not everything could be pinned", "; ".join(left), hint)
    for pin in found:
        note(f"{pin.value}: {pin.why}")
    return fixed


def remote_of(engine: Engine, promotion: Promotion) -> str:
    """The remote that a push of the promotion would go to, "" where there is none."""
    try:
        return engine.publication(promotion).remote
    except RepositoryError:
        return ""


def selected(plans: Sequence[Plan], only: Sequence[str]) -> tuple[Plan, ...]:
    """The plans with just these changes staged, as they stand without any. Raises PlanError."""
    if not only:
        return tuple(plans)
    known = {change.id: change for plan in plans for change in plan.changes}
    for identity in only:
        if identity not in known:
            raise PlanError(
                f"There is no change {printable(identity)!r} in this plan",
                f"it was made on {plans[0].base[:8]} and has {plural(len(known), 'change')}",
                f"{command('plan', plans[0])} shows the ids",
            )
        if known[identity].blocked:
            raise PlanError(
                f"The change {identity} cannot be staged", printable(known[identity].blocked), "leave it out"
            )
    return tuple(plan.select(plan.selected, False).select(only, True) for plan in plans)


def _nothing_selected(plan: Plan, asked: Asked) -> PlanError:
    names = f"{printable(plan.source)} to {printable(', '.join(plan.targets))}"
    if plan.back is not None:
        names = f"{plan.back.revision[:8]} to what {printable(plan.source)} has now"
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
    if plan is not None and plan.back is not None:
        shown = ["--dry-run"] if name == "plan" else []
        words = [
            "liftlock",
            "rollback",
            plan.source,
            f"--app={plan.asked[0]}",
            f"--to={plan.back.revision[:10]}",
            *shown,
        ]
    elif plan is not None:
        words += [plan.source, *plan.targets]
        for app in plan.asked:
            words += [f"--app={app}"] if app.startswith("-") else ["--app", app]
    return printable(shlex.join(words))
