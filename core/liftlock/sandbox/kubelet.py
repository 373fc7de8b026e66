"""A node and the controllers in front of it, played over the embedded cluster's objects: pods live, fail and go."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import Mapping, MutableMapping, Sequence

from liftlock.cluster.objects import Manifest, key
from liftlock.sandbox import pods
from liftlock.sandbox.controllers import Controllers
from liftlock.sandbox.events import tell
from liftlock.sandbox.objects import Change, Objects
from liftlock.sandbox.pods import Life, Stage
from liftlock.sandbox.refusing import Refusal
from liftlock.sandbox.server import ApiServer

NODE = "sandbox-node-1"
_START = 0.3
_READY = 0.7
_END = 0.3
_RESTART = 1.0
_LONGEST_RESTART = 30.0
_ENOUGH_RESTARTS = 4
"""So often a container that crashes has been started again where everything has settled."""
_PASSES = 60
_HELD = math.inf
"""When a pod ends that has ended, and waits for its finalizers."""
_QUIET = frozenset({"Event"})


class Kubelet:
    """Plays the controllers and the pods of one server.

    `fails` says how the containers of an image (or of one in a namespace: `shop registry/app:1.0`) go (`missing`,
    `crash`, `notready`, `fail`), before the words of its tag; `logs` are the lines of the containers of an image.
    Both may be changed at any time, for pods to come.
    """

    def __init__(
        self,
        server: ApiServer,
        *,
        speed: float = 1.0,
        fails: Mapping[str, str] | None = None,
        logs: Mapping[str, Sequence[str]] | None = None,
        seed: int = 0,
    ) -> None:
        self.objects: Objects = server.objects
        self.fails: MutableMapping[str, str] = dict(fails or {})
        self.log_lines: MutableMapping[str, Sequence[str]] = dict(logs or {})
        self._speed = speed
        self._skipped = 0.0
        self._controllers = Controllers(self.objects, seed)
        self._lives: dict[str, Life] = {}
        self._ending: dict[str, float] = {}
        self._task: asyncio.Task[None] | None = None
        self.objects.graceful = True
        server.logs = self.logs

    # Running ---------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Play from now on, on the running loop."""
        self._task = asyncio.ensure_future(self._run())

    async def stop(self) -> None:
        """Stop playing; everything stays as it is."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def settle(self) -> None:
        """Bring everything that is there to its end at once, as if enough time had gone by."""
        for _ in range(2000):
            self.step()
            due = self._next(forever=False)
            if due is None:
                return
            self._skipped += max(0.0, due - self._now())

    def step(self) -> None:
        """Do all that is to be done now."""
        for _ in range(_PASSES):
            before = self.objects.version
            now = self._now()
            self._controllers.step(now)
            self._play(now)
            if self.objects.version == before:
                return

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        wake = asyncio.Event()

        def told(change: Change) -> None:
            if change.at is None or change.at.kind not in _QUIET:
                with contextlib.suppress(RuntimeError):  # the loop has ended
                    loop.call_soon_threadsafe(wake.set)

        end = self.objects.listen(told)
        try:
            while True:
                wake.clear()
                self.step()
                due = self._next(forever=True)
                pause = None if due is None else max(0.0, due - self._now()) / self._speed
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await wake.wait()
        finally:
            end()

    @property
    def now(self) -> float:
        """Seconds on the clock of what is played: it runs at the kubelet's speed, and jumps where it settles."""
        return self._now()

    def _now(self) -> float:
        return time.monotonic() * self._speed + self._skipped

    def _next(self, *, forever: bool) -> float | None:
        """When something is due next; crashes that go on for ever only count when asked for."""
        times = [
            life.due
            for life in self._lives.values()
            if life.due is not None and (forever or life.restarts < _ENOUGH_RESTARTS or life.stage < Stage.SETTLED)
        ]
        ending = [at for at in self._ending.values() if at != _HELD]
        return min([*times, *ending, *self._controllers.due()], default=None)

    # Pods ------------------------------------------------------------------------------------------------------------

    def _play(self, now: float) -> None:
        there = set()
        for pod in self.objects.of("", "Pod"):
            there.add(pod["metadata"]["uid"])
            with contextlib.suppress(Refusal):
                self._live(pod, now)
        for uid in [uid for uid in self._lives if uid not in there]:
            del self._lives[uid]
        for uid in [uid for uid in self._ending if uid not in there]:
            del self._ending[uid]

    def _live(self, pod: Manifest, now: float) -> None:
        uid = pod["metadata"]["uid"]
        if "deletionTimestamp" in pod["metadata"]:
            if uid not in self._ending:
                self._ending[uid] = now + _END
                self._lives.pop(uid, None)
                for container in pod["spec"]["containers"]:
                    self._tell(pod, "Killing", f"Stopping container {container['name']}", container["name"])
            elif pod["metadata"].get("finalizers"):
                if self._ending[uid] <= now:
                    self._ending[uid] = _HELD
            elif self._ending[uid] <= now or self._ending[uid] == _HELD:
                self.objects.delete(key(pod), final=True)
            return
        life = self._lives.get(uid)
        if life is None:
            # One that already has a status was put there as it is to stay.
            known = bool((pod.get("status") or {}).get("containerStatuses"))
            life = self._lives[uid] = Life(Stage.SETTLED, None) if known else Life(Stage.CREATING, now + _START)
            if not known:
                self._schedule(pod, life)
            return
        if life.due is None or life.due > now:
            return
        kinds = pods.kinds_of(pod, self.fails)
        once = pod["spec"].get("restartPolicy") in ("Never", "OnFailure")
        if life.stage is Stage.CREATING:
            life.stage, life.due = Stage.STARTED, now + _READY
        elif life.stage is Stage.STARTED:
            life.stage, life.due = Stage.SETTLED, None
            if pods.CRASH in kinds.values() and not once:
                life.due = now + min(_RESTART * 2**life.restarts, _LONGEST_RESTART)
        else:
            life.stage, life.due, life.restarts = Stage.STARTED, now + _START, life.restarts + 1
        status = pods.status_of(pod, life, kinds, self.objects.now(), once=once)
        pod = self.objects.set_status(key(pod), status)
        for container in pod["spec"]["containers"]:
            self._report(pod, container["name"], container["image"], kinds[container["name"]], life)

    def _schedule(self, pod: Manifest, life: Life) -> None:
        at = key(pod)
        pod = self.objects.patch(at, {"spec": {"nodeName": NODE}})
        kinds = pods.kinds_of(pod, self.fails)
        once = pod["spec"].get("restartPolicy") in ("Never", "OnFailure")
        self.objects.set_status(at, pods.status_of(pod, life, kinds, self.objects.now(), once=once))
        said = f"Successfully assigned {at.namespace}/{at.name} to {NODE}"
        tell(self.objects, pod, "Scheduled", said, source="default-scheduler")
        for container in pod["spec"]["containers"]:
            self._tell(pod, "Pulling", f'Pulling image "{container["image"]}"', container["name"])

    def _report(self, pod: Manifest, name: str, image: str, kind: str, life: Life) -> None:
        if kind == pods.MISSING:
            if life.stage is Stage.STARTED and not life.restarts:
                said = f'Failed to pull image "{image}": {pods.not_found(image)}'
                self._tell(pod, "Failed", said, name, warning=True)
                self._tell(pod, "Failed", "Error: ErrImagePull", name, warning=True)
            elif life.stage is Stage.SETTLED and not life.restarts:
                self._tell(pod, "BackOff", f'Back-off pulling image "{image}"', name)
                self._tell(pod, "Failed", "Error: ImagePullBackOff", name, warning=True)
            return
        if life.stage is Stage.STARTED and (kind == pods.CRASH or not life.restarts):
            pulled = f'Container image "{image}" already present on machine'
            if not life.restarts:
                pulled = f'Successfully pulled image "{image}" in 250ms (250ms including waiting)'
            self._tell(pod, "Pulled", pulled, name)
            self._tell(pod, "Created", f"Created container: {name}", name)
            self._tell(pod, "Started", f"Started container {name}", name)
        elif life.stage is Stage.SETTLED and kind == pods.CRASH:
            place = f"{pod['metadata']['name']}_{pod['metadata']['namespace']}({pod['metadata']['uid']})"
            said = f"Back-off restarting failed container {name} in pod {place}"
            self._tell(pod, "BackOff", said, name, warning=True)
        elif life.stage is Stage.SETTLED and kind == pods.NOT_READY and not life.restarts:
            said = "Readiness probe failed: HTTP probe failed with statuscode: 503"
            self._tell(pod, "Unhealthy", said, name, warning=True)

    def _tell(self, pod: Manifest, reason: str, message: str, container: str, *, warning: bool = False) -> None:
        field = f"spec.containers{{{container}}}"
        tell(self.objects, pod, reason, message, source="kubelet", warning=warning, field=field)

    def logs(self, pod: Manifest, container: str, previous: bool) -> Sequence[str]:
        """The lines of a container's log: those given for its image, else invented ones that fit how it goes."""
        image = next((c["image"] for c in pod["spec"]["containers"] if c["name"] == container), "")
        namespace = pod["metadata"]["namespace"]
        for known in (f"{namespace} {image}", image):
            if known in self.log_lines:
                return self.log_lines[known]
        kind = pods.kind_of(image, self.fails, namespace)
        first = [f"starting {container} from {image}", "reading configuration"]
        if kind in (pods.CRASH, pods.FAIL):
            return [*first, "fatal: DATABASE_URL is not set", "exit 1"]
        if kind == pods.NOT_READY:
            return [*first, "listening on :8080", "warning: waiting for the database, not ready yet"]
        return [*first, "listening on :8080", "ready"]
