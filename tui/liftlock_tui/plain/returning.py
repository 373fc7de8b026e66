"""`liftlock rollback`: the states to go back to, the plan, and the commit; as lines and as JSON."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from liftlock.clock import age
from liftlock.model.rollback import Fitness, Former, WaysBack
from liftlock.text import printable, short_version
from liftlock_tui.plain import answers, promoting, shapes, watching
from liftlock_tui.plain.output import Output, note

if TYPE_CHECKING:
    from liftlock.engine import Engine

_SIGNS = {
    Fitness.HEALTHY: ("✓", "green"),
    Fitness.RAN: ("·", "cyan"),
    Fitness.FAILED: ("✗", "red"),
    Fitness.UNKNOWN: ("?", "yellow"),
}
_EVIDENCE = 3
"""So much evidence is shown of each state; all of it is in the JSON."""


def ways(engine: Engine, environment: str, app: str, *, live: bool, as_json: bool) -> int:
    """List the states an app had. Raises LiftlockError."""
    found = engine.rollbacks.ways(environment, app, live=live)
    out = Output()
    if as_json:
        out.json(ways_shape(found))
    else:
        show(out, found, engine.clock.now())
    return 0


def show(out: Output, found: WaysBack, now: float) -> None:
    """The state that stands, those before it, and which a rollback takes."""
    out.line(out.style(printable(f"{found.app} in {found.environment}"), "bold"))
    _former(out, found.now, now, "now ")
    for former in found.formers:
        _former(out, former, now, "  > " if former is found.chosen else "    ")
    if found.unheard:
        out.line(out.style(printable(f"no cluster told how it did: {found.unheard}"), "yellow"))
    out.line()
    if found.chosen is None:
        out.line(printable(found.why))
    else:
        command = f"liftlock rollback {found.environment} --app {found.app}"
        out.line(printable(f"{found.chosen.revision.short} is {found.why}"))
        out.line(out.style(printable(f"go back to it: {command}"), "dim"))


def _former(out: Output, one: Former, now: float, before: str) -> None:
    sign, colour = _SIGNS[one.fitness]
    versions = ", ".join(short_version(version.value) for version in one.versions[:3]) or "no version"
    when = f"{age(now - one.revision.time)} ago"
    fit = out.style(f"{sign} {one.fitness:<8}", colour)
    out.line(f"{before}{fit} {one.revision.short} {printable(versions)}  {when}  {one.revision.subject}")
    for said in one.evidence[:_EVIDENCE]:
        out.line(out.style(printable(f"        {said}"), "dim"))


def plan(engine: Engine, environment: str, app: str, to: str, *, live: bool, as_json: bool) -> int:
    """Show what would be put back. Raises LiftlockError."""
    made = engine.rollbacks.plan(environment, app, to, live=live)
    cautions = engine.cautions(made)
    out = Output()
    if as_json:
        shape = shapes.plan(made, cautions)
        out.json({**shape, "reverts": list(made.undone)})
    else:
        answers.plan(out, made, cautions)
    return 1 if made.chosen else 0


def roll_back(engine: Engine, asked: promoting.Asked, *, timeout: float | None, as_json: bool) -> int:
    """Commit it, push it when that was asked for, and watch it where there is a timeout. Raises LiftlockError."""
    out = Output()
    if as_json:
        quiet = promoting.Told(lambda promotion: None, lambda publication: None, note)
        done = promoting.promote(engine, asked, quiet)
        shape = shapes.promotion(done.promotion, done.publication, done.pushed)
        shape["schema"] = "liftlock.rollback/1"
        shape["back_to"] = done.promotion.plan.source_commit if done.promotion.plan else ""
        shape["reverts"] = list(done.promotion.plan.undone) if done.promotion.plan else []
        if done.pushed is not None:
            shape["asked"] = list(engine.live.pushed(asked.targets))
        code = watching.after(engine, done.promotion, timeout, shape) if timeout is not None else 0
        out.json(shape)
        return code
    told = promoting.Told(partial(answers.committed, out), partial(answers.to_push, out), note)
    done = promoting.promote(engine, asked, told)
    if done.pushed is None:
        answers.not_pushed(out, done.promotion, promoting.remote_of(engine, done.promotion))
        return 0
    answers.pushed(out, done.pushed)
    for said in engine.live.pushed(asked.targets):
        out.line(said)
    return watching.tell_after(engine, out, done.promotion, timeout) if timeout is not None else 0


def ways_shape(found: WaysBack) -> dict[str, Any]:
    """`liftlock.ways-back/1`."""
    return {
        "schema": "liftlock.ways-back/1",
        "app": found.app,
        "environment": found.environment,
        "now": _former_shape(found.now),
        "states": [_former_shape(one) for one in found.formers],
        "chosen": found.chosen.revision.commit if found.chosen is not None else None,
        "why": found.why,
        "unheard": found.unheard,
    }


def _former_shape(one: Former) -> dict[str, Any]:
    return {
        "commit": one.revision.commit,
        "revision": shapes.revision(one.revision),
        "until": one.until,
        "versions": [{"name": v.name, "value": v.value, "file": v.file, "path": v.path} for v in one.versions],
        "fitness": str(one.fitness),
        "same_versions_as_now": one.alike,
        "evidence": list(one.evidence),
    }
