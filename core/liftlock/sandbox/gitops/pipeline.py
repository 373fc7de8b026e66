"""A cluster without a GitOps controller: a pipeline runs `kubectl apply` for each folder some time after a push."""

from __future__ import annotations

import asyncio
import time

from liftlock.model.diff import ObjectKey
from liftlock.model.live import Controller, Delivery
from liftlock.sandbox.events import tell
from liftlock.sandbox.gitops import applying
from liftlock.sandbox.gitops.applying import Refused
from liftlock.sandbox.gitops.ground import Ground
from liftlock.sandbox.story import Place

_MANAGER = "kubectl-client-side-apply"


class Pipeline:
    """Applies folders to one cluster. `interval` is how long it takes from a push, in its own seconds."""

    def __init__(self, ground: Ground, folders: tuple[tuple[Place, str], ...], branch: str, interval: float) -> None:
        self._ground = ground
        self._folders = folders
        self._branch = branch
        self._interval = interval
        self._done = ""
        self._applied: dict[str, list[ObjectKey]] = {}

    async def settle(self) -> None:
        """Bring everything to where it is long after the last commit."""
        remote, ground = self._ground.remote, self._ground
        commit = remote.tip(self._branch)
        for place, folder in self._folders:
            with ground.clock.at(remote.last(commit, folder).time + 60):
                await self._apply(place, folder, commit)
                ground.kubelet.settle()
        self._done = commit

    async def run(self) -> None:
        """Go on for ever."""
        seen, since = self._done, time.monotonic()
        while True:
            await self._ground.tick()
            tip = await asyncio.to_thread(self._ground.remote.tip, self._branch)
            if tip != seen:
                seen, since = tip, time.monotonic()
            if tip != self._done and time.monotonic() - since >= self._ground.seconds(self._interval):
                for place, folder in self._folders:
                    await self._apply(place, folder, tip)
                self._done = tip

    async def _apply(self, place: Place, folder: str, commit: str) -> None:
        delivery = Delivery(
            Controller.PLAIN, ObjectKey("", "", "", ""), path=folder, namespace=place.namespace, manager=_MANAGER
        )
        try:
            keys = applying.client_side(self._ground.objects, await self._ground.render(delivery, commit), _MANAGER)
        except Refused as error:  # the pipeline is red, and the cluster as it was
            objects = self._ground.objects
            about = objects.require(ObjectKey("", "Namespace", "", "default"))
            tell(objects, about, "PipelineFailed", f"{folder}: {error}", source="pipeline", warning=True)
            return
        applying.pruned(self._ground.objects, self._applied.get(folder, ()), keys)
        self._applied[folder] = keys
