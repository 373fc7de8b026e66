"""The waves of one repository: begun, seen, gone on with, stopped. Nothing is kept but in Git."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from liftlock.clock import Clock
from liftlock.commands import action
from liftlock.errors import BranchesApart, PlanError
from liftlock.model.plan import Caution, Plan
from liftlock.model.wave import StepState, Wave, WavePlace, WaveState, WaveStep
from liftlock.overview import waving
from liftlock.overview.noting import Noted, note
from liftlock.overview.planning import Planning
from liftlock.overview.reading import Reading
from liftlock.promotion import wavetrailers
from liftlock.text import printable
from liftlock.values import dataclass
from liftlock.waves.carrying import decided

if TYPE_CHECKING:
    from liftlock.gates import Gates


@dataclass(frozen=True, slots=True)
class Shore:
    """What waves need of the engine that owns them."""

    reading: Callable[[], Reading]
    planning: Planning
    gates: Callable[[], Gates]
    clock: Clock


class Waves:
    """Waves and trains. All calls may block; nothing is written but by `stop`."""

    def __init__(self, shore: Shore) -> None:
        self._shore = shore

    # Seeing --------------------------------------------------------------------------------------------------------

    def all(self) -> tuple[Wave, ...]:
        """Those of the last months as Git tells of them, the one that moved last first. Raises RepositoryError."""
        return waving.waves(self._shore.reading(), self._shore.clock.now())

    def show(self, identity: str = "") -> Wave:
        """One wave with what clusters tell of its steps; the one that moved last where none is named.

        Raises PlanError (there is none, several begin like that), RepositoryError.
        """
        return self._shore.gates().standing(self._find(identity))

    def of(self, commit: str) -> Wave | None:
        """The wave that a commit is a step of, with what clusters tell; None where it is none of a wave's."""
        reading = self._shore.reading()
        told = next(iter(reading.repository.messages_of([reading.repository.resolve(commit)])), None)
        place = wavetrailers.read(told.text) if told is not None else None
        return self.show(place.id) if place is not None else None

    def _find(self, identity: str) -> Wave:
        found = waving.waves(self._shore.reading(), self._shore.clock.now(), only=identity)
        if not found:
            which = f"no wave {printable(identity)!r}" if identity else "no wave"
            hint = "liftlock promote FROM TO TO --wave begins one"
            raise PlanError(f"There is {which} in the last months", "none is told of by a commit here", hint)
        if identity and len(found) > 1:
            names = ", ".join(wave.id for wave in found[:5])
            raise PlanError(f"Several waves begin with {printable(identity)!r}", names, "name one of them")
        return found[0]

    # Going on ------------------------------------------------------------------------------------------------------

    def plans(self, source: str, targets: Sequence[str], apps: Sequence[str] = ()) -> tuple[Plan, ...]:
        """What a wave would move: one plan, or one for each target where a single commit cannot go to all of them.

        Raises PlanError, RepositoryError.
        """
        reading, planning = self._shore.reading(), self._shore.planning
        try:
            return (planning.plan(reading, source, targets, apps),)
        except BranchesApart:
            return tuple(planning.plan(reading, source, [name], apps) for name in dict.fromkeys(targets))

    def begin(self, plans: Sequence[Plan], targets: Sequence[str], *, train: bool = False) -> Plan:
        """The first step of a wave: what the plans move to the first of the targets, to go on to the others one by one.

        A `train` goes on from there to each from the one before. Raises PlanError (nothing to go on to).
        """
        chosen = [change for plan in plans for change in plan.chosen]
        moved = {change.environment for change in chosen}
        named = tuple(dict.fromkeys(targets))
        steps = named if train else tuple(name for name in named if name in moved)
        level = [] if train else [name for name in named if name not in moved]
        if train and plans[0].targets[:1] != steps[:1]:
            raise PlanError("This train begins elsewhere", f"the plan goes to {plans[0].targets[0]}", "name it first")
        if len(steps) < 2:
            said = f"nothing is staged for {', '.join(level)}" if level else f"it goes to {', '.join(steps)} alone"
            hint = f"promote to {steps[0]} alone" if level and steps else "name several environments"
            raise PlanError("There is nothing to go on to", said, hint)
        plan = next(plan for plan in plans if steps[0] in plan.targets)
        if plan.back is not None or plan.adopts:
            raise PlanError("This goes to one environment alone", "it takes back or adopts what is there", "commit it")
        mine = tuple(change for change in plan.changes if change.environment == steps[0])
        ids = {change.id for change in mine}
        warnings = tuple(one for one in plan.warnings if not one.change or one.change in ids)
        warnings += tuple(Caution(f"nothing is staged for {name}: the wave leaves it out") for name in level)
        if len(plans) > 1:
            said = f"{', '.join(steps)} are on different branches: it goes to one after the other, as a wave"
            warnings += (Caution(said),)
        return replace(
            plan,
            targets=steps[:1],
            changes=mine,
            selected=plan.selected & ids,
            edited=tuple(pair for pair in plan.edited if pair[0] in ids),
            warnings=warnings,
            asked=tuple(dict.fromkeys(change.app for change in chosen)),
            wave=WavePlace(wavetrailers.identity(plan, steps), 1, steps, train),
        )

    def next(self, identity: str = "", *, anyway: bool = False) -> Plan:
        """The plan of a wave's next step, staged as the step before was; nothing is committed.

        A step that was committed here and not pushed is the next one still, staged as it was. Raises PlanError with
        the evidence, and the way on, when the step before has not settled; with `anyway` only where no step is left
        to begin, or the last one waits for its merge.
        """
        wave = self.show(identity)
        here = wave.under_way
        held = wave.state is not WaveState.READY and not anyway
        reading = self._shore.reading()
        if here is not None and here.state is StepState.COMMITTED and not wave.stopped:
            return self._plan(reading, wave, here.number, like=here)
        if here is not None and (held or wave.stopped or here.state is StepState.IN_FLIGHT):
            raise _cannot(wave, here)
        for step in wave.steps:
            if step.state is not StepState.TO_COME:
                continue
            plan = self._plan(reading, wave, step.number)
            if plan.changes:
                return plan
        raise PlanError(f"The {wave.word} {wave.id} is done", f"{wave.targets[-1]} has it", "liftlock wave list")

    def again(self, plan: Plan) -> Plan:
        """A step planned again on what Git has now, from the same commit of its source. Raises PlanError."""
        place = plan.wave
        if place is None:
            raise PlanError("This is no step of a wave", plan.source, "plan it again")
        made = self._shore.planning.plan(
            self._shore.reading(), plan.source, plan.targets, plan.asked, source_commit=plan.source_commit
        )
        return replace(made, wave=place)

    def _plan(self, reading: Reading, wave: Wave, number: int, like: WaveStep | None = None) -> Plan:
        """The plan of a step, staged as the step before it was; with `like` as that step was."""
        planning, target = self._shore.planning, wave.targets[number - 1]
        last = next((step for step in reversed(wave.steps[: number - 1]) if step.commit), None)
        source, commit = wave.source, wave.source_commit
        if wave.train and last is not None:
            source, commit = last.target, last.commit
        plan = planning.plan(reading, source, [target], wave.apps, source_commit=commit)
        model = like or (last if not wave.train else None)
        if model is not None and plan.changes:
            around = (f"{model.commit}^", model.commit)
            before, after = (
                planning.at(reading, source, commit, model.target, reading.repository.resolve(rev), wave.apps)
                for rev in around
            )
            plan = decided(plan, before, after)
        return replace(plan, wave=WavePlace(wave.id, number, wave.targets, wave.train))

    # Stopping ------------------------------------------------------------------------------------------------------

    def stop(
        self,
        identity: str = "",
        *,
        reason: str = "",
        undo: bool = False,
        push: bool = False,
        branch: str = "",
        interactive: bool = False,
    ) -> tuple[Wave, Noted]:
        """Stop a wave for everybody, or let it go on with `undo`: a file below `.liftlock/waves`, see `noting.note`.

        Raises PlanError (stopped already, not stopped), RepositoryError, PushRejected, TerminalNeeded.
        """
        wave = self._find(identity)
        path, why = waving.path_of(wave.id), printable(" ".join(reason.split()))

        def write(reading: Reading) -> str:
            there = path in reading.tree.entries
            if there is not undo:
                said = wave.stopped or "nothing says so"
                state = "is stopped already" if there else "is not stopped"
                raise PlanError(f"The {wave.word} {wave.id} {state}", said, "liftlock wave show")
            subject = f"{wave.word}({'goes on' if undo else 'stopped'}): {wave.id} to {', '.join(wave.targets)}"
            body = f"\n\n{why}" if why else ""
            text = reading.repository.run_message_hooks(f"{subject}{body}\n")
            data = None if undo else f"reason = {json.dumps(why, ensure_ascii=False)}\n".encode()
            return reading.repository.write_commit(reading.tree.commit, {path: data}, text, interactive=interactive)

        with action(f"stop wave {wave.id}"):
            name = f"wave/{'go-on' if undo else 'stop'}/{wave.id}"
            made = note(self._shore.reading, write, name, push=push, branch=branch, interactive=interactive)
        return wave, made


def _cannot(wave: Wave, here: WaveStep) -> PlanError:
    from liftlock.gates.standing import way_back

    said = f"step {here.number} of {len(wave.steps)}, {here.target}, is {here.state}"
    said = f"{said}: {here.why}" if here.why else said
    if wave.stopped:
        hint = f"let it go on: liftlock wave stop {wave.id} --undo"
        return PlanError(f"The {wave.word} {wave.id} was stopped", f"{wave.stopped}\n{said}", hint)
    if wave.state is WaveState.DONE:
        return PlanError(f"The {wave.word} {wave.id} is done", said, "liftlock wave list")
    hint = {
        StepState.IN_FLIGHT: "have it merged: liftlock reviews",
        StepState.FAILED: way_back(wave, here),
        StepState.TAKEN_BACK: way_back(wave, here),
        StepState.PASSED_BY: way_back(wave, here),
        StepState.UNKNOWN: 'connect to its cluster, or go on with a reason: --override wave="why"',
    }.get(here.state, f"wait: liftlock watch {here.target}")
    return PlanError(f"The {wave.word} {wave.id} does not go on", said, hint)
