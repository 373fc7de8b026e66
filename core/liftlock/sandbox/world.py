"""The clusters of one example, embedded: servers, nodes and controllers over the example's own remote."""

from __future__ import annotations

import asyncio
import fnmatch
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from liftlock.clock import SystemClock
from liftlock.cluster.delivery.revisions import seconds
from liftlock.cluster.objects import Manifest
from liftlock.commands import Runner
from liftlock.demo import Example
from liftlock.errors import ConfigError
from liftlock.model.diff import ObjectKey
from liftlock.model.live import Controller
from liftlock.model.tree import Tree
from liftlock.render import Renderer
from liftlock.render.applied import deliveries_in
from liftlock.sandbox.gitops.argocd import ArgoCD
from liftlock.sandbox.gitops.flux import Flux
from liftlock.sandbox.gitops.ground import Clock, Ground
from liftlock.sandbox.gitops.jenkinsx import JenkinsX
from liftlock.sandbox.gitops.pipeline import Pipeline
from liftlock.sandbox.kubelet import Kubelet
from liftlock.sandbox.objects import Objects
from liftlock.sandbox.remote import Remote
from liftlock.sandbox.server import ApiServer
from liftlock.sandbox.story import Drift, Place, Story

_FLUX = "flux-system"
_APPLICATION = ("argoproj.io/v1alpha1", "argocd")
GitOps = Flux | ArgoCD | JenkinsX | Pipeline


