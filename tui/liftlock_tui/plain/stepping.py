"""`liftlock wave next`: the next step of a wave as a promotion of its own."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from liftlock_tui.plain import answers, gating, promoting, reviewing, shapes, watching, waving
from liftlock_tui.plain.output import Output, note

if TYPE_CHECKING:
    from liftlock.engine import Engine


def go_on(
    engine: Engine,
    asked: promoting.Asked,
    *,
    timeout: float | None,
    dry_run: bool,
    reviewers: Sequence[str] | None,
    as_json: bool,
) -> int:
    """Plan the step, and commit, push or propose it; the exit code. `reviewers` None is no pull request."""
    out = Output()
    if dry_run:
        reasons = engine.gates.reasons(asked.override, asked.reason) if asked.override else {}
        made = engine.waves.next(asked.step_of or "", anyway="wave" in reasons)
        cautions = engine.cautions(made)
        if as_json:
            out.json({**shapes.plan(made, cautions), "wave": waving.place_shape(made.wave)})
        else:
            answers.plan(out, made, cautions)
        return 0
    if reviewers is not None:
        ask = reviewing.Proposal(draft=False, labels=(), reviewers=reviewers)
        return reviewing.propose_and_wait(engine, out, asked, ask, timeout, as_json=as_json)
    if as_json:
        quiet = promoting.Told(lambda promotion: None, lambda publication: None, note)
        done = promoting.promote(engine, asked, quiet)
        shape = shapes.promotion(done.promotion, done.publication, done.pushed)
        shape["gates"] = [gating.gate_shape(gate) for gate in done.gates]
        if done.pushed is not None:
            shape["asked"] = list(engine.live.pushed(done.promotion.targets))
        code = watching.after(engine, done.promotion, timeout, shape) if timeout is not None else 0
        out.json(shape)
        return code
    told = promoting.Told(partial(answers.committed, out), partial(answers.to_push, out), note)
    done = promoting.promote(engine, asked, told)
    if done.pushed is None:
        answers.not_pushed(out, done.promotion, promoting.remote_of(engine, done.promotion))
        return 0
    answers.pushed(out, done.pushed)
    for said in engine.live.pushed(done.promotion.targets):
        out.line(said)
    return watching.tell_after(engine, out, done.promotion, timeout) if timeout is not None else 0
