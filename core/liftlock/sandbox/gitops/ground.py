"""What the GitOps controllers of one embedded cluster stand on: its objects, the remote, a renderer, a clock."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from liftlock.cluster.objects import Manifest
from liftlock.model.live import Delivery
from liftlock.render import Renderer
from liftlock.render.applied import applied
from liftlock.sandbox.gitops.applying import Refused
from liftlock.sandbox.kubelet import Kubelet
from liftlock.sandbox.objects import Objects
from liftlock.sandbox.remote import Remote

_TICK = 0.2


class Clock:
    """The time of the embedded cluster: now, or, while its past is made up, a moment of that."""

    def __init__(self) -> None:
        self._past: float | None = None

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time() if self._past is None else self._past

    def text(self) -> str:
        """As objects have it."""
        return stamp(self.now())

    @contextmanager
    def at(self, moment: float) -> Iterator[None]:
        """Meanwhile it is that moment."""
        before, self._past = self._past, min(moment, time.time())
        try:
            yield
        finally:
            self._past = before


def stamp(moment: float) -> str:
    """A moment as objects have it."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Ground:
    """One cluster and the repository that its controllers follow. `speed` makes their clocks run faster."""

    def __init__(
        self, objects: Objects, kubelet: Kubelet, remote: Remote, renderer: Renderer, clock: Clock, speed: float
    ) -> None:
        self.objects = objects
        self.kubelet = kubelet
        self.remote = remote
        self.clock = clock
        self.speed = speed
        self.settling = False
        """While its past is made up nothing takes time."""
        self._renderer = renderer

    async def render(self, delivery: Delivery, commit: str) -> list[Manifest]:
        """What the delivery's place renders to at a commit. Raises Refused when it cannot be rendered."""

        def work() -> list[Manifest]:
            made = applied(self._renderer, self.remote.tree(commit), delivery, lookup=self.objects.get)
            if made.problem or made.missing:
                raise Refused(": ".join(part for part in (made.problem, ", ".join(made.missing)) if part))
            return list(made.objects)

        return await asyncio.to_thread(work)

    async def tick(self) -> None:
        """Let a little time go by."""
        if self.settling:
            self.kubelet.settle()
        else:
            await asyncio.sleep(_TICK / self.speed)

    def seconds(self, told: float) -> float:
        """How long so many seconds of the controllers' clocks take."""
        return told / self.speed
