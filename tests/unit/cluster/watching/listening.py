"""Loops, stores and clusters that listen to a scripted API server, with short pauses."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from liftlock.clock import Clock, SystemClock
from liftlock.cluster.connection import Connection
from liftlock.cluster.objects import Kind
from liftlock.cluster.store import Store
from liftlock.cluster.watching import Loop, Pace, Ways
from liftlock.errors import ClusterError

PACE = Pace(first=0.02, longest=0.2, absent=0.2, idle=5.0, initial=5.0)
POD: Kind = ("", "Pod")
PODS = "/api/v1/pods"


class Listening:
    """A store that loops fill, and every problem that they told of."""

    def __init__(self, connection: Connection, clock: Clock | None = None) -> None:
        self.connection = connection
        self.clock = clock or SystemClock()
        self.store = Store()
        self.problems: list[ClusterError] = []
        """What the loops told of."""
        self.sizes: list[int] = []
        """How many objects the store had each time it told of a change."""
        self.store.listen(lambda: self.sizes.append(len(self.store)))
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, kind: Kind = POD, namespace: str = "", ways: Ways | None = None, **pace: float) -> Loop:
        loop = Loop(
            self.connection,
            self.store,
            kind,
            namespace,
            self.clock,
            replace(PACE, **pace),
            self._told,
            ways=ways or Ways(),
        )
        self._tasks.append(asyncio.ensure_future(loop.run()))
        return loop

    def _told(self, loop: Loop) -> None:
        if loop.problem is not None:
            self.problems.append(loop.problem)

    def names(self, kind: Kind = POD) -> list[str]:
        return [m["metadata"]["name"] for m in self.store.of(*kind)]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
