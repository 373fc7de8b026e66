"""Flux in the embedded cluster: sources are polled, Kustomizations applied in order, their health awaited.

The statuses are those that source-controller and kustomize-controller write.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from typing import Any

from liftlock.cluster.delivery import flux
from liftlock.cluster.delivery.revisions import seconds as parsed
from liftlock.cluster.health.inventories import flux_inventory
from liftlock.cluster.health.reading import at as dig
from liftlock.cluster.health.reading import condition, mapping, mappings, string
from liftlock.cluster.objects import Manifest, key
from liftlock.model.diff import ObjectKey
from liftlock.model.health import HealthStatus
from liftlock.sandbox.events import tell
from liftlock.sandbox.gitops import applying
from liftlock.sandbox.gitops.applying import Refused
from liftlock.sandbox.gitops.ground import Ground, stamp
from liftlock.sandbox.gitops.releases import Releases
from liftlock.sandbox.gitops.told import Told, handled, requested
from liftlock.sandbox.story import Chart

_SOURCES = "source.toolkit.fluxcd.io"
_KUSTOMIZE = "kustomize.toolkit.fluxcd.io"
_MANAGER = "kustomize-controller"
_DEPENDENCY = 5.0
"""Seconds until a dependency is looked at again."""
_SETTLED = frozenset({HealthStatus.HEALTHY, HealthStatus.SUSPENDED})
_ROUNDS = 6


class Flux:
    """The controllers of one cluster. `charts` are those that its HelmReleases may install."""

    def __init__(self, ground: Ground, charts: dict[str, Chart]) -> None:
        self._ground = ground
        self._objects = ground.objects
        self._told = Told(ground.objects)
        self._releases = Releases(ground, charts)
        self._polled: dict[ObjectKey, float] = {}
        self._ran: dict[ObjectKey, float] = {}
        self._tasks: dict[ObjectKey, asyncio.Task[None]] = {}

    async def settle(self) -> None:
        """Bring everything to where it is long after the last commit."""
        ground = self._ground
        await self._sources()
        for _ in range(_ROUNDS):
            due = [key(m) for m in self._objects.of(_KUSTOMIZE, "Kustomization") if self._due(m)]
            releases = self._releases.due()
            if not due and not releases:
                break
            for one in due:
                manifest = self._objects.require(one)
                last = ground.remote.last(self._revision(manifest).rpartition(":")[2], flux.folder(_path(manifest)))
                with ground.clock.at(last.time + 45):
                    await self._reconcile(one)
                    ground.kubelet.settle()
            for one in releases:
                await self._releases.reconcile(one)

    async def run(self) -> None:
        """Go on for ever."""
        try:
            while True:
                await self._sources()
                for manifest in self._objects.of(_KUSTOMIZE, "Kustomization"):
                    self._start(key(manifest), self._due(manifest), self._reconcile)
                for one in self._releases.due():
                    self._start(one, True, self._releases.reconcile)
                await self._ground.tick()
        finally:
            for task in self._tasks.values():
                task.cancel()
            await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    def _start(self, one: ObjectKey, due: bool, work: Any) -> None:
        running = self._tasks.get(one)
        if due and (running is None or running.done()):
            self._tasks[one] = asyncio.ensure_future(work(one))

    # Sources ---------------------------------------------------------------------------------------------------------

    async def _sources(self) -> None:
        for manifest in self._objects.of(_SOURCES, "GitRepository"):
            one = key(manifest)
            every = _seconds(string(manifest, "spec", "interval"))
            asked = requested(manifest)
            looked = self._polled.get(one)
            due = looked is None or time.monotonic() - looked >= self._ground.seconds(every)
            if dig(manifest, "spec", "suspend") is True or not (due or asked):
                continue
            self._polled[one] = time.monotonic()
            branch = string(manifest, "spec", "ref", "branch") or "master"
            tip = await asyncio.to_thread(self._ground.remote.tip, branch)
            revision = f"{branch}@sha1:{tip}"
            if asked or revision != string(manifest, "status", "artifact", "revision"):
                self._fetched(one, manifest, revision)
        for manifest in self._objects.of(_SOURCES, "HelmRepository"):
            if condition(manifest, "Ready") is None:
                message = "Helm repository is ready"
                self._told.status(key(manifest), [("Ready", "True", "Succeeded", message)])

    def _fetched(self, one: ObjectKey, manifest: Manifest, revision: str) -> None:
        message = f"stored artifact for revision '{revision}'"
        digest = hashlib.sha256(revision.encode()).hexdigest()
        folder = f"{one.kind.lower()}/{one.namespace}/{one.name}"
        file = f"{folder}/{revision.rpartition(':')[2]}.tar.gz"
        same = revision == string(manifest, "status", "artifact", "revision")
        artifact = {
            "path": file,
            "url": f"http://source-controller.{one.namespace}.svc.cluster.local./{file}",
            "revision": revision,
            "digest": f"sha256:{digest}",
            "lastUpdateTime": self._ground.clock.text(),
            "size": 4096,
        }
        self._told.status(
            one,
            [("Ready", "True", "Succeeded", message), ("ArtifactInStorage", "True", "Succeeded", message)],
            artifact=mapping(manifest, "status", "artifact") if same else artifact,
            **handled(manifest),
        )
        if not same:
            self._event(
                one, "NewArtifact", f"stored artifact for commit '{self._subject(revision)}'", "source-controller"
            )

    def _subject(self, revision: str) -> str:
        return self._ground.remote.commit(revision.rpartition(":")[2]).subject

    def _revision(self, manifest: Manifest) -> str:
        """The revision that its source has."""
        reference = mapping(manifest, "spec", "sourceRef")
        namespace = string(reference, "namespace") or string(manifest, "metadata", "namespace")
        source = self._objects.get(ObjectKey(_SOURCES, "GitRepository", namespace, string(reference, "name")))
        return string(source, "status", "artifact", "revision")

    # Kustomizations --------------------------------------------------------------------------------------------------

    def _due(self, manifest: Manifest) -> bool:
        if dig(manifest, "spec", "suspend") is True or not self._revision(manifest):
            return False
        if requested(manifest) or self._revision(manifest) != string(manifest, "status", "lastAttemptedRevision"):
            return True
        if dig(manifest, "metadata", "generation") != dig(manifest, "status", "observedGeneration"):
            return True
        ready = condition(manifest, "Ready")
        if self._ground.settling:
            return ready is not None and ready.reason == "DependencyNotReady"
        every = _seconds(string(manifest, "spec", "interval"))
        if ready is not None and ready.false:
            again = _seconds(string(manifest, "spec", "retryInterval")) or every
            every = _DEPENDENCY if ready.reason == "DependencyNotReady" else again
        ran = self._ran.setdefault(key(manifest), time.monotonic())
        return time.monotonic() - ran >= self._ground.seconds(every)

    async def _reconcile(self, one: ObjectKey) -> None:
        manifest = self._objects.require(one)
        self._ran[one] = time.monotonic()
        revision = self._revision(manifest)
        waits_for = self._dependency(manifest, revision)
        if waits_for:
            self._told.status(
                one,
                [("Ready", "False", "DependencyNotReady", waits_for)],
                without=("Reconciling",),
                lastAttemptedRevision=revision,
                **handled(manifest),
            )
            return
        began = self._ground.clock.now()
        self._working(one, revision, "Fetching manifests for revision " + revision)
        try:
            delivery = flux.kustomization(manifest, self._objects, began)
            wanted = await self._ground.render(delivery, revision.rpartition(":")[2])
        except Refused as error:
            self._failed(one, revision, "BuildFailed", str(error))
            return
        try:
            keys = applying.server_side(self._objects, wanted, _MANAGER)
        except Refused as error:
            self._failed(one, revision, "ReconciliationFailed", f"{error}")
            return
        gone = []
        if dig(manifest, "spec", "prune") is True:
            gone = applying.pruned(self._objects, flux_inventory(manifest), keys)
        inventory = {"entries": [_entry(self._objects, at) for at in keys]}
        if keys or gone:
            said = "\n".join([f"{_named(at)} configured" for at in keys] + [f"{_named(at)} deleted" for at in gone])
            self._event(one, "Progressing", said, _MANAGER)
        if dig(manifest, "spec", "wait") is True and not await self._healthy(one, manifest, revision, keys, inventory):
            return
        conditions = [("Ready", "True", "ReconciliationSucceeded", f"Applied revision: {revision}")]
        if dig(manifest, "spec", "wait") is True:
            conditions.append(("Healthy", "True", "Succeeded", "Health check passed"))
        now = self._ground.clock.now()
        self._told.status(
            one,
            conditions,
            without=("Reconciling", "Stalled"),
            observed=dig(manifest, "metadata", "generation"),
            lastAppliedRevision=revision,
            inventory=inventory,
            history=_history(self._objects.require(one), wanted, revision, began, now),
            **handled(manifest),
        )
        self._event(
            one, "ReconciliationSucceeded", f"Reconciliation finished, next run in {_path_interval(manifest)}", _MANAGER
        )

    async def _healthy(
        self, one: ObjectKey, manifest: Manifest, revision: str, keys: list[ObjectKey], inventory: dict[str, Any]
    ) -> bool:
        """Wait until all that was applied is healthy; False when it is not in time, or when something newer came."""
        text = string(manifest, "spec", "timeout") or string(manifest, "spec", "interval")
        said = f"Running health checks for revision {revision} with a timeout of {text}"
        self._working(one, revision, said, inventory=inventory)
        until = time.monotonic() + _seconds(text)
        while True:
            if self._ground.settling:
                await self._sources()
                for release in self._releases.due():
                    await self._releases.reconcile(release)
            await self._ground.tick()
            found = applying.healths(self._objects, keys, self._ground.clock.now())
            bad = [at for at, health in found.items() if health.status not in _SETTLED]
            if not bad:
                return True
            if self._ground.settling:
                break
            if self._revision(self._objects.require(one)) != revision:
                self._failed(one, revision, "HealthCheckCanceled", "new revision detected, health checks cancelled")
                return False
            if time.monotonic() >= until:
                break
        names = ", ".join(f"{_named(at)} status: 'InProgress'" for at in bad)
        said = f"health check failed after {text}: timeout waiting for: [{names}]"
        self._failed(one, revision, "HealthCheckFailed", said, inventory=inventory)
        return False

    def _dependency(self, manifest: Manifest, revision: str) -> str:
        for entry in mappings(manifest, "spec", "dependsOn"):
            namespace = string(entry, "namespace") or string(manifest, "metadata", "namespace")
            other = self._objects.get(ObjectKey(_KUSTOMIZE, "Kustomization", namespace, string(entry, "name")))
            name = f"{namespace}/{string(entry, 'name')}"
            if other is None:
                return f"dependency '{name}' not found"
            ready = condition(other, "Ready")
            if ready is None or not ready.true or string(other, "status", "lastAppliedRevision") != revision:
                return f"dependency '{name}' is not ready"
        return ""

    # What is told ----------------------------------------------------------------------------------------------------

    def _working(self, one: ObjectKey, revision: str, message: str, **fields: Any) -> None:
        conditions = [
            ("Reconciling", "True", "Progressing", message),
            ("Ready", "Unknown", "Progressing", "Reconciliation in progress"),
        ]
        self._told.status(one, conditions, lastAttemptedRevision=revision, **fields)

    def _failed(self, one: ObjectKey, revision: str, reason: str, message: str, **fields: Any) -> None:
        self._ran[one] = time.monotonic()
        manifest = self._objects.require(one)
        again = ("Reconciling", "True", "ProgressingWithRetry", message)
        self._told.status(
            one,
            [again, ("Ready", "False", reason, message)],
            observed=dig(manifest, "metadata", "generation"),
            lastAttemptedRevision=revision,
            **handled(manifest),
            **fields,
        )
        self._event(one, reason, message, _MANAGER, warning=True)

    def _event(self, one: ObjectKey, reason: str, message: str, source: str, *, warning: bool = False) -> None:
        tell(self._objects, self._objects.require(one), reason, message, source=source, warning=warning)


def _seconds(text: str) -> float:
    return parsed(text) or 60.0


def _path(manifest: Manifest) -> str:
    return string(manifest, "spec", "path")


def _path_interval(manifest: Manifest) -> str:
    return string(manifest, "spec", "interval")


def _named(at: ObjectKey) -> str:
    return "/".join(part for part in (at.kind, at.namespace, at.name) if part)


def _entry(objects: Any, at: ObjectKey) -> dict[str, str]:
    version = objects.served(at.group, at.kind).resource.version
    return {"id": f"{at.namespace}_{at.name}_{at.group}_{at.kind}", "v": version}


def _history(
    manifest: Manifest, wanted: list[Manifest], revision: str, began: float, ended: float
) -> list[dict[str, Any]]:
    """One entry for each content, the newest first; the controller keeps five."""
    digest = "sha256:" + hashlib.sha256(repr(wanted).encode()).hexdigest()
    before = [dict(one) for one in mappings(manifest, "status", "history")]
    made = next((one for one in before if one.get("digest") == digest), None)
    rest = [one for one in before if one is not made]
    entry = {
        "digest": digest,
        "firstReconciled": made["firstReconciled"] if made else stamp(ended),
        "lastReconciled": stamp(ended),
        "lastReconciledDuration": f"{ended - began:.3f}s",
        "lastReconciledStatus": "ReconciliationSucceeded",
        "totalReconciliations": (made["totalReconciliations"] if made else 0) + 1,
        "metadata": {"revision": revision},
    }
    return [entry, *rest][:5]
