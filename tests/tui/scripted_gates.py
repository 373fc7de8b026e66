"""Gates whose verdicts a test writes; reasons and overrides are the real ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from liftlock.gates import overriding
from liftlock.model.gates import Gate, GateState, Moment


def closed(name: str = "soak", text: str = "") -> Gate:
    said = f"1.9.0 is in dev for 20m of 1h, by the start of its pods{text}"
    return Gate(name, "staging", "checkout", GateState.WAITING, said, "wait another 40m", required=True)


class ScriptedGates:
    """Every gate of `told` for each app and target; two that are open where nothing is said."""

    def __init__(self) -> None:
        self.told: Sequence[Gate] | None = None

    def _of(self, apps: Sequence[str], targets: Sequence[str]) -> Iterator[Gate]:
        if self.told is not None:
            yield from self.told
            return
        for name, said in (("order", "it comes after dev"), ("bad", "it is not marked bad")):
            for app in apps:
                for target in targets:
                    yield Gate(name, target, app, GateState.PASSED, said)

    def each(self, plan: Any, moment: str = "push", **more: Any) -> Iterator[Gate]:
        yield from self._of(tuple(dict.fromkeys(c.app for c in plan.chosen)), plan.targets)

    def of_promotion(self, promotion: Any, moment: str = "push", **more: Any) -> Iterator[Gate]:
        yield from self._of(promotion.plan.apps if promotion.plan else ("checkout",), promotion.targets)

    def reasons(self, words: Sequence[str], reason: str = "") -> dict[str, str]:
        return overriding.asked(words, reason)

    def must_pass(self, gates: Any, moment: str = "push") -> None:
        overriding.must_pass(gates, Moment(moment))
