"""Waves whose steps a test writes; how a plan becomes a first step is the engine's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from liftlock.model.wave import StepState, Wave, WavePlace, WaveStep

NOW = 1_760_000_000.0
TARGETS = ("production-us", "production-eu", "production-asia")


def wave(*states: StepState, text: str = "", stopped: str = "", asked: bool = True) -> Wave:
    """A wave over three regions, the steps in these states; the others are to come."""
    steps = []
    for number, target in enumerate(TARGETS, 1):
        state = states[number - 1] if number <= len(states) else StepState.TO_COME
        begun = state is not StepState.TO_COME
        why = {
            StepState.FAILED: f"checkout fails in {target}: its pods cannot pull checkout:1.9.0{text}",
            StepState.HEALTHY: f"3 pods in {target} run 1.9.0, healthy",
            StepState.SOAKING: f"1.9.0 is in {target} for 20m of 1h, by the start of its pods",
        }.get(state, "")
        steps.append(
            WaveStep(
                *(number, f"{target}{text}", state, f"{number:08x}" * 5 if begun else "", "", f"Ada Lane{text}"),
                NOW - 3600 * (3 - number) if begun else None,
                why,
                NOW + 2400 if state is StepState.SOAKING else None,
            )
        )
    apps, names = (f"checkout{text}",), tuple(f"{name}{text}" for name in TARGETS)
    return Wave("3f2a1c9", "staging", "ab" * 20, names, apps, tuple(steps), False, stopped, asked)


class ScriptedWaves:
    """`told` is the only wave there is, None for none."""

    def __init__(self) -> None:
        self.told: Wave | None = None
        self.stopped: list[tuple[str, bool]] = []
        self.plan: Any = None

    def all(self) -> tuple[Wave, ...]:
        return (replace(self.told, asked=False),) if self.told is not None else ()

    def show(self, identity: str = "") -> Wave | None:
        return self.told

    def of(self, commit: str) -> Wave | None:
        return self.told

    def next(self, identity: str = "", *, anyway: bool = False) -> Any:
        return self.plan

    def begin(self, plans: Sequence[Any], targets: Sequence[str], *, train: bool = False) -> Any:
        (plan,), steps = plans, tuple(targets)
        mine = tuple(change for change in plan.changes if change.environment == steps[0])
        return replace(plan, targets=steps[:1], changes=mine, wave=WavePlace("3f2a1c9", 1, steps, train))

    def stop(self, identity: str, *, undo: bool = False, push: bool = False, **more: Any) -> Any:
        self.stopped.append((identity, undo))
        return self.told, type("Noted", (), {"pushed": "origin/main"})()
