"""Which process runs which tests, where several do (pytest-xdist, `--dist loadscope`).

The tests of a module stay together, as they share what it sets up; a module that runs in several worlds is several, as
no world is shared. What waits most, for controllers and for programs in a terminal, begins first and spread among the
rest: the processors are busy meanwhile, and no long module is left for the end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import chain, zip_longest

from xdist.scheduler import LoadScopeScheduling

STORIES = "tests/cluster/test_"
WORLDS = ("real", "sandbox")
WAITING = (STORIES, "tests/forge/", "tests/e2e/")
"""Where the tests are that mostly wait, the longest first."""
LONG = (
    "tests/cluster/",
    "tests/hostile/",
    "tests/tui/",
    "tests/snapshots/",
    "tests/unit/cli/",
    "tests/unit/sandbox/",
)
"""Where those are that mostly work, before all others, which are over in a moment."""


def scope(test: str) -> str:
    """The tests that one process runs one after the other: those of a module, in one world."""
    module, _, name = test.partition("::")
    world = name.partition("[")[2].rstrip("]").partition("-")[0]
    return f"{module}[{world}]" if module.startswith(STORIES) and world in WORLDS else module


def begun(tests: Iterable[str]) -> list[str]:
    """The scopes of these tests in the order in which they begin."""
    many = [name for name, _ in sorted(Counter(map(scope, tests)).items(), key=lambda one: (-one[1], one[0]))]
    waiting = [name for folder in WAITING for name in many if name.startswith(folder)]
    others = sorted(set(many) - set(waiting), key=lambda name: (not name.startswith(LONG), many.index(name)))
    return [name for name in chain.from_iterable(zip_longest(waiting, others)) if name is not None]


class Scheduling(LoadScopeScheduling):
    """Keeps the order in which the tests were collected, and binds a process to its next scope as late as can be."""

    def _split_scope(self, nodeid: str) -> str:
        return scope(nodeid)

    def schedule(self) -> None:
        self.config.option.loadscopereorder = False
        super().schedule()

    def _reschedule(self, node) -> None:
        # The last test of a scope is begun only once the process knows what follows it.
        if not self.workqueue or self._pending_of(self.assigned_work[node]) < 2:
            super()._reschedule(node)
