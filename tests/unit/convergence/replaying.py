"""States that were recorded from real controllers, replayed step by step: what a watcher of the cluster gets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from liftlock.cluster.delivery import deliveries
from liftlock.cluster.objects import Snapshot, key
from liftlock.convergence import Facts, track
from liftlock.model.convergence import Convergence, Phase, Step
from liftlock.model.environment import Target
from liftlock.model.live import Contact, Freshness

RECORDED = Path(__file__).parent / "recorded"
TARGET = Target("one")
LIVE = Freshness(Contact.LIVE)


class Story:
    """One recording: `promoted` is the commit that was pushed while it ran."""

    def __init__(self, name: str) -> None:
        told = json.loads((RECORDED / f"{name}.json").read_text())
        self.promoted: str = told["promoted"]
        self.steps: list[dict[str, Any]] = told["steps"]

    def looks(self, *, skew: float = 0.0, workload: str = "Deployment") -> Iterator[Facts]:
        """What the tracker is told after each step; `skew` seconds are added to our own clock."""
        known: dict[tuple[str, str, str], dict[str, Any]] = {}
        pushed = self.steps[0]["at"] + skew
        for step in self.steps:
            for gone in step["gone"]:
                known.pop(tuple(gone), None)
            for manifest in step["changed"]:
                at = manifest["metadata"]
                known[manifest["kind"], at.get("namespace", ""), at["name"]] = manifest
            objects, now = Snapshot(known.values()), step["at"] + skew
            keys = tuple(key(m) for m in known.values() if m["kind"] == workload)
            facts = Facts("staging", TARGET, self.promoted, LIVE, objects, now, self._holds, self._later)
            yield replace(facts, deliveries=deliveries(objects, now), keys=keys, pushed_at=pushed)

    def _holds(self, revision: str) -> bool:
        return revision == self.promoted

    def _later(self, revision: str) -> bool:
        return False


def told(story: Story, **how: Any) -> list[Convergence]:
    """What is said after each step."""
    said: list[Convergence] = []
    for facts in story.looks(**how):
        said.append(track(said[-1] if said else None, facts))
    return said


def phase(one: Convergence, step: Step) -> Phase:
    """The step of a convergence."""
    return next(phase for phase in one.phases if phase.step is step)
