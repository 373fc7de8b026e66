"""Argo CD in the embedded cluster: Applications are compared with Git, synced, and their health told.

The fields are those that the application controller writes. What is not played: hooks, waves, windows.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from liftlock.cluster.delivery import argocd
from liftlock.cluster.health.inventories import argo_resources
from liftlock.cluster.health.reading import at as dig
from liftlock.cluster.health.reading import mapping, mappings, string
from liftlock.cluster.objects import Manifest, key
from liftlock.model.diff import ObjectKey
from liftlock.model.health import HealthStatus
from liftlock.sandbox import charts
from liftlock.sandbox.events import tell
from liftlock.sandbox.gitops import applying
from liftlock.sandbox.gitops.applying import Refused
from liftlock.sandbox.gitops.ground import Ground, stamp
from liftlock.sandbox.story import Chart

_MANAGER = "argocd-controller"
_REFRESH = "argocd.argoproj.io/refresh"
_TRACKING = "argocd.argoproj.io/tracking-id"
_HEALTHS = {status: status.value.capitalize() for status in HealthStatus}
_OPERATION = 1.0
"""Seconds that the tasks of a sync take."""


class ArgoCD:
    """The application controller of one cluster. `interval` is how often it looks at Git, in its own seconds."""

    def __init__(self, ground: Ground, charts: Mapping[str, Chart], interval: float) -> None:
        self._ground = ground
        self._objects = ground.objects
        self._charts = charts
        self._interval = interval
        self._wanted: dict[ObjectKey, tuple[str, list[Manifest]]] = {}
        self._looked: dict[ObjectKey, float] = {}
        self._judged: dict[ObjectKey, int] = {}
        self._syncing: dict[ObjectKey, asyncio.Task[None]] = {}

    async def settle(self) -> None:
        """Bring everything to where it is long after the last commit."""
        ground = self._ground
        for manifest in self._objects.of(argocd.GROUP, "Application"):
            one = key(manifest)
            commit = await self._tip(manifest)
            last = ground.remote.last(commit, string(manifest, "spec", "source", "path"))
            with ground.clock.at(last.time + 60):
                await self._compare(one)
                await self._sync(one, self._revision(one), automated=argocd.automated(manifest), prune=False)
                ground.kubelet.settle()
                await self._compare(one)
        for manifest in self._objects.of(argocd.GROUP, "Application"):
            await self._compare(key(manifest))

    async def run(self) -> None:
        """Go on for ever."""
        try:
            while True:
                for manifest in self._objects.of(argocd.GROUP, "Application"):
                    await self._look(manifest)
                await self._ground.tick()
        finally:
            for task in self._syncing.values():
                task.cancel()
            await asyncio.gather(*self._syncing.values(), return_exceptions=True)

    async def _look(self, manifest: Manifest) -> None:
        one = key(manifest)
        annotations = mapping(manifest, "metadata", "annotations")
        if argocd.frozen(manifest):
            return
        looked = self._looked.get(one)
        due = looked is None or time.monotonic() - looked >= self._ground.seconds(self._interval)
        if due or string(annotations, _REFRESH):
            await self._compare(one)
        elif self._judged.get(one) != self._objects.version:
            self._judge(one)
        running = self._syncing.get(one)
        busy = running is not None and not running.done()
        manifest = self._objects.require(one)
        if mapping(manifest, "operation") and not busy:
            asked = mapping(manifest, "operation", "sync")
            revision = string(asked, "revision") or self._revision(one)
            self._start(one, revision, automated=False, prune=asked.get("prune") is True)
        elif not busy and self._wants_sync(manifest):
            prune = dig(manifest, "spec", "syncPolicy", "automated", "prune") is True
            self._start(one, self._revision(one), automated=True, prune=prune)

    def _start(self, one: ObjectKey, revision: str, *, automated: bool, prune: bool) -> None:
        self._syncing[one] = asyncio.ensure_future(self._sync(one, revision, automated=automated, prune=prune))

    def _wants_sync(self, manifest: Manifest) -> bool:
        """An automated one syncs each revision once; what drifts afterwards only where it heals itself."""
        if not argocd.automated(manifest) or string(manifest, "status", "sync", "status") != "OutOfSync":
            return False
        tried = string(manifest, "status", "operationState", "syncResult", "revision")
        heals = dig(manifest, "spec", "syncPolicy", "automated", "selfHeal") is True
        failed = string(manifest, "status", "operationState", "phase") in ("Failed", "Error")
        return tried != self._revision(key(manifest)) or (heals and not failed)

    # Comparing -------------------------------------------------------------------------------------------------------

    async def _tip(self, manifest: Manifest) -> str:
        branch = string(manifest, "spec", "source", "targetRevision")
        if string(manifest, "spec", "source", "chart") or branch in ("", "HEAD"):
            branch = self._ground.remote.head
        return await asyncio.to_thread(self._ground.remote.tip, branch)

    def _revision(self, one: ObjectKey) -> str:
        return self._wanted[one][0] if one in self._wanted else ""

    async def _compare(self, one: ObjectKey) -> None:
        manifest = self._objects.require(one)
        self._looked[one] = time.monotonic()
        try:
            commit = await self._tip(manifest)
            self._wanted[one] = await self._target(manifest, commit)
            problem = ""
        except Refused as error:
            problem = f"Failed to load target state: failed to generate manifest for source 1 of 1: {error}"
        self._judge(one, problem=problem, looked=True)
        annotations = mapping(manifest, "metadata", "annotations")
        if _REFRESH in annotations:
            self._objects.patch(one, {"metadata": {"annotations": {_REFRESH: None}}}, manager=_MANAGER)

    async def _target(self, manifest: Manifest, commit: str) -> tuple[str, list[Manifest]]:
        source = mapping(manifest, "spec", "source")
        one = key(manifest)
        if string(source, "chart"):
            name = string(source, "chart")
            chart = self._charts.get(name)
            if chart is None:
                raise Refused(f"rpc error: code = Unknown desc = chart {name} not found in {string(source, 'repoURL')}")
            version = charts.version_of(string(source, "targetRevision"), chart)
            release = string(source, "helm", "releaseName") or one.name
            values = mapping(source, "helm", "valuesObject")
            namespace = string(manifest, "spec", "destination", "namespace")
            made = list(charts.installed(release, namespace, chart, version, values))
            return version, [_tracked(m, one.name) for m in made]
        delivery = argocd.application(manifest, self._objects, self._ground.clock.now())
        return commit, await self._ground.render(delivery, commit)

    def _judge(self, one: ObjectKey, *, problem: str = "", looked: bool = False) -> None:
        """Write what the comparison and the objects' health say now."""
        manifest, now = self._objects.require(one), self._ground.clock.text()
        self._judged[one] = self._objects.version
        status = dict(mapping(manifest, "status"))
        if problem:
            status["conditions"] = [{"type": "ComparisonError", "message": problem, "lastTransitionTime": now}]
            status["sync"] = {**mapping(status, "sync"), "status": "Unknown"}
        elif one in self._wanted:
            revision, wanted = self._wanted[one]
            status.pop("conditions", None)
            differing = applying.differing(self._objects, wanted)
            before = [at for at in argo_resources(manifest) if at not in differing]
            gone = [at for at in before if self._objects.get(at) is not None]
            healths = applying.healths(self._objects, differing, self._ground.clock.now())
            resources: list[dict[str, Any]] = []
            for at, out in differing.items():
                health = healths[at].status if at in healths else HealthStatus.MISSING
                told = {"status": _HEALTHS[health], **({"message": healths[at].message} if at in healths else {})}
                resources.append({**_address(self._objects, at), "status": _word(out), "health": told})
            resources += [
                {**_address(self._objects, at), "status": "OutOfSync", "requiresPruning": True} for at in gone
            ]
            worst = max((h.status for h in healths.values()), key=lambda s: s.rank, default=HealthStatus.HEALTHY)
            if len(healths) < len(differing):
                worst = HealthStatus.MISSING
            spec = mapping(manifest, "spec")
            source = {"source": spec.get("source"), "destination": spec.get("destination")}
            out = bool(gone) or any(differing.values())
            status["sync"] = {"status": _word(out), "revision": revision, "comparedTo": source}
            status["resources"] = resources
            health_now = _HEALTHS[worst]
            if string(status, "health", "status") != health_now:
                status["health"] = {"status": health_now, "lastTransitionTime": now}
            status["sourceType"] = "Helm" if string(manifest, "spec", "source", "chart") else "Kustomize"
            status["controllerNamespace"] = one.namespace
        if looked:
            status["reconciledAt"] = now
        if status != mapping(manifest, "status"):
            self._objects.set_status(one, status)
            self._judged[one] = self._objects.version

    # Syncing ---------------------------------------------------------------------------------------------------------

    async def _sync(self, one: ObjectKey, revision: str, *, automated: bool, prune: bool) -> None:
        manifest = self._objects.require(one)
        began = self._ground.clock.text()
        known, wanted = self._wanted.get(one, ("", []))
        operation: dict[str, Any] = {
            "sync": {"revision": revision, **({"prune": True} if prune else {})},
            "initiatedBy": {"automated": True}
            if automated
            else mapping(manifest, "operation", "initiatedBy") or {"username": "admin"},
        }
        state: dict[str, Any] = {
            "operation": operation,
            "phase": "Running",
            "message": "one or more synchronization tasks are running",
            "startedAt": began,
            "syncResult": {"revision": revision, "source": dig(manifest, "spec", "source"), "resources": []},
        }
        self._state(one, state, without_operation=True)
        if not self._ground.settling:
            await asyncio.sleep(self._ground.seconds(_OPERATION))
        if string(self._objects.require(one), "status", "operationState", "phase") == "Terminating":
            self._ended(one, state, "Failed", "Operation terminated")
            return
        try:
            if known != revision and not string(manifest, "spec", "source", "chart"):
                delivery = argocd.application(manifest, self._objects, self._ground.clock.now())
                wanted = await self._ground.render(delivery, revision)
            keys = applying.client_side(self._objects, wanted, _MANAGER)
        except Refused as error:
            kind, _, rest = str(error).partition("/")
            namespace, _, named = rest.partition("/")
            name, _, said = named.partition(": ")
            state["syncResult"]["resources"] = [
                {"kind": kind, "namespace": namespace, "name": name, "status": "SyncFailed", "message": said}
            ]
            self._ended(one, state, "Failed", "one or more objects failed to apply, reason: " + str(error))
            return
        before = argo_resources(manifest)
        gone = applying.pruned(self._objects, before, keys) if prune else []
        state["syncResult"]["resources"] = [
            {
                **_address(self._objects, at),
                "status": "Synced",
                "hookPhase": "Running",
                "syncPhase": "Sync",
                "message": said,
            }
            for at, said in [*((at, "configured") for at in keys), *((at, "pruned") for at in gone)]
        ]
        self._ended(one, state, "Succeeded", "successfully synced (all tasks run)")
        history = [*mappings(self._objects.require(one), "status", "history")]
        entry = {
            "id": int(history[-1].get("id") or 0) + 1 if history else 0,
            "revision": revision,
            "source": dig(manifest, "spec", "source"),
            "deployStartedAt": began,
            "deployedAt": self._ground.clock.text(),
            "initiatedBy": operation["initiatedBy"],
        }
        self._objects.patch(one, {"status": {"history": [*map(dict, history), entry][-10:]}})
        self._judge(one)

    def _ended(self, one: ObjectKey, state: dict[str, Any], phase: str, message: str) -> None:
        made = {**state, "phase": phase, "message": message, "finishedAt": stamp(self._ground.clock.now())}
        self._state(one, made)
        manifest = self._objects.require(one)
        how = "succeeded" if phase == "Succeeded" else f"failed: {message}"
        tell(
            self._objects,
            manifest,
            "OperationCompleted",
            f"Sync operation to {state['syncResult']['revision']} {how}",
            source="argocd-application-controller",
            warning=phase != "Succeeded",
        )

    def _state(self, one: ObjectKey, state: dict[str, Any], *, without_operation: bool = False) -> None:
        changes: dict[str, Any] = {"status": {"operationState": state}}
        if without_operation:
            changes["operation"] = None
        if "finishedAt" not in state:
            changes["status"]["operationState"] = {**state, "finishedAt": None}
        self._objects.patch(one, changes)


def _word(out: bool) -> str:
    return "OutOfSync" if out else "Synced"


def _address(objects: Any, at: ObjectKey) -> dict[str, str]:
    found = {"version": objects.served(at.group, at.kind).resource.version, "kind": at.kind, "name": at.name}
    if at.group:
        found["group"] = at.group
    if at.namespace:
        found["namespace"] = at.namespace
    return found


def _tracked(manifest: Manifest, app: str) -> Manifest:
    """With the mark by which Argo CD knows what is its own."""
    at = key(manifest)
    mark = f"{app}:{at.group}/{at.kind}:{at.namespace}/{at.name}"
    metadata = manifest["metadata"]
    return {
        **manifest,
        "metadata": {**metadata, "annotations": {**(metadata.get("annotations") or {}), _TRACKING: mark}},
    }
