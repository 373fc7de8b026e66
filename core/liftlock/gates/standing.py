"""How the steps of a wave do: each that is in Git is asked of its clusters, by the gates' own measure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from liftlock.errors import LiftlockError
from liftlock.gates.candidate import candidates
from liftlock.gates.clusters import Clusters, by_commit
from liftlock.gates.ground import Ground
from liftlock.gates.soak import later, soak
from liftlock.gates.verdict import Verdict, blocked, passed, unknown, waiting
from liftlock.model.gates import GatePolicy, GateState
from liftlock.model.wave import StepState, Wave, WaveStep
from liftlock.overview.reading import Reading

_STATES = {
    GateState.BLOCKED: StepState.FAILED,
    GateState.WAITING: StepState.ROLLING,
    GateState.UNKNOWN: StepState.UNKNOWN,
    GateState.PASSED: StepState.HEALTHY,
    GateState.NOT_APPLICABLE: StepState.HEALTHY,
}


def standing(ground: Ground, reading: Reading, wave: Wave, *, only: int = 0) -> Wave:
    """The wave with what clusters tell of the steps that are in Git; with `only` just of the step of that number."""
    steps = tuple(
        _asked(ground, reading, wave, step) if step.state is StepState.LANDED and only in (0, step.number) else step
        for step in wave.steps
    )
    return replace(wave, steps=steps, asked=True)


def _asked(ground: Ground, reading: Reading, wave: Wave, step: WaveStep) -> WaveStep:
    try:
        apart = list(_verdicts(ground, reading, wave, step))
    except LiftlockError as error:
        return replace(step, state=StepState.UNKNOWN, why=str(error))
    several = len(apart) > 1
    told = [(_named(live, app), _named(soaked, app)) if several else (live, soaked) for app, live, soaked in apart]
    for state in (GateState.BLOCKED, GateState.WAITING, GateState.UNKNOWN):
        first = next(((live, soaked) for live, soaked in told if state in (live.state, soaked.state)), None)
        if first is None:
            continue
        live, soaked = first
        if live.state is state:
            return replace(step, state=_STATES[state], why=live.evidence)
        word = StepState.SOAKING if state is GateState.WAITING else _STATES[state]
        return replace(step, state=word, why=soaked.evidence, until=soaked.until)
    if not told:
        return replace(step, state=StepState.UNKNOWN, why=f"nothing of it is found in {step.target}")
    return replace(step, state=StepState.HEALTHY, why="; ".join(live.evidence for live, _ in told))


def _named(verdict: Verdict, app: str) -> Verdict:
    """The verdict as it is read among those of other apps."""
    said = verdict.evidence
    return verdict if said.startswith(f"{app} ") else replace(verdict, evidence=f"{app}: {said}")


def _verdicts(ground: Ground, reading: Reading, wave: Wave, step: WaveStep) -> Iterator[tuple[str, Verdict, Verdict]]:
    """Each app with what the gates `health` and `soak` say of it there."""
    environment = reading.environment(step.target)
    if environment is None:
        return
    base = reading.repository.resolve(f"{step.commit}^")
    cells = {environment: reading.cells_of(environment.name)}
    clusters = Clusters(ground, reading, environment)
    wanted = reading.config.gates.get(environment.name, GatePolicy()).soak
    now = ground.clock.now()
    for one in candidates(environment, cells, wave.apps, reading.tree_at(base), reading.tree_at(step.commit)):
        live = clusters.health(one)
        since = clusters.since(one) if wanted > 0 and live.state is GateState.PASSED else None
        if wanted > 0:
            since = later(since, by_commit(reading, environment, one))
        yield one.app, live, soak(one, wanted, live, since, now)


def gate(wave: Wave | None, number: int) -> Verdict:
    """The gate `wave` of a step: the one before is healthy and has soaked, and nobody stopped the wave. Pure."""
    if wave is None:
        return unknown("nothing of its wave is found in Git", "fetch, then look again")
    named = f"{wave.word} {wave.id}"
    if wave.stopped:
        return blocked(f"the {named} was {wave.stopped}", f"liftlock wave stop {wave.id} --undo")
    begun = [step for step in wave.steps if step.number < number and step.state is not StepState.TO_COME]
    if not begun:
        return blocked(f"no step before {number} of the {named} has begun", f"begin with {wave.targets[0]}")
    before = begun[-1]
    said = f"step {before.number} of {len(wave.steps)}, {before.target}, is {before.state}"
    said = f"{said}: {before.why}" if before.why else said
    match before.state:
        case StepState.HEALTHY:
            return passed(said)
        case StepState.ROLLING | StepState.SOAKING:
            return waiting(said, f"wait until {before.target} has settled", before.until)
        case StepState.PASSED_BY:  # perhaps because it was no good: nothing shows how the wave's version does there
            return unknown(said, way_back(wave, before))
        case StepState.UNKNOWN | StepState.LANDED:
            return unknown(said, f"connect to the cluster of {before.target}")
        case StepState.COMMITTED:
            return blocked(said, "push it first")
        case StepState.IN_FLIGHT:
            return blocked(said, "have it merged first")
        case _:
            return blocked(said, way_back(wave, before))


def way_back(wave: Wave, step: WaveStep) -> str:
    """What to do about a step that failed, or that nothing is left of."""
    if step.state in (StepState.TAKEN_BACK, StepState.PASSED_BY):
        return "begin a new one with what is to go on"
    apps = " ".join(f"--app {app}" for app in wave.apps[:1]) or "--app APP"
    return f"mend it there, or take it back: liftlock rollback {step.target} {apps}"
