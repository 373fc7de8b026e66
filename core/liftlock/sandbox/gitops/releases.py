"""Flux's helm-controller in the embedded cluster: releases of charts that only the example's story knows."""

from __future__ import annotations

import hashlib
import time
from typing import Any

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
from liftlock.sandbox.gitops.told import Told, handled, requested
from liftlock.sandbox.story import Chart

_HELM = "helm.toolkit.fluxcd.io"
_MANAGER = "helm-controller"
_TIMEOUT = 300.0
_SETTLED = frozenset({HealthStatus.HEALTHY, HealthStatus.SUSPENDED})


class Releases:
    """The HelmReleases of one cluster."""

    def __init__(self, ground: Ground, known: dict[str, Chart]) -> None:
        self._ground = ground
        self._objects = ground.objects
        self._charts = known
        self._told = Told(ground.objects)

    def due(self) -> list[ObjectKey]:
        """Those whose specification was not brought about yet, or that are asked to look now."""
        return [
            key(m)
            for m in self._objects.of(_HELM, "HelmRelease")
            if dig(m, "spec", "suspend") is not True
            and (requested(m) or dig(m, "metadata", "generation") != dig(m, "status", "observedGeneration"))
        ]

    async def reconcile(self, one: ObjectKey) -> None:
        """Install or upgrade it, and wait until it is healthy."""
        manifest = self._objects.require(one)
        generation = dig(manifest, "metadata", "generation")
        name, namespace = _release(manifest)
        wanted = string(manifest, "spec", "chart", "spec", "chart")
        chart = self._charts.get(wanted)
        version = charts.version_of(string(manifest, "spec", "chart", "spec", "version"), chart)
        what = f"{namespace}/{name}.v{_number(manifest) + 1}"
        if chart is None:
            message = f"HelmChart '{one.namespace}/{one.namespace}-{one.name}' is not ready: no chart {wanted}"
            self._tell(one, generation, "False", "SourceNotReady", message)
            return
        verb = "Upgrade" if _number(manifest) else "Install"
        work = [
            ("Reconciling", "True", "Progressing", f"Running '{verb.lower()}' action with timeout of 5m0s"),
            ("Ready", "Unknown", "Progressing", f"Running '{verb.lower()}' action with timeout of 5m0s"),
        ]
        self._told.status(one, work, lastAttemptedGeneration=generation, lastAttemptedRevision=version)
        labels = {f"{_HELM}/name": one.name, f"{_HELM}/namespace": one.namespace}
        made = [
            {**m, "metadata": {**m["metadata"], "labels": {**m["metadata"].get("labels", {}), **labels}}}
            for m in charts.installed(name, namespace, chart, version, mapping(manifest, "spec", "values"))
        ]
        try:
            keys = applying.server_side(self._objects, made, _MANAGER)
        except Refused as error:
            message = (
                f"Helm {verb.lower()} failed for release {namespace}/{name} with chart {wanted}@{version}: {error}"
            )
            self._tell(one, generation, "False", f"{verb}Failed", message)
            return
        entries = [{"id": f"{at.namespace}_{at.name}_{at.group}_{at.kind}", "v": "v1"} for at in keys]
        until = time.monotonic() + _TIMEOUT
        while True:
            await self._ground.tick()
            found = applying.healths(self._objects, keys, self._ground.clock.now())
            if all(health.status in _SETTLED for health in found.values()) or self._ground.settling:
                break
            if dig(self._objects.require(one), "metadata", "generation") != generation:
                return  # a newer specification is brought about instead
            if time.monotonic() >= until:
                message = f"Helm {verb.lower()} failed for release {namespace}/{name}: context deadline exceeded"
                self._tell(one, generation, "False", f"{verb}Failed", message)
                return
        entry = {
            "chartName": wanted,
            "chartVersion": version,
            "name": name,
            "namespace": namespace,
            "status": "deployed",
            "version": _number(manifest) + 1,
            "digest": "sha256:" + hashlib.sha256(repr(made).encode()).hexdigest(),
            "firstDeployed": stamp(self._ground.clock.now()),
            "lastDeployed": stamp(self._ground.clock.now()),
        }
        older = [{**old, "status": "superseded"} for old in mappings(manifest, "status", "history")]
        said = f"Helm {verb.lower()} succeeded for release {what} with chart {wanted}@{version}"
        self._tell(
            one,
            generation,
            "True",
            f"{verb}Succeeded",
            said,
            history=[entry, *older][:5],
            inventory={"entries": entries},
            lastAttemptedRevision=version,
        )

    def _tell(self, one: ObjectKey, generation: Any, status: str, reason: str, message: str, **fields: Any) -> None:
        manifest = self._objects.require(one)
        conditions = [("Ready", status, reason, message), ("Released", status, reason, message)]
        self._told.status(one, conditions, without=("Reconciling",), observed=generation, **handled(manifest), **fields)
        tell(self._objects, manifest, reason, message, source=_MANAGER, warning=status != "True")


def _release(manifest: Manifest) -> tuple[str, str]:
    """Name and namespace of the release."""
    namespace = string(manifest, "metadata", "namespace")
    target = string(manifest, "spec", "targetNamespace")
    name = string(manifest, "spec", "releaseName")
    own = string(manifest, "metadata", "name")
    return name or (f"{target}-{own}" if target else own), target or namespace


def _number(manifest: Manifest) -> int:
    return max((int(old.get("version") or 0) for old in mappings(manifest, "status", "history")), default=0)