class Embedded:
    """One cluster: its API server, the node that plays its pods, and what applies Git to it."""

    def __init__(self, context: str, story: Story, remote: Remote, renderer: Renderer, head: str, speed: float) -> None:
        self.context = context
        self.clock = Clock()
        self.server = ApiServer(Objects(self.clock.text))
        failing = [one for one in story.failures if one.context in ("", context)]
        fails = {f"{f.namespace} {f.image}".strip(): f.how for f in failing}
        logs = {f"{f.namespace} {f.image}".strip(): f.lines for f in failing if f.lines}
        self.kubelet = Kubelet(self.server, speed=speed, fails=fails, logs=logs)
        self._story = story
        self._remote = remote
        self._head = head
        objects = self.server.objects
        self._ground = Ground(objects, self.kubelet, remote, renderer, self.clock, speed)
        self.gitops = self._controller()
        self._running: asyncio.Task[None] | None = None

    def _controller(self) -> GitOps:
        story, ground = self._story, self._ground
        every = seconds(story.interval) or 60.0
        if story.controller is Controller.FLUX:
            return Flux(ground, dict(story.charts))
        if story.controller is Controller.ARGOCD:
            return ArgoCD(ground, story.charts, every)
        if story.controller is Controller.JENKINSX:
            return JenkinsX(ground, story.charts, self._head, every)
        tree = self._remote.tree(self._remote.tip(self._head))
        folders = tuple((place, folder) for place in story.of(self.context) for folder, _ in _folders(tree, place))
        return Pipeline(ground, folders, self._head, every)

    async def settle(self) -> None:
        """Make up the past: everything as it is long after the last commit, and what was changed by hand since."""
        self._ground.settling = True
        try:
            for manifest in self._first():
                with self.clock.at(self._remote.commit(self._remote.tip(self._head)).time):
                    self.server.objects.put(manifest, manager="kubectl-client-side-apply")
            await self.gitops.settle()
            self.kubelet.settle()
            for drift in self._story.drifts:
                if drift.context == self.context:
                    self._drift(drift)
            self.kubelet.settle()
        finally:
            self._ground.settling = False

    def start(self) -> None:
        """Go on by itself, on the running loop."""
        self._running = asyncio.ensure_future(self._run())

    async def _run(self) -> None:
        await self.kubelet.start()
        try:
            await self.gitops.run()
        finally:
            await self.kubelet.stop()

    async def stop(self) -> None:
        """End everything."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
        await self.server.stop()

    def _drift(self, drift: Drift) -> None:
        kind, namespace, name = drift.object.split("/")
        group = {"Deployment": "apps", "StatefulSet": "apps"}.get(kind, "")
        at = ObjectKey(group, kind, namespace, name)
        if self.server.objects.get(at) is None:
            raise ConfigError("The example's story does not hold together", f"{self.context} has no {drift.object}")
        with self.clock.at(SystemClock().now() - drift.ago):
            self.server.objects.patch(at, drift.patch, manager=drift.manager)
            self.kubelet.settle()

    # What somebody set up at the very beginning ----------------------------------------------------------------------

    def _first(self) -> list[Manifest]:
        story = self._story
        if story.controller is Controller.FLUX:
            return self._flux()
        if story.controller is Controller.ARGOCD:
            return self._argocd()
        return []

    def _flux(self) -> list[Manifest]:
        made: list[Manifest] = []
        for branch in dict.fromkeys(place.branch for place in self._story.of(self.context)):
            name = _FLUX if branch == self._head else branch.replace("/", "-")
            source_spec = {"interval": self._story.interval, "url": self._remote.url, "ref": {"branch": branch}}
            made.append(_flux_object("source.toolkit.fluxcd.io/v1", "GitRepository", name, source_spec))
        for place in self._story.of(self.context):
            tree = self._remote.tree(self._remote.tip(place.branch))
            source = _FLUX if place.branch == self._head else place.branch.replace("/", "-")
            for folder, app in _folders(tree, place):
                spec: dict[str, Any] = {
                    "interval": "10m",
                    "retryInterval": "30s",
                    "timeout": "1m",
                    "path": f"./{folder}",
                    "prune": True,
                    "wait": place.wait,
                    "sourceRef": {"kind": "GitRepository", "name": source},
                    **({"targetNamespace": place.namespace} if place.namespace else {}),
                    **({} if place.automatic else {"suspend": True}),
                }
                name = f"{app}-{place.name}" if app else source
                made.append(_flux_object("kustomize.toolkit.fluxcd.io/v1", "Kustomization", name, spec))
        return made

    def _argocd(self) -> list[Manifest]:
        version, namespace = _APPLICATION
        tree = self._remote.tree(self._remote.tip(self._head))
        made: list[Manifest] = []
        projects = set()
        for found in deliveries_in(tree).deliveries:
            if found.delivery.controller is not Controller.ARGOCD:
                continue
            raw = found.delivery.raw
            projects.add(raw["spec"].get("project") or "default")
            metadata = {**raw["metadata"], "namespace": namespace}
            made.append({"apiVersion": version, "kind": "Application", "metadata": metadata, "spec": raw["spec"]})
        spec: dict[str, Any] = {
            "sourceRepos": ["*"],
            "destinations": [{"server": "*", "namespace": "*"}],
            "clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
        }
        metadata = {"namespace": namespace}
        return [
            *(
                {"apiVersion": version, "kind": "AppProject", "metadata": {**metadata, "name": name}, "spec": spec}
                for name in sorted(projects)
            ),
            *made,
        ]


class Sandbox:
    """All clusters of an example's story. `speed` makes every clock in them run faster.

    Raises ConfigError, RepositoryError.
    """

    def __init__(
        self, example: Example, story: Story, remote: Path, runner: Runner, cache: Path | None, speed: float
    ) -> None:
        head = example.head
        self._remote = Remote(remote, runner, head, example.address)
        renderer = Renderer(runner, cache)
        self.story = story
        self.clusters = [Embedded(context, story, self._remote, renderer, head, speed) for context in story.contexts]

    def reserve(self, kubeconfig: Path) -> None:
        """Take the ports and write the kubeconfig: who connects from now on waits until all is there."""
        for cluster in self.clusters:
            cluster.server.reserve()
        _write(kubeconfig, {c.context: (c.server.address, c.server.token) for c in self.clusters}, self.story.context)

    async def start(self) -> None:
        """Make up the past, and serve."""
        for cluster in self.clusters:
            await cluster.settle()
            await cluster.server.start()
            cluster.start()

    async def stop(self) -> None:
        """End all of them."""
        await asyncio.gather(*(cluster.stop() for cluster in self.clusters))
        self._remote.close()


def _write(kubeconfig: Path, clusters: Mapping[str, tuple[str, str]], current: str) -> None:
    table: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": current,
        "clusters": [{"name": name, "cluster": {"server": address}} for name, (address, _) in clusters.items()],
        "users": [{"name": name, "user": {"token": token}} for name, (_, token) in clusters.items()],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}} for name in clusters],
    }
    kubeconfig.touch(mode=0o600)
    kubeconfig.write_text(yaml.safe_dump(table, sort_keys=False), "utf-8")


def _folders(tree: Tree, place: Place) -> list[tuple[str, str]]:
    """The folders of an environment in a tree, each with its app ("" where the path names none)."""
    if "{app}" not in place.path:
        return [(place.path, "")]
    pattern, depth = place.path.replace("{app}", "*"), place.path.count("/") + 1
    number = place.path.split("/").index("{app}")
    folders = {"/".join(path.split("/")[:depth]) for path in tree.entries if path.count("/") >= depth}
    return sorted((folder, folder.split("/")[number]) for folder in folders if fnmatch.fnmatchcase(folder, pattern))


def _flux_object(version: str, kind: str, name: str, spec: Mapping[str, Any]) -> Manifest:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": _FLUX}, "spec": spec}
